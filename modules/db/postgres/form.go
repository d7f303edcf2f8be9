package postgres

import (
	"context"
	"errors"
	"log/slog"

	"github.com/jackc/pgx/v5"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// forms are the column types that take several spellings of one value.
var forms = map[string]query.Form{"uuid": query.UUID{}}

// setForms records the forms of the collections' columns, and how they compare, once their tables are known.
func (d *Driver) setForms(collections []*db.Collection) {
	for _, c := range collections {
		forms, folds := make([]query.Form, len(c.Columns)), make([]*query.Fold, len(c.Columns))
		for _, i := range c.Stored() {
			of := d.column(c, i)
			forms[i], folds[i] = formOf(of), d.foldOf(of, c.Columns[i].Type)
		}
		c.Shape.SetForms(forms)
		c.Shape.SetFolds(folds)
	}
}

func formOf(c column) query.Form { return forms[c.typ] }

// foldOf returns how a column compares that does not by its bytes: citext by what lower makes of its strings. It is nil for
// all others, and where the language of the database has letters of which lower makes more than one.
func (d *Driver) foldOf(c column, t query.Type) *query.Fold {
	if c.typ == "citext" && t.Kind() == query.KindString && t != query.TypeUUID || c.typ == "citext[]" && t == query.ListOf(query.TypeString) {
		return d.fold.Load()
	}
	return nil
}

// learnFold asks the database once how it compares citext, if there is any.
func (d *Driver) learnFold(ctx context.Context, c interface {
	QueryRow(context.Context, string, ...any) pgx.Row
}, citext bool) error {
	if d.fold.Load() != nil || d.unfolded.Load() || !citext {
		return nil
	}
	var encoding string
	failed := c.QueryRow(ctx, "SELECT getdatabaseencoding()").Scan(&encoding)
	if failed != nil {
		return failed
	}
	fold, err := query.LearnFold(func(text string) (lower string, err error) {
		if encoding != "UTF8" {
			return "", errors.New("the encoding of the database is " + encoding)
		}
		failed = c.QueryRow(ctx, `SELECT lower($1::text COLLATE "default")`, text).Scan(&lower)
		return lower, failed
	})
	switch {
	case failed != nil:
		return failed
	case err != nil:
		d.unfolded.Store(true)
		if d.log != nil {
			d.log.Warn("citext columns are compared by their bytes", slog.Any("reason", err))
		}
	default:
		d.fold.Store(fold)
	}
	return nil
}

func hasCitext(known map[string]table) bool {
	for _, t := range known {
		for _, c := range t {
			if c.typ == "citext" || c.typ == "citext[]" {
				return true
			}
		}
	}
	return false
}

// canonicalUUID reports whether a string is what a uuid column returns. To a statement, as to [query.Match], no other
// string equals it: [query.Spell] comes before both.
func canonicalUUID(s string) bool {
	canonical, ok := query.UUID{}.Canonical(s)
	return ok && canonical == s
}
