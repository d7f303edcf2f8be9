package servertest

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// Live is a WebSocket connection to /v1/realtime.
type Live struct {
	conn net.Conn
	read io.Reader
}

// Message is what a live connection gets.
type Message struct {
	ID, Event, Type, Key, Resume string
	Index                        int
	Reset, More                  bool
	Total                        *int64
	Items                        []json.RawMessage
	Keys                         []string
	Doc                          json.RawMessage
	Data                         json.RawMessage
	Error                        struct {
		Code   string
		Detail string
	}
	Closed bool   `json:"-"`
	Text   string `json:"-"`
}

// Dial connects to a server's /v1/realtime.
func Dial(url, token string) (*Live, error) { return dial(url, token, http.Header{}) }

// DialFrom is [Dial] from an address behind a trusted proxy.
func DialFrom(url, token, ip string) (*Live, error) {
	return dial(url, token, http.Header{"X-Forwarded-For": {ip}})
}

func dial(url, token string, header http.Header) (*Live, error) {
	if token != "" {
		header.Set("Authorization", "Bearer "+token)
	}
	dialer := ws.Dialer{Protocols: []string{"basalt.v1"}, Timeout: time.Minute, Header: ws.HandshakeHeaderHTTP(header)}
	conn, early, _, err := dialer.Dial(context.Background(), "ws"+strings.TrimPrefix(url, "http")+"/v1/realtime")
	if err != nil {
		return nil, err
	}
	l := &Live{conn: conn, read: conn}
	if early != nil {
		l.read = early
	}
	return l, nil
}

