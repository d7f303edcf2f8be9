package proptest

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// language is a protocol over the WebSocket.
type language struct {
	path      string
	protocols []string
	// messages are what its clients say; COLLECTION and QUERY are filled in.
	messages []string
	// last is a message that is always answered, and answered a part of that answer.
	last, answered string
}

// languages are those of the dialects, by the method of a request.
var languages = map[string]language{
	"WS graphql": {
		path: "/v1/graphql", protocols: []string{"graphql-transport-ws"}, last: `{"type":"ping","payload":{"the":"last"}}`, answered: `"pong"`,
		messages: []string{
			`{"type":"connection_init"}`, `{"type":"connection_init","payload":{"Authorization":"Bearer x"}}`, `{"type":"connection_init","payload":[]}`, `{"type":"ping"}`, `{"type":"pong"}`, `{"type":"none"}`, `{"type":1}`, `[]`, `null`, `{`,
			`{"id":"1","type":"subscribe","payload":{"query":"subscription { COLLECTION { id } }"}}`, `{"id":"2","type":"subscribe","payload":{"query":"subscription { COLLECTION(limit: 2, order_by: {n: desc}) { id s n } }"}}`,
			`{"id":"1","type":"subscribe","payload":{"query":"subscription { COLLECTION_aggregate { aggregate { count } } }"}}`, `{"id":"3","type":"subscribe","payload":{"query":"query { COLLECTION { id } }"}}`, `{"id":"4","type":"subscribe","payload":QUERY}`,
			`{"id":"5","type":"subscribe","payload":{"query":"mutation { delete_COLLECTION(where: {id: {_eq: \"none\"}}) { affected_rows } }"}}`, `{"id":"6","type":"subscribe","payload":{"query":"subscription { __typename }"}}`,
			`{"id":"7","type":"subscribe","payload":{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"x"}}}}`, `{"id":"8","type":"subscribe","payload":{"query":"subscription A { COLLECTION { id } } subscription B { COLLECTION { s } }","operationName":"B"}}`,
			`{"id":"10","type":"subscribe","payload":{"query":"subscription @changes { COLLECTION(limit: 3) { id s } }","extensions":{"resume":"AAAAAAAAAAA"}}}`, `{"id":"11","type":"subscribe","payload":{"query":"subscription @changes { COLLECTION_aggregate { aggregate { count } } }"}}`,
			`{"id":"12","type":"subscribe","payload":{"query":"subscription { COLLECTION_stream(batch_size: 2, cursor: {initial_value: {id: null}}) { id s } }"}}`, `{"id":"13","type":"subscribe","payload":{"query":"subscription { COLLECTION_stream(batch_size: 1, cursor: [{initial_value: {n: 1}, ordering: DESC}, null]) { id } }","extensions":{"resume":"made up"}}}`,
			`{"id":"14","type":"subscribe","payload":{"query":"mutation { insert_COLLECTION_one(object: {s: \"x\"}) { id } }","extensions":{"idempotencyKey":"k"}}}`, `{"id":"15","type":"subscribe","payload":{"query":"{ __typename }","extensions":{"idempotencyKey":7,"resume":{}}}}`,
			`{"id":"1","type":"complete"}`, `{"id":"none","type":"complete"}`, `{"type":"subscribe"}`, `{"id":"9","type":"subscribe","payload":{"query":"subscription($a: Int) { COLLECTION(limit: $a) { id } }","variables":{"a":{}}}}`,
		},
	},
	"WS phoenix": {
		path: "/realtime/v1/websocket?vsn=2.0.0&apikey=" + anonKey, last: `[null,"the last","phoenix","heartbeat",{}]`, answered: `"the last"`,
		messages: []string{
			`["1","1","realtime:room:a","phx_join",{"config":{"broadcast":{"self":true,"ack":true},"presence":{"key":"k"}}}]`, `["1","2","realtime:x","phx_join",{"config":{"postgres_changes":[{"event":"*","schema":"public","table":"COLLECTION","filter":"n=gt.1"}]}}]`,
			`["1","3","realtime:x","phx_join",{"config":{"postgres_changes":[{"event":"INSERT","schema":"none","table":"none"}]},"access_token":"x"}]`, `["1","4","realtime:room:a","phx_leave",{}]`, `["1","5","realtime:room:a","broadcast",{"type":"broadcast","event":"e","payload":{"a":1}}]`,
			`["1","6","realtime:room:a","presence",{"type":"presence","event":"track","payload":{"a":1}}]`, `["1","7","realtime:room:a","presence",{"type":"presence","event":"untrack"}]`, `["1","8","realtime:room:a","access_token",{"access_token":"x"}]`, `["1","8","realtime:room:a","access_token",{"access_token":null}]`,
			`[null,"9","phoenix","heartbeat",{}]`, `["1","1","realtime:x","phx_join",{"config":{"private":true}}]`, `[]`, `[1,2,3,4,5]`, `["1","1","realtime:x","phx_join"]`, `{"topic":"realtime:x","event":"phx_join","payload":{},"ref":"1"}`, `null`, `{`, `["1","1","","phx_join",{}]`,
		},
	},
}

