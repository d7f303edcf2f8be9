package cluster

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/bus/bustest"
	"github.com/basalt-dev/basalt/modules/db/postgres/postgrestest"
	"github.com/basalt-dev/basalt/modules/shared/redistest"
	basalt "github.com/basalt-dev/basalt/sdk/go"
	"github.com/basalt-dev/basalt/server/servertest"
)

const (
	// ttl is that of the cached collection, and slack what a request, or an answer, may take on its way.
	ttl   = 2 * time.Second
	slack = 500 * time.Millisecond
)

type message struct {
	ID     string `json:"id,omitempty"`
	Author string `json:"author,omitempty"`
	Text   string `json:"text"`
}

type counter struct {
	ID string `json:"id,omitempty"`
	N  int64  `json:"n"`
}

// load is people who use an app, and what they have been told.
type load struct {
	t      *testing.T
	s      *servertest.Instance
	report *report

	mu    sync.Mutex // guards what follows
	acked map[string][]string
	// added has how often each counter was incremented: for certain, and perhaps.
	added, perhaps map[string]int64
	written        []stamp // of the star
}

// stamp is a value that was acknowledged at a time.
type stamp struct {
	n  int64
	at time.Time
}

func (l *load) client(who string) *basalt.Client {
	return basalt.New(l.s.URL, basalt.WithToken(l.s.Token(map[string]any{"sub": who})), basalt.WithHTTPClient(&http.Client{Timeout: 15 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 4}}))
}

// pause keeps the load steady: the proof is about what goes wrong, not about how much goes through.
func pause(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(time.Duration(5+rand.IntN(10)) * time.Millisecond):
	}
}

// write adds messages, and counts them in a counter, until ctx ends.
func (l *load) write(ctx context.Context, who string) {
	c := l.client(who)
	messages, counters := basalt.Collection[message](c, "messages"), basalt.Collection[counter](c, "counters")
	made := false
	for i := 0; ctx.Err() == nil; i++ {
		if !made {
			_, err := counters.Add(context.Background(), counter{ID: who})
			made = err == nil || basalt.CodeOf(err) == basalt.Conflict
		}
		id := fmt.Sprintf("%s-%d", who, i)
		start := time.Now()
		_, err := messages.Add(context.Background(), message{ID: id, Text: "hello"})
		l.report.note("write", start, err == nil)
		if err == nil {
			l.mu.Lock()
			l.acked[who] = append(l.acked[who], id)
			l.mu.Unlock()
		}
		if made {
			start = time.Now()
			_, err = counters.Doc(who).Update(context.Background(), basalt.Patch{"n": basalt.Increment(1)})
			l.report.note("write", start, err == nil)
			l.mu.Lock()
			if err == nil {
				l.added[who]++
			} else {
				l.perhaps[who]++
			}
			l.mu.Unlock()
		}
		pause(ctx)
	}
}

