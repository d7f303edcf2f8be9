package proptest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/basalt-dev/basalt/server/servertest"
)

// listening is how many scenarios have one in which the caller listens as well.
const listening = 4

// listener is a live query of a caller in one world.
type listener struct {
	collection *collection
	where      string
	sse        bool
	close      func()

	mu       sync.Mutex // guards what follows
	known    bool
	docs     map[string]map[string]string // what is shown, by key
	received []received
	text     []string
	wrong    string
}

// received is a field of a document that came at some time.
type received struct{ cell, value string }

// listen begins the same live query in both worlds, over the WebSocket, as server-sent events, or in GraphQL.
func (s *session) listen(g *client) error {
	var open []*collection
	for _, c := range s.schema.collections {
		if c.rules["read"] != nil {
			open = append(open, c)
		}
	}
	if len(open) == 0 {
		return nil
	}
	c, sse, where, filter := pick(g.gen, open), g.in(3), "{}", ""
	if g.in(2) {
		where, filter = string(must(json.Marshal(g.where(c, 1)))), g.filter(c, 1)
		if strings.Contains(where+filter, "search") { // its order is that of rank
			where, filter = "{}", ""
		}
	}
	graphql, changes := g.reach["graphql"] && g.in(3), g.in(2)
	for i, on := range s.on {
		l := &listener{collection: c, where: `{"limit":500,"where":` + where + `}`, sse: sse, docs: map[string]map[string]string{}}
		begin := l.webSocket
		if sse {
			p := url.Values{"limit": {"500"}}
			if l.where = `{"limit":500}`; filter != "" {
				p.Set("filter", filter)
				l.where = string(must(json.Marshal(map[string]any{"limit": 500, "filter": filter})))
			}
			begin = func(on *instance, token, ip string) error { return l.events(on, token, ip, p) }
		}
		if graphql {
			begin = func(on *instance, token, ip string) error { return l.graphqlSocket(on, token, ip, changes) }
		}
		if err := begin(on, s.tokens[i], s.caller.ip); err != nil {
			return err
		}
		s.live[i] = l
	}
	return nil
}

func (l *listener) webSocket(on *instance, token, ip string) error {
	c, err := servertest.DialFrom("http://"+on.url, token, ip)
	if err != nil {
		return err
	}
	l.close = func() { _ = c.Close() }
	go func() {
		for {
			m, err := c.Next(time.Minute)
			if err != nil {
				return
			}
			l.take(m)
		}
	}()
	return c.Send(`{"id":"1","op":"subscribe","collection":"` + l.collection.name + `","query":` + l.where + `}`)
}

func (l *listener) events(on *instance, token, ip string, p url.Values) error {
	conn, err := net.Dial("tcp", on.url)
	if err != nil {
		return err
	}
	l.close = func() { _ = conn.Close() }
	head := "GET /v1/db/" + l.collection.name + "/live?" + p.Encode() + " HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: " + ip + "\r\n"
	if token != "" {
		head += "Authorization: Bearer " + token + "\r\n"
	}
	if _, err := io.WriteString(conn, head+"\r\n"); err != nil {
		return err
	}
	go func() {
		reader := bufio.NewReader(conn)
		resp, err := http.ReadResponse(reader, nil)
		if err != nil {
			return
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusOK { // it is refused, as the list is
			body, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
			l.take(servertest.Message{Event: "error", Text: fmt.Sprint(resp.StatusCode, " ", string(body))})
			return
		}
		lines := bufio.NewScanner(resp.Body)
		lines.Buffer(nil, 4<<20)
		for lines.Scan() {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				m := servertest.Message{Text: data}
				if json.Unmarshal([]byte(data), &m) == nil {
					l.take(m)
				}
			}
		}
	}()
	return nil
}

// take applies a message.
func (l *listener) take(m servertest.Message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, m.Text)
	switch m.Event {
	case "snapshot":
		l.known, l.docs = true, map[string]map[string]string{}
		for i, item := range m.Items {
			l.note(m.Keys[i], item)
		}
	case "change":
		if m.Type == "removed" {
			delete(l.docs, m.Key)
		} else {
			l.note(m.Key, m.Doc)
		}
	case "error":
		l.known, l.docs = true, nil
	}
}

func (l *listener) note(key string, doc json.RawMessage) {
	fields := map[string]json.RawMessage{}
	if err := json.Unmarshal(doc, &fields); err != nil {
		l.wrong = fmt.Sprintf("%s is no document", doc)
		return
	}
	l.docs[key] = map[string]string{}
	l.received = append(l.received, received{cell(l.collection.name, key, documentItself), ""})
	for name, v := range fields {
		l.docs[key][name] = string(v)
		if f := l.collection.field(name); f != nil && !f.hash {
			l.received = append(l.received, received{cell(l.collection.name, key, name), string(v)})
		}
	}
}

// shows reports whether the listener shows what an answer has.
func (l *listener) shows(a answer) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if a.status != http.StatusOK {
		return l.known && len(l.docs) == 0
	}
	var page struct{ Items []map[string]json.RawMessage }
	if json.Unmarshal([]byte(a.body), &page) != nil || !l.known || len(page.Items) != len(l.docs) {
		return false
	}
	for _, item := range page.Items {
		same := map[string]string{}
		for name, v := range item {
			same[name] = string(v)
		}
		if !maps.Equal(l.docs[unquote(same["id"])], same) {
			return false
		}
	}
	return true
}

// convergence is how long a live query may take to show what the list shows.
const convergence = 20 * time.Second

// judge compares what live queries have shown with what the caller may see, at any time, and what they show in the end
// with the list.
func (s *session) judge() *failure {
	for i, l := range s.live {
		if l == nil {
			return nil
		}
		list := call{method: "POST", path: "/v1/db/" + l.collection.name + "/query", body: l.where}
		a := s.on[i].send(s.tokens[i], s.caller.ip, list)
		for end := time.Now().Add(convergence); !l.shows(a) && time.Now().Before(end); {
			time.Sleep(2 * time.Millisecond)
		}
		shows := l.shows(a)
		l.mu.Lock()
		defer l.mu.Unlock()
		switch {
		case l.wrong != "":
			return &failure{at: len(s.steps) - 1, what: l.wrong, got: [2]answer{{body: strings.Join(l.text, "\n")}, a}}
		case !shows:
			return &failure{at: len(s.steps) - 1, what: "a live query ends with something else than the list", got: [2]answer{{body: strings.Join(l.text, "\n")}, a}}
		}
		for _, h := range l.received {
			if s.several { // what was stored between two of its steps is not known
				break
			}
			if !slices.ContainsFunc(s.views[i], func(v seen) bool { value, ok := v[h.cell]; return ok && value == h.value }) {
				return &failure{at: len(s.steps) - 1, what: "a live query showed " + h.cell + " = " + h.value, got: [2]answer{{body: strings.Join(l.text, "\n")}, a}}
			}
		}
	}
	return nil
}

// looked notes what the caller may see now.
func (s *session) looked() {
	if !s.listens {
		return
	}
	for i := range s.on {
		s.views[i] = append(s.views[i], s.view(s.stored[i]))
	}
}

// hangUp ends the live queries.
func (s *session) hangUp() {
	for _, l := range s.live {
		if l != nil && l.close != nil {
			l.close()
		}
	}
}
