package server_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/bus/bustest"
	"github.com/basalt-dev/basalt/modules/db/postgres/postgrestest"
	"github.com/basalt-dev/basalt/modules/shared/redistest"
	"github.com/basalt-dev/basalt/server/servertest"
)

const clusterConfig = `
databases: { main: { driver: postgres, url: "DATABASE" } }
auth: { tokens: { algorithm: HS256, secret: "a-secret-of-32-bytes-or-more-....", access: 15m, refresh: 720h } }
admin: { keys: ["admin-key-admin-key"] }
bus: { driver: nats, url: "NATS" }
redis: { url: "REDIS" }
limits: { drain: 1s }
collections:
  notes:
    cache: { ttl: 30s }
    fields: { owner: { type: string }, title: { type: string } }
    rules: { read: 'doc.owner == auth.id', create: 'next.owner == auth.id', update: 'doc.owner == auth.id' }
`

func cluster(t *testing.T) string {
	return servertest.Write(t, strings.NewReplacer("DATABASE", postgrestest.Database(t), "NATS", bustest.Start(t).URL(), "REDIS", redistest.Start(t).URL()).Replace(clusterConfig))
}

type clusterStatus struct {
	Node  string
	Nodes []struct {
		ID, Address, Version, Config string
		Draining                     bool
	}
	Same      bool `json:"same_configuration"`
	Databases map[string]struct {
		Driver, Changes string
		OK              bool
	}
	Bus, Redis struct{ OK bool }
}

func statusOf(t *testing.T, s *servertest.Instance) (out clusterStatus) {
	t.Helper()
	s.Want(t, 200, call{Method: "GET", Path: "/v1/admin/status", Token: admin}).Decode(t, &out)
	return out
}

// TestCluster_KnowsItsNodes: each node tells the whole cluster, and those that have gone are gone.
func TestCluster_KnowsItsNodes(t *testing.T) {
	t.Parallel() // most of it is waiting
	config := cluster(t)
	processes := []*servertest.Process{servertest.StartProcess(t, config), servertest.StartProcess(t, config), servertest.StartProcess(t, config)}
	var nodes []*servertest.Instance
	for _, p := range processes {
		nodes = append(nodes, p.Instance(config))
	}
	for _, s := range nodes {
		eventually(t, "all three are known", func() bool { return len(statusOf(t, s).Nodes) == 3 })
	}
	st := statusOf(t, nodes[0])
	if !st.Same || !st.Databases["main"].OK || st.Databases["main"].Changes == "" || !st.Bus.OK || !st.Redis.OK || st.Nodes[0].Address == "" {
		t.Errorf("got %+v", st)
	}
	ids := map[string]bool{}
	for _, n := range st.Nodes {
		ids[n.ID] = true
	}
	if len(ids) != 3 {
		t.Errorf("the nodes are %v", ids)
	}
	processes[2].Kill()
	eventually(t, "the killed one is forgotten", func() bool { return len(statusOf(t, nodes[0]).Nodes) == 2 })
	processes[1].Stop()
	eventually(t, "the stopped one is forgotten", func() bool { return len(statusOf(t, nodes[0]).Nodes) == 1 })
	nodes[0].Want(t, 401, call{Method: "GET", Path: "/v1/admin/status"})
	nodes[0].Want(t, 403, call{Method: "GET", Path: "/v1/admin/status", Token: user(nodes[0], "ann")})
}

// TestCluster_DrainsReadyFirst: a node that stops says so in /readyz, and goes on answering until those in front of
// it have noticed.
func TestCluster_DrainsReadyFirst(t *testing.T) {
	t.Parallel() // most of it is waiting
	config := cluster(t)
	p := servertest.StartProcess(t, config)
	s := p.Instance(config)
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		p.Stop()
	}()
	eventually(t, "it says that it stops", func() bool {
		return s.Do(t, call{Method: "GET", Path: "/readyz"}).Status == 503
	})
	for range 5 {
		a := s.Want(t, 404, call{Method: "GET", Path: "/v1/db/notes/x", Token: user(s, "ann")})
		if a.Header.Get("X-Request-Id") == "" {
			t.Error("no answer of ours")
		}
		time.Sleep(50 * time.Millisecond)
	}
	<-stopped
}

// TestAdmission_ShedsWhatIsTooMuch: with all places taken, requests are answered with 503 in time; health, and
// signing in, go on.
func TestAdmission_ShedsWhatIsTooMuch(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		<-release
		_, _ = w.Write([]byte("1"))
	}))
	defer slow.Close()
	s := servertest.Start(t, fmt.Sprintf(`
databases: { main: { driver: sqlite, url: "file:test.db" } }
auth: { tokens: { algorithm: HS256, secret: "a-secret-of-32-bytes-or-more-....", access: 15m, refresh: 720h }, providers: { password: {} } }
limits: { concurrency: 4 }
services: { s: { driver: http, url: %q, functions: { wait: { rule: 'true' } } } }
`, slow.URL))
	var waiting sync.WaitGroup
	for range 4 {
		waiting.Go(func() { s.Want(t, 200, call{Method: "POST", Path: "/v1/fn/s/wait"}) })
	}
	eventually(t, "it has too much to do", func() bool {
		a := s.Do(t, call{Method: "POST", Path: "/v1/batch", Body: `{"ops":[]}`})
		return a.Status == 503 && a.Header.Get("Retry-After") != ""
	})
	for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
		s.Want(t, 200, call{Method: "GET", Path: path})
	}
	s.Want(t, 201, call{Method: "POST", Path: "/v1/auth/signup", Body: `{"email":"ann@example.com","password":"correct horse battery"}`})
	close(release)
	waiting.Wait()
	s.Want(t, 422, call{Method: "POST", Path: "/v1/batch", Body: `{"ops":[]}`})
	if text := s.Want(t, 200, call{Method: "GET", Path: "/metrics"}).Body; !strings.Contains(text, "basalt_http_shed_total") || strings.Contains(text, "basalt_http_shed_total 0") {
		t.Error("the metrics do not tell")
	}
}