// shine writes the star again and again.
func (l *load) shine(ctx context.Context) {
	c := basalt.New(l.s.URL, basalt.WithToken(adminKey))
	stars := basalt.Collection[counter](c, "stars")
	for n := int64(1); ctx.Err() == nil; n++ {
		if _, err := stars.Doc("star").Set(context.Background(), counter{ID: "star", N: n}); err == nil {
			l.mu.Lock()
			l.written = append(l.written, stamp{n, time.Now()})
			l.mu.Unlock()
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// read reads the star, which is cached, and what others have written, which no reader may miss.
func (l *load) read(ctx context.Context, who string) {
	c := l.client(who)
	stars, messages := basalt.Collection[counter](c, "stars"), basalt.Collection[message](c, "messages")
	for i := 0; ctx.Err() == nil; i++ {
		start := time.Now()
		star, err := stars.Doc("star").Get(context.Background())
		if basalt.CodeOf(err) == basalt.NotFound && start.Before(l.report.start.Add(ttl+slack)) {
			err = nil // it does not exist yet
		}
		l.report.note("read", start, err == nil)
		if oldest := l.mustSee(start.Add(-ttl - slack)); err == nil && star.N < oldest {
			l.t.Errorf("a read shows %d, more than %s after %d was written", star.N, ttl, oldest)
		}
		if i%10 == 0 {
			start = time.Now()
			page, err := messages.Limit(50).Get(context.Background())
			l.report.note("read", start, err == nil)
			for _, m := range page.Items {
				if m.Author != who {
					l.t.Errorf("%s sees a message of %s", who, m.Author)
				}
			}
		}
		pause(ctx)
	}
}

// mustSee returns what was acknowledged before a time, below which no answer may fall.
func (l *load) mustSee(before time.Time) int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	i, _ := slices.BinarySearchFunc(l.written, before, func(s stamp, at time.Time) int { return s.at.Compare(at) })
	if i == 0 {
		return 0
	}
	return l.written[i-1].n
}

// ask sends reads without the SDK, and so without trying again.
func (l *load) ask(ctx context.Context) {
	client := &http.Client{Timeout: 15 * time.Second}
	for ctx.Err() == nil {
		start := time.Now()
		resp, err := client.Get(l.s.URL + "/v1/db/stars/star")
		ok := err == nil && resp.StatusCode < 500
		if err == nil {
			_, _ = io.Copy(io.Discard, resp.Body) // the status says it all
			_ = resp.Body.Close()
		}
		l.report.note("raw", start, ok)
		pause(ctx)
	}
}

const adminKey = "admin-key-admin-key"

// receiver is where events go. It fails now and then.
type receiver struct {
	mu  sync.Mutex // guards got
	got map[string]int
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil || rand.IntN(20) == 0 {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	_, rest, _ := strings.Cut(string(body), `"doc":{"id":"`)
	id, _, _ := strings.Cut(rest, `"`)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got[id]++
}

// missing returns how many of the messages never arrived.
func (r *receiver) missing(acked map[string][]string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, ids := range acked {
		for _, id := range ids {
			if r.got[id] == 0 {
				n++
			}
		}
	}
	return n
}

// TestCluster_Proof runs three nodes behind haproxy, over PostgreSQL, Redis and NATS, under steady load, and takes
// one after the other away. BASALT_PROOF is how long each phase takes, BASALT_REPORT a directory for a report.
func TestCluster_Proof(t *testing.T) {
	phase := 2 * time.Second
	if text := os.Getenv("BASALT_PROOF"); text != "" {
		var err error
		if phase, err = time.ParseDuration(text); err != nil {
			t.Fatal(err)
		}
	}
	events := &receiver{got: map[string]int{}}
	hook := httptest.NewServer(events)
	defer hook.Close()
	database, redis, nats := postgrestest.Start(t), redistest.Start(t), bustest.Start(t)
	t.Setenv("DATABASE_URL", postgrestest.In(t, database.URL()))
	t.Setenv("REDIS_URL", redis.URL())
	t.Setenv("NATS_URL", nats.URL())
	t.Setenv("HOOK_URL", hook.URL)
	t.Setenv("ADMIN_KEY", adminKey)
	t.Setenv("BASALT_SECRET", "0123456789abcdef0123456789abcdef")
	const config = "testdata/proof.yaml"
	var addresses [3]string
	var nodes [3]*servertest.Process
	for i := range nodes {
		addresses[i] = servertest.FreeAddress(t)
		nodes[i] = servertest.StartProcessAt(t, addresses[i], config)
	}
	front := startBalancer(t, addresses)
	l := &load{
		t: t, s: servertest.At(t, front, config), report: newReport(), acked: map[string][]string{}, added: map[string]int64{}, perhaps: map[string]int64{},
	}
	ctx, stop := context.WithCancel(context.Background())
	var people sync.WaitGroup
	people.Go(func() { l.shine(ctx) })
	people.Go(func() { l.ask(ctx) })
	people.Go(func() { l.ask(ctx) })
	for i := range 4 {
		people.Go(func() { l.write(ctx, "writer"+strconv.Itoa(i)) })
		people.Go(func() { l.read(ctx, "reader"+strconv.Itoa(i)) })
	}
	// What the first writer has written, live.
	var live atomic.Int64
	listening, stopListening := context.WithCancel(context.Background())
	var listeners sync.WaitGroup
	for range 2 {
		listeners.Go(func() {
			for snapshot, err := range basalt.Collection[counter](l.client("writer0"), "counters").Snapshots(listening) {
				if err == nil && len(snapshot.Items) == 1 {
					live.Store(snapshot.Items[0].N)
				}
			}
		})
	}

	calm := func() { time.Sleep(phase) }
	l.report.phase("calm", calm)
	for i := range nodes {
		l.report.phase(fmt.Sprintf("kill -9 node %d", i+1), func() {
			nodes[i].Kill()
			time.Sleep(phase / 2)
			nodes[i] = servertest.StartProcessAt(t, addresses[i], config)
			time.Sleep(phase / 2)
		})
	}
	l.report.phase("restart Redis", func() { restart(t, redis.Kill, redis.Run); calm() })
	l.report.phase("restart NATS", func() { restart(t, nats.Kill, nats.Run); calm() })
	l.report.phase(outage, func() {
		if err := database.Stop(); err != nil {
			t.Error(err)
		}
		time.Sleep(5 * time.Second)
		if err := database.Start(); err != nil {
			t.Error(err)
		}
		calm()
	})
	l.report.phase("roll all nodes", func() {
		for i := range nodes {
			nodes[i].Stop()
			nodes[i] = servertest.StartProcessAt(t, addresses[i], config)
			time.Sleep(1200 * time.Millisecond) // until the balancer has seen it
		}
	})
	l.report.phase("calm again", calm)
	stop()
	people.Wait()

	l.check(&live, events)
	stopListening()
	listeners.Wait()
	for _, p := range l.report.phases {
		if !p.outage && p.failed("read")+p.failed("write") > 0 {
			t.Errorf("%s: of the calls of the SDKs %d reads and %d writes have failed", p.name, p.failed("read"), p.failed("write"))
		}
	}
	t.Logf("\n%s", l.report.table())
	if dir := os.Getenv("BASALT_REPORT"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, "report.svg"), l.report.picture(), 0o644); err != nil {
			t.Error(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "report.md"), []byte(l.report.table()), 0o644); err != nil {
			t.Error(err)
		}
	}
}

// check holds what there is against what was said.
func (l *load) check(live *atomic.Int64, events *receiver) {
	t := l.t
	admin := basalt.New(l.s.URL, basalt.WithToken(adminKey))
	total := 0
	for who, ids := range l.acked {
		stored := map[string]bool{}
		for m, err := range basalt.Collection[message](admin, "messages").Where("author", basalt.Eq, who).Limit(500).All(context.Background()) {
			if err != nil {
				t.Fatal(err)
			}
			stored[m.ID] = true
		}
		for _, id := range ids {
			if !stored[id] {
				t.Errorf("%s was acknowledged, and is not there", id)
			}
		}
		total += len(ids)
		got, err := basalt.Collection[counter](l.client(who), "counters").Doc(who).Get(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if got.N < l.added[who] || got.N > l.added[who]+l.perhaps[who] {
			t.Errorf("the counter of %s is %d, after %d increments that were acknowledged and %d that perhaps happened", who, got.N, l.added[who], l.perhaps[who])
		}
		if who == "writer0" {
			eventually(t, "live queries have what the query returns", func() bool { return live.Load() == got.N })
		}
	}
	eventually(t, "each event has arrived", func() bool { return events.missing(l.acked) == 0 })
	events.mu.Lock()
	defer events.mu.Unlock()
	again := 0
	for _, n := range events.got {
		again += n - 1
	}
	l.report.notes = append(l.report.notes, fmt.Sprintf("%d writes acknowledged, all there; %d events, each delivered at least once, %d of them again", total, len(events.got), again))
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for range 1200 {
		if holds() {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Errorf("it never comes that %s", what)
}

func restart(t *testing.T, kill, run func() error) {
	t.Helper()
	if err := kill(); err != nil {
		t.Error(err)
	}
	time.Sleep(time.Second)
	if err := run(); err != nil {
		t.Error(err)
	}
}

// startBalancer runs haproxy in front of three nodes.
func startBalancer(t *testing.T, nodes [3]string) (url string) {
	t.Helper()
	address := servertest.FreeAddress(t)
	balancer := exec.Command("haproxy", "-f", "haproxy.cfg")
	balancer.Env = append(os.Environ(), "LISTEN="+address)
	for i, node := range nodes {
		balancer.Env = append(balancer.Env, fmt.Sprintf("NODE%d=%s", i+1, node))
	}
	if err := balancer.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = balancer.Process.Kill(); _ = balancer.Wait() })
	if !servertest.Ready("http://" + address + "/readyz") {
		t.Fatal("the load balancer does not answer")
	}
	return "http://" + address
}
