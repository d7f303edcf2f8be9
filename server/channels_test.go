package server_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/bus/bustest"
	"github.com/basalt-dev/basalt/modules/db/postgres/postgrestest"
	"github.com/basalt-dev/basalt/modules/shared/redistest"
	"github.com/basalt-dev/basalt/server/servertest"
)

const channelConfig = `
databases: { main: { driver: sqlite, url: "file:test.db" } }
auth: { tokens: { secret: "0123456789abcdef0123456789abcdef" } }
admin: { keys: ["admin-key-admin-key"] }
log: { level: error }
BUS
collections:
  members:
    fields: { room: { type: string, index: true }, user: { type: string, index: true } }
    rules: { read: 'doc.user == auth.id', create: 'false', update: 'false', delete: 'false' }
channels:
  "room:{id}":  { subscribe: 'exists("members", {"room": params.id, "user": auth.id})', publish: 'exists("members", {"room": id, "user": auth.id})', history: 2 }
  "hall":       { subscribe: 'true', publish: 'auth != nil' }
  "user:{who}": { subscribe: 'auth.id == who', publish: 'auth != nil' }
  "closed":     { publish: 'true' }
`

func wantOn(t *testing.T, l *servertest.Live, event, part string) servertest.Message {
	t.Helper()
	m := l.Want(t, event)
	if !strings.Contains(m.Text, part) {
		t.Fatalf("got %s, want %s", m.Text, part)
	}
	return m
}

func send(t *testing.T, l *servertest.Live, text string) {
	t.Helper()
	if err := l.Send(text); err != nil {
		t.Fatal(err)
	}
}

func TestChannels_RulesAreLive(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, strings.Replace(channelConfig, "BUS", "", 1))
	ann, bob := s.Live(t, user(s, "ann")), s.Live(t, user(s, "bob"))
	send(t, ann, `{"id":"1","op":"subscribe","channel":"room:a"}`)
	wantOn(t, ann, "error", `"forbidden"`)
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/members", Token: admin, Body: `{"id":"m1","room":"a","user":"ann"}`})
	for { // the lookup of before may be known yet for a moment
		send(t, ann, `{"id":"1","op":"subscribe","channel":"room:a"}`)
		m, err := ann.Next(time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		if m.Event == "subscribed" {
			break
		}
	}
	send(t, bob, `{"id":"1","op":"publish","channel":"room:a","data":1}`)
	wantOn(t, bob, "error", `"forbidden"`)
	for _, text := range []string{"one", "two", "three"} {
		send(t, ann, `{"id":"2","op":"publish","channel":"room:a","data":"`+text+`"}`)
		wantOn(t, ann, "message", text)
		wantOn(t, ann, "published", "")
	}
	// What is sent elsewhere does not come here, and parameters are what they are.
	send(t, bob, `{"id":"2","op":"subscribe","channel":"user:ann"}`)
	wantOn(t, bob, "error", `"forbidden"`)
	send(t, bob, `{"id":"2","op":"subscribe","channel":"user:bob"}`)
	wantOn(t, bob, "subscribed", "")
	send(t, ann, `{"id":"3","op":"publish","channel":"user:bob","data":{"x":[1]}}`)
	wantOn(t, bob, "message", `"data":{"x":[1]}`)
	wantOn(t, ann, "published", "")
	for _, channel := range []string{"closed", "room:", "room:a:b", "room:{id}", "nothing", "room:a b", strings.Repeat("x", 300)} {
		send(t, bob, `{"id":"9","op":"subscribe","channel":"`+channel+`"}`)
		wantOn(t, bob, "error", "")
	}
	// Who comes later gets the last two; who is a member no more hears nothing more.
	again := s.Live(t, user(s, "ann"))
	send(t, again, `{"id":"1","op":"subscribe","channel":"room:a"}`)
	if m := wantOn(t, again, "subscribed", `"two"`); strings.Contains(m.Text, `"one"`) || !strings.Contains(m.Text, `"three"`) {
		t.Errorf("got %s", m.Text)
	}
	s.Want(t, 204, call{Method: "DELETE", Path: "/v1/db/members/m1", Token: admin})
	wantOn(t, ann, "error", `"forbidden"`)
	wantOn(t, again, "error", `"forbidden"`)
	send(t, ann, `{"id":"4","op":"publish","channel":"room:a","data":1}`)
	wantOn(t, ann, "error", `"forbidden"`)
	// Over HTTP it is the same.
	s.Want(t, 403, call{Method: "POST", Path: "/v1/channels/room:a", Token: user(s, "ann"), Body: `{"data":1}`})
	s.Want(t, 401, call{Method: "POST", Path: "/v1/channels/hall", Body: `{"data":1}`})
	s.Want(t, 422, call{Method: "POST", Path: "/v1/channels/hall", Token: user(s, "ann"), Body: `{}`})
	s.Want(t, 422, call{Method: "POST", Path: "/v1/channels/nothing", Token: user(s, "ann"), Body: `{"data":1}`})
	s.Want(t, 200, call{Method: "POST", Path: "/v1/channels/user:bob", Token: user(s, "ann"), Body: `{"data":"by http"}`})
	wantOn(t, bob, "message", "by http")
}