func TestProfiles_AreForAdministrators(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, limitsConfigWithout())
	s.Want(t, 401, call{Method: "GET", Path: "/v1/admin/pprof/heap"})
	s.Want(t, 403, call{Method: "GET", Path: "/v1/admin/pprof/goroutine", Token: user(s, "ann")})
	if a := s.Want(t, 200, call{Method: "GET", Path: "/v1/admin/pprof/goroutine?debug=1", Token: admin}); !strings.Contains(a.Body, "goroutine profile") {
		t.Errorf("got %.100s", a.Body)
	}
	if a := s.Want(t, 200, call{Method: "GET", Path: "/v1/admin/pprof/profile?seconds=1", Token: admin}); len(a.Body) < 100 {
		t.Errorf("got %d bytes", len(a.Body))
	}
}

func limitsConfigWithout() string { return strings.Replace(limitsConfig, "REDIS", "", 1) }

// wire is a way to a server that can be cut.
type wire struct {
	net.Listener
	to string

	mu    sync.Mutex // guards what follows
	cut   bool
	conns []net.Conn
}

func newWire(t *testing.T, to string) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{Listener: l, to: to}
	var carrying sync.WaitGroup
	carrying.Go(func() {
		for {
			here, err := l.Accept()
			if err != nil {
				return
			}
			there, err := net.Dial("tcp", w.to)
			w.mu.Lock()
			if err != nil || w.cut {
				_ = here.Close()
			} else {
				w.conns = append(w.conns, here, there)
				carrying.Go(func() { _, _ = io.Copy(there, here); _ = there.Close() })
				carrying.Go(func() { _, _ = io.Copy(here, there); _ = here.Close() })
			}
			w.mu.Unlock()
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		w.set(true)
		carrying.Wait()
	})
	return w
}

// set cuts the wire, or mends it.
func (w *wire) set(cut bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = cut
	for _, c := range w.conns {
		if cut {
			_ = c.Close()
		}
	}
}

// TestCluster_OneThatAloneHasLostTheDatabaseIsNotReady: where the others have it, requests are better sent to them;
// where none has it, all nodes go on answering from the cache.
func TestCluster_OneThatAloneHasLostTheDatabaseIsNotReady(t *testing.T) {
	t.Parallel() // most of it is waiting
	database := postgrestest.Start(t)
	address := regexp.MustCompile(`@([^/]+)/`).FindStringSubmatch(database.URL())[1]
	w := newWire(t, address)
	configs := strings.NewReplacer("NATS", bustest.Start(t).URL(), "REDIS", redistest.Start(t).URL(), "doc.owner == auth.id", "true", "ttl: 30s", "ttl: 5m").Replace(clusterConfig)
	one := servertest.StartFile(t, servertest.Write(t, strings.Replace(configs, "DATABASE", database.URL(), 1)))
	two := servertest.StartFile(t, servertest.Write(t, strings.Replace(configs, "DATABASE", strings.Replace(database.URL(), address, w.Addr().String(), 1), 1)))
	for _, s := range []*servertest.Instance{one, two} {
		eventually(t, "both are known", func() bool { return len(statusOf(t, s).Nodes) == 2 })
	}
	is := func(s *servertest.Instance, status int, text string) func() bool {
		return func() bool {
			a := s.Do(t, call{Method: "GET", Path: "/readyz"})
			return a.Status == status && strings.Contains(a.Body, text)
		}
	}
	one.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Token: admin, Body: `{"id":"n","title":"kept"}`})
	w.set(true)
	eventually(t, "the one without the database says so", is(two, 503, "unavailable"))
	if !is(one, 200, "ready")() {
		t.Error("the one with the database is not ready")
	}
	w.set(false)
	eventually(t, "it is ready again", is(two, 200, `"ready"`))
	// What a node caches before it has received the changes so far would be lost with them.
	live, states := []*servertest.Live{one.Live(t, ""), two.Live(t, "")}, make([]servertest.State, 2)
	for n, l := range live {
		if err := l.Send(`{"id":"1","op":"subscribe","collection":"notes"}`); err != nil {
			t.Fatal(err)
		}
		follow(t, l, &states[n], keysAre(&states[n], "n"))
	}
	one.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/notes/n", Token: admin, Body: `{"title":"kept on"}`})
	for n, l := range live {
		follow(t, l, &states[n], func() bool { return strings.Contains(states[n].Items(), "kept on") })
	}
	for _, s := range []*servertest.Instance{one, two} {
		s.Want(t, 200, call{Method: "GET", Path: "/v1/db/notes/n"})
	}
	if err := database.Stop(); err != nil {
		t.Fatal(err)
	}
	for _, s := range []*servertest.Instance{one, two} {
		eventually(t, "they go on without the database", is(s, 200, "degraded"))
		s.Want(t, 503, call{Method: "GET", Path: "/v1/db/notes/other"})
		s.Want(t, 200, call{Method: "GET", Path: "/v1/db/notes/n"})
	}
	if err := database.Start(); err != nil {
		t.Fatal(err)
	}
	for _, s := range []*servertest.Instance{one, two} {
		eventually(t, "the database is back", is(s, 200, `"ready"`))
	}
}
