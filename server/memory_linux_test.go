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

	"github.com/basalt-dev/basalt/server/servertest"
)

const memoryConfig = `
databases: { main: { driver: sqlite, url: "file:test.db" } }
limits: { memory: 64MiB, cache: 8MiB, history: 8MiB }
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

// TestMemory_OfANodeIsBounded has 100 clients ask at once for all that a node may hold: answers of 12 MiB, by a list, by
// expansions, and by readers that do not read; large bodies, and small ones that are large when they are decoded. Of
// answers alone that would be 1.2 GB, and three times as much while they are made.
func TestMemory_OfANodeIsBounded(t *testing.T) {
	p := servertest.StartProcess(t, servertest.Write(t, memoryConfig))
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
			switch n % 4 {
			case 0: // it asks, and does not read for as long as others do
				c, err := net.Dial("tcp", strings.TrimPrefix(p.URL, "http://"))
				if err != nil {
					t.Error(err)
					return
				}
				t.Cleanup(func() { _ = c.Close() })
				if _, err := io.WriteString(c, "GET /v1/db/pages?limit=104 HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
					t.Error(err)
				}
				return
			}
			for range 2 {
				c := call{Method: "GET", Path: "/v1/db/pages?limit=104"}
				switch n % 4 {
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
	most := int64(64+8+8+512) << 20 // as config/README.md says
	got := peak(t, p.Cmd.Process.Pid)
	if racing(t, p.Cmd.Path) { // the detector keeps notes of all memory
		got -= idle
		most *= 2
	}
	t.Logf("%d MiB before, %d MiB at most, %d answered, %d refused", idle>>20, got>>20, answered.Load(), refused.Load())
	if got > most {
		t.Errorf("the node has had %d MiB, and may have %d", got>>20, most>>20)
	}
	if answered.Load() == 0 {
		t.Error("nothing was answered")
	}
}
