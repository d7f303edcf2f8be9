package postgres_test

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/db/postgres"
	"github.com/basalt-dev/basalt/modules/db/postgres/postgrestest"
	"github.com/basalt-dev/basalt/modules/query"
)

// TestSearch_TyposUseTrigrams: where the extension pg_trgm is there, a search with typing mistakes uses its index, also when
// it comes later.
func TestSearch_TyposUseTrigrams(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	url := postgrestest.Database(t)
	d, err := postgres.Open(ctx, db.Config{URL: url + "&options=-c%20enable_seqscan%3Doff"}) // which such a small table would prefer
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	shape := query.NewShape([]query.Field{{Name: "id", Type: query.TypeID, NotNull: true}, {Name: "title", Type: query.TypeString, Search: true}})
	c := &db.Collection{Name: "articles", Table: "articles", Shape: shape}
	for _, f := range shape.Fields {
		c.Columns = append(c.Columns, db.Column{Name: f.Name, Type: f.Type, Search: f.Search})
	}
	if err := d.Sync(ctx, []*db.Collection{c}); err != nil {
		t.Fatal(err)
	}
	exec := func(sql string) {
		t.Helper()
		conn, err := pgx.Connect(ctx, url)
		if err == nil {
			_, err = conn.Exec(ctx, sql)
			_ = conn.Close(ctx) // nothing is open
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	exec("INSERT INTO articles SELECT n::text, 'Number ' || md5(n::text) || CASE n WHEN 77 THEN ' Crème brûlée' ELSE ' pancakes' END FROM generate_series(1, 500) n; CREATE SCHEMA extensions; CREATE EXTENSION pg_trgm SCHEMA extensions")
	if err := d.Sync(ctx, []*db.Collection{c}); err != nil {
		t.Fatal(err)
	}
	exec("ANALYZE articles")
	search := &query.Search{Fields: []string{"title"}, Text: "burlee ", Typos: true}
	find := db.Find{Query: query.Query{Where: search, Limit: 10}, Rank: search}
	rows, err := d.Find(ctx, c, find)
	if err != nil || len(rows) != 1 || rows[0][0].Text() != "77" {
		t.Errorf("found %v, %v", rows, err)
	}
	statement, err := d.(db.Explainer).Explain(ctx, c, find)
	if plan := strings.Join(statement.Plan, "\n"); err != nil || !strings.Contains(plan, "articles_basalt_letters") {
		t.Errorf("the index is not used: %v: %s", err, plan)
	}
}
