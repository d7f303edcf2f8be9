package db

import "context"

// Watcher is a Driver whose database can tell what is changed in it, whoever changes it.
type Watcher interface {
	// Source says where the changes come from.
	Source(ctx context.Context) Source
	// Unwatchable returns those of the collections whose changes the database does not tell, with the reason.
	Unwatchable(ctx context.Context, collections []*Collection) (map[*Collection]error, error)
	// Watch returns the changes of collections from now on: no commit after it has returned is missed. It
	// may add to the schema what that takes. The caller closes what it gets.
	Watch(ctx context.Context, collections []*Collection) (Changes, error)
}

// Source is where the changes of a database come from.
type Source struct {
	// Name says it in a few words, for an administrator.
	Name string
	// Complete says that the changes of everybody are seen. A source that is not complete is one that the
	// nodes tell each other, and cannot be watched.
	Complete bool
	// Advice is how to get a better source; empty where there is none.
	Advice string
}

// Changes are a place in the stream of a database's changes. One goroutine uses them.
type Changes interface {
	// Next waits for a commit and returns what it, and those that came meanwhile, have touched. A read
	// that begins afterwards sees them. An error means that the place is lost: anything may have changed.
	Next(ctx context.Context) ([]Touched, error)
	// Settle is Next that does not wait for a commit: it returns what all those have touched that a read
	// before the call can have seen, as far as Next has not told.
	Settle(ctx context.Context) ([]Touched, error)
	Close() error
}

// Behind is of Changes that know how much of a log the server keeps for them.
type Behind interface {
	// Behind returns how many bytes of it have not been read.
	Behind() int64
}

// Positioner is a Watcher that knows how far the commits of its database are.
type Positioner interface {
	// Position returns a position, as in [Touched], that comes before none of the commits that a read before the
	// call can have seen; 0 where that is not known.
	Position(ctx context.Context) (uint64, error)
}

// Touched says that a document was made, changed or removed.
type Touched struct {
	Collection *Collection
	// ID is the document's id; empty for any number of unknown documents.
	ID string
	// Pending says that it may not have happened yet, and will be told again.
	Pending bool
	// Position is that of its commit among the database's commits, the same for all who watch; 0 where the
	// database does not tell.
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
	watcher, ok := Ability[Watcher](d)
	if !ok {
		return Source{Name: "what nodes tell each other"}
	}
	return watcher.Source(ctx)
}
