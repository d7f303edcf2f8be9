package graphql_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"github.com/basalt-dev/basalt/server/servertest"
)

// peer is a client of graphql-transport-ws.
type peer struct {
	t    *testing.T
	conn net.Conn
	// resume is the last token to resume from.
	resume string
}

// resumes are the tokens in answers, which are left out of what is compared.
var resumes = regexp.MustCompile(`,"extensions":{"resume":"([^"]*)"}|,"resume":"([^"]*)"`)

func dial(t *testing.T, s *servertest.Instance, protocols ...string) *peer {
	t.Helper()
	conn, early, _, err := ws.Dialer{Protocols: protocols}.Dial(context.Background(), "ws"+strings.TrimPrefix(s.URL, "http")+"/v1/graphql")
	if err != nil {
		t.Fatal(err)
	}
	if early != nil {
		t.Fatal("the server says something first")
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &peer{t: t, conn: conn}
}

func (p *peer) say(format string, args ...any) {
	p.t.Helper()
	if err := wsutil.WriteClientText(p.conn, fmt.Appendf(nil, format, args...)); err != nil {
		p.t.Fatal(err)
	}
}

// hears waits for a message; a close is "closed" with its code.
func (p *peer) hears(want string) {
	p.t.Helper()
	if got := p.next(); got != want {
		p.t.Fatalf("got %s, want %s", got, want)
	}
}

// next returns the next message.
func (p *peer) next() string {
	p.t.Helper()
	if err := p.conn.SetReadDeadline(time.Now().Add(2 * time.Minute)); err != nil {
		p.t.Fatal(err)
	}
	for {
		frame, err := ws.ReadFrame(p.conn)
		got := string(frame.Payload)
		switch {
		case err == nil && frame.Header.OpCode == ws.OpPing:
			continue
		case err == nil && frame.Header.OpCode == ws.OpClose:
			code, _ := ws.ParseCloseFrameData(frame.Payload)
			got = fmt.Sprintf("closed %d", code)
		}
		if err != nil {
			p.t.Fatalf("got %s %v", got, err)
		}
		if token := resumes.FindStringSubmatch(got); token != nil {
			p.resume = token[1] + token[2]
		}
		return resumes.ReplaceAllString(got, "")
	}
}

// hearsBoth waits for two messages, in any order.
func (p *peer) hearsBoth(a, b string) {
	p.t.Helper()
	if got := p.next(); got == b {
		a, b = b, a
	} else if got != a {
		p.t.Fatalf("got %s, want %s or %s", got, a, b)
	}
	p.hears(b)
}

// subscribe subscribes to a document of GraphQL.
func (p *peer) subscribe(id, query string) {
	p.t.Helper()
	p.say(`{"id":%q,"type":"subscribe","payload":{"query":%s}}`, id, quoted(query))
}

// quoted is a string as JSON.
func quoted(text string) string {
	out, _ := json.Marshal(text) // a string
	return string(out)
}

func TestSocket_ASubscriptionIsLiveOnEveryLevel(t *testing.T) {
	t.Parallel()
	s := start(t)
	ann := s.Token(map[string]any{"sub": "ann"})
	write := func(method, path, body string) {
		t.Helper()
		if a := s.Do(t, call{Method: method, Path: "/v1/db/" + path, Token: admin, Body: body}); a.Status >= 300 {
			t.Fatalf("%s %s: %d %s", method, path, a.Status, a.Body)
		}
	}
	p := dial(t, s, "graphql-transport-ws")
	p.say(`{"type":"connection_init","payload":{"Authorization":"Bearer %s"}}`, ann)
	p.hears(`{"type":"connection_ack"}`)
	p.say(`{"type":"ping"}`)
	p.hears(`{"type":"pong"}`)
	p.subscribe("1", `subscription { posts(where: {state: {_eq: open}}) { id author { name } comments(order_by: {id: asc}) { id text } } }`)
	next := func(id, data string) {
		t.Helper()
		p.hears(`{"id":"` + id + `","type":"next","payload":{"data":` + data + `}}`)
	}
	next("1", `{"posts":[{"id":"p1","author":{"name":"Ann"},"comments":[{"id":"c1","text":"x"},{"id":"c2","text":"y"},{"id":"c4","text":"z"}]}]}`)
	write("PATCH", "comments/c2", `{"text":"spam"}`) // what the rule hides is gone
	next("1", `{"posts":[{"id":"p1","author":{"name":"Ann"},"comments":[{"id":"c1","text":"x"},{"id":"c4","text":"z"}]}]}`)
	write("PATCH", "people/ann", `{"name":"Anna"}`)
	next("1", `{"posts":[{"id":"p1","author":{"name":"Anna"},"comments":[{"id":"c1","text":"x"},{"id":"c4","text":"z"}]}]}`)
	write("PATCH", "people/ann", `{"private":true}`)
	next("1", `{"posts":[{"id":"p1","author":null,"comments":[{"id":"c1","text":"x"},{"id":"c4","text":"z"}]}]}`)
	p.subscribe("2", `subscription { comments_aggregate { aggregate { count } } }`)
	next("2", `{"comments_aggregate":{"aggregate":{"count":3}}}`)
	p.say(`{"id":"1","type":"complete"}`)
	write("DELETE", "comments/c1", "")
	next("2", `{"comments_aggregate":{"aggregate":{"count":2}}}`)
	p.subscribe("1", `subscription { posts_by_pk(id: "p2") { title } }`) // the id is free again
	next("1", `{"posts_by_pk":{"title":"two"}}`)
	write("DELETE", "comments/c5", "") // which the next subscription depends on
	next("2", `{"comments_aggregate":{"aggregate":{"count":1}}}`)
	write("DELETE", "posts/p2", "")
	next("1", `{"posts_by_pk":null}`)
	// A filter over a relation is live, too, and under the rules of what it looks at.
	p.subscribe("r", `subscription { posts(where: {comments: {text: {_eq: "new"}}}) { id } }`)
	next("r", `{"posts":[]}`)
	write("PATCH", "comments/c4", `{"text":"new"}`)
	next("r", `{"posts":[{"id":"p1"}]}`)
	write("PATCH", "comments/c4", `{"text":"spam"}`)
	p.hearsBoth(`{"id":"r","type":"next","payload":{"data":{"posts":[]}}}`, `{"id":"2","type":"next","payload":{"data":{"comments_aggregate":{"aggregate":{"count":0}}}}}`)
	p.say(`{"id":"r","type":"complete"}`)
	write("PATCH", "comments/c4", `{"text":"z"}`)
	next("2", `{"comments_aggregate":{"aggregate":{"count":1}}}`)
	// And so is an order by related documents.
	p.subscribe("o", `subscription { posts(where: {id: {_in: ["p1", "p3"]}}, order_by: {author: {name: desc}}) { id } }`)
	next("o", `{"posts":[{"id":"p3"},{"id":"p1"}]}`)
	write("PATCH", "people/ann", `{"private":false}`)
	next("o", `{"posts":[{"id":"p1"},{"id":"p3"}]}`)
	p.say(`{"id":"o","type":"complete"}`)
	p.subscribe("q", `{ comments { id } }`)
	next("q", `{"comments":[{"id":"c4"}]}`)
	p.hears(`{"id":"q","type":"complete"}`)
	// A new configuration has another schema: clients connect again.
	text, err := os.ReadFile(s.Path)
	if err == nil {
		err = os.WriteFile(s.Path, append(text, "  more:\n    fields: { a: { type: string } }\n"...), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Reload(); err != nil {
		t.Fatal(err)
	}
	p.hears("closed 1012")
}

// The documents beside figures follow what their fields depend on.
func TestSocket_TheNodesOfFiguresAreLive(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, strings.Replace(blog, "  closed:\n", `  members:
    fields: { person: { type: string } }
  files:
    fields: { text: { type: string } }
    rules: { read: 'true' }
    fields_readable: { text: 'exists("members", {"person": auth.id})' }
  closed:
`, 1))
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/files", Token: admin, Body: `{"id":"f","text":"secret"}`})
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/members", Token: admin, Body: `{"id":"m","person":"ann"}`})
	p := dial(t, s, "graphql-transport-ws")
	p.say(`{"type":"connection_init","payload":{"Authorization":"Bearer %s"}}`, s.Token(map[string]any{"sub": "ann"}))
	p.hears(`{"type":"connection_ack"}`)
	p.subscribe("1", `subscription { files_aggregate { aggregate { count } nodes { id text } } }`)
	p.hears(`{"id":"1","type":"next","payload":{"data":{"files_aggregate":{"aggregate":{"count":1},"nodes":[{"id":"f","text":"secret"}]}}}}`)
	s.Want(t, 204, call{Method: "DELETE", Path: "/v1/db/members/m", Token: admin})
	p.hears(`{"id":"1","type":"next","payload":{"data":{"files_aggregate":{"aggregate":{"count":1},"nodes":[{"id":"f","text":null}]}}}}`)
}

func TestSocket_RefusalsAndTheEndsOfConnections(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, test := range []struct {
		name string
		said []string
		want []string
	}{
		{"nothing first", []string{`{"id":"1","type":"subscribe","payload":{"query":"subscription { people { id } }"}}`}, []string{"closed 4401"}},
		{"twice", []string{`{"type":"connection_init"}`, `{"type":"connection_init"}`}, []string{`{"type":"connection_ack"}`, "closed 4429"}},
		{"a bad token", []string{`{"type":"connection_init","payload":{"headers":{"authorization":"Bearer x"}}}`}, []string{"closed 4403"}},
		{"no JSON", []string{`x`}, []string{"closed 4400"}},
		{"no type", []string{`{}`}, []string{"closed 4400"}},
		{"no id", []string{`{"type":"connection_init"}`, `{"type":"subscribe","payload":{"query":"{__typename}"}}`}, []string{`{"type":"connection_ack"}`, "closed 4400"}},
		{"an id twice", []string{`{"type":"connection_init"}`, `{"id":"1","type":"subscribe","payload":{"query":"subscription { drafts_by_pk(id: \"x\") { id } }"}}`, `{"id":"2","type":"subscribe","payload":{"query":"subscription { people(where: {id: {_eq: \"bob\"}}) { id } }"}}`},
			[]string{`{"type":"connection_ack"}`, `{"id":"1","type":"error","payload":[{"message":"sign in to read here","extensions":{"code":"unauthenticated"}}]}`, `{"id":"2","type":"next","payload":{"data":{"people":[{"id":"bob"}]}}}`}},
		{"a mutation", []string{`{"type":"connection_init"}`, `{"id":"1","type":"subscribe","payload":{"query":"mutation { insert_people_one(object: {name: \"x\"}) { id } }"}}`},
			[]string{`{"type":"connection_ack"}`, `{"id":"1","type":"next","payload":{"errors":[{"message":"sign in to create here","locations":[{"line":1,"column":12}],"path":["insert_people_one"],"extensions":{"code":"unauthenticated"}}],"data":{"insert_people_one":null}}}`, `{"id":"1","type":"complete"}`}},
	} {
		p := dial(t, s, "graphql-transport-ws")
		for _, said := range test.said {
			p.say("%s", said)
		}
		for _, want := range test.want {
			p.hears(want)
		}
	}
	p := dial(t, s, "graphql-transport-ws")
	p.say(`{"type":"connection_init"}`)
	p.hears(`{"type":"connection_ack"}`)
	p.subscribe("1", `subscription { people(where: {id: {_eq: "bob"}}) { id } }`)
	p.hears(`{"id":"1","type":"next","payload":{"data":{"people":[{"id":"bob"}]}}}`)
	p.subscribe("1", `subscription { people { id } }`)
	p.hears("closed 4409")
	if _, _, _, err := (ws.Dialer{Protocols: []string{"graphql-ws"}}).Dial(context.Background(), "ws"+strings.TrimPrefix(s.URL, "http")+"/v1/graphql"); err == nil {
		t.Error("the old protocol is accepted")
	}
}

// TestSocket_AQueryTakesFromTheMemoryOfTheNode: what it reads is taken from limits.memory, and given back when it is answered.
func TestSocket_AQueryTakesFromTheMemoryOfTheNode(t *testing.T) {
	t.Parallel()
	asked, goOn := make(chan struct{}), make(chan struct{})
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked <- struct{}{}
		<-goOn
		_, _ = io.WriteString(w, `{"allow":true}`) // a server that has gone does not get it
	}))
	defer hook.Close()
	s := servertest.Start(t, `
databases: { main: { driver: memory } }
admin: { keys: ["admin-key-admin-key"] }
log: { level: error }
graphql: {}
limits: { memory: 2MiB, answer: 1MiB }
webhooks: { secret: "0123456789abcdef0123456789abcdef", timeout: 9s }
collections:
  large: { fields: { text: { type: string } }, rules: { read: 'true' } }
  slow: { fields: { text: { type: string } }, rules: { read: 'webhook("`+hook.URL+`")' } }
`)
	for range 9 {
		s.Want(t, 201, call{Method: "POST", Path: "/v1/db/large", Token: admin, Body: map[string]string{"text": strings.Repeat("x", 100_000)}})
	}
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/slow", Token: admin, Body: `{"id":"1"}`})
	p := dial(t, s, "graphql-transport-ws")
	p.say(`{"type":"connection_init"}`)
	p.hears(`{"type":"connection_ack"}`)
	query := func(id string) string {
		p.subscribe(id, `{ large { text } }`)
		answer := p.next()
		p.hears(`{"id":"` + id + `","type":"complete"}`)
		return answer
	}
	held := make(chan string)
	go func() { // holds what its first root has read while its second one waits
		held <- ask(t, s, "", `{ large { text } slow_by_pk(id: "1") { id } }`, nil)
	}()
	select {
	case <-asked:
	case got := <-held:
		t.Fatalf("the other request did not wait: %.300s", got)
	}
	if got := query("1"); !strings.Contains(got, `"code":"unavailable"`) || !strings.Contains(got, "limits.memory") {
		t.Errorf("while another request holds all of it: %.300s", got)
	}
	close(goOn)
	if got := <-held; !strings.Contains(got, `"slow_by_pk":{"id":"1"}`) {
		t.Errorf("the other request: %.300s", got)
	}
	for i := range 3 { // each of which takes all of it
		if got := query(fmt.Sprint("after", i)); len(got) < 900_000 {
			t.Errorf("then: %.300s", got)
		}
	}
}
