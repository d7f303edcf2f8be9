package changes

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/clock"
	"github.com/basalt-dev/basalt/modules/db"
)

// source is a database whose changes a test makes up.
type source struct {
	db.Driver
	refuse  chan error       // for Watch
	commits chan []db.Change // for Next; nil is an error
	settled chan []db.Change // for CatchUp
	closed  chan struct{}
}

var (
	notes   = &db.Collection{Name: "notes"}
	odd     = &db.Collection{Name: "odd"}
	errTest = errors.New("the connection is gone")
)

func newSource() *source {
	return &source{refuse: make(chan error, 10), commits: make(chan []db.Change, 10), settled: make(chan []db.Change, 10), closed: make(chan struct{}, 10)}
}

func (*source) Source(context.Context) db.Source { return db.Source{Complete: true} }

func (*source) Unsupported(context.Context, []*db.Collection) (map[*db.Collection]error, error) {
	return map[*db.Collection]error{odd: errTest}, nil
}

func (s *source) Watch(_ context.Context, collections []*db.Collection) (db.Changes, error) {
	select {
	case err := <-s.refuse:
		return nil, err
	default:
	}
	if len(collections) != 1 || collections[0] != notes {
		return nil, fmt.Errorf("asked for %v", collections)
	}
	return s, nil
}