func TestChannels_AcrossNodes(t *testing.T) {
	t.Parallel()
	redis, nats := redistest.Start(t), bustest.Start(t)
	for name, b := range map[string]struct {
		config string
		server interface {
			Kill() error
			Run() error
		}
	}{"redis": {`bus: { driver: redis, url: "` + redis.URL() + `" }`, redis}, "nats": {`bus: { driver: nats, url: "` + nats.URL() + `" }`, nats}} {
		t.Run(name, func(t *testing.T) {
			database := `postgres, url: "` + postgrestest.Database(t) + `"`
			config := servertest.Write(t, strings.NewReplacer("BUS", b.config, `sqlite, url: "file:test.db"`, database).Replace(channelConfig))
			one, two := servertest.StartProcess(t, config), servertest.StartProcess(t, config)
			a, b2 := one.Instance(config), two.Instance(config)
			a.Want(t, 201, call{Method: "POST", Path: "/v1/db/members", Token: admin, Body: `[{"room":"r","user":"ann"},{"room":"r","user":"bob"}]`})
			ann, bob := a.Live(t, user(a, "ann")), b2.Live(t, user(b2, "bob"))
			send(t, ann, `{"id":"1","op":"subscribe","channel":"room:r","presence":true,"state":{"name":"Ann"}}`)
			wantOn(t, ann, "subscribed", "")
			wantOn(t, ann, "presence", `"Ann"`)
			send(t, bob, `{"id":"1","op":"subscribe","channel":"room:r","presence":true,"state":{"name":"Bob"}}`)
			wantOn(t, bob, "subscribed", `"Ann"`)
			wantOn(t, ann, "presence", `"Bob"`)
			wantOn(t, bob, "presence", `"Bob"`)
			send(t, ann, `{"id":"2","op":"publish","channel":"room:r","data":"hello"}`)
			wantOn(t, bob, "message", "hello")
			first, second := nextOf(t, ann), nextOf(t, ann)
			if first.Event == "published" { // the answer, and what every subscriber receives, come in any order
				first, second = second, first
			}
			if first.Event != "message" || second.Event != "published" {
				t.Errorf("got %s and %s", first.Text, second.Text)
			}

			// A node that starts later knows what was said, and who is there.
			three := servertest.StartProcess(t, config)
			late := three.Instance(config).Live(t, user(a, "ann"))
			send(t, late, `{"id":"1","op":"subscribe","channel":"room:r","presence":true}`)
			if m := wantOn(t, late, "subscribed", "hello"); !strings.Contains(m.Text, `"Ann"`) || !strings.Contains(m.Text, `"Bob"`) {
				t.Errorf("got %s", m.Text)
			}

			// The members of a node that is killed leave.
			two.Kill()
			if m := wantOn(t, ann, "presence", `"Bob"`); m.Type != "leave" {
				t.Errorf("got %s", m.Text)
			}
			wantOn(t, late, "presence", `"leave"`)

			// While the bus is away, what is sent is refused, and after that all goes on.
			if err := b.server.Kill(); err != nil {
				t.Fatal(err)
			}
			send(t, ann, `{"id":"3","op":"publish","channel":"room:r","data":"lost"}`)
			for { // the others are silent, too
				m, err := ann.Next(time.Minute)
				if err != nil {
					t.Fatal(err)
				}
				if m.Event == "error" {
					break
				}
				if m.Event == "published" {
					t.Fatal("published without a subscriber")
				}
			}
			if err := b.server.Run(); err != nil {
				t.Fatal(err)
			}
			for heard := false; !heard; {
				send(t, ann, `{"id":"4","op":"publish","channel":"room:r","data":"again"}`)
				for {
					m, err := late.Next(300 * time.Millisecond)
					if err != nil {
						late = reconnect(t, three.Instance(config), user(a, "ann"))
						break
					}
					if heard = heard || strings.Contains(m.Text, "again"); heard {
						break
					}
				}
			}
		})
	}
}

