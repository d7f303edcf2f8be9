package cache_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/cache"
	"github.com/basalt-dev/basalt/modules/changes"
	"github.com/basalt-dev/basalt/modules/clock"
	"github.com/basalt-dev/basalt/modules/db"
	_ "github.com/basalt-dev/basalt/modules/db/sqlite"
	"github.com/basalt-dev/basalt/modules/query"
)

// table is a collection of a database of the test's own.
func table() *db.Collection {
	return &db.Collection{
		Name: "notes", Table: "notes", Shape: query.NewShape([]query.Field{{Name: "id", Type: query.TypeID, NotNull: true}, {Name: "title", Type: query.TypeString}}),
		Columns: []db.Column{{Name: "id", Type: query.TypeID}, {Name: "title", Type: query.TypeString}},
	}
}

func openSQLite(t *testing.T, path string) db.Driver {
	t.Helper()
	d, err := db.Open(t.Context(), "sqlite", db.Config{URL: "file:" + path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// TestFeed_InvalidatesWhatIsWritten in a cache that nothing but the feed of a database and its driver know of: this
// node's own writes at once, those of another program after a while.
func TestFeed_InvalidatesWhatIsWritten(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	c := newNode(t, "")
	path := t.TempDir() + "/a.db"
	own, other := changes.NewDriver(openSQLite(t, path), c.Cache), openSQLite(t, path)
	notes := table()
	if err := own.Sync(ctx, []*db.Collection{notes}); err != nil {
		t.Fatal(err)
	}
	feed := changes.NewFeed(changes.Config{Driver: own, Collections: []*db.Collection{notes}, Clock: clock.New(time.Now), Log: slog.New(slog.DiscardHandler)})
	defer feed.Close()
	began := make(chan struct{})
	feed.Subscribe(beginning{c.Listener(), began})
	<-began
	if err := own.Insert(ctx, notes, []query.Row{{query.String("1"), query.String("0")}}); err != nil {
		t.Fatal(err)
	}
	title := func() string {
		t.Helper()
		a, err := c.Get(ctx, document(0), func(ctx context.Context) (cache.Entry, error) {
			rows, err := own.Find(ctx, notes, db.Find{Query: query.Query{Where: notes.ByKey("1"), Limit: 1}})
			if err != nil || len(rows) == 0 {
				return cache.Entry{Missing: true}, err
			}
			return cache.Entry{Body: []byte(rows[0][1].Text())}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return string(a.Body)
	}
	write := func(d db.Driver, title string) {
		t.Helper()
		if _, _, err := d.Update(ctx, notes, db.Update{Where: notes.ByKey("1"), Set: []db.Assignment{{Field: 1, Value: query.String(title)}}}); err != nil {
			t.Fatal(err)
		}
	}
	for round := range 5 {
		mine, theirs := fmt.Sprint("mine ", round), fmt.Sprint("theirs ", round)
		title()
		write(own, mine)
		if got := title(); got != mine {
			t.Errorf("after a write of this node it shows %q, want %q", got, mine)
		}
		write(other, theirs)
		for deadline := time.Now().Add(time.Minute); title() != theirs; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("a write of another program is never shown")
			}
		}
	}
	err := own.Transaction(ctx, func(s db.Store) error {
		_, err := s.Delete(ctx, notes, notes.ByKey("1"))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := title(); got != "" {
		t.Errorf("after a transaction of this node it shows %q, want nothing", got)
	}
}

// beginning says when a listener has begun.
type beginning struct {
	changes.Listener
	began chan struct{}
}

func (b beginning) Began(collections []*db.Collection, unsupported map[*db.Collection]error) {
	b.Listener.Began(collections, unsupported)
	close(b.began)
}
