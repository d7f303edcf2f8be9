// Package store has the tables of accounts: users, sessions, codes and what else package auth keeps, as rows with
// types. Nothing else knows how they are stored.
//
// It is not for deciding anything: package auth decides who may sign in or change an account.
package store

import (
	"context"
	"time"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// Table is a table whose rows are values of T. Its name starts with _, which is reserved.
type Table[T any] struct {
	*db.Collection
	columns []binding[T]
}

// binding is a column of a table, whatever the type of its values.
type binding[T any] interface {
	place(position int) db.Column
	read(into *T, v query.Value)
	write(from *T) query.Value
}

// Set is a change of one column of a table.
type Set[T any] db.Assignment

// Column is a column of the table of T with values of type V. The zero value of V is stored as null, unless the
// column says otherwise.
type Column[T, V any] struct {
	column   db.Column
	position int
	at       func(*T) *V
	encode   func(V) query.Value // of a value that is set
	decode   func(query.Value) V
	empty    func(V) bool // whether a value is stored as null
}

func table[T any](name string, columns ...binding[T]) *Table[T] {
	described := make([]db.Column, len(columns))
	for i, c := range columns {
		described[i] = c.place(i)
	}
	return &Table[T]{Collection: db.Describe(name, described...), columns: columns}
}

func (c *Column[T, V]) place(position int) db.Column {
	c.position = position
	return c.column
}

func (c *Column[T, V]) read(into *T, v query.Value) { *c.at(into) = c.decode(v) }

func (c *Column[T, V]) write(from *T) query.Value { return c.value(*c.at(from)) }

func (c *Column[T, V]) value(v V) query.Value {
	if c.empty(v) {
		return query.Null
	}
	return c.encode(v)
}

func (c *Column[T, V]) compare(op query.CompareOp, v query.Value) query.Filter {
	return &query.Compare{Path: query.Path{Field: c.column.Name}, Op: op, Value: v}
}

// Is selects the rows with a value. It never selects those without one.
func (c *Column[T, V]) Is(v V) query.Filter { return c.compare(query.Eq, c.encode(v)) }

// Unset selects the rows without a value.
func (c *Column[T, V]) Unset() query.Filter { return c.compare(query.Eq, query.Null) }

// As selects the rows that have what another row has: the same value, or none either.
func (c *Column[T, V]) As(row *T) query.Filter { return c.compare(query.Eq, c.write(row)) }

// Before, Until, After and Since compare with a value: smaller, smaller or the same, larger, larger or the same.
func (c *Column[T, V]) Before(v V) query.Filter { return c.compare(query.Lt, c.encode(v)) }

// Until is described at Before.
func (c *Column[T, V]) Until(v V) query.Filter { return c.compare(query.Le, c.encode(v)) }

// After is described at Before.
func (c *Column[T, V]) After(v V) query.Filter { return c.compare(query.Gt, c.encode(v)) }

// Since is described at Before.
func (c *Column[T, V]) Since(v V) query.Filter { return c.compare(query.Ge, c.encode(v)) }

// OneOf selects the rows with one of the values.
func (c *Column[T, V]) OneOf(values ...V) query.Filter {
	list := make([]query.Value, len(values))
	for i, v := range values {
		list[i] = c.encode(v)
	}
	return query.OneOf(query.Path{Field: c.column.Name}, list)
}

// Member selects the rows whose document has a value in a member.
func (c *Column[T, V]) Member(name string, v query.Value) query.Filter {
	return &query.Compare{Path: query.Path{Field: c.column.Name, Sub: name}, Op: query.Eq, Value: v}
}

// To sets the value.
func (c *Column[T, V]) To(v V) Set[T] { return Set[T]{Field: c.position, Value: c.value(v)} }

// Clear removes the value.
func (c *Column[T, V]) Clear() Set[T] { return Set[T]{Field: c.position, Value: query.Null} }

func (c *Column[T, V]) indexed() *Column[T, V] {
	c.column.Index = true
	return c
}

func (c *Column[T, V]) unique() *Column[T, V] {
	c.column.Unique = true
	return c
}

// always stores the zero value too.
func (c *Column[T, V]) always() *Column[T, V] {
	c.empty = func(V) bool { return false }
	return c
}

func id[T any](at func(*T) *string) *Column[T, string] {
	c := text("id", at).always()
	c.column.Type = query.TypeID
	return c
}

func text[T any](name string, at func(*T) *string) *Column[T, string] {
	return &Column[T, string]{
		column: db.Column{Name: name, Type: query.TypeString}, at: at,
		encode: query.String, decode: query.Value.Text, empty: func(s string) bool { return s == "" },
	}
}

func number[T any](name string, at func(*T) *int64) *Column[T, int64] {
	return &Column[T, int64]{
		column: db.Column{Name: name, Type: query.TypeInt}, at: at,
		encode: query.Int, decode: query.Value.Int, empty: func(n int64) bool { return n == 0 },
	}
}

func moment[T any](name string, at func(*T) *time.Time) *Column[T, time.Time] {
	return &Column[T, time.Time]{
		column: db.Column{Name: name, Type: query.TypeTime}, at: at,
		encode: query.Time, decode: timeOf, empty: time.Time.IsZero,
	}
}

func timeOf(v query.Value) time.Time {
	if v.IsNull() {
		return time.Time{}
	}
	return v.Time()
}

// document is a column of JSON.
func document[T any](name string, at func(*T) *query.Value) *Column[T, query.Value] {
	same := func(v query.Value) query.Value { return v }
	return &Column[T, query.Value]{column: db.Column{Name: name, Type: query.TypeJSON}, at: at, encode: same, decode: same, empty: query.Value.IsNull}
}

// Find returns the rows of a query, as they are after every earlier write.
func (t *Table[T]) Find(ctx context.Context, s db.Store, q query.Query) ([]*T, error) {
	return t.find(ctx, s, db.Find{Query: q})
}

// One returns the only row that a filter selects, nil if there is none.
func (t *Table[T]) One(ctx context.Context, s db.Store, where query.Filter) (*T, error) {
	return first(t.find(ctx, s, db.Find{Query: query.Query{Where: where, Limit: 1}}))
}

// Lock returns the rows that a filter selects. Others cannot change them until the end of the transaction.
func (t *Table[T]) Lock(ctx context.Context, s db.Store, where query.Filter, lock db.Lock) ([]*T, error) {
	return t.find(ctx, s, db.Find{Query: query.Query{Where: where}, Lock: lock})
}

func (t *Table[T]) find(ctx context.Context, s db.Store, f db.Find) ([]*T, error) {
	rows, err := s.Find(db.ReadPrimary(ctx), t.Collection, f)
	return t.read(rows), err
}

func first[T any](rows []*T, err error) (*T, error) {
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return rows[0], nil
}

// Insert stores rows, and updates them to what is stored.
func (t *Table[T]) Insert(ctx context.Context, s db.Store, rows ...*T) error {
	encoded := make([]query.Row, len(rows))
	for i, row := range rows {
		encoded[i] = make(query.Row, len(t.columns))
		for n, c := range t.columns {
			encoded[i][n] = c.write(row)
		}
	}
	if err := s.Insert(ctx, t.Collection, encoded); err != nil {
		return err
	}
	for i, row := range t.read(encoded) {
		*rows[i] = *row
	}
	return nil
}

// Update changes the rows that a filter selects, and returns how many there were.
func (t *Table[T]) Update(ctx context.Context, s db.Store, where query.Filter, set ...Set[T]) (int64, error) {
	n, _, err := s.Update(ctx, t.Collection, db.Update{Where: where, Set: assignments(set)})
	return n, err
}

// UpdateOne changes the only row that a filter selects, and returns it as it is then; nil if there is none.
func (t *Table[T]) UpdateOne(ctx context.Context, s db.Store, where query.Filter, set ...Set[T]) (*T, error) {
	_, rows, err := s.Update(ctx, t.Collection, db.Update{Where: where, Set: assignments(set), Return: true})
	return first(t.read(rows), err)
}

// Delete deletes the rows that a filter selects, and returns how many there were.
func (t *Table[T]) Delete(ctx context.Context, s db.Store, where query.Filter) (int64, error) {
	return s.Delete(ctx, t.Collection, where)
}

// All sets every column but the id to what a row has.
func (t *Table[T]) All(row *T) []Set[T] {
	var set []Set[T]
	for i, c := range t.columns {
		if i != t.Key {
			set = append(set, Set[T]{Field: i, Value: c.write(row)})
		}
	}
	return set
}

func (t *Table[T]) read(rows []query.Row) []*T {
	out := make([]*T, len(rows))
	for i, row := range rows {
		out[i] = new(T)
		for n, c := range t.columns {
			c.read(out[i], row[n])
		}
	}
	return out
}

func assignments[T any](set []Set[T]) []db.Assignment {
	out := make([]db.Assignment, len(set))
	for i, one := range set {
		out[i] = db.Assignment(one)
	}
	return out
}