func nextOf(t *testing.T, l *servertest.Live) servertest.Message {
	t.Helper()
	m, err := l.Next(time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// reconnect subscribes anew: a read that has timed out ends a connection.
func reconnect(t *testing.T, s *servertest.Instance, token string) *servertest.Live {
	t.Helper()
	l := s.Live(t, token)
	send(t, l, `{"id":"1","op":"subscribe","channel":"room:r"}`)
	return l
}

// TestChannels_AreBoundedInBytes sends more than the memory of a node is to hold.
func TestChannels_AreBoundedInBytes(t *testing.T) {
	t.Parallel()
	config := strings.Replace(channelConfig, "BUS", "limits: { message: 1KiB, state: 100, history: 20KiB, user_connections: 100 }", 1)
	config = strings.Replace(config, `"closed":     { publish: 'true' }`, `"log:{n}": { subscribe: 'true', publish: 'auth != nil', history: 1000 }`, 1)
	s := servertest.Start(t, config)
	token := user(s, "ann")
	large := `{"data":"` + strings.Repeat("x", 1100) + `"}`
	a := s.Want(t, 413, servertest.Call{Method: "POST", Path: "/v1/channels/log:1", Token: token, Body: large})
	if !strings.Contains(a.Body, "limits.message") {
		t.Errorf("got %s", a.Body)
	}
	ann := s.Live(t, token)
	send(t, ann, `{"id":"1","op":"subscribe","channel":"log:1","state":{"name":"`+strings.Repeat("x", 100)+`"}}`)
	wantOn(t, ann, "error", "limits.state")
	send(t, ann, `{"id":"2","op":"subscribe","channel":"log:1"}`)
	wantOn(t, ann, "subscribed", `"messages":[]`)
	send(t, ann, `{"id":"3","op":"presence","channel":"log:1","state":{"name":"`+strings.Repeat("x", 100)+`"}}`)
	wantOn(t, ann, "error", "limits.state")
	send(t, ann, `{"id":"4","op":"publish","channel":"log:1",`+large[1:])
	wantOn(t, ann, "error", "limits.message")

	// 40 channels of 1,000 bytes each: what was said last is there, what was said first is not.
	for n := range 40 {
		s.Want(t, 200, servertest.Call{Method: "POST", Path: "/v1/channels/log:" + strconv.Itoa(100+n), Token: token, Body: `{"data":"` + strings.Repeat("y", 1000) + `"}`})
	}
	for channel, want := range map[string]string{"log:139": "yyyy", "log:100": `"messages":[]`} {
		l := s.Live(t, token)
		send(t, l, `{"id":"1","op":"subscribe","channel":"`+channel+`"}`)
		wantOn(t, l, "subscribed", want)
	}
}