func (s *source) Next(ctx context.Context) ([]db.Change, error) {
	select {
	case touched := <-s.commits:
		if touched == nil {
			return nil, errTest
		}
		return touched, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (s *source) CatchUp(context.Context) ([]db.Change, error) {
	select {
	case touched := <-s.settled:
		if touched == nil {
			return nil, errTest
		}
		return touched, nil
	default:
		return nil, nil
	}
}

// Close implements [db.Changes]. The embedded Driver is nil.
func (s *source) Close() error {
	s.closed <- struct{}{}
	return nil
}

func change(id string) []db.Change { return []db.Change{{Collection: notes, ID: id}} }

// ear writes down what it hears.
type ear struct {
	name   string
	events chan string
}

func (e ear) say(format string, args ...any) {
	e.events <- e.name + " " + fmt.Sprintf(format, args...)
}

func (e ear) Began(collections []*db.Collection, unsupported map[*db.Collection]error) {
	if len(collections) != 1 || unsupported[odd] == nil {
		e.say("begins with %v and without %v", collections, unsupported)
		return
	}
	e.say("begins")
}

func (e ear) Receive(touched []db.Change) {
	var ids []string
	for _, c := range touched {
		ids = append(ids, c.ID)
	}
	e.say("hears %s", strings.Join(ids, " "))
}

func (e ear) Lost() { e.say("loses it") }

// reader is an ear that reads.
type reader struct {
	ear
	read func(catchUp func() error) error
}

func (r reader) Read(catchUp func() error) error {
	r.say("reads")
	return r.read(catchUp)
}

// expect fails unless these events come next.
func expect(t *testing.T, events chan string, want ...string) {
	t.Helper()
	var got []string
	for range want {
		select {
		case e := <-events:
			got = append(got, e)
		case <-time.After(time.Minute):
			t.Fatalf("after %q there is nothing, want %q", got, want)
		}
	}
	if !slices.Equal(got, want) {
		t.Fatalf("got %q, want %q", got, want)
	}
}

func newFeed(t *testing.T, s *source) (*Feed, chan string) {
	f := NewFeed(Config{Driver: s, Collections: []*db.Collection{odd, notes}, Clock: clock.New(time.Now), Log: slog.New(slog.DiscardHandler)})
	t.Cleanup(f.Close)
	return f, make(chan string, 100)
}

func TestFeed_AllHearBeforeOneReads(t *testing.T) {
	t.Parallel()
	s := newSource()
	f, events := newFeed(t, s)
	f.Subscribe(&reader{ear{"first", events}, func(catchUp func() error) error { return catchUp() }})
	expect(t, events, "first begins")
	f.Subscribe(ear{"second", events})
	f.Subscribe(&reader{ear{"third", events}, func(func() error) error { return nil }})
	expect(t, events, "second begins", "third begins") // although nothing is committed
	s.settled <- change("b")
	s.commits <- change("a")
	expect(t, events, "first hears a", "second hears a", "third hears a", "first reads", "first hears b", "second hears b", "third hears b", "third reads",
		"first reads", "third reads") // again, for what has come since
	s.commits <- change("c")
	expect(t, events, "first hears c", "second hears c", "third hears c", "first reads", "third reads")
	f.Close()
	expect(t, events, "first loses it", "second loses it", "third loses it")
	f.Subscribe(ear{"late", events})
	if len(events) > 0 {
		t.Errorf("a closed feed says %q", <-events)
	}
}

// TestFeed_BeginsAgain after each way to lose its position.
func TestFeed_BeginsAgain(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]struct {
		read   func(catchUp func() error) error
		events []string // before it is lost
		do     func(s *source)
	}{
		"no more commits":    {do: func(s *source) { s.commits <- nil }},
		"no catching up":     {func(catchUp func() error) error { return catchUp() }, []string{"hears a", "reads"}, func(s *source) { s.settled <- nil; s.commits <- change("a") }},
		"an error of a read": {func(func() error) error { return errTest }, []string{"hears a", "reads"}, func(s *source) { s.commits <- change("a") }},
		"a panic of a read":  {func(func() error) error { panic("oh") }, []string{"hears a", "reads"}, func(s *source) { s.commits <- change("a") }},
		"no database for a while": {do: func(s *source) {
			s.refuse <- errTest
			s.refuse <- errTest
			s.commits <- nil
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSource()
			f, events := newFeed(t, s)
			f.Subscribe(&reader{ear{"it", events}, lose.read})
			expect(t, events, "it begins")
			lose.do(s)
			for _, e := range lose.events {
				expect(t, events, "it "+e)
			}
			expect(t, events, "it loses it", "it begins")
			<-s.closed
			if len(s.closed) > 0 {
				t.Error("a position is closed twice")
			}
		})
	}
}

// TestFeed_OneLeaves: what becomes of its read does not matter to the others.
func TestFeed_OneLeaves(t *testing.T) {
	t.Parallel()
	s := newSource()
	f, events := newFeed(t, s)
	var leave func()
	leave = f.Subscribe(&reader{ear{"one", events}, func(func() error) error {
		leave()
		return errTest
	}})
	expect(t, events, "one begins")
	f.Subscribe(ear{"other", events})
	expect(t, events, "other begins")
	s.commits <- change("a")
	s.commits <- change("b")
	expect(t, events, "one hears a", "other hears a", "one reads", "other hears b")
}

func TestFeed_ADatabaseThatReportsNothing(t *testing.T) {
	t.Parallel()
	lost := make(chan struct{}, 100)
	f := NewFeed(Config{Driver: struct{ db.Driver }{}, Clock: clock.New(time.Now), Log: slog.New(slog.DiscardHandler), Observe: losses(lost)})
	defer f.Close()
	events := make(chan string, 100)
	f.Subscribe(ear{"it", events})
	<-lost
	<-lost // it tries again
	if len(events) > 0 {
		t.Errorf("got %q", <-events)
	}
	if p, err := f.Position(t.Context()); p != 0 || err != nil {
		t.Errorf("its position is %d %v", p, err)
	}
}

// losses counts lost positions.
type losses chan struct{}

func (losses) Behind(int64) {}
func (l losses) Lost()      { l <- struct{}{} }

// still is a clock by which a feed without listeners goes on until it is told to rest.
type still struct {
	clock.Clock
	resting chan struct{} // has one for each rest that has begun
	over    chan struct{}
}

func (s still) Sleep(ctx context.Context, who any, d time.Duration) {
	if d != restTime {
		s.Clock.Sleep(ctx, who, d)
		return
	}
	s.resting <- struct{}{}
	select {
	case <-s.over:
	case <-ctx.Done():
	}
}

// stopped waits until a feed has stopped.
func stopped(f *Feed) {
	for {
		f.mu.Lock()
		started := f.started
		f.mu.Unlock()
		if !started {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// TestFeed_StopsWhenNoOneListens: a while after the last one has left it follows the database no more, and begins again for the
// next one; who comes before finds it as it was.
func TestFeed_StopsWhenNoOneListens(t *testing.T) {
	t.Parallel()
	s := newSource()
	c := still{clock.New(time.Now), make(chan struct{}, 10), make(chan struct{})}
	f := NewFeed(Config{Driver: s, Collections: []*db.Collection{odd, notes}, Clock: c, Log: slog.New(slog.DiscardHandler)})
	t.Cleanup(f.Close)
	events := make(chan string, 100)
	leave, other := f.Subscribe(ear{"one", events}), f.Subscribe(ear{"other", events})
	got := []string{<-events, <-events}
	if slices.Sort(got); !slices.Equal(got, []string{"one begins", "other begins"}) {
		t.Fatalf("got %q", got)
	}
	leave()
	leave()
	if len(c.resting) > 0 {
		t.Error("it rests while someone listens")
	}
	other()
	<-c.resting
	back := f.Subscribe(ear{"back", events})
	expect(t, events, "back begins") // at the position that there is
	s.commits <- change("a")
	expect(t, events, "back hears a")
	if len(s.closed) > 0 {
		t.Fatal("it has let go of its position")
	}
	back()
	<-c.resting
	c.over <- struct{}{}
	<-s.closed
	for n := range 3 {
		stopped(f)
		again := f.Subscribe(ear{"again", events})
		expect(t, events, "again begins")
		s.commits <- change("b")
		expect(t, events, "again hears b")
		again()
		if <-c.resting; n == 2 {
			break
		}
		c.over <- struct{}{}
		<-s.closed
	}
	f.Close() // a rest ends with it
	if len(s.closed) != 1 || len(events) > 0 {
		t.Errorf("closed %d times, and said %d things more", len(s.closed), len(events))
	}
}

// TestTail_StopsWhenNoOneLooks: what was begun by someone who looks at the changes ends, so that the database is followed no more.
func TestTail_StopsWhenNoOneLooks(t *testing.T) {
	t.Parallel()
	s := newSource()
	c := still{clock.New(time.Now), make(chan struct{}, 10), make(chan struct{})}
	f := NewFeed(Config{Driver: s, Collections: []*db.Collection{odd, notes}, Clock: c, Log: slog.New(slog.DiscardHandler)})
	tail := NewTail(time.Now)
	t.Cleanup(f.Close)
	t.Cleanup(tail.Close)
	tail.idle = time.Minute
	tail.Use(map[string]*Feed{"main": f})
	if f.started {
		t.Error("it follows before someone looks")
	}
	if got := tail.Read(0, "", 10); len(got) > 0 || !tail.Listening() {
		t.Errorf("got %v", got)
	}
	s.commits <- change("a")
	for len(tail.Read(0, "", 10)) == 0 {
		time.Sleep(time.Millisecond)
	}
	if len(c.resting) > 0 {
		t.Error("it rests while someone looks")
	}
	tail.idle = time.Millisecond
	tail.Read(0, "", 10)
	<-c.resting
	if tail.Listening() {
		t.Error("it listens still")
	}
	c.over <- struct{}{}
	<-s.closed
	tail.idle = time.Minute
	if got := tail.Read(0, "", 10); len(got) > 0 {
		t.Errorf("it has kept %v", got)
	}
	s.commits <- change("b")
	for len(tail.Read(0, "", 10)) == 0 {
		time.Sleep(time.Millisecond)
	}
}
