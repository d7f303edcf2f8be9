package changes

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/basalt-dev/basalt/modules/db"
)

// Author is who has made a write of this process, and by which call.
type Author struct {
	User  string `json:"user,omitempty"`
	Actor string `json:"actor,omitempty"` // who acts as the user
	Admin bool   `json:"admin,omitempty"`
	Call  string `json:"call,omitempty"` // method and route
}

type authorKey struct{}

// WithAuthor returns a context whose writes have an author.
func WithAuthor(ctx context.Context, a Author) context.Context {
	return context.WithValue(ctx, authorKey{}, &a)
}

// Change is a change of a document as a Tail keeps it.
type Change struct {
	ID         uint64    `json:"id"`
	Time       time.Time `json:"time"`
	Database   string    `json:"database"`
	Collection string    `json:"collection"`
	// Document is its id; empty for any number of unknown documents.
	Document string  `json:"document"`
	By       *Author `json:"by,omitempty"`
}

const (
	tailKept = 1000             // changes that a Tail has
	tailIdle = 30 * time.Second // how long it goes on without a reader; its feeds stop as long after that
	tailSoon = 5 * time.Second  // how long a write waits for its change to be reported
)

// Tail is the last changes of the databases, of every writer, for someone who watches. It takes none until it is read, and stops half a
// minute after that was last done. It is safe for concurrent use.
type Tail struct {
	now      func() time.Time
	idle     time.Duration // tailIdle
	on       atomic.Bool
	changing sync.Mutex // guards the fields below; one at a time turns it on or off
	feeds    map[string]*Feed
	leave    []func()
	rest     *time.Timer

	mu      sync.Mutex // guards the fields below
	last    uint64
	items   []Change
	authors []authored // of writes that were not reported yet, the oldest first
}

type authored struct {
	collection, document string
	by                   *Author
	until                time.Time
}

// NewTail returns one without feeds.
func NewTail(now func() time.Time) *Tail { return &Tail{now: now, idle: tailIdle} }

// Use makes it one of other feeds, by the names of their databases.
func (t *Tail) Use(feeds map[string]*Feed) {
	t.changing.Lock()
	defer t.changing.Unlock()
	on := t.on.Load()
	t.stop()
	if t.feeds = feeds; on && feeds != nil {
		t.start()
	}
}

// Close ends it.
func (t *Tail) Close() { t.Use(nil) }

func (t *Tail) start() {
	for name, feed := range t.feeds {
		t.leave = append(t.leave, feed.Subscribe(&tailListener{t, name}))
	}
	t.on.Store(true)
	t.rest = time.AfterFunc(t.idle, func() {
		t.changing.Lock()
		defer t.changing.Unlock()
		t.stop()
	})
}

func (t *Tail) stop() {
	t.on.Store(false)
	if t.rest != nil {
		t.rest.Stop()
	}
	for _, leave := range t.leave {
		leave()
	}
	t.leave = nil
	t.mu.Lock()
	defer t.mu.Unlock()
	t.items, t.authors = nil, nil
}

// Read returns the newest changes after one, at most limit of them, the newest first; those of one collection, if it is named. From
// then on there are changes.
func (t *Tail) Read(after uint64, collection string, limit int) []Change {
	t.changing.Lock()
	if !t.on.Load() {
		t.start()
	}
	t.rest.Reset(t.idle)
	t.changing.Unlock()
	t.mu.Lock()
	defer t.mu.Unlock()
	out := []Change{}
	for _, c := range slices.Backward(t.items) {
		if c.ID <= after || len(out) == limit {
			break
		}
		if collection == "" || c.Collection == collection {
			out = append(out, c)
		}
	}
	return out
}

// Listening implements [WriteListener].
func (t *Tail) Listening() bool { return t.on.Load() }

// Writing implements [WriteListener]. A change may be reported before its write has returned.
func (t *Tail) Writing(ctx context.Context, w *Write) {
	by, ok := ctx.Value(authorKey{}).(*Author)
	if !ok {
		return
	}
	until := t.now().Add(tailSoon)
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, touched := range w.Touched {
		ids := touched.IDs
		if len(ids) == 0 {
			ids = []string{""}
		}
		for _, id := range ids {
			t.authors = append(t.authors, authored{touched.Collection.Name, id, by, until})
		}
	}
	t.authors = t.authors[max(0, len(t.authors)-tailKept):]
}

// Written implements [WriteListener].
func (t *Tail) Written(context.Context, *Write, error) {}

// author is who has written a document a moment ago, if that is known.
func (t *Tail) author(collection, document string, now time.Time) *Author {
	for _, a := range slices.Backward(t.authors) {
		if a.until.Before(now) {
			break
		}
		if a.collection == collection && (a.document == document || a.document == "") {
			return a.by
		}
	}
	return nil
}

// tailListener takes the changes of one database.
type tailListener struct {
	*Tail
	database string
}

// Began implements [Listener].
func (*tailListener) Began([]*db.Collection, map[*db.Collection]error) {}

// Lost implements [Listener].
func (*tailListener) Lost() {}

// Receive implements [Listener].
func (l *tailListener) Receive(touched []db.Change) {
	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range touched {
		if c.Pending || !l.on.Load() {
			continue
		}
		l.last++
		l.items = append(l.items, Change{ID: l.last, Time: now, Database: l.database, Collection: c.Collection.Name, Document: c.ID, By: l.author(c.Collection.Name, c.ID, now)})
	}
	if len(l.items) > 2*tailKept { // not at each change
		l.items = slices.Clone(l.items[len(l.items)-tailKept:])
	}
}
