package realtime

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/bus"
	"github.com/basalt-dev/basalt/modules/changes"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// A simulation is two nodes, a database and some clients in one thread. A seed decides who goes on next: the
// reading of changes, a load, a count, the writing to a slow reader, a commit, a cut, the death of a node. When
// nothing goes on any more, what each client shows is what its query returns, as worked out by hand.
type sim struct {
	scheduler
	model   *model
	store   *store
	nodes   []*node
	clients []*client
	bounds  bounds
	limits  Limits
	names   map[string]int
	titles  int
	failure string
	trace   func(format string, args ...any)
	// early says that another listener of the feed comes before the engine.
	early bool
	// announced says that the nodes tell each other what they write, with an intent before and an outcome after.
	announced bool
}

type node struct {
	sim    *sim
	at     int
	hub    *Hub
	dead   bool
	stream *stream
	feed   *changes.Feed
	ears   *ears
}

func (s *sim) failf(format string, args ...any) {
	if s.failure == "" {
		s.failure = fmt.Sprintf(format, args...)
	}
	if s.trace != nil {
		s.trace("FAILURE "+format, args...)
	}
}

func (s *sim) nameOf(identity string) int {
	n, ok := s.names[identity]
	if !ok {
		n = len(s.names)
		s.names[identity] = n
	}
	return n
}

var simLog = slog.New(slog.DiscardHandler)

// boot starts a node.
func (s *sim) boot(at int) *node {
	n := &node{sim: s, at: at}
	n.hub = newHub(Config{Clock: n, Node: strconv.Itoa(at)}, s.bounds)
	n.serve()
	return n
}

func (n *node) serve() {
	s, old := n.sim, n.feed
	n.feed = changes.NewFeed(changes.Config{Driver: s.store, Collections: []*db.Collection{s.store.notes, s.store.members}, Clock: n, Log: simLog})
	n.ears = &ears{node: n}
	if s.early {
		n.feed.Subscribe(n.ears)
	}
	err := n.hub.Serve(Collections{
		Service: s.model.service, Feeds: map[*db.Collection]*changes.Feed{s.store.notes: n.feed, s.store.members: n.feed},
		Bus: n.bus(), Log: simLog, Limits: s.limits,
	})
	if err != nil {
		panic(err)
	}
	if !s.early { // it comes some time, perhaps as the first
		feed, ears := n.feed, n.ears
		n.Run(nil, n, func() { feed.Subscribe(ears) })
	}
	if old != nil {
		old.Close()
	}
}

func (n *node) bus() bus.Bus {
	if n.hub.rooms.bus != nil {
		return n.hub.rooms.bus
	}
	return bus.NewMemory()
}

// kill ends a node without a word.
func (n *node) kill() {
	n.dead = true
	if n.hub.engine != nil {
		n.hub.engine.stop()
	}
	n.feed.Close()
	n.sim.end(n)
	for _, c := range n.sim.clients {
		if c.wire != nil && c.wire.node == n {
			c.wire.closed = true
			c.wire, c.session = nil, nil
		}
	}
}

func newSim(m *model, seed uint64, trace func(string, ...any)) *sim {
	s := &sim{model: m, store: m.store, names: map[string]int{}, trace: trace}
	s.rng = rand.New(rand.NewPCG(seed, 1))
	s.clock = time.Unix(1_700_000_000, 0)
	*s.store = store{sim: s, notes: m.store.notes, members: m.store.members}
	s.bounds = bounds{slack: s.rng.IntN(4), touched: 2000, batch: 1000, found: 1000, reads: []int{1, 4, 1 << 8}[s.rng.IntN(3)]}
	if s.rng.IntN(4) == 0 {
		s.bounds.batch = 2
	}
	if s.rng.IntN(6) == 0 {
		s.bounds.found = 1 + s.rng.IntN(2)
	}
	if s.rng.IntN(6) == 0 {
		s.bounds.touched = 2
	}
	s.announced = s.rng.IntN(4) == 0
	s.early = s.rng.IntN(2) == 0
	s.store.positions = !s.announced && s.rng.IntN(3) > 0
	s.store.snapshots = s.rng.IntN(2) == 0
	s.limits = Limits{Connections: 1 << 20, UserConnections: 1 << 20, Subscriptions: 1 << 20, Queue: []int{700, 3000, 1 << 20}[s.rng.IntN(3)]}
	for i := range simNotes {
		if s.rng.IntN(2) == 0 {
			s.put(&s.store.version.notes, s.note(i))
		}
	}
	for user := range simUsers {
		for team := range simTeams {
			if s.rng.IntN(2) == 0 {
				s.put(&s.store.version.members, memberRow(user, team))
			}
		}
	}
	for i := range 1 + s.rng.IntN(2) {
		s.nodes = append(s.nodes, s.boot(i))
	}
	for i := range 1 + s.rng.IntN(3) {
		c := &client{sim: s, number: i, user: s.rng.IntN(simUsers)}
		for v := range 1 + s.rng.IntN(2) {
			c.views = append(c.views, &view{id: strconv.Itoa(v), way: s.rng.IntN(len(simWays))})
		}
		s.clients = append(s.clients, c)
	}
	return s
}

func (s *sim) note(i int) query.Row {
	s.titles++
	return query.Row{query.String(fmt.Sprint("n", i)), query.String(fmt.Sprint("t", s.rng.IntN(simTeams))), query.Int(int64(s.rng.IntN(simRanks))),
		query.String(fmt.Sprint("v", s.rng.IntN(3))), query.String(fmt.Sprint("m", s.titles))}
}

