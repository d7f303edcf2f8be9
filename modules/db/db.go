// Package db defines what Basalt requires of a database: the [Driver] interface, the description of a stored
// collection, and the registry of drivers.
//
// It is not for deciding who may do what: a driver runs the filter it is given, into which package crud has
// already put the rule. Optional abilities are small interfaces beside Driver, found by type assertion. Every
// driver passes package dbtest.
package db

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
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

// Explainer is a Driver that shows the statement it would run.
type Explainer interface {
	Explain(ctx context.Context, c *Collection, f Find) (Statement, error)
}

// Prober is a Driver that says how it will find documents once a table has grown, whatever its size is now.
type Prober interface {
	Probe(ctx context.Context, c *Collection, f Find) (Access, error)
}

// Access is how documents are found.
type Access struct {
	// Scans are the tables that are read from one end, without a condition on an index.
	Scans []string
	// Sorts is true if what was found is sorted: no index has the order.
	Sorts bool
}

// Statement is what a driver runs for a [Find].
type Statement struct {
	Text string
	Args []query.Value
	// Plan has the steps of the query plan; nil if the database does not report them.
	Plan []string
}

// TableOf returns the table that a name in the plan stands for: itself, or the one that the statement gives the name to.
func (s Statement) TableOf(name string) string {
	for _, quote := range []string{`"`, "`"} {
		before, _, ok := strings.Cut(s.Text, quote+" "+name+" ")
		if !ok {
			before, _, ok = strings.Cut(s.Text, quote+" AS "+name+" ")
		}
		if ok {
			return before[strings.LastIndex(before, quote)+1:]
		}
	}
	return name
}

// Migration is one step of a migration.
type Migration struct {
	Collection string
	SQL        string
	// Destructive is true if the step can lose data.
	Destructive bool
	// Why is the reason for the step.
	Why string
	// NewTable is true if the step creates the missing table of the collection.
	NewTable bool
}

// Applied is a step that was applied.
type Applied struct {
	At         time.Time
	Collection string
	SQL        string
}

// Migrator is a Driver with a schema. [Driver.Sync] applies the steps that are not destructive.
type Migrator interface {
	// Plan returns the missing steps, in order.
	Plan(ctx context.Context, collections []*Collection) ([]Migration, error)
	// Migrate applies all of them in one transaction, while no other node does, and returns them.
	Migrate(ctx context.Context, collections []*Collection) ([]Migration, error)
	// History returns the applied steps, in order.
	History(ctx context.Context) ([]Applied, error)
}

// Literal writes a value in SQL. Strings are written as both SQL databases accept them.
func Literal(v query.Value) string {
	switch v.Kind() {
	case query.KindNull:
		return "NULL"
	case query.KindBool, query.KindInt, query.KindFloat, query.KindDecimal:
		return v.JSON()
	case query.KindBytes:
		return fmt.Sprintf("'%x'", v.Text())
	}
	text := v.Text()
	if v.Kind() == query.KindTime || v.Kind() == query.KindDate {
		text = strings.Trim(v.JSON(), `"`)
	}
	return "'" + strings.ReplaceAll(text, "'", "''") + "'"
}

// PlanAll combines the plans of all collections. Its error names every collection that cannot be migrated.
func PlanAll(collections []*Collection, plan func(*Collection) ([]Migration, error)) ([]Migration, error) {
	var all []Migration
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
func Refusal(changes []Migration) error {
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

// Table is an existing table, view or collection of documents.
type Table struct {
	Name     string
	ReadOnly bool
	// Key has the names of the key's columns; empty if there is none.
	Key    []string
	Fields []TableField
	// Indexes are those of several columns, or of a part of the rows, without that of the key.
	Indexes []TableIndex
	// Sampled is how many documents the fields were inferred from; 0 if the database has a schema.
	Sampled int
}

// TableIndex is an existing index.
type TableIndex struct {
	Name    string
	Columns []string
	Desc    []bool // for each column
	Unique  bool
	// Where is the condition in the words of the database; empty for an index of all rows.
	Where string
}

// TableField is one column.
type TableField struct {
	Name string
	// Type is empty if no type of Basalt fits. Native is the database's own type.
	Type                      query.Type
	Native                    string
	Required, Unique, Indexed bool
	// To is the table that the field refers to.
	To   string
	Enum []string
	// Filled is true if the database sets the value when an insert omits it.
	Filled bool
	// Folds is true if the database takes different strings of the column as equal, such as a and A.
	Folds bool
	// AnyCase is true if it folds letters only, and filters compare it as the database does.
	AnyCase bool
	// Members are those of the objects in a field of type json, as far as they are known. Unnamed is true if there are
	// others that cannot be declared.
	Members []TableField
	Unnamed bool
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

// Config is the configuration of a database.
type Config struct {
	URL string
	// Replicas are the URLs of read replicas; only some drivers support them.
	Replicas []string
	// Dir is the base directory of relative paths in the URL.
	Dir string
	// Log gets what an admin should know; nil logs nothing.
	Log *slog.Logger
}

type strong struct{}

// ReadPrimary returns a context whose reads see every earlier write. Reads from a replica may not.
func ReadPrimary(ctx context.Context) context.Context { return context.WithValue(ctx, strong{}, true) }

// ReadsPrimary reports whether reads must not use a replica.
func ReadsPrimary(ctx context.Context) bool { return ctx.Value(strong{}) != nil }

// Registration describes a driver to the registry.
type Registration struct {
	// Open opens a database.
	Open func(ctx context.Context, config Config) (Driver, error)
	// Check reports what is wrong with a configuration, without contacting the database.
	Check func(config Config) error
	// Source returns where the changes of a database come from, without creating anything; nil if that requires an
	// open driver.
	Source func(config Config) Source
	// Files returns the paths of the files of a database on this machine, the one that always exists first; nil if
	// there are none.
	Files func(config Config) []string
	// Functions says that its databases have functions, see [Functions].
	Functions bool
	// Ephemeral returns the configuration of a new database with a name, which disappears with the process; nil if
	// the driver has no such databases.
	Ephemeral func(name string) Config
}

var registry = struct {
	sync.Mutex
	drivers map[string]Registration
}{drivers: map[string]Registration{}}

// Register makes a driver available by name. It is called from the init function of the driver's package.
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

// Files returns the paths of the files of a database on this machine, whether or not they exist.
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

var ephemeral atomic.Int64 // gives the databases of one process different names

// OpenEphemeral opens a new empty database that disappears with the process, with the first driver that supports
// it.
func OpenEphemeral(ctx context.Context) (Driver, error) {
	for _, name := range Drivers() {
		if r, err := registered(name); err == nil && r.Ephemeral != nil {
			return r.Open(ctx, r.Ephemeral("ephemeral-"+strconv.FormatInt(ephemeral.Add(1), 10)))
		}
	}
	return nil, errors.New("no database driver of this build opens databases in memory")
}
