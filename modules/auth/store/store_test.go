package store_test

import (
	"context"
	"reflect"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/auth/store"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/db/sqlite"
	"github.com/basalt-dev/basalt/modules/query"
)

func open(t *testing.T) db.Driver {
	t.Helper()
	d, err := sqlite.Open(context.Background(), db.Config{URL: "file:store.db", Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := d.Sync(context.Background(), store.Collections()); err != nil {
		t.Fatal(err)
	}
	return d
}

// TestTables_KeepEveryField stores a row with a value in each field, and one with nothing but an id, and reads them: a
// field without a column, or with that of another field, would be lost.
func TestTables_KeepEveryField(t *testing.T) {
	t.Parallel()
	d := open(t)
	keeps(t, d, store.Users, store.UserID)
	keeps(t, d, store.Sessions, store.SessionID)
	keeps(t, d, store.RevokedSessions, store.RevokedID)
	keeps(t, d, store.WithdrawnSessions, store.WithdrawnID)
	keeps(t, d, store.Identities, store.IdentityID)
	keeps(t, d, store.Passkeys, store.PasskeyID)
	keeps(t, d, store.Codes, store.CodeID)
	keeps(t, d, store.APIKeys, store.APIKeyID)
	keeps(t, d, store.References, store.ReferenceID)
	keeps(t, d, store.Events, store.EventID)
}

func keeps[T any](t *testing.T, d db.Driver, table *store.Table[T], id *store.Column[T, string]) {
	t.Helper()
	ctx := context.Background()
	full, bare := new(T), new(T)
	v := reflect.ValueOf(full).Elem()
	for i := range v.NumField() {
		switch f := v.Field(i).Addr().Interface().(type) {
		case *string:
			*f = v.Type().Field(i).Name
		case *int64:
			*f = int64(i + 1)
		case *time.Time:
			*f = time.Date(2026, 1, 1, 0, 0, i, 123_000, time.UTC)
		case *query.Value:
			*f = query.RawJSON(`{"field":"` + v.Type().Field(i).Name + `"}`)
		default:
			t.Fatalf("%s: no value for the field %s", table.Name, v.Type().Field(i).Name)
		}
	}
	reflect.ValueOf(bare).Elem().FieldByName("ID").SetString("bare")
	want := map[string]T{"ID": *full, "bare": *bare}
	if err := table.Insert(ctx, d, full, bare); err != nil {
		t.Fatalf("%s: %v", table.Name, err)
	}
	for name, row := range want {
		if got, err := table.One(ctx, d, id.Is(name)); err != nil || !reflect.DeepEqual(*got, row) {
			t.Errorf("%s: got %+v, %v, want %+v", table.Name, got, err, row)
		}
	}
	if n, err := table.Delete(ctx, d, id.Is("ID")); n != 1 || err != nil {
		t.Errorf("%s: deleted %d, %v", table.Name, n, err)
	}
	reflect.ValueOf(full).Elem().FieldByName("ID").SetString("bare")
	if got, err := table.UpdateOne(ctx, d, id.Is("bare"), table.All(full)...); err != nil || !reflect.DeepEqual(got, full) {
		t.Errorf("%s, with all fields set: got %+v, %v, want %+v", table.Name, got, err, full)
	}
	if got, err := table.One(ctx, d, id.Is("nothing")); got != nil || err != nil {
		t.Errorf("%s: there is %+v, %v", table.Name, got, err)
	}
}

// TestColumn_NothingIsNotAValue: who looks for the empty address finds no anonymous user.
func TestColumn_NothingIsNotAValue(t *testing.T) {
	t.Parallel()
	d, ctx := open(t), context.Background()
	anonymous, ada := &store.User{ID: "anonymous"}, &store.User{ID: "ada", Email: "ada@example.com"}
	if err := store.Users.Insert(ctx, d, anonymous, ada); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		where query.Filter
		want  string
	}{
		"an address":             {store.UserEmail.Is(ada.Email), "ada"},
		"the empty address":      {store.UserEmail.Is(""), ""},
		"without an address":     {store.UserEmail.Unset(), "anonymous"},
		"as the anonymous has":   {store.UserEmail.As(anonymous), "anonymous"},
		"as ada has":             {store.UserEmail.As(ada), "ada"},
		"one of none":            {store.UserEmail.OneOf(), ""},
		"the empty and another":  {store.UserEmail.OneOf("", ada.Email), "ada"},
		"an id that is not used": {store.UserID.Is(""), ""},
	} {
		rows, err := store.Users.Find(ctx, d, query.Query{Where: test.where})
		got := ""
		for _, row := range rows {
			got += row.ID
		}
		if err != nil || got != test.want {
			t.Errorf("%s: got %q, %v, want %q", name, got, err, test.want)
		}
	}
}
