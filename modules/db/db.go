// Package db defines what Basalt requires of a database: the [Driver] interface, the description of a stored
// collection, and the registry of drivers.
//
// It is not for deciding who may do what: a driver runs the filter it is given, into which package crud has
// already put the rule. Optional abilities are small interfaces beside Driver, found by type assertion. Every
// driver passes package dbtest.
package db

import (
	"context"
	"slices"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// Column is how one field is stored.
type Column struct {
	Name     string // name in the database
	Type     query.Type
	Required bool
	Unique   bool
	Index    bool
	Search   bool // covered by full-text search
	// Default is the value of existing documents when the column is added; null for none.
	Default query.Value
	// Was is the name that the column had before; empty for none.
	Was string
	// Refers names the collection of the same database that has the documents whose ids are the values, which a foreign key
	// guards where the database has such; empty for none.
	Refers string
}

// Collection is how a collection is stored. It is immutable.
type Collection struct {
	Name    string
	Table   string
	Shape   *query.Shape
	Columns []Column // one for each field of Shape, in the same order
	Key     int      // position of the id
	// Parts are the positions of the fields that the id is composed of, in order, if the key of the table has
	// several columns. The id then has no column, and is null in the rows of drivers. Nil if the id has a column.
	Parts []int
	// Indexes are those beside the ones of single columns.
	Indexes []Index
	// Related are the collections of the same database that lookups may name; nil if there are none.
	Related map[string]*Collection
}

// Narrows reports whether an index finds the documents of a filter.
func (c *Collection) Narrows(f query.Filter) bool {
	indexed := func(p query.Path) bool {
		column := c.Columns[c.Shape.Index(p.Field)]
		return p.Sub == "" && (column.Index || column.Unique || p == c.KeyPath() || c.leads(c.Shape.Index(p.Field)))
	}
	return conjunct(f, func(f query.Filter) bool {
		switch f := f.(type) {
		case *query.Compare:
			return f.Op == query.Eq && indexed(f.Path)
		case *query.In:
			return indexed(f.Path)
		}
		return false
	})
}

// conjunct reports whether a filter, or a term that must hold for it, satisfies a predicate.
func conjunct(f query.Filter, is func(query.Filter) bool) bool {
	and, ok := f.(*query.And)
	if !ok {
		return is(f)
	}
	return slices.ContainsFunc(and.Terms, func(t query.Filter) bool { return conjunct(t, is) })
}

// Find requests rows.
type Find struct {
	query.Query
	// Fields are the positions to fill; nil means all. The others are null in the rows.
	Fields []int
	// PerLimit, if not 0, limits the rows for each value of the fields Per together, in the order of Sort.
	Per      []int
	PerLimit int
	// Rank orders by relevance to this search, best first, instead of by Sort. Offset skips the first rows.
	Rank   *query.Search
	Offset int
	// Bytes limits the total size of the rows, as computed by [Full]. Beyond it the answer is [ErrTooLarge]; 0
	// means no limit.
	Bytes int
	// Lock keeps others from changing the rows until the transaction ends. Outside a transaction it has no effect.
	Lock Lock
}

// ErrTooLarge is the error of a [Find] whose rows exceed its Bytes.
var ErrTooLarge error = fault.Errorf(fault.AnswerTooLarge, "the documents are too large together")

// Size is the approximate size of a row in bytes.
func Size(row query.Row) int {
	n := 16 * len(row)
	for _, v := range row {
		n += len(v.Text())
	}
	return n
}

// Full reports whether this many values, with this many bytes of strings, are too large for a [Find].
func Full(bytes, values, text int) bool { return bytes > 0 && 16*values+text > bytes }

// Lock is what others may do with the rows of a [Find] until the transaction ends.
type Lock uint8

// The locks.
const (
	Unlocked  Lock = iota
	Shared         // others may read and lock them, but not change them
	Exclusive      // others may only read them
)

// Assignment sets one field to a value.
type Assignment struct {
	Field int
	Value query.Value
	// Before is the value that is replaced, where it is known.
	Before query.Value
}

// Update changes the rows that match a filter, in one atomic step.
type Update struct {
	Where query.Filter
	Set   []Assignment
	// Return requests the rows as they are after the change.
	Return bool
}

// Aggregate requests aggregates by group. The columns of the result are, in order: groups, count if requested,
// sums, averages, minima, maxima.
type Aggregate struct {
	Where              query.Filter
	Group              []int
	Count              bool
	Sum, Avg, Min, Max []int
	Limit              int
}

// Store runs operations, each of them atomic. Values have the kind of their field or are null, except in json
// fields. Errors for clients are *fault.Error: Conflict (with the field) for a unique value that exists,
// Unavailable and Timeout.
type Store interface {
	// Find returns the rows in the order of Sort, which must end with the key if the order matters.
	Find(ctx context.Context, c *Collection, f Find) ([]query.Row, error)
	// Insert stores all of the rows or none. It updates the rows to what is stored, where that can differ: the
	// database generates the next number for an int id, fills the default of a column that is not null or whose
	// value is [query.LeftOut], and its triggers and types may change values.
	Insert(ctx context.Context, c *Collection, rows []query.Row) error
	// Update returns how many rows it changed, and the rows if requested.
	Update(ctx context.Context, c *Collection, u Update) (int64, []query.Row, error)
	// Delete returns how many rows it deleted.
	Delete(ctx context.Context, c *Collection, where query.Filter) (int64, error)
	Count(ctx context.Context, c *Collection, where query.Filter) (int64, error)
	Aggregate(ctx context.Context, c *Collection, a Aggregate) ([][]query.Value, error)
}

// Driver is an open database. It is safe for concurrent use.
type Driver interface {
	Store
	// Transaction runs f with a store whose operations take effect together or not at all, and commits if f
	// returns nil. Nothing else can change what f has found with Lock. f may run again after a conflict, and must
	// not use the driver itself.
	Transaction(ctx context.Context, f func(Store) error) error
	// Sync adds what is missing to the schema of the collections. A change that could lose data is an error that
	// contains the statement an admin would run.
	Sync(ctx context.Context, collections []*Collection) error
	// Ping reports whether the database answers.
	Ping(ctx context.Context) error
	// Close waits for running operations and closes the database.
	Close() error
}

// Correlator is a Driver whose statements accept filters with lookups into other collections of the same database.
// For other drivers, lookups are replaced by their results before the statement runs.
type Correlator interface {
	Correlates()
}

// Forgiving is a [Searcher] that finds words in spite of typing mistakes.
type Forgiving interface {
	// Forgives does nothing.
	Forgives()
}

// Searcher is a Driver that can run a full-text [query.Search].
type Searcher interface {
	// Searches reports whether the connected server supports it.
	Searches() bool
}

// Natives is a Driver whose statements can have a [query.Native].
type Natives interface {
	// Native reports whether a collection takes a test, by the type of its column.
	Native(c *Collection, f *query.Native) bool
}

// Pooled is a Driver with a pool of connections.
type Pooled interface {
	// Connections returns how many are in use, how many are idle, their maximum, and how many callers wait for
	// one.
	Connections() (used, idle, most, waiting int)
}

// Transactor is a Driver whose server may have no transactions. Without them, its Transaction can read and then
// write one document. It refuses a second write before the first has happened.
type Transactor interface {
	// Atomic reports whether the server has transactions.
	Atomic() bool
}

// Snapshotter is a Driver that can read several times from one state of the database.
type Snapshotter interface {
	// Snapshots reports whether it can now: its server may not, or it has too few connections to hold one meanwhile.
	Snapshots() bool
	// Snapshot runs f with a store that reads, and that sees no commit after its first read. f may use the driver itself
	// besides, and may run again.
	Snapshot(ctx context.Context, f func(Store) error) error
}

// Rounder is a Driver that stores some values with less precision, such as times without microseconds.
type Rounder interface {
	// Round returns a value with the precision of the database.
	Round(query.Value) query.Value
}

// Identifier is a Driver that makes ids as other programs do.
type Identifier interface {
	// NewID returns the id of a new document of a collection whose ids are strings; empty if any will do.
	NewID(c *Collection) string
}

// Alterer is a Driver whose tables may be those of other programs.
type Alterer interface {
	// Alters returns the fields of which the table may store another value than it is sent, or may change the value along with
	// others: a trigger can do so, a generated column, or a type of less precision. Nil for Basalt's own tables.
	Alters(c *Collection) []int
}

// Wrapper is a Driver around another one, such as one that records metrics.
type Wrapper interface {
	Unwrap() Driver
}

// As returns an optional interface of a driver, or of a driver that it wraps.
func As[T any](d Driver) (T, bool) {
	for d != nil {
		if ability, ok := d.(T); ok {
			return ability, true
		}
		w, ok := d.(Wrapper)
		if !ok {
			break
		}
		d = w.Unwrap()
	}
	var none T
	return none, false
}

type strong struct{}

// ReadPrimary returns a context whose reads see every earlier write. Reads from a replica may not.
func ReadPrimary(ctx context.Context) context.Context { return context.WithValue(ctx, strong{}, true) }

// ReadsPrimary reports whether reads must not use a replica.
func ReadsPrimary(ctx context.Context) bool { return ctx.Value(strong{}) != nil }
