// Package db is what Basalt asks of a database: the [Driver] interface, the description of a
// collection as it is stored, and the registry of drivers.
//
// It is not for deciding who may do what: a driver runs the filter it is given, in which package
// crud has already put the rule. Optional abilities are small interfaces beside Driver, found by
// type assertion. Every driver passes package dbtest.
package db

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

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
	Search   bool // looked through by a full-text search
	// Default is what documents get that are there when the column is added; null for nothing.
	Default query.Value
}

// Collection is how a collection is stored. It is immutable.
type Collection struct {
	Name    string
	Table   string
	Shape   *query.Shape
	Columns []Column // one for each field of Shape, in its order
	Key     int      // position of the id
	// Parts are, in their order, the positions of the fields whose values an id is made of, where the
	// key of the table has several columns. There is then no column for the id, which is null in the
	// rows of drivers. Nil where the id has a column.
	Parts []int
	// Related are the collections of the same database that lookups may name; nil when there are
	// none.
	Related map[string]*Collection
}

// Narrows reports whether an index gives the documents of a filter.
func (c *Collection) Narrows(f query.Filter) bool {
	indexed := func(p query.Path) bool {
		column := c.Columns[c.Shape.Index(p.Field)]
		return p.Sub == "" && (column.Index || column.Unique || p == c.KeyPath())
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

// conjunct reports whether a filter, or a term that has to hold for it, is as asked.
func conjunct(f query.Filter, is func(query.Filter) bool) bool {
	and, ok := f.(*query.And)
	if !ok {
		return is(f)
	}
	return slices.ContainsFunc(and.Terms, func(t query.Filter) bool { return conjunct(t, is) })
}

// Find asks for rows.
type Find struct {
	query.Query
	// Fields are the positions to fill; nil means all. The others are null in the rows.
	Fields []int
	// PerLimit, when it is not 0, bounds the rows for each value of the field Per, in the order of Sort.
	Per, PerLimit int
	// Rank orders by how well this search is met, best first, instead of by Sort, and Offset leaves
	// out the first rows.
	Rank   *query.Search
	Offset int
	// Bytes is how large the rows may be together, by [Full], before the answer is [ErrTooLarge]; 0 says nothing.
	Bytes int
	// Lock keeps the rows from being changed by others until the transaction ends. Outside a
	// transaction it means nothing.
	Lock Lock
}

// ErrTooLarge is the error of a [Find] whose rows are larger than its Bytes.
var ErrTooLarge error = fault.Errorf(fault.AnswerTooLarge, "the documents are too large together")

// Size is how many bytes a row takes, about.
func Size(row query.Row) int {
	n := 16 * len(row)
	for _, v := range row {
		n += len(v.Text())
	}
	return n
}

// Full reports whether rows of so many values, with so many bytes of text in them, are too large for a [Find].
func Full(bytes, values, text int) bool { return bytes > 0 && 16*values+text > bytes }

// Lock says who else may have the rows of a [Find] until the transaction ends.
type Lock uint8

// The locks.
const (
	Unlocked  Lock = iota
	Shared         // others may read and lock them too, and not change them
	Exclusive      // others may only read them
)

// Assignment sets one field to a value.
type Assignment struct {
	Field int
	Value query.Value
}

// Update changes the rows that a filter selects, in one atomic step.
type Update struct {
	Where query.Filter
	Set   []Assignment
	// Return asks for the rows as they are afterwards.
	Return bool
}

// Aggregate asks for figures by group. The results come in the order of the fields here: groups,
// count when asked for, sums, averages, minima, maxima.
type Aggregate struct {
	Where              query.Filter
	Group              []int
	Count              bool
	Sum, Avg, Min, Max []int
	Limit              int
}

// Store runs operations, each of them atomic. Values have the kind of their field or are null,
// except in json fields. Errors that a client may see are *fault.Error: Conflict (with the field)
// for a unique value that exists, Unavailable and Timeout.
type Store interface {
	// Find returns the rows in the order of Sort, which has to end with the key when the order
	// matters.
	Find(ctx context.Context, c *Collection, f Find) ([]query.Row, error)
	// Insert stores all of the rows or none, and makes the rows what is stored, where that can differ: the
	// database fills in the next number for an id that is an int, the default of a column that takes no
	// null or whose value is [query.LeftOut], and what its triggers and types make of a value.
	Insert(ctx context.Context, c *Collection, rows []query.Row) error
	// Update returns how many rows it changed, and the rows when asked to.
	Update(ctx context.Context, c *Collection, u Update) (int64, []query.Row, error)
	// Delete returns how many rows it removed.
	Delete(ctx context.Context, c *Collection, where query.Filter) (int64, error)
	Count(ctx context.Context, c *Collection, where query.Filter) (int64, error)
	Aggregate(ctx context.Context, c *Collection, a Aggregate) ([][]query.Value, error)
}

// Driver is one open database. It is safe for concurrent use.
type Driver interface {
	Store
	// Transaction runs f with a store whose operations happen together or not at all, and
	// commits when f returns nil. Nothing else may change what f has found with Lock. f may be
	// run again after a conflict, and must not use the driver itself.
	Transaction(ctx context.Context, f func(Store) error) error
	// Sync makes the schema fit the collections, adding what is missing. A change that could
	// lose data is an error that holds the statement an admin would run.
	Sync(ctx context.Context, collections []*Collection) error
	// Ping reports whether the database answers.
	Ping(ctx context.Context) error
	// Close waits for what is running and closes the database.
	Close() error
}

// Correlator is a Driver whose statements take filters with lookups into other collections of the
// same database. For any other, lookups are replaced by what they find before the statement runs.
type Correlator interface {
	Correlates()
}

// Searcher is a Driver that runs a full-text [query.Search].
type Searcher interface {
	// Searches reports whether the server at hand can.
	Searches() bool
}

// Pooled is a Driver with a pool of connections.
type Pooled interface {
	// Connections returns how many are in use, how many are idle, how many there may be, and how many
	// callers wait for one.
	Connections() (used, idle, most, waiting int)
}

// Transactor is a Driver whose server may have no transactions. Without them its Transaction runs what
// reads and then writes one document, and refuses a second write, before which the first has happened.
type Transactor interface {
	// Atomic reports whether there are transactions.
	Atomic() bool
}

// Rounder is a Driver that keeps some values less exactly than they come, such as times without
// microseconds.
type Rounder interface {
	// Round returns a value as the database keeps it.
	Round(query.Value) query.Value
}

// Explainer is a Driver that shows what it would run.
type Explainer interface {
	Explain(ctx context.Context, c *Collection, f Find) (Statement, error)
}

// Statement is what a driver runs for a [Find].
type Statement struct {
	Text string
	Args []query.Value
	// Plan has the steps of the database, as it tells them; nil when it does not.
	Plan []string
}

// Change is one step that makes a schema fit.
type Change struct {
	Collection string
	SQL        string
	// Destructive says that the step can lose data.
	Destructive bool
	// Why says what asks for it.
	Why string
	// NewTable says that the step makes the table of the collection, which is not there.
	NewTable bool
}

// Applied is a step that was done.
type Applied struct {
	At         time.Time
	Collection string
	SQL        string
}

// Migrator is a Driver with a schema that has to fit. [Driver.Sync] does the steps that are not
// destructive.
type Migrator interface {
	// Plan returns the steps that are missing, in their order.
	Plan(ctx context.Context, collections []*Collection) ([]Change, error)
	// Migrate does all of them, in one transaction, while no other node does, and returns them.
	Migrate(ctx context.Context, collections []*Collection) ([]Change, error)
	// History returns what was done, in its order.
	History(ctx context.Context) ([]Applied, error)
}

// Literal writes a value in SQL, and text as both SQL databases take it.
func Literal(v query.Value) string {
	switch v.Kind() {
	case query.KindNull:
		return "NULL"
	case query.KindBool, query.KindInt, query.KindFloat:
		return v.JSON()
	case query.KindBytes:
		return fmt.Sprintf("'%x'", v.Text())
	}
	text := v.Text()
	if v.Kind() == query.KindTime {
		text = strings.Trim(v.JSON(), `"`)
	}
	return "'" + strings.ReplaceAll(text, "'", "''") + "'"
}

// PlanAll puts the steps of a plan for each collection together. Its error tells of every collection
// that cannot be made to fit.
func PlanAll(collections []*Collection, plan func(*Collection) ([]Change, error)) ([]Change, error) {
	var all []Change
	var errs []error
	for _, c := range collections {
		changes, err := plan(c)
		if err != nil {
			errs = append(errs, fmt.Errorf("collection %s: %w", c.Name, err))
		}
		all = append(all, changes...)
	}
	return all, errors.Join(errs...)
}

// Refusal is the error of a Sync that would need destructive steps.
func Refusal(changes []Change) error {
	var errs []error
	for _, c := range changes {
		if c.Destructive {
			errs = append(errs, fmt.Errorf("collection %s: %s; Basalt does not do this by itself. An admin would run `basalt migrate apply --allow-destructive`, or:\n  %s",
				c.Collection, c.Why, strings.ReplaceAll(c.SQL, "; ", ";\n  ")))
		}
	}
	return errors.Join(errs...)
}

// Introspector is a Driver that describes the tables a database has.
type Introspector interface {
	Introspect(ctx context.Context) ([]Table, error)
}

// Table is a table, a view or a collection of documents as it was found.
type Table struct {
	Name     string
	ReadOnly bool
	// Key has the names of the key's columns; empty when there is none.
	Key    []string
	Fields []TableField
	// Sampled is how many documents the fields were guessed from; 0 when the database knows them.
	Sampled int
}

// TableField is one column.
type TableField struct {
	Name string
	// Type is empty when no type of Basalt fits, and Native is what the database calls it.
	Type                      query.Type
	Native                    string
	Required, Unique, Indexed bool
	// To is the table that the field points to.
	To   string
	Enum []string
	// Filled says that the database fills in what an insert leaves out.
	Filled bool
}

// Wrapper is a Driver around another one, such as one that measures.
type Wrapper interface {
	Unwrap() Driver
}

// Ability returns a driver's optional ability, whatever it is wrapped in.
func Ability[T any](d Driver) (T, bool) {
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

// Config is what opens a database.
type Config struct {
	URL string
	// Replicas are the URLs of copies that reads may go to; only some drivers take them.
	Replicas []string
	// Dir is the directory that relative paths in the URL start from.
	Dir string
}

type strong struct{}

// Strong returns a context whose reads see everything that was written before, which those of a
// replica may not.
func Strong(ctx context.Context) context.Context { return context.WithValue(ctx, strong{}, true) }

// IsStrong reports whether reads must not go to a replica.
func IsStrong(ctx context.Context) bool { return ctx.Value(strong{}) != nil }

// Registration is what a driver's package says about it.
type Registration struct {
	// Open opens a database.
	Open func(ctx context.Context, config Config) (Driver, error)
	// Check reports what is wrong with a configuration without touching the database.
	Check func(config Config) error
	// Source says where the changes of a database come from, without making anything; nil where the driver
	// has to be opened for that.
	Source func(config Config) Source
	// Files returns the paths of the files that a database keeps on this machine, the one that is always there first;
	// nil where there are none.
	Files func(config Config) []string
	// Ephemeral returns the configuration of a new database of a name, which ends with the process and leaves nothing;
	// nil where the driver has no such databases.
	Ephemeral func(name string) Config
}

var registry = struct {
	sync.Mutex
	drivers map[string]Registration
}{drivers: map[string]Registration{}}

// Register makes a driver known by name. It is called from the init function of its package.
func Register(name string, r Registration) {
	registry.Lock()
	defer registry.Unlock()
	registry.drivers[name] = r
}

// Drivers returns the names of the registered drivers, sorted.
func Drivers() []string {
	registry.Lock()
	defer registry.Unlock()
	return slices.Sorted(maps.Keys(registry.drivers))
}

func registered(driver string) (Registration, error) {
	registry.Lock()
	defer registry.Unlock()
	r, ok := registry.drivers[driver]
	if !ok {
		return r, fmt.Errorf("there is no database driver %q in this build%s", driver, fault.DidYouMean(driver, slices.Sorted(maps.Keys(registry.drivers))))
	}
	return r, nil
}

// Check reports what is wrong with a database's configuration, without opening it.
func Check(driver string, config Config) error {
	r, err := registered(driver)
	if err != nil {
		return err
	}
	return r.Check(config)
}

// Files returns the paths of the files that a database has on this machine, whether they are there or not.
func Files(driver string, config Config) []string {
	r, err := registered(driver)
	if err != nil || r.Files == nil {
		return nil
	}
	return r.Files(config)
}

// Open opens a database with a registered driver.
func Open(ctx context.Context, driver string, config Config) (Driver, error) {
	r, err := registered(driver)
	if err != nil {
		return nil, err
	}
	return r.Open(ctx, config)
}

var ephemeral atomic.Int64 // tells the databases of one process apart

// OpenEphemeral opens a new empty database that ends with the process and leaves nothing, with the first driver that has
// such ones.
func OpenEphemeral(ctx context.Context) (Driver, error) {
	for _, name := range Drivers() {
		if r, err := registered(name); err == nil && r.Ephemeral != nil {
			return r.Open(ctx, r.Ephemeral("ephemeral-"+strconv.FormatInt(ephemeral.Add(1), 10)))
		}
	}
	return nil, errors.New("no database driver of this build opens databases in memory")
}
