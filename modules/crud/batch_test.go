package crud_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/db/memory"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// counting counts the rows of each insert of its transactions.
type counting struct {
	db.Driver
	inserts []int
	// fails is called before each insert.
	fails func(rows int) error
}

func (d *counting) Transaction(ctx context.Context, f func(db.Store) error) error {
	return d.Driver.Transaction(ctx, func(s db.Store) error { return f(countingStore{s, d}) })
}

type countingStore struct {
	db.Store
	of *counting
}

func (s countingStore) Insert(ctx context.Context, c *db.Collection, rows []query.Row) error {
	s.of.inserts = append(s.of.inserts, len(rows))
	if s.of.fails != nil {
		if err := s.of.fails(len(rows)); err != nil {
			return err
		}
	}
	return s.Store.Insert(ctx, c, rows)
}

var grouped = []described{
	{
		name: "notes", read: "true", fields: []crud.Field{text("title"), to("above", "notes")},
		writes:    map[rules.Op]string{rules.Create: `next.title != "no"`, rules.Update: "true", rules.Delete: "true"},
		documents: []string{`{"id":"old"}`},
	},
	{name: "tags", read: "true", fields: []crud.Field{text("x")}, writes: map[rules.Op]string{rules.Create: "true"}},
	{name: "under", read: "true", fields: []crud.Field{text("note")}, writes: map[rules.Op]string{rules.Create: `exists("notes", {"id": next.note})`}},
}

func startCounting(t *testing.T) (*crud.Service, *counting) {
	t.Helper()
	driver, err := memory.Open(t.Context(), db.Config{})
	if err != nil {
		t.Fatal(err)
	}
	counts := &counting{Driver: driver}
	return startOn(t, counts, grouped, crud.Config{Limits: limits, Now: time.Now}), counts
}

// batchOf writes a batch: "notes a" creates a document a, "-a" deletes it, "tags a" and "under a" create one there.
func batchOf(steps string) string {
	var ops []string
	for step := range strings.SplitSeq(steps, ", ") {
		collection, id, _ := strings.Cut(step, " ")
		switch {
		case strings.HasPrefix(step, "-"):
			ops = append(ops, fmt.Sprintf(`{"op":"delete","collection":"notes","id":%q}`, step[1:]))
		case collection == "under":
			ops = append(ops, fmt.Sprintf(`{"op":"create","collection":"under","doc":{"note":%q}}`, id))
		case id == "no":
			ops = append(ops, `{"op":"create","collection":"notes","doc":{"title":"no"}}`)
		case id == "wrong":
			ops = append(ops, `{"op":"create","collection":"notes","doc":{"titel":"x"}}`)
		default:
			ops = append(ops, fmt.Sprintf(`{"op":"create","collection":%q,"id":%q,"doc":{}}`, collection, id))
		}
	}
	return `{"ops":[` + strings.Join(ops, ",") + `]}`
}

// TestBatch_StoresCreatesTogether: with as few inserts as keep what each operation sees, and says which of them failed.
func TestBatch_StoresCreatesTogether(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		steps   string
		inserts string
		code    string
	}{
		{"notes a, notes b, notes c", "[3]", ""},
		{"notes a, notes b, tags a, tags b, notes c", "[2 2 1]", ""},
		{"notes a, -a, notes a, notes b", "[1 2]", ""},
		{"notes a, notes b, under a, under b", "[2 1 1]", ""},
		{"under a, notes a", "[]", "forbidden"},
		{"notes a, notes old, notes b", "[3 1 1]", "conflict ops[1].id=unique"},
		{"notes a, notes b, notes a", "[3 1 1 1]", "conflict ops[2].id=unique"},
		{"notes a, notes no, notes b", "[1]", "forbidden"},
		{"notes old, notes wrong", "[1]", "conflict ops[0].id=unique"},
		{"notes a, notes old, notes wrong", "[2 1 1]", "conflict ops[1].id=unique"},
		{"notes a, notes b, notes wrong", "[2]", "invalid ops[2].titel=unknown_field"},
	} {
		s, counts := startCounting(t)
		got, err := write{caller: "ann", op: "batch", body: batchOf(test.steps)}.do(t.Context(), s)
		if codeOf(err) != test.code || fmt.Sprint(counts.inserts) != test.inserts {
			t.Errorf("%s: %v, inserts %v, want %q and %s", test.steps, codeOf(err), counts.inserts, test.code, test.inserts)
		}
		if want := strings.Count(test.steps, ",") + 1; err == nil && strings.Count(got, `"id"`)+strings.Count(got, "null") < want {
			t.Errorf("%s: %s", test.steps, got)
		}
		all, err := run(t, s, crud.Caller{Admin: true}, crud.Read{Collection: "notes"})
		if err != nil {
			t.Fatal(err)
		}
		if test.code != "" && idsIn(t, all) != "old" {
			t.Errorf("%s: a batch that failed has stored %s", test.steps, idsIn(t, all))
		}
	}
}

// TestBatch_IsNotRunAgainWhenTheDatabaseIsGone: to find out which operation failed makes sense only where one did.
func TestBatch_IsNotRunAgainWhenTheDatabaseIsGone(t *testing.T) {
	t.Parallel()
	s, counts := startCounting(t)
	counts.fails = func(int) error { return fmt.Errorf("the connection is lost: %w", errGone) }
	_, err := write{caller: "ann", op: "batch", body: batchOf("notes a, notes b")}.do(t.Context(), s)
	if codeOf(err) != "unavailable" || fmt.Sprint(counts.inserts) != "[2]" {
		t.Errorf("%v, inserts %v", err, counts.inserts)
	}
	ctx, cancel := context.WithCancel(t.Context())
	counts.inserts, counts.fails = nil, func(int) error { cancel(); return ctx.Err() }
	_, err = write{caller: "ann", op: "batch", body: batchOf("notes a, notes b")}.do(ctx, s)
	if err == nil || fmt.Sprint(counts.inserts) != "[2]" {
		t.Errorf("after the caller has gone: %v, inserts %v", err, counts.inserts)
	}
}

var errGone = fault.Errorf(fault.Unavailable, "the database is not there")
