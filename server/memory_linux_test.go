package server_test

import (
	"debug/buildinfo"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/server/servertest"
)

const memoryConfig = `
databases: { main: { driver: sqlite, url: "file:test.db" } }
limits: { memory: 64MiB, cache: 8MiB, history: 8MiB, live: 32MiB, user_connections: 1000 }
channels: { "room:{id}": { subscribe: 'true', publish: 'true', history: 100 } }
collections:
  pages:
    fields: { book: { type: ref, to: books, index: true }, text: { type: string } }
    rules: { read: 'true', create: 'true', update: 'true' }
  books:
    fields: { name: { type: string } }
    rules: { read: 'true', create: 'true' }
`

// peak returns the most memory that a process has had resident.
func peak(t *testing.T, pid int) int64 {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, err := strconv.ParseInt(strings.Fields(value)[0], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return kib << 10
		}
	}
	t.Fatal("there is no VmHWM")
	return 0
}

// racing reports whether a program has the race detector.
func racing(t *testing.T, program string) bool {
	t.Helper()
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	return slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

// sendOnly sends a request, of which a server may refuse to read the rest, and does not read.
func sendOnly(t *testing.T, url, text string) {
	c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Error(err)
		return
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetWriteDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Error(err)
	}
	_, _ = io.WriteString(c, text)
}

// listenOnly subscribes to large windows and to channels with presence, sends messages, and does not read.
func listenOnly(t *testing.T, s *servertest.Instance, n int) {
	l := s.Live(t, "")
	send := func(format string, args ...any) bool { return l.Send(fmt.Sprintf(format, args...)) == nil }
	for i := range 8 {
		if !send(`{"id":"w%d","op":"subscribe","collection":"pages","query":{"where":{"text":{"$ne":"%d-%d"}},"limit":104}}`, i, n, i) {
			return
		}
	}
	for i := range 40 {
		if !send(`{"id":"c%d","op":"subscribe","channel":"room:%d-%d","state":"%s"}`, i, n, i, strings.Repeat("s", 4000)) ||
			!send(`{"id":"p%d","op":"publish","channel":"room:%d-%d","data":"%s"}`, i, n, i, strings.Repeat("d", 60_000)) {
			return
		}
	}
}

// TestMemory_OfANodeIsBounded has 100 clients ask at once for all that a node may hold: answers of 12 MiB, by a list, by
// expansions, and by readers that do not read; large bodies, whole ones and others that never end; live windows whose
// snapshots no user reads, presence states, and messages. Of answers alone that would be 1.2 GB, and three times as much
// while they are made; of snapshots as much again.
func TestMemory_OfANodeIsBounded(t *testing.T) {
	p := servertest.StartProcess(t, servertest.Write(t, memoryConfig), "GOGC=100") // as it runs elsewhere: cmd/testenv sets another one
	s := p.Instance("")
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/books", Body: `{"id":"b","name":"n"}`})
	page := `{"book":"b","text":"` + strings.Repeat("x", 120_000) + `"}`
	for range 13 {
		s.Want(t, 201, call{Method: "POST", Path: "/v1/db/pages", Body: "[" + strings.Repeat(page+",", 7) + page + "]"})
	}
	idle := peak(t, p.Cmd.Process.Pid)
	var answered, refused atomic.Int64
	var wg sync.WaitGroup
	defer wg.Wait()
	for n := range 100 {
		wg.Go(func() {
			switch n % 6 {
			case 0: // it asks, and does not read for as long as others do
				sendOnly(t, p.URL, "GET /v1/db/pages?limit=104 HTTP/1.1\r\nHost: x\r\n\r\n")
				return
			case 4: // its bodies do not end
				for range 2 {
					sendOnly(t, p.URL, "PATCH /v1/db/pages/none HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n"+strings.Repeat("y", 900_000))
				}
				return
			case 5:
				listenOnly(t, s, n)
				return
			}
			for range 2 {
				c := call{Method: "GET", Path: "/v1/db/pages?limit=104"}
				switch n % 6 {
				case 2:
					c.Path = "/v1/db/pages?limit=104&expand=book"
				case 3:
					c = call{Method: "PATCH", Path: "/v1/db/pages/none", Body: `{"text":"` + strings.Repeat("y", 1_000_000) + `"}`}
				}
				switch a := s.Do(t, c); a.Status {
				case http.StatusOK, http.StatusNotFound:
					answered.Add(1)
				case http.StatusGatewayTimeout: // it has waited for its turn
					refused.Add(1)
				case http.StatusServiceUnavailable:
					refused.Add(1)
					if a.Header.Get("Retry-After") == "" || !strings.Contains(a.Body, "limits.memory") {
						t.Errorf("got %s", a.Body)
					}
				default:
					t.Errorf("got %d %.200s", a.Status, a.Body)
				}
			}
		})
	}
	wg.Wait()
	if answered.Load() == 0 { // all have waited on those who do not read; those give way
		servertest.Eventually(t, "a list is answered", func() bool {
			return s.Do(t, call{Method: "GET", Path: "/v1/db/pages?limit=104"}).Status == http.StatusOK
		})
	}
	most := int64(64+8+8+32+512) << 20 // as config/README.md says
	got := peak(t, p.Cmd.Process.Pid)
	if racing(t, p.Cmd.Path) { // the detector keeps notes of all memory
		got -= idle
		most *= 2
	}
	t.Logf("%d MiB before, %d MiB at most, %d answered, %d refused", idle>>20, got>>20, answered.Load(), refused.Load())
	if got > most {
		t.Errorf("the node has had %d MiB, and may have %d", got>>20, most>>20)
	}
}
