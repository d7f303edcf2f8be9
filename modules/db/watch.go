package db

import "context"

// Watcher is a Driver whose database can report every change, whoever made it.
type Watcher interface {
	// Source returns where the changes come from.
	Source(ctx context.Context) Source
	// Unsupported returns the collections whose changes the database cannot report, with the reasons.
	Unsupported(ctx context.Context, collections []*Collection) (map[*Collection]error, error)
	// Watch returns the changes of collections from now on: no commit after it has returned is missed. It may
	// change the schema to enable that. The caller must close the result.
	Watch(ctx context.Context, collections []*Collection) (Changes, error)
}

// Source is where the changes of a database come from.
type Source struct {
	// Name is a short description for administrators.
	Name string
	// Complete is true if the changes of all writers are seen. If it is false, the nodes notify each other of
	// their changes, and the source cannot be watched.
	Complete bool
	// Advice is how to get a better source; empty if there is none.
	Advice string
}

// Changes is a position in the change stream of a database. One goroutine uses it.
type Changes interface {
	// Next waits for a commit, and returns what it and the later commits received so far have touched. A read that
	// begins afterwards sees them. After an error the position is lost: anything may have changed.
	Next(ctx context.Context) ([]Change, error)
	// CatchUp is like Next but does not wait for a commit. It returns the changes that a read before the call can
	// have seen and that Next has not returned yet.
	CatchUp(ctx context.Context) ([]Change, error)
	Close() error
}

// Lag is implemented by Changes that can report the unread size of the server's log.
type Lagger interface {
	// Lag returns the unread size in bytes.
	Lag() int64
}

// Positioner is a Watcher that knows the commit position of its database.
type Positioner interface {
	// Position returns a position, as in [Change], that is not before any commit that a read before the call can
	// have seen; 0 if it is not known.
	Position(ctx context.Context) (uint64, error)
}

// Change reports that a document was created, changed or deleted.
type Change struct {
	Collection *Collection
	// ID is the document's id; empty for any number of unknown documents.
	ID string
	// Pending is true if the change may not be committed yet; it will be reported again.
	Pending bool
	// Position is the position of the commit, the same for all watchers; 0 if the database does not report it.
	Position uint64
}

// SourceOf returns where the changes of a database come from.
func SourceOf(ctx context.Context, driver string, config Config) Source {
	r, err := registered(driver)
	if err != nil {
		return Source{Name: err.Error()}
	}
	if r.Source != nil {
		return r.Source(config)
	}
	d, err := r.Open(ctx, config)
	if err != nil {
		return Source{Name: "not known: the database does not answer now"}
	}
	defer d.Close()
	watcher, ok := As[Watcher](d)
	if !ok {
		return Source{Name: "notifications between nodes"}
	}
	return watcher.Source(ctx)
}
