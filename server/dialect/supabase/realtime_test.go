package supabase_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"github.com/basalt-dev/basalt/server/servertest"
)

const channels = `
channels:
  "room:{id}": { subscribe: 'auth != nil', publish: 'auth.id != "mute"', history: 5 }
  "open": { subscribe: "true", publish: "true" }
  "team:{id}": { subscribe: 'exists("members", {"team": id, "person": auth.id})' }
`

// phone is a client of the Phoenix protocol.
type phone struct {
	t    *testing.T
	conn net.Conn
}

func call(t *testing.T, s *servertest.Instance, query string) *phone {
	t.Helper()
	conn, _, _, err := ws.Dial(context.Background(), "ws"+strings.TrimPrefix(s.URL, "http")+"/realtime/v1/websocket?"+query)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &phone{t, conn}
}

func second(t *testing.T, s *servertest.Instance) *phone {
	return call(t, s, "vsn=2.0.0&apikey="+anonKey)
}

func (p *phone) say(format string, args ...any) {
	p.t.Helper()
	if err := wsutil.WriteClientText(p.conn, fmt.Appendf(nil, format, args...)); err != nil {
		p.t.Fatal(err)
	}
}

// What is another each time.
var others = []struct {
	*regexp.Regexp
	as string
}{
	{regexp.MustCompile(`"commit_timestamp":"[^"]+"`), `"at":0`},
	{regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}`), "U"},
	{regexp.MustCompile(`"phx_ref":"[^"]+"`), `"ref":0`},
	{regexp.MustCompile(`,"columns":\[[^\]]*\]`), ""},
}

// next is the next message; a close is "closed" with its code.
func (p *phone) next() string {
	p.t.Helper()
	if err := p.conn.SetReadDeadline(time.Now().Add(2 * time.Minute)); err != nil {
		p.t.Fatal(err)
	}
	for {
		f, err := ws.ReadFrame(p.conn)
		if err != nil {
			p.t.Fatal(err)
		}
		switch f.Header.OpCode {
		case ws.OpPing:
			continue
		case ws.OpClose:
			code, _ := ws.ParseCloseFrameData(f.Payload)
			return fmt.Sprintf("closed %d", code)
		}
		got := string(f.Payload)
		for _, o := range others {
			got = o.ReplaceAllString(got, o.as)
		}
		return got
	}
}