// Live connects until the test ends.
func (i *Instance) Live(t testing.TB, token string) *Live {
	t.Helper()
	l, err := Dial(i.URL, token)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// Send sends a message: a string as it is, anything else as JSON.
func (l *Live) Send(message any) error {
	text, ok := message.(string)
	if !ok {
		b, err := json.Marshal(message)
		if err != nil {
			return err
		}
		text = string(b)
	}
	return wsutil.WriteClientText(l.conn, []byte(text))
}

// Next waits for the next message. One that is Closed is the last.
func (l *Live) Next(wait time.Duration) (Message, error) {
	if err := l.conn.SetReadDeadline(time.Now().Add(wait)); err != nil {
		return Message{}, err
	}
	reader := wsutil.Reader{Source: l.read, State: ws.StateClientSide, CheckUTF8: true}
	for {
		header, err := reader.NextFrame()
		if err != nil {
			return Message{Closed: true, Text: err.Error()}, err
		}
		body, err := io.ReadAll(&reader)
		switch {
		case err != nil:
			return Message{Closed: true, Text: err.Error()}, err
		case header.OpCode == ws.OpPing:
			if err := wsutil.WriteClientMessage(l.conn, ws.OpPong, body); err != nil {
				return Message{Closed: true, Text: err.Error()}, err
			}
		case header.OpCode == ws.OpClose:
			code, reason := ws.ParseCloseFrameData(body)
			return Message{Closed: true, Text: fmt.Sprint(code, " ", reason)}, io.EOF
		case header.OpCode == ws.OpText:
			m := Message{Text: string(body)}
			return m, json.Unmarshal(body, &m)
		}
	}
}

// Want waits for a message of an event and fails the test when another one comes.
func (l *Live) Want(t testing.TB, event string) Message {
	t.Helper()
	m, err := l.Next(time.Minute)
	if err != nil || m.Event != event {
		t.Fatalf("got %q (%v), want event %s", m.Text, err, event)
	}
	return m
}

// Silent fails the test when a message comes.
func (l *Live) Silent(t testing.TB, wait time.Duration) {
	t.Helper()
	if m, err := l.Next(wait); err == nil {
		t.Fatalf("got %s, want nothing", m.Text)
	}
}

// Peer is the address of the server.
func (l *Live) Peer() net.Addr { return l.conn.RemoteAddr() }

// ReadAhead says how many bytes the system reads ahead of the test.
func (l *Live) ReadAhead(t testing.TB, bytes int) {
	t.Helper()
	if err := l.conn.(*net.TCPConn).SetReadBuffer(bytes); err != nil {
		t.Fatal(err)
	}
}

// Close ends the connection without a closing frame.
func (l *Live) Close() error { return l.conn.Close() }

// State is what a client has of a live query. It is safe for concurrent use.
type State struct {
	mu     sync.Mutex
	keys   []string
	docs   map[string]string
	resume string
	total  int64
	known  bool
	more   bool
	err    string
}

// Apply brings the state up to date with a message, and reports what is wrong with it.
func (s *State) Apply(m Message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m.Resume != "" {
		s.resume = m.Resume
	}
	if m.Total != nil {
		s.total = *m.Total
	}
	s.more = m.More
	switch m.Event {
	case "snapshot":
		if s.known && !m.Reset && m.Keys != nil {
			return fmt.Errorf("a second snapshot without reset: %s", m.Text)
		}
		s.known, s.keys, s.docs, s.err = true, slices.Clone(m.Keys), map[string]string{}, ""
		for i, item := range m.Items {
			if m.Keys != nil {
				if err := under(m.Keys[i], item, m.Text); err != nil {
					return err
				}
				s.docs[m.Keys[i]] = string(item)
			} else {
				s.docs[fmt.Sprint(i)] = string(item)
			}
		}
	case "change":
		return s.change(m)
	case "error":
		s.err, s.known, s.keys, s.docs, s.resume = m.Error.Code, false, nil, nil, ""
	}
	return nil
}

func (s *State) change(m Message) error {
	at := slices.Index(s.keys, m.Key)
	if at >= 0 {
		s.keys = slices.Delete(s.keys, at, at+1)
	}
	if m.Type == "removed" {
		delete(s.docs, m.Key)
		return nil
	}
	if m.Index > len(s.keys) {
		return fmt.Errorf("index %d of %d: %s", m.Index, len(s.keys), m.Text)
	}
	s.keys = slices.Insert(s.keys, m.Index, m.Key)
	s.docs[m.Key] = string(m.Doc)
	return under(m.Key, m.Doc, m.Text)
}

// under reports a document under the key of another one.
func under(key string, doc json.RawMessage, text string) error {
	var has struct{ ID *string }
	if json.Unmarshal(doc, &has) == nil && has.ID != nil && *has.ID != key {
		return fmt.Errorf("under the key %s there is %s: %s", key, doc, text)
	}
	return nil
}

// Keys returns the keys in their order.
func (s *State) Keys() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.keys)
}

// Items returns the documents in their order, as a list of JSON.
func (s *State) Items() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != "" {
		return s.err
	}
	items := make([]string, len(s.keys))
	for i, key := range s.keys {
		items[i] = s.docs[key]
	}
	return "[" + strings.Join(items, ",") + "]"
}

// Resume returns the newest token.
func (s *State) Resume() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.resume
}

// Total returns the newest number of documents.
func (s *State) Total() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.total
}

// Whole reports whether the last message ended the step of a commit.
func (s *State) Whole() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.more
}

// Events reads server-sent events until the connection ends or f returns false.
func Events(ctx context.Context, url, token string, f func(id string, m Message) bool) (status int, err error) {
	req, err := http.NewRequestWithContext(ctx, "GET", url, nil)
	if err != nil {
		return 0, err
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := client.Transport.RoundTrip(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	scanner := bufio.NewScanner(resp.Body)
	scanner.Buffer(nil, 1<<20)
	id := ""
	for scanner.Scan() {
		line := scanner.Text()
		if v, ok := strings.CutPrefix(line, "id: "); ok {
			id = v
		}
		if v, ok := strings.CutPrefix(line, "data: "); ok {
			m := Message{Text: v}
			if err := json.Unmarshal([]byte(v), &m); err != nil {
				return resp.StatusCode, err
			}
			if !f(id, m) {
				break
			}
		}
	}
	return resp.StatusCode, scanner.Err()
}
