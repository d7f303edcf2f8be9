package proptest

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"github.com/basalt-dev/basalt/server/servertest"
)

// graphqlSocket begins a subscription to all documents of a collection, with the fields that have no rule of their own: the
// whole of it each time, or only what changes. The list that it is compared with has these fields.
func (l *listener) graphqlSocket(on *instance, token, ip string, changes bool) error {
	fields, selected := []string{"id"}, []string{"id"}
	for _, f := range l.collection.fields {
		if f.hash || l.collection.readable[f.name] != nil {
			continue
		}
		fields = append(fields, f.name)
		if f.to != "" {
			selected = append(selected, f.name+": "+f.name+"_id")
		} else {
			selected = append(selected, f.name)
		}
	}
	l.where = string(must(json.Marshal(map[string]any{"limit": 500, "select": fields})))
	conn, _, _, err := ws.Dialer{Protocols: []string{"graphql-transport-ws"}, Header: ws.HandshakeHeaderHTTP(http.Header{"X-Forwarded-For": {ip}})}.Dial(context.Background(), "ws://"+on.url+"/v1/graphql")
	if err != nil {
		return err
	}
	l.close = func() { _ = conn.Close() }
	begin := `{"type":"connection_init"}`
	if token != "" {
		begin = `{"type":"connection_init","payload":{"Authorization":"Bearer ` + token + `"}}`
	}
	head := "subscription"
	if changes {
		head += " @changes"
	}
	payload := must(json.Marshal(map[string]string{"query": head + " { items: " + l.collection.name + "(limit: 500) { " + strings.Join(selected, " ") + " } }"}))
	go func() {
		for {
			text, op, err := wsutil.ReadServerData(conn)
			if err != nil {
				return
			}
			switch {
			case op != ws.OpText:
			case strings.Contains(string(text), `"connection_ack"`):
				_ = wsutil.WriteClientText(conn, []byte(`{"id":"1","type":"subscribe","payload":`+string(payload)+`}`)) // which fails where the connection has ended
			default:
				l.takeGraphQL(string(text))
			}
		}
	}()
	return wsutil.WriteClientText(conn, []byte(begin))
}

// takeGraphQL applies a message as the native ones that say the same.
func (l *listener) takeGraphQL(text string) {
	var m struct {
		Type    string
		Payload json.RawMessage
	}
	if json.Unmarshal([]byte(text), &m) != nil || m.Type != "next" && m.Type != "error" {
		return // what acknowledges the connection
	}
	var next struct {
		Data       struct{ Items []json.RawMessage }
		Errors     json.RawMessage
		Extensions struct {
			Changes []struct{ Type, Key string }
		}
	}
	if m.Type == "error" || json.Unmarshal(m.Payload, &next) != nil || next.Errors != nil {
		l.take(servertest.Message{Event: "error", Text: text})
		return
	}
	if !strings.Contains(text, `"changes":[`) {
		snapshot := servertest.Message{Event: "snapshot", Items: next.Data.Items, Text: text}
		for _, item := range next.Data.Items {
			snapshot.Keys = append(snapshot.Keys, keyOf(item))
		}
		l.take(snapshot)
		return
	}
	for _, c := range next.Extensions.Changes {
		change := servertest.Message{Event: "change", Type: c.Type, Key: c.Key, Text: text}
		if c.Type != "removed" && len(next.Data.Items) > 0 {
			change.Doc = next.Data.Items[0]
			next.Data.Items = slices.Clone(next.Data.Items[1:])
		}
		l.take(change)
	}
}

func keyOf(item json.RawMessage) string {
	var doc struct{ ID json.RawMessage }
	_ = json.Unmarshal(item, &doc) // what is none has no key, and is noted as wrong
	return unquote(string(doc.ID))
}
