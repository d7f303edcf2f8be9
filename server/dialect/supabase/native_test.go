package supabase_test

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/basalt-dev/basalt/modules/db/postgres/postgrestest"
	"github.com/basalt-dev/basalt/server/servertest"
)

const nativeTypes = `
CREATE TABLE trip (id bigint PRIMARY KEY, span int4range, words tsvector, title text, tags text[], data jsonb, secret int4range);
INSERT INTO trip VALUES
	(1, '[1,5)', to_tsvector('simple', 'fat cats'), 'a fat cat', '{a,b}', '{"a":1}', '[1,2)'),
	(2, '[5,9)', to_tsvector('simple', 'thin dogs'), 'two thin dogs', '{c}', '{"a":1,"b":{"c":2}}', '[1,2)'),
	(3, NULL, NULL, NULL, NULL, NULL, NULL);
`

const nativeConfig = `
collections:
  trip:
    fields:
      id: { type: int }
      span: { type: string }
      words: { type: string }
      title: { type: string }
      tags: { type: list, of: string }
      data: { type: json }
      secret: { type: string }
    rules: { read: "doc.id < 3" }
    fields_readable: { secret: "false" }
`

// TestREST_NativeTests: what PostgreSQL has for ranges, lists, json and texts.
func TestREST_NativeTests(t *testing.T) {
	t.Parallel()
	url := postgrestest.Database(t)
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	if _, err := c.Exec(t.Context(), nativeTypes, pgx.QueryExecModeSimpleProtocol); err != nil {
		t.Fatal(err)
	}
	s := servertest.Start(t, strings.Replace(config[:strings.Index(config, "collections:")], "{ driver: memory }", `{ driver: postgres, url: "`+url+`" }`, 1)+nativeConfig)
	for query, want := range map[string]string{
		"span=cs.[2,3)":                  "1",
		"span=cd.[0,100)":                "12",
		"span=ov.[4,6)":                  "12",
		"span=sl.[5,9)":                  "1",
		"span=sr.[1,5)":                  "2",
		"span=nxr.[1,5)":                 "1",
		"span=nxl.[5,9)":                 "2",
		"span=adj.[5,9)":                 "1",
		"span=not.ov.[4,5)":              "2",
		"words=fts.cats":                 "", // the english word is cat
		"words=fts(simple).cats%26fat":   "1",
		"words=plfts(simple).fat cats":   "1",
		"words=phfts(simple).cats fat":   "",
		"words=wfts(simple).cats or dog": "1",
		"words=not.fts(simple).cats":     "2",
		"title=fts(english).cat":         "1",
		"title=plfts(english).dog":       "2",
		"tags=cd.{a,b,x}":                "1",
		"tags=ov.{c,x}":                  "2",
		`data=cd.{"a":1,"x":2}`:          "1",
		`data=cs.{"b":{"c":2}}`:          "2",
		`or=(span.sl."[5,9)",id.eq.2)`:   "12",
	} {
		ids := strings.NewReplacer(`{"id":`, "", "}", "", ",", "", "[", "", "]", "")
		a := scenario{path: "/rest/v1/trip?select=id&order=id&" + query, status: 200}.run(t, s)
		if got := ids.Replace(a.Body); got != want {
			t.Errorf("%s finds %q, not %q", query, got, want)
		}
	}
	for _, c := range []scenario{
		{path: "/rest/v1/trip?span=cs.x'; DROP", status: 400},
		{path: "/rest/v1/trip?span=ov.[x", status: 400},
		{path: "/rest/v1/trip?words=fts.a b", status: 400},
		{path: "/rest/v1/trip?words=fts(nowhere).a", status: 400},
		{path: "/rest/v1/trip?words=fts(simple'::regconfig,'x')--).a", status: 400},
		{path: "/rest/v1/trip?title=sl.x", status: 400, has: []string{"PGRST127"}},
		{path: "/rest/v1/trip?id=fts.x", status: 400, has: []string{"PGRST127"}},
		{path: "/rest/v1/trip?data->a=cd.1", status: 400, has: []string{"PGRST127"}},
		{path: "/rest/v1/trip?secret=cs.[1,2)", status: 403, has: []string{"42501"}},
		{path: "/rest/v1/trip?span=cs." + strings.Repeat("1", 10001), status: 400},
	} {
		c.run(t, s)
	}
	memory := servertest.Start(t, config[:strings.Index(config, "collections:")]+nativeConfig)
	for _, query := range []string{"span=cs.[1,2)", "tags=cd.{a}", "words=fts.a", "data=cd.{}"} {
		scenario{path: "/rest/v1/trip?" + query, status: 400, has: []string{"PGRST127"}}.run(t, memory)
	}
}
