// Package changes reports which documents have changed: the writes of this process, immediately ([Driver]), and the
// commits of every writer, in the order of a database ([Feed]). Live queries and the cache are its listeners.
//
// It is not for reading documents, or for deciding who may see them: a change is a hint what to read again.
package changes

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/basalt-dev/basalt/modules/clock"
	"github.com/basalt-dev/basalt/modules/db"
)

// Listener is notified of the changes of a database. Its methods are called one at a time, with a lock of the feed
// held: they must not call the feed.
type Listener interface {
	// Began is called when the feed has a position: from now on no change of the collections is missed. Anything may
	// have changed before. unsupported has the collections whose changes the database cannot report, with the reasons.
	Began(collections []*db.Collection, unsupported map[*db.Collection]error)
	// Receive takes what commits have changed, in commit order. A read that begins afterwards sees them.
	Receive(touched []db.Change)
	// Lost is called when the position is lost, and when the feed is closed: changes may be missed from now on.
	Lost()
}

// Reader is a Listener that reads what has changed, which takes a while.
type Reader interface {
	Listener
	// Read is called after all listeners have received changes by Receive, without a lock. catchUp has Receive called with
	// the changes that a read before can have seen and that were not reported yet. An error loses the position.
	Read(catchUp func() error) error
}

// Observer receives metrics. Its methods must return at once.
type Observer interface {
	// Behind reports how many bytes of the database's log this node has not read.
	Behind(bytes int64)
	// Lost reports that the position in the changes of a database was lost, or could not be taken.
	Lost()
}

// Config is what a [Feed] needs. Observe may be nil.
type Config struct {
	Driver      db.Driver
	Collections []*db.Collection
	Clock       clock.Clock
	Log         *slog.Logger
	Observe     Observer
}

// Feed is the changes of one database. It is safe for concurrent use.
type Feed struct {
	config     Config
	ctx        context.Context
	stop       context.CancelFunc
	running    sync.WaitGroup
	complained time.Time // used by run only

	mu          sync.Mutex // guards the fields below; held while listeners are notified
	listeners   []Listener
	started     bool
	closed      bool
	end         context.CancelFunc // ends run
	wake        context.CancelFunc // ends the rest that began when the last listener left; nil without one
	began       bool               // there is a position
	collections []*db.Collection
	unsupported map[*db.Collection]error
	reports     int // how often changes were reported
}

// NewFeed returns a feed that does nothing until it has a listener. The caller must call Close.
func NewFeed(config Config) *Feed {
	f := &Feed{config: config}
	f.ctx, f.stop = context.WithCancel(context.Background())
	return f
}

// Subscribe adds a listener. The first one starts the feed, which stops following the database a while after the last one
// has left. If the feed has a position, Began is called before Subscribe
// returns; the caller must hold no lock that the listener's methods take. A listener is a pointer, and subscribes once.
func (f *Feed) Subscribe(l Listener) (unsubscribe func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return func() {}
	}
	f.listeners = append(f.listeners, l)
	if f.wake != nil {
		f.wake()
		f.wake = nil
	}
	if f.began { // what is reported next was committed later, or was visible before
		l.Began(f.collections, f.unsupported)
	}
	if !f.started {
		f.start()
	}
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		before := len(f.listeners)
		f.listeners = slices.DeleteFunc(slices.Clone(f.listeners), func(o Listener) bool { return o == l })
		if before > 0 && len(f.listeners) == 0 && !f.closed {
			f.rest()
		}
	}
}

// rest lets the feed stop when no one listens for restTime. The lock is held.
func (f *Feed) rest() {
	ctx, wake := context.WithCancel(f.ctx)
	f.wake = wake
	f.config.Clock.Run(&f.running, f, func() {
		defer wake()
		f.config.Clock.Sleep(ctx, f, restTime)
		f.mu.Lock()
		defer f.mu.Unlock()
		if ctx.Err() == nil && f.started {
			f.end()
		}
	})
}

// start begins to follow the database. The lock is held.
func (f *Feed) start() {
	f.started = true
	var ctx context.Context
	ctx, f.end = context.WithCancel(f.ctx)
	f.config.Clock.Run(&f.running, f, func() { f.run(ctx) })
}

// ended notes that run has ended. Who has come meanwhile wants it to begin again.
func (f *Feed) ended() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.end()
	if f.started = false; len(f.listeners) > 0 && !f.closed {
		f.start()
	}
}

// Close ends the feed and waits for its work. The listeners receive Lost.
func (f *Feed) Close() {
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()
	f.stop()
	f.running.Wait()
}