func memberRow(user, team int) query.Row {
	return query.Row{query.String(fmt.Sprintf("m%d%d", user, team)), query.String(fmt.Sprint("t", team)), query.String(fmt.Sprint("u", user))}
}

// put puts a row in the place of the one with its id.
func (s *sim) put(rows *[]query.Row, row query.Row) {
	at, found := slices.BinarySearchFunc(*rows, row, func(a, b query.Row) int { return strings.Compare(a[0].Text(), b[0].Text()) })
	*rows = slices.Clone(*rows)
	if found {
		(*rows)[at] = row
		return
	}
	*rows = slices.Insert(*rows, at, row)
}

func (s *sim) take(rows *[]query.Row, id string) {
	*rows = slices.DeleteFunc(slices.Clone(*rows), func(r query.Row) bool { return r[0].Text() == id })
}

func (s *sim) say(format string, args ...any) {
	if s.trace != nil {
		s.trace(format, args...)
	}
}

// run runs the schedule, and returns what went wrong.
func (s *sim) run() string {
	defer s.end(nil)
	defer func() {
		for _, n := range s.nodes {
			n.kill()
		}
	}()
	for _, c := range s.clients {
		c.connect(s.nodes[s.rng.IntN(len(s.nodes))])
	}
	for range 1 + s.rng.IntN(3) {
		for range 4 + s.rng.IntN(16) {
			for range s.rng.IntN(8) {
				s.step()
			}
			if s.act(); s.failure != "" {
				return s.failure
			}
		}
		if s.quiet(); s.failure != "" {
			return s.failure
		}
	}
	return ""
}

// comeBack connects those who are cut off, and asks again for what has ended with an error.
func (s *sim) comeBack() {
	for _, c := range s.clients {
		if c.session == nil {
			c.connect(s.nodes[s.rng.IntN(len(s.nodes))])
		}
		for _, v := range c.views {
			if v.ended && c.session != nil && c.session.subs[v.id] == nil {
				v.ended = false
				c.subscribe(v)
			}
		}
	}
}

// quiet waits until nothing goes on, and judges.
func (s *sim) quiet() {
	s.store.broken = false
	s.comeBack()
	for steps := 0; s.step(); steps++ {
		if steps > 20_000 {
			s.failf("it does not come to rest")
		}
		if s.failure != "" {
			return
		}
		s.comeBack()
	}
	s.say("quiet")
	if s.trace != nil {
		for _, n := range s.nodes {
			n.describe()
		}
	}
	for _, n := range s.nodes {
		if r := n.hub.engine.reads; !n.dead && (len(r.owners) > 0 || len(r.turns) > 0 || r.free != s.bounds.reads) {
			s.failf("node %d: %d owners wait at rest, %d turns are left, and %d slots are free", n.at, len(r.owners), len(r.turns), r.free)
		}
	}
	for _, n := range s.nodes {
		if !n.dead {
			n.ears.judge()
		}
	}
	for _, n := range s.nodes {
		if got, want := n.hub.held.bytes.Load(), n.hub.recounted(); !n.dead && got != want {
			s.failf("node %d: %d bytes are counted, and %d are held", n.at, got, want)
		}
	}
	for _, c := range s.clients {
		for _, v := range c.views {
			if got, want := v.has(), s.wanted(c.user, v.way); got != want {
				s.failf("client %d, user %d at node %d, %s %s:\n got  %s\n want %s", c.number, c.user, c.wire.node.at, simWays[v.way].collection, simWays[v.way].body, got, want)
			}
		}
	}
}

// describe says what a node believes.
func (n *node) describe() {
	for _, c := range n.hub.engine.groups {
		n.sim.say("node %d: group %d: %d subscriptions, ready %t, unknown %t, computing %t, counting %t", n.at, n.sim.nameOf(c.key), len(c.subs), c.ready, c.unknown, c.computing, c.counting)
		for _, s := range append([]*resultSet{c.set}, func() (all []*resultSet) {
			if c.set != nil {
				for _, l := range c.set.lookups {
					all = append(all, l.set)
				}
			}
			return all
		}()...) {
			if s != nil {
				n.sim.say("  set of %s: ready %t, behind %t, held %t, load %t, again %t, complete %t, %d items; table busy %t", s.table.collection.Name, s.ready, s.behind, s.held, s.load != nil, s.again, s.complete, len(s.items), s.table.busy())
			}
		}
	}
}

// TestSimulation_EveryScheduleConverges runs schedules. BASALT_SIM says how many, BASALT_SIM_SEED which is the
// first; with BASALT_SIM=1 and -v the schedule is printed step by step.
func TestSimulation_EveryScheduleConverges(t *testing.T) {
	count, first := uint64(1500), uint64(time.Now().UnixNano())
	if n, err := strconv.ParseUint(os.Getenv("BASALT_SIM"), 10, 64); err == nil {
		count = n
	}
	if n, err := strconv.ParseUint(os.Getenv("BASALT_SIM_SEED"), 10, 64); err == nil {
		first = n
	}
	var next atomic.Uint64
	var failed atomic.Int32
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), int(count)) {
		wg.Go(func() {
			m := newModel(t)
			for failed.Load() < 5 {
				n := next.Add(1) - 1
				if n >= count {
					return
				}
				var trace func(string, ...any)
				if count == 1 && testing.Verbose() {
					trace = func(format string, args ...any) { fmt.Printf(format+"\n", args...) }
				}
				if failure := newSim(m, first+n, trace).run(); failure != "" {
					failed.Add(1)
					t.Errorf("BASALT_SIM=1 BASALT_SIM_SEED=%d replays: %s", first+n, failure)
				}
			}
		})
	}
	wg.Wait()
	t.Logf("%d schedules from seed %d", count, first)
}
