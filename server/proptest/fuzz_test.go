package proptest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/server/servertest"
)

// target is the server that a fuzzer sends to, with a schema that has everything.
type target struct {
	*instance
	schema *schema
	world  *world
	tokens []string
}

const (
	targetLimits  = "limits: { timeout: 5s, body: 256KiB, cache: 1MiB, connections: 200, queue: 64KiB }\nmcp: { write: true }\n"
	targetAuth    = "  providers: { anonymous: {}, password: { weak: true, attempts: 100000 } }\n  url: https://app.example.com\n  invite: { rule: 'auth != nil' }\n"
	targetChannel = `  "room:{id}": { subscribe: 'true', publish: 'true', history: 5 }` + "\n"
)

// startTarget runs one until the test ends.
func startTarget(t testing.TB) *target {
	t.Helper()
	g := newGen(7, reached())
	s := g.sharing("f")
	for _, c := range s.collections {
		for _, op := range []string{"create", "update", "delete"} {
			c.rules[op] = literal{true}
		}
	}
	s.aside = g.aside(s)
	s.aside.fill(g, &callers[0])
	config := strings.Replace(configuration(inMemory(), []*schema{s}, true), "limits: { timeout: 60s }\n", targetLimits, 1)
	config = strings.Replace(config, "  providers: { anonymous: {} }\n", targetAuth, 1)
	config = strings.Replace(config, "\nchannels:\n", "\nchannels:\n"+targetChannel, 1)
	i := start(t, &clock{}, config)
	w := g.world(s)
	if err := i.load(s, w); err != nil {
		t.Fatal(err)
	}
	out := &target{i, s, w, []string{adminKey}}
	for n := range callers {
		if token := i.token(&callers[n]); token != "" {
			out.tokens = append(out.tokens, token)
		}
	}
	return out
}

// hostile returns who draws the requests of a seed.
func (s *target) hostile(seed uint64) *hostile {
	return &hostile{&client{gen: newGen(seed, reached()), schema: s.schema, world: s.world}, s.tokens}
}

// requestTime bounds how long a request may take on a busy machine.
const requestTime = 30 * time.Second

// try sends a request, and returns what is wrong with the answer.
func (s *target) try(r request) error {
	if r.method == "WS" {
		return s.converse(r)
	}
	if _, spoken := languages[r.method]; spoken {
		_, err := s.speak(r)
		return err
	}
	conn, err := net.Dial("tcp", s.url)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(requestTime)); err != nil {
		return err
	}
	text := fmt.Sprintf("%s %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\nConnection: close\r\n%s\r\n%s", r.method, r.path, len(r.body), r.headers, r.body)
	_, sent := io.WriteString(conn, text) // a server may answer before it has read all
	resp, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: strings.ToUpper(r.method)})
	if err != nil {
		var late net.Error
		if errors.As(err, &late) && late.Timeout() {
			return fmt.Errorf("no answer: %w", err)
		}
		return nil // what is no request may be cut off
	}
	defer resp.Body.Close()
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") {
		return firstEvent(resp.Body) // which goes on until the client goes
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, 64<<20))
	switch {
	case err != nil && sent == nil:
		return fmt.Errorf("the answer breaks off: %w", err)
	case resp.StatusCode >= 500 && resp.StatusCode != http.StatusServiceUnavailable && resp.StatusCode != http.StatusGatewayTimeout && resp.StatusCode != http.StatusNotImplemented:
		return fmt.Errorf("status %d: %.2000s", resp.StatusCode, body)
	}
	return nil
}

// converse sends the messages of a WebSocket, and waits for what is said to the last.
func (s *target) converse(r request) error {
	l, err := servertest.Dial("http://"+s.url, "")
	if err != nil {
		return nil // there may be too many connections
	}
	defer l.Close()
	for line := range strings.SplitSeq(string(r.body), "\n") {
		if err := l.Send(line); err != nil {
			return nil // the server may end what makes no sense
		}
	}
	if err := l.Send(`{"id":"the last","op":"none"}`); err != nil {
		return nil // as above
	}
	for {
		m, err := l.Next(requestTime)
		var late net.Error
		switch {
		case errors.As(err, &late) && late.Timeout():
			return fmt.Errorf("no answer to the last message: %w", err)
		case err != nil || m.ID == "the last":
			return nil
		case m.Error.Code == "internal":
			return fmt.Errorf("a failure: %s", m.Text)
		}
	}
}

// settled waits until there are no more goroutines than that, and returns how many there are.
func settled(most int) int {
	for range 100 {
		if runtime.NumGoroutine() <= most {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	return runtime.NumGoroutine()
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// growth is what a server may keep after any number of requests: caches, counters, and what waits to be freed.
const growth = 96 << 20

// TestHostile: whatever a client sends, nothing fails, nothing is left, and nothing grows.
func TestHostile(t *testing.T) {
	s := startTarget(t)
	first, total := number("BASALT_PROP_SEED", number("BASALT_PROP_FIRST", 1)), number("BASALT_PROP_REQUESTS", inLong(share(3000), 300_000))
	if number("BASALT_PROP_SEED", 0) != 0 {
		total = 1
	}
	s.send("", addresses[0], call{method: "GET", path: "/healthz"})
	s.http.CloseIdleConnections()
	time.Sleep(100 * time.Millisecond) // until what begins with a server has begun
	goroutines, before := runtime.NumGoroutine(), heap()
	var wait sync.WaitGroup
	seeds := make(chan uint64)
	for range 4 {
		wait.Go(func() {
			for seed := range seeds {
				h := s.hostile(seed)
				if r := h.request(); !t.Failed() {
					if err := s.try(r); err != nil {
						t.Errorf("BASALT_PROP_SEED=%d: %v\n%v", seed, err, r)
					}
				}
			}
		})
	}
	for n := range total {
		seeds <- first + n
	}
	close(seeds)
	wait.Wait()
	if log := s.log.String(); strings.Contains(log, "panic") || strings.Contains(log, "level=ERROR") {
		t.Errorf("the server logged: %.5000s", log[max(0, strings.Index(log, "level=ERROR")):])
	}
	if now := settled(goroutines + 8); now > goroutines+8 {
		stacks := make([]byte, 1<<16)
		t.Errorf("there were %d goroutines, and are %d:\n%s", goroutines, now, stacks[:runtime.Stack(stacks, true)])
	}
	if now := heap(); now > before+growth {
		t.Errorf("the heap has grown from %d to %d bytes", before, now)
	}
}

// FuzzAPI lets the fuzzer of Go change requests byte by byte.
func FuzzAPI(f *testing.F) {
	s := startTarget(f)
	for seed := range uint64(64) {
		h := s.hostile(seed)
		r := h.request()
		f.Add(r.method, r.path, r.headers, r.body)
	}
	f.Fuzz(func(t *testing.T, method, path, headers string, body []byte) {
		if strings.ContainsAny(method+path, "\r\n") || strings.Contains(strings.ToLower(headers), "content-length") || len(headers)+len(path) > 64<<10 {
			return // another request inside this one is a test of the library
		}
		r := request{method, path, headers, body}
		if err := s.try(r); err != nil {
			t.Errorf("%v\n%v", err, r)
		}
		if log := s.log.String(); strings.Contains(log, "panic") {
			t.Errorf("the server has panicked: %.5000s\n%v", log, r)
		}
	})
}