// Position returns a position, as in [db.Change], that is not before any commit that a read before the call can have
// seen; 0 if it is not known.
func (f *Feed) Position(ctx context.Context) (uint64, error) {
	p, ok := db.As[db.Positioner](f.config.Driver)
	if !ok {
		return 0, nil
	}
	return p.Position(ctx)
}

const (
	// watchTime is how long it may take to get a position.
	watchTime = 30 * time.Second
	// After a failure the feed pauses for minPause, twice as long after each further one, up to maxPause.
	minPause = 50 * time.Millisecond
	maxPause = 5 * time.Second
	// restTime is about how long the feed goes on without a listener.
	restTime = 30 * time.Second
	// steadyTime is how long a position must have been held for the pauses to begin again with minPause.
	steadyTime = time.Minute
)

// run watches the database until ctx ends: the feed is closed, or no one listens. After an error it takes a new position.
func (f *Feed) run(ctx context.Context) {
	defer f.ended()
	for pause := minPause; ctx.Err() == nil; pause = min(pause*2, maxPause) {
		started := f.config.Clock.Now()
		err := f.watch(ctx)
		if f.lost(); ctx.Err() != nil {
			return
		}
		f.config.Log.Warn("the position in the changes of a database is lost; live queries and the cache start over as soon as there is a new one", "error", err.Error())
		if f.config.Observe != nil {
			f.config.Observe.Lost()
		}
		if f.config.Clock.Now().Sub(started) > steadyTime {
			pause = minPause
		}
		f.config.Clock.Sleep(ctx, f, pause)
	}
}

// watch takes a position and reports changes until it is lost.
func (f *Feed) watch(following context.Context) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	watcher, ok := db.As[db.Watcher](f.config.Driver)
	if !ok {
		return errors.New("the driver of the database reports no changes")
	}
	ctx, cancel := context.WithTimeout(following, watchTime)
	defer cancel()
	unsupported, err := watcher.Unsupported(ctx, f.config.Collections)
	if err != nil {
		return err
	}
	var collections []*db.Collection
	for _, c := range f.config.Collections {
		if unsupported[c] == nil {
			collections = append(collections, c)
		}
	}
	changes, err := watcher.Watch(ctx, collections)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, changes.Close()) }()
	f.begin(collections, unsupported)
	return f.follow(following, changes)
}

// follow reports changes until the position is lost. Every listener has received them before one reads.
func (f *Feed) follow(ctx context.Context, changes db.Changes) error {
	catchUp := func() error {
		settled, err := changes.CatchUp(ctx)
		if err == nil {
			f.notify(settled)
		}
		return err
	}
	for {
		touched, err := changes.Next(ctx)
		if err != nil {
			return err
		}
		f.notify(touched)
		if err := f.read(catchUp); err != nil {
			return err
		}
		f.watchLag(changes)
	}
}

// read lets the readers read, until no reader has caught up with changes that another has not seen.
func (f *Feed) read(catchUp func() error) error {
	for seen := -1; ; {
		f.mu.Lock()
		listeners, now := f.listeners, f.reports
		f.mu.Unlock()
		if now == seen {
			return nil
		}
		seen = now
		for _, l := range listeners {
			r, ok := l.(Reader)
			if !ok {
				continue
			}
			if err := r.Read(catchUp); err != nil && f.has(l) {
				return err
			}
		}
	}
}

func (f *Feed) has(l Listener) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Contains(f.listeners, l)
}

func (f *Feed) begin(collections []*db.Collection, unsupported map[*db.Collection]error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.began, f.collections, f.unsupported = true, collections, unsupported
	for _, l := range f.listeners {
		l.Began(collections, unsupported)
	}
}

// notify reports changes to all listeners.
func (f *Feed) notify(touched []db.Change) {
	if len(touched) == 0 {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reports++
	for _, l := range f.listeners {
		l.Receive(touched)
	}
}

func (f *Feed) lost() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.began {
		return
	}
	f.began = false
	for _, l := range f.listeners {
		l.Lost()
	}
}

const (
	// manyBytes unread in a database's log are logged, at most once per complainInterval.
	manyBytes        = 64 << 20
	complainInterval = time.Minute
)

// watchLag warns if this node is far behind, because the database keeps its log until it is read.
func (f *Feed) watchLag(changes db.Changes) {
	log, ok := changes.(db.Lagger)
	if !ok {
		return
	}
	n := log.Lag()
	if o := f.config.Observe; o != nil {
		o.Behind(n)
	}
	if now := f.config.Clock.Now(); n > manyBytes && now.Sub(f.complained) > complainInterval {
		f.complained = now
		f.config.Log.Warn("this node lags behind the changes of a database, which keeps its log until they are read; max_slot_wal_keep_size limits that", "bytes", n)
	}
}
