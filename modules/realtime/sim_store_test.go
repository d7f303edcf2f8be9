package realtime

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/modules/schema"
	"github.com/basalt-dev/basalt/rules"
)

// version is what is stored after a commit. It is immutable; rows are in the order of their ids.
type version struct{ notes, members []query.Row }

// store is the database of a simulation: every commit is seen at once, and reported some time later.
type store struct {
	db.Driver // what a simulation does not use
	sim       *sim
	version   version
	commits   [][]db.Change
	open      []*announcement // writes that were announced and have no outcome yet
	broken    bool
	positions bool                     // a commit has one
	snapshots bool                     // it can be read as it was
	found     func(where query.Filter) // is called before each Find of notes, where it is not nil
	notes     *db.Collection
	members   *db.Collection
}

type announcement struct {
	touched []db.Change
}

var (
	errBroken    = errors.New("the database does not answer")
	errLostPlace = errors.New("the place in the commits is lost")
)

// Correlates implements [db.Correlator].
func (s *store) Correlates() {}

func (s *store) rows(c *db.Collection, v version) []query.Row {
	if c == s.notes {
		return v.notes
	}
	return v.members
}

// holds answers lookups, all of them of members.
func (s *store) holds(v version) query.Answer {
	return func(f query.Filter, shape *query.Shape, row query.Row) bool {
		e := f.(*query.Exists)
		return slices.ContainsFunc(v.members, func(m query.Row) bool {
			if !query.Match(e.Where, s.members.Shape, m, nil) {
				return false
			}
			for _, l := range e.Links {
				if !l.Op.Holds(s.members.Shape.Get(m, l.Inner), shape.Get(row, l.Outer)) {
					return false
				}
			}
			return true
		})
	}
}

// read runs f on what is stored at some moment between its beginning and its end.
func (s *store) read(ctx context.Context, f func(version)) error {
	if err := errors.Join(s.sim.maybe(), ctx.Err()); err != nil {
		return err
	}
	if s.broken {
		return errBroken
	}
	f(s.version)
	return errors.Join(s.sim.maybe(), ctx.Err())
}

func (s *store) selected(c *db.Collection, v version, where query.Filter) []query.Row {
	var out []query.Row
	answer := s.holds(v)
	for _, row := range s.rows(c, v) {
		if query.Match(where, c.Shape, row, answer) {
			out = append(out, row)
		}
	}
	return out
}

// Find implements [db.Store].
func (s *store) Find(ctx context.Context, c *db.Collection, f db.Find) (out []query.Row, err error) {
	err = s.read(ctx, func(v version) {
		if s.found != nil && c == s.notes {
			s.found(f.Where)
			v = s.version // which it may have changed
		}
		out = s.selected(c, v, f.Where)
		if len(f.Sort) > 0 {
			sort.SliceStable(out, func(i, j int) bool { return query.Less(c.Shape, f.Sort, out[i], out[j]) })
		}
		if f.Limit > 0 && len(out) > f.Limit {
			out = out[:f.Limit]
		}
	})
	return out, err
}

// Snapshots implements [db.Snapshotter].
func (s *store) Snapshots() bool { return s.snapshots }

// Snapshot implements [db.Snapshotter].
func (s *store) Snapshot(ctx context.Context, f func(db.Store) error) error {
	then := *s
	return errors.Join(s.sim.maybe(), f(&then))
}

// Count implements [db.Store].
func (s *store) Count(ctx context.Context, c *db.Collection, where query.Filter) (n int64, err error) {
	err = s.read(ctx, func(v version) { n = int64(len(s.selected(c, v, where))) })
	return n, err
}

// Aggregate implements [db.Store], for a count by one field.
func (s *store) Aggregate(ctx context.Context, c *db.Collection, a db.Aggregate) (out [][]query.Value, err error) {
	err = s.read(ctx, func(v version) {
		for _, row := range s.selected(c, v, a.Where) {
			at := slices.IndexFunc(out, func(g []query.Value) bool { return g[0].Equal(row[a.Group[0]]) })
			if at < 0 {
				at = len(out)
				out = append(out, []query.Value{row[a.Group[0]], query.Int(0)})
			}
			out[at][1] = query.Int(out[at][1].Int() + 1)
		}
		slices.SortFunc(out, func(a, b []query.Value) int { return cmp.Compare(a[0].Text(), b[0].Text()) })
	})
	return out, err
}

// Source implements [db.Watcher].
func (s *store) Source(context.Context) db.Source {
	return db.Source{Name: "the model", Complete: true}
}

// Position implements [db.Positioner].
func (s *store) Position(ctx context.Context) (position uint64, err error) {
	err = s.read(ctx, func(version) {
		if s.positions {
			position = uint64(len(s.commits))
		}
	})
	return position, err
}

// Unsupported implements [db.Watcher].
func (s *store) Unsupported(ctx context.Context, _ []*db.Collection) (map[*db.Collection]error, error) {
	return nil, s.read(ctx, func(version) {})
}

// Watch implements [db.Watcher].
func (s *store) Watch(ctx context.Context, _ []*db.Collection) (db.Changes, error) {
	w := &stream{store: s, node: s.sim.cur.node}
	err := s.read(ctx, func(version) { w.at = len(s.commits) })
	w.node.stream = w
	return w, err
}

// stream is a node's place among the commits.
type stream struct {
	store *store
	node  *node
	at    int
	lost  bool
	// In scripts, reported is called when some have been reported. While held, CatchUp waits for one of the passes.
	reported func()
	held     bool
	passes   int
}