// hears waits for messages, in any order.
func (p *phone) hears(want ...string) {
	p.t.Helper()
	var got []string
	for range want {
		got = append(got, p.next())
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		p.t.Fatalf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// refused waits for a message with a reason that has some text.
func (p *phone) refused(text string) {
	p.t.Helper()
	if got := p.next(); !strings.Contains(got, `"status":"error"`) || !strings.Contains(got, text) {
		p.t.Fatalf("got %s, want an error with %s", got, text)
	}
}

// join joins a topic of realtime as ann.
func (p *phone) join(s *servertest.Instance, who, topic, config string) {
	p.t.Helper()
	token := anonKey
	if who != "" {
		token = s.Token(map[string]any{"sub": who})
	}
	text, err := json.Marshal(token)
	if err != nil {
		p.t.Fatal(err)
	}
	p.say(`["1","1","realtime:%s","phx_join",{"config":%s,"access_token":%s}]`, topic, config, text)
}

func joined(topic string) string {
	return `["1","1","realtime:` + topic + `","phx_reply",{"status":"ok","response":{}}]`
}

func ok(ref, topic string) string {
	return `["1","` + ref + `","realtime:` + topic + `","phx_reply",{"status":"ok","response":{}}]`
}

func TestRealtime_ChangesOfTablesFollowTheRules(t *testing.T) {
	t.Parallel()
	s := filled(t, config+channels)
	write := func(method, path, body string) {
		t.Helper()
		if a := (scenario{who: "service", method: method, path: "/rest/v1/" + path, body: body, status: 0}).answer(t, s); a.Status >= 300 {
			t.Fatalf("%s %s: %d %s", method, path, a.Status, a.Body)
		}
	}
	p := second(t, s)
	p.join(s, "ann", "db", `{"broadcast":{"ack":false,"self":false},"presence":{"enabled":false},"private":false,"postgres_changes":[{"event":"*","schema":"public","table":"people","filter":"name=in.(Ann,\"Cleo, D\"),id=neq.zoe"},{"event":"DELETE","schema":"public","table":"comments"}]}`)
	p.hears(`["1","1","realtime:db","phx_reply",{"status":"ok","response":{"postgres_changes":[{"event":"*","filter":"name=in.(Ann,\"Cleo, D\"),id=neq.zoe","id":1,"schema":"public","table":"people"},{"event":"DELETE","id":2,"schema":"public","table":"comments"}]}}]`,
		`["1",null,"realtime:db","system",{"extension":"postgres_changes","status":"ok","message":"Subscribed to PostgreSQL","channel":"db"}]`)
	change := func(id int, table, kind, rest string) {
		t.Helper()
		p.hears(fmt.Sprintf(`["1",null,"realtime:db","postgres_changes",{"ids":[%d],"data":{"schema":"public","table":"%s","type":"%s","at":0%s,"errors":null}}]`, id, table, kind, rest))
	}
	write("POST", "people", `{"id":"zoe","name":"Ann"}`) // is not of the filter
	write("POST", "people", `{"id":"cleo","name":"Cleo, D","salary":5}`)
	change(1, "people", "INSERT", `,"record":{"id":"cleo","name":"Cleo, D"}`) // the rest is hidden
	write("PATCH", "people?id=eq.cleo", `{"name":"Ann"}`)
	change(1, "people", "UPDATE", `,"record":{"id":"cleo","name":"Ann"},"old_record":{"id":"cleo"}`)
	write("PATCH", "people?id=eq.cleo", `{"name":"Dora"}`) // leaves
	change(1, "people", "DELETE", `,"old_record":{"id":"cleo"}`)
	write("POST", "comments", `{"id":"new","note":"n1","text":"x"}`) // only DELETE is asked for
	write("PATCH", "comments?id=eq.new", `{"hidden":true}`)          // the rule hides it
	change(2, "comments", "DELETE", `,"old_record":{"id":"new"}`)
	write("DELETE", "comments?id=eq.new", ``) // which nobody may know
	write("DELETE", "people?id=eq.ann", ``)
	change(1, "people", "DELETE", `,"old_record":{"id":"ann"}`)
	p.say(`["1","9","realtime:db","broadcast",{"type":"broadcast","event":"x","payload":{}}]`) // there is no such channel
	p.refused("Unauthorized: there is no rule for the channel db")
	p.say(`["1","10","realtime:db","phx_leave",{}]`)
	p.hears(ok("10", "db"), `["1","1","realtime:db","phx_close",{}]`)
	p.say(`[null,"11","phoenix","heartbeat",{}]`)
	p.hears(`[null,"11","phoenix","phx_reply",{"status":"ok","response":{}}]`)
}

// A client sees the rows of the user whose token came last, and what another may not see leaves.
func TestRealtime_AnotherTokenIsAnotherCaller(t *testing.T) {
	t.Parallel()
	s := filled(t, config+channels)
	p := second(t, s)
	p.join(s, "ann", "db", `{"postgres_changes":[{"event":"*","schema":"public","table":"notes","filter":"owner=eq.ann","select":["title"]}]}`)
	p.next()
	p.next()
	scenario{who: "ann", method: "POST", path: "/rest/v1/notes", body: `{"id":"mine","owner":"ann","title":"t"}`, status: 201}.run(t, s)
	if got := p.next(); !strings.Contains(got, `"type":"INSERT"`) || !strings.Contains(got, `"record":{"title":"t"}`) {
		t.Fatal(got)
	}
	p.say(`["1","2","realtime:db","access_token",{"access_token":%q}]`, s.Token(map[string]any{"sub": "bob"}))
	for { // all rows of ann
		if got := p.next(); !strings.Contains(got, `"type":"DELETE"`) {
			t.Fatal(got)
		} else if strings.Contains(got, `"mine"`) {
			break
		}
	}
}

func TestRealtime_RefusesWhatTheRulesDo(t *testing.T) {
	t.Parallel()
	s := filled(t, config+channels)
	for _, test := range []struct{ who, topic, config, says string }{
		{"ann", "elsewhere", `{}`, "Unauthorized: there is no rule for the channel elsewhere"},
		{"", "room:1", `{}`, "Unauthorized: sign in"},
		{"", "room:1", `{"private":true,"postgres_changes":[{"event":"*","schema":"public","table":"people"}]}`, "Unauthorized: sign in"},
		{"ann", "db", `{"presence":{"enabled":true},"postgres_changes":[{"event":"*","schema":"public","table":"people"}]}`, "Unauthorized: there is no rule"},
		{"ann", "team:grey", `{}`, "Unauthorized: you may not use this channel"},
		{"ann", "db", `{"postgres_changes":[{"event":"*","schema":"public","table":"ruleless"}]}`, "Unauthorized"},
		{"ann", "db", `{"postgres_changes":[{"event":"*","schema":"public","table":"locked"}]}`, "Unauthorized"},
		{"ann", "db", `{"postgres_changes":[{"event":"*","schema":"public","table":"people","filter":"salary=gt.15"}]}`, "Unauthorized"},
		{"ann", "db", `{"postgres_changes":[{"event":"*","schema":"auth","table":"users"}]}`, "PGRST106"},
		{"ann", "db", `{"postgres_changes":[{"event":"*","schema":"public","table":"nothing"}]}`, "PGRST205"},
		{"ann", "db", `{"postgres_changes":[{"event":"*","schema":"public"}]}`, "PGRST127"},
		{"ann", "db", `{"postgres_changes":[{"event":"TRUNCATE","schema":"public","table":"people"}]}`, "InvalidPayload"},
		{"ann", "db", `{"postgres_changes":[{"event":"*","schema":"public","table":"people","filter":"name=eq.a)"}]}`, "PGRST100"},
		{"ann", "db", `{"postgres_changes":[{"event":"*","schema":"public","table":"people","filter":"nothing=eq.1"}]}`, "42703"},
		{"ann", "db", `{"postgres_changes":[{"event":"*","schema":"public","table":"people","filter":"name"}]}`, "PGRST100"},
		{"ann", "room:1", `[]`, "InvalidPayload"},
		{"ann", "room:1", `{"presence":{"key":"` + strings.Repeat("k", 200) + `"}}`, "InvalidPayload"},
	} {
		p := second(t, s)
		p.join(s, test.who, test.topic, test.config)
		p.refused(test.says)
	}
	p := second(t, s)
	p.say(`["1","1","realtime:room:1","phx_join",{"config":{},"access_token":"bad"}]`)
	p.refused("Unauthorized")
	p.say(`["1","2","realtime:room:1","broadcast",{"event":"x"}]`)
	p.refused("UnmatchedTopic")
	p.say(`["1","3","other","phx_join",{"config":{}}]`)
	p.refused("UnmatchedTopic")
	p.join(s, "mute", "room:1", `{}`)
	p.hears(joined("room:1"))
	p.say(`["1","4","realtime:room:1","broadcast",{"event":"x"}]`)
	p.refused("Unauthorized")
	p.say(`["0","5","realtime:room:1","broadcast",{"event":"x"}]`) // of a join that was before
	p.refused("UnmatchedTopic")
	p.say(`["1","6","realtime:room:1","access_token",{"access_token":"bad"}]`)
	p.refused(`"extension":"system"`)
	if got := p.next(); !strings.Contains(got, "phx_error") {
		t.Fatal(got)
	}
	p.say(`{}`)
	p.hears("closed 1007")
	for _, query := range []string{"", "apikey=wrong", "vsn=3.0.0&apikey=" + anonKey} {
		if _, _, _, err := ws.Dial(context.Background(), "ws"+strings.TrimPrefix(s.URL, "http")+"/realtime/v1/websocket?"+query); err == nil {
			t.Errorf("%q is let in", query)
		}
	}
}

func TestRealtime_BroadcastsReachBothVersionsAndTheNativeProtocol(t *testing.T) {
	t.Parallel()
	s := filled(t, config+channels)
	ann, bob := second(t, s), call(t, s, "apikey="+anonKey)
	ann.join(s, "ann", "room:1", `{"broadcast":{"ack":true,"self":false}}`)
	ann.hears(joined("room:1"))
	bob.say(`{"topic":"realtime:room:1","event":"phx_join","ref":"1","join_ref":"1","payload":{"access_token":%q,"config":{"broadcast":{"self":true}}}}`, s.Token(map[string]any{"sub": "bob"}))
	bob.hears(`{"topic":"realtime:room:1","event":"phx_reply","ref":"1","payload":{"status":"ok","response":{}}}`)
	const toAnn, toBob = `["1",null,"realtime:room:1","broadcast",`, `{"topic":"realtime:room:1","event":"broadcast","ref":null,"payload":`
	said := func(event, payload string) string {
		return `{"type":"broadcast","event":"` + event + `","payload":` + payload + `,"meta":{"id":"U"}}`
	}
	push := func(ref, event string, encoding byte, payload string) []byte {
		const topic = "realtime:room:1"
		b := []byte{3, 1, byte(len(ref)), byte(len(topic)), byte(len(event)), 0, encoding}
		return append(b, "1"+ref+topic+event+payload...)
	}
	for _, b := range [][]byte{push("2", "typing", 1, `{"a":1}`), push("3", "raw", 0, "\x00\xff")} {
		if err := wsutil.WriteClientBinary(ann.conn, b); err != nil {
			t.Fatal(err)
		}
	}
	ann.hears(ok("2", "room:1"), ok("3", "room:1"))    // not what it has sent
	bob.hears(toBob + said("typing", `{"a":1}`) + "}") // which has no binary messages
	bob.say(`{"topic":"realtime:room:1","event":"broadcast","ref":"2","join_ref":"1","payload":{"type":"broadcast","event":"hi","payload":{"b":2},"sender":"x"}}`)
	ann.hears(toAnn + said("hi", `{"b":2}`) + "]")
	bob.hears(toBob + said("hi", `{"b":2}`) + "}") // self
	for _, c := range []scenario{
		{who: "ann", method: "POST", path: "/realtime/v1/api/broadcast", body: `{"messages":[{"topic":"room:1","event":"rest","payload":{"c":3},"private":true},{"topic":"room:1","event":"rest","payload":[]}]}`, status: 202},
		{who: "ann", method: "POST", path: "/realtime/v1/api/broadcast/room:1/events/one?private=true", body: `{"d":4}`, status: 202},
		{who: "ann", method: "POST", path: "/realtime/v1/api/broadcast/room:1/events/bytes", header: map[string]string{"Content-Type": "application/octet-stream"}, body: "\xff", status: 202},
		{who: "mute", method: "POST", path: "/realtime/v1/api/broadcast/room:1/events/one", body: `{}`, status: 403},
		{who: "ann", method: "POST", path: "/realtime/v1/api/broadcast/elsewhere/events/one", body: `{}`, status: 403, has: []string{"42501"}},
		{method: "POST", path: "/realtime/v1/api/broadcast/elsewhere/events/one", body: `{}`, status: 401},
		{who: "ann", method: "POST", path: "/realtime/v1/api/broadcast", body: `{"messages":[]}`, status: 400},
		{who: "ann", method: "POST", path: "/realtime/v1/api/broadcast/room:1/events/one", body: `{`, status: 400},
		{who: "ann", method: "POST", path: "/v1/channels/room:1", header: map[string]string{"apikey": ""}, body: `{"data":{"native":true}}`, status: 200},
	} {
		c.run(t, s)
	}
	ann.hears(toAnn+said("rest", `{"c":3}`)+"]", toAnn+said("rest", `[]`)+"]", toAnn+said("one", `{"d":4}`)+"]",
		"\x04\x0f\x05\x2d\x00realtime:room:1bytes"+`{"id":"U"}`+"\xff", toAnn+said("message", `{"native":true}`)+"]")
	late := second(t, s)
	late.join(s, "ann", "room:1", `{"private":true,"broadcast":{"replay":{"since":0,"limit":1}}}`)
	late.hears(joined("room:1"), toAnn+`{"type":"broadcast","event":"message","payload":{"native":true},"meta":{"id":"U","replayed":true}}]`)
	anyone := second(t, s)
	anyone.join(s, "", "open", `{"broadcast":{"self":true}}`)
	anyone.hears(joined("open"))
	anyone.say(`["1","2","realtime:open","broadcast",{"event":"x"}]`)
	anyone.hears(`["1",null,"realtime:open","broadcast",{"type":"broadcast","event":"x","payload":{},"meta":{"id":"U"}}]`)
}

func TestRealtime_PresenceIsTheOneOfChannels(t *testing.T) {
	t.Parallel()
	s := filled(t, config+channels)
	ann, bob := second(t, s), second(t, s)
	ann.join(s, "ann", "room:1", `{"presence":{"key":"a","enabled":true}}`)
	ann.hears(joined("room:1"), `["1",null,"realtime:room:1","presence_state",{}]`)
	ann.say(`["1","2","realtime:room:1","presence",{"type":"presence","event":"track","payload":{"mood":"good"}}]`)
	diff := func(joins, leaves string) string {
		return `["1",null,"realtime:room:1","presence_diff",{"joins":{` + joins + `},"leaves":{` + leaves + `}}]`
	}
	const good, bad = `"a":{"metas":[{"mood":"good","ref":0}]}`, `"a":{"metas":[{"mood":"bad","ref":0}]}`
	ann.hears(ok("2", "room:1"), diff(good, ""))
	bob.join(s, "bob", "room:1", `{"presence":{"enabled":true}}`)
	bob.hears(joined("room:1"), `["1",null,"realtime:room:1","presence_state",{`+good+`}]`)
	ann.say(`["1","3","realtime:room:1","presence",{"type":"presence","event":"track","payload":{"mood":"bad"}}]`)
	ann.hears(ok("3", "room:1"), diff(bad, good))
	bob.hears(diff(bad, good))
	ann.say(`["1","4","realtime:room:1","presence",{"type":"presence","event":"track","payload":"x"}]`)
	ann.refused("InvalidPayload")
	ann.say(`["1","5","realtime:room:1","presence",{"type":"presence","event":"untrack"}]`)
	ann.hears(ok("5", "room:1"), diff("", bad))
	bob.hears(diff("", bad))
	ann.say(`["1","6","realtime:room:1","presence",{"type":"presence","event":"track"}]`)
	ann.hears(ok("6", "room:1"), diff(`"a":{"metas":[{"ref":0}]}`, ""))
	bob.hears(diff(`"a":{"metas":[{"ref":0}]}`, ""))
	_ = ann.conn.Close()
	bob.hears(diff("", `"a":{"metas":[{"ref":0}]}`))
}