// speech draws a conversation in one of the languages.
func (h *hostile) speech() request {
	name := pick(h.gen, []string{"WS graphql", "WS phoenix"})
	of, lines := languages[name], []string{}
	if name == "WS graphql" && !h.in(8) {
		lines = append(lines, of.messages[0])
	}
	for range 1 + h.IntN(8) {
		c := pick(h.gen, h.schema.collections)
		m := strings.ReplaceAll(pick(h.gen, of.messages), "COLLECTION", c.name)
		m = strings.ReplaceAll(m, "QUERY", h.graphql(c, h.in(3)).body)
		if h.in(5) {
			m = string(h.broken([]byte(m)))
		}
		lines = append(lines, strings.ReplaceAll(m, "\n", " "))
	}
	return request{method: name, path: of.path, body: []byte(strings.Join(lines, "\n"))}
}

// stream draws a request for server-sent events.
func (h *hostile) stream() request {
	c := pick(h.gen, h.schema.collections)
	if h.in(2) {
		query := pick(h.gen, []string{"subscription { COLLECTION(limit: 3) { id s } }", "subscription @changes { COLLECTION(limit: 3) { id s } }"})
		out := request{method: "POST", path: "/v1/graphql", headers: "Accept: text/event-stream\r\n"}
		if h.in(3) {
			out.headers += "Last-Event-ID: " + pick(h.gen, []string{"AAAAAAAAAAA", "x", strings.Repeat("9", 400)}) + "\r\n"
		}
		out.body = must(json.Marshal(map[string]string{"query": strings.ReplaceAll(query, "COLLECTION", c.name)}))
		return out
	}
	one := call{method: "GET", path: "/v1/db/" + c.name + "/live"}.with(h.listParams(c))
	out := request{method: one.method, path: one.path}
	if h.in(3) {
		out.headers = "Last-Event-ID: " + pick(h.gen, []string{"1.1.1", "x", strings.Repeat("9", 400), "0"}) + "\r\n"
	}
	return out
}

// failed reports whether a message of the server says that it has failed.
func failed(message string) bool {
	return strings.Contains(message, `"code":"internal"`) || strings.Contains(message, `"code":"unexpected"`) || strings.Contains(message, "Internal Server Error")
}

// firstEvent reads a stream of server-sent events until something is said.
func firstEvent(r io.Reader) error {
	said := bufio.NewReader(r)
	for size := 0; size < 1<<20; {
		line, err := said.ReadString('\n')
		size += len(line)
		var late net.Error
		switch {
		case failed(line):
			return fmt.Errorf("a failure: %.2000s", line)
		case errors.As(err, &late) && late.Timeout():
			return fmt.Errorf("a stream says nothing: %w", err)
		case err != nil || strings.HasPrefix(line, "data:"):
			return nil
		}
	}
	return nil
}

// speak says the lines of a request, and waits for the answer to the last message. received is what is said until then.
func (s *target) speak(r request) (received []string, err error) {
	of := languages[r.method]
	conn, early, _, err := ws.Dialer{Protocols: of.protocols, Timeout: requestTime}.Dial(context.Background(), "ws://"+s.url+of.path)
	if err != nil {
		return nil, nil // there may be too many connections
	}
	defer conn.Close()
	var from io.Reader = conn
	if early != nil {
		from = early
	}
	if err := conn.SetDeadline(time.Now().Add(requestTime)); err != nil {
		return nil, err
	}
	said := make(chan error, 1)
	go func() { // the server may wait until it is read
		for line := range strings.SplitSeq(string(r.body)+"\n"+of.last, "\n") {
			if err := wsutil.WriteClientText(conn, []byte(line)); err != nil {
				break // the server may end what makes no sense
			}
		}
		said <- nil
	}()
	defer func() { <-said }()
	for {
		frame, err := ws.ReadFrame(from)
		var late net.Error
		text := string(frame.Payload)
		received = append(received, text)
		switch {
		case errors.As(err, &late) && late.Timeout():
			return received, fmt.Errorf("no answer to the last message: %w", err)
		case failed(text):
			return received, fmt.Errorf("a failure: %.2000s", text)
		case err != nil || frame.Header.OpCode == ws.OpClose || strings.Contains(text, of.answered) && (r.method != "WS graphql" || strings.Contains(text, "last")):
			return received, nil
		}
	}
}

// TestHostile_SpeaksEveryLanguage: the conversations of TestHostile come to something.
func TestHostile_SpeaksEveryLanguage(t *testing.T) {
	t.Parallel()
	s := startTarget(t)
	name := s.schema.collections[0].name
	for method, lines := range map[string]string{
		"WS graphql": `{"type":"connection_init"}` + "\n" + `{"id":"1","type":"subscribe","payload":{"query":"subscription { ` + name + ` { id } }"}}`,
		"WS phoenix": `["1","1","realtime:x","phx_join",{"config":{"postgres_changes":[{"event":"*","schema":"public","table":"` + name + `"}]}}]`,
	} {
		received, err := s.speak(request{method: method, body: []byte(lines)})
		if err != nil || len(received) < 1 || strings.Contains(strings.Join(received, ""), "rror") {
			t.Errorf("%s: %v, %v", method, received, err)
		}
	}
	h := s.hostile(1)
	for range 4 {
		if err := s.try(h.stream()); err != nil {
			t.Error(err)
		}
	}
}