// Next implements [db.Changes]. It reports some of the commits that were not reported.
func (w *stream) Next(ctx context.Context) ([]db.Change, error) {
	s := w.store.sim
	if err := s.park(func() bool { return w.lost || w.at < len(w.store.commits) || ctx.Err() != nil }); err != nil {
		return nil, err
	}
	touched, err := w.take(ctx, w.at+1+s.rng.IntN(max(1, len(w.store.commits)-w.at)))
	if w.reported != nil {
		w.reported()
	}
	return touched, err
}

// CatchUp implements [db.Changes].
func (w *stream) CatchUp(ctx context.Context) ([]db.Change, error) {
	if err := w.store.sim.maybe(); err != nil {
		return nil, err
	}
	if w.held {
		if err := w.store.sim.park(func() bool { return !w.held || w.passes > 0 }); err != nil {
			return nil, err
		}
		w.passes--
	}
	touched, err := w.take(ctx, len(w.store.commits))
	for _, i := range w.store.open {
		for _, touch := range i.touched {
			touch.Pending = true
			touched = append(touched, touch)
		}
	}
	return touched, errors.Join(err, w.store.sim.maybe())
}

func (w *stream) take(ctx context.Context, to int) (out []db.Change, err error) {
	if w.lost {
		return nil, errLostPlace
	}
	for ; w.at < min(to, len(w.store.commits)); w.at++ {
		for _, touch := range w.store.commits[w.at] {
			if w.store.positions {
				touch.Position = uint64(w.at + 1)
			}
			out = append(out, touch)
		}
	}
	return out, ctx.Err()
}

// Close implements [db.Changes].
func (w *stream) Close() error { return nil }

// model is what all simulations of a process share: it is prepared once.
type model struct {
	store   *store
	service *crud.Service
	lives   map[[2]int]*crud.Live // by user and way
}

var simWays = []struct{ collection, kind, body string }{
	{"notes", "query", `{"sort":["-rank"],"limit":2,"count":true}`},
	{"notes", "query", `{"sort":["-rank"],"limit":2}`},
	{"notes", "query", `{"where":{"rank":{"$gte":3}},"sort":["title"],"limit":3,"count":true}`},
	{"notes", "aggregate", `{"group":["team"],"count":true}`},
	{"members", "query", `{"sort":["id"],"limit":100}`},
	{"notes", "query", `{"where":{"team":"t1"},"sort":["title"],"limit":50}`},
}

const (
	simUsers = 2
	simTeams = 3
	simNotes = 9
	simRanks = 6
)

func newModel(t testing.TB) *model {
	s := &store{}
	notes := query.NewShape([]query.Field{{Name: "id", Type: query.TypeID, NotNull: true}, {Name: "team", Type: query.TypeString}, {Name: "rank", Type: query.TypeInt}, {Name: "title", Type: query.TypeString}, {Name: "memo", Type: query.TypeString}})
	members := query.NewShape([]query.Field{{Name: "id", Type: query.TypeID, NotNull: true}, {Name: "team", Type: query.TypeString}, {Name: "user", Type: query.TypeString}})
	rule := func(source string, shape *query.Shape) *rules.Rule {
		r, err := rules.Compile(source, rules.Scope{Shape: shape, Collections: map[string]*query.Shape{"notes": notes, "members": members}}, rules.Read)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	collection := func(name string, shape *query.Shape, fields []crud.Field, read string, readable []*rules.Rule) *crud.Collection {
		return crud.NewCollection(crud.Spec{Name: name, Table: name, Key: []string{"id"}, Shape: shape, Fields: fields, Readable: readable,
			Rules: map[rules.Op]*rules.Rule{rules.Read: rule(read, shape)}}, s)
	}
	n := collection("notes", notes, []crud.Field{{Field: schema.Field{Name: "id", Type: query.TypeID}}, {Field: schema.Field{Name: "team", Type: query.TypeString}, Index: true}, {Field: schema.Field{Name: "rank", Type: query.TypeInt}}, {Field: schema.Field{Name: "title", Type: query.TypeString}}, {Field: schema.Field{Name: "memo", Type: query.TypeString}}},
		`exists("members", {"team": doc.team, "user": auth.id})`, []*rules.Rule{nil, nil, nil, nil, rule(`doc.rank > 2`, notes)})
	m := collection("members", members, []crud.Field{{Field: schema.Field{Name: "id", Type: query.TypeID}}, {Field: schema.Field{Name: "team", Type: query.TypeString}, Index: true}, {Field: schema.Field{Name: "user", Type: query.TypeString}, Index: true}}, `doc.user == auth.id`, nil)
	s.notes, s.members = n.Stored(), m.Stored()
	out := &model{store: s, lives: map[[2]int]*crud.Live{}}
	out.service = crud.New(crud.Config{Collections: []*crud.Collection{n, m}, Limits: crud.Limits{Page: 500, Batch: 500, Depth: 32, Nodes: 500, Documents: 10_000, Expansions: 20, Answer: 16 << 20, Webhooks: 50}, Cursors: query.NewCursors([32]byte{}), Now: time.Now})
	for user := range simUsers {
		for way, ask := range simWays {
			read := crud.Read{Collection: ask.collection, Body: []byte(ask.body)}
			if ask.kind == "aggregate" {
				read.Kind = crud.Aggregate
			}
			live, err := prepareLive(out.service, crud.Caller{Auth: map[string]any{"sub": fmt.Sprint("u", user)}}, read)
			if err != nil {
				t.Fatal(err)
			}
			out.lives[[2]int{user, way}] = live
		}
	}
	return out
}
