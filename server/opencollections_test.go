package server_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/bson"
	driver "go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"github.com/basalt-dev/basalt/modules/db/mongo/mongotest"
	"github.com/basalt-dev/basalt/modules/db/mysql/mysqltest"
	"github.com/basalt-dev/basalt/modules/db/postgres/postgrestest"
	"github.com/basalt-dev/basalt/server/servertest"
)

// openCollections take fields that are not declared.
var openCollections = []fieldType{
	{
		name: "things", fields: `title: { type: string, max: 9 }, n: { type: int }, t: { type: string, column: stored }`, more: ", open: true",
		calls: []fieldCall{
			{"POST", "", `{"id":"a","title":"one","size":{"h":[1,2],"w":3},"color":"red","last name":"x","n":1}`, 201, `{"id":"a","title":"one","n":1,"t":null,"size":{"h":[1,2],"w":3},"color":"red","last name":"x"}`},
			{"GET", "/a", "", 200, `{"id":"a","title":"one","n":1,"t":null,"size":{"h":[1,2],"w":3},"color":"red","last name":"x"}`},
			{"POST", "", `[{"id":"b","color":"blue","big":9007199254740993,"Color":null},{"id":"c"}]`, 201, `"big":9007199254740993`},
			{"GET", "/b", "", 200, `"Color":null`},
			{"GET", "/c", "", 200, `{"id":"c","title":null,"n":null,"t":null}`},
			{"GET", `?filter=color == "red"`, "", 200, `[a]`},
			{"GET", `?filter=color != "red"`, "", 200, `[b c]`},
			{"GET", `?filter=doc.color in ["red", "blue"] && big == nil`, "", 200, `[a]`},
			{"GET", `?filter=big == 9007199254740993`, "", 200, `[b]`},
			{"GET", `?filter=size.w >= 3`, "", 200, `[a]`},
			{"GET", `?filter=2 in size.h`, "", 200, `[a]`},
			{"GET", `?filter=color startsWith "b" && len(color) == 4`, "", 200, `[b]`},
			{"GET", `?filter=nothing == nil`, "", 200, `[a b c]`},
			{"GET", `?filter=title.x == nil`, "", 422, `title is of type string and has nothing inside`},
			{"POST", "/query", `{"where":{"color":"red","size.w":{"$lt":4},"last name":{"$exists":true}}}`, 200, `[a]`},
			{"GET", "?select=title,color,none", "", 200, `{"items":[{"title":"one","color":"red"},{"title":null,"color":"blue"},{"title":null}],"next":null}`},
			{"GET", "/a?select=size", "", 200, `{"size":{"h":[1,2],"w":3}}`},
			{"GET", "/a?select=title", "", 200, `{"title":"one"}`},
			{"GET", "?sort=color", "", 422, `there is no field \"color\"`},
			{"PATCH", "/a", `{"color":null,"size":{"w":{"$inc":2},"d":1},"extra":true,"title":"two"}`, 200, `{"id":"a","title":"two","n":1,"t":null,`},
			{"GET", `?filter=color == nil && size.w == 5 && size.d == 1 && len(size.h) == 2 && extra && doc["last name"] == "x"`, "", 200, `[a]`},
			{"PATCH", "/a", `{"size.h":{"$push":7},"views":{"$inc":1}}`, 200, `"views":1`},
			{"PATCH", "/a", `{"views":{"$inc":1},"views2":{"$push":"a"},"n":{"$inc":1}}`, 200, `"n":2,"t":null,`},
			{"GET", `?filter=views == 2 && "a" in views2 && 7 in size.h && extra`, "", 200, `[a]`},
			{"PATCH", "/a", `{"views":{"$append":[1]}}`, 422, `$append changes a whole field`},
			{"PATCH", "/a", `{"$inc":1}`, 422, `"code":"invalid`},
			{"PATCH", "?filter=views == 2", `{"views":null,"seen":{"$now":true}}`, 200, `{"count":1}`},
			{"GET", `?filter=seen > "2026-01-01" && views == nil`, "", 200, `[a]`},
			{"PUT", "/a", `{"title":"new","shape":"round"}`, 200, `{"id":"a","title":"new","n":null,"t":null,"shape":"round"}`},
			{"GET", "/a", "", 200, `{"id":"a","title":"new","n":null,"t":null,"shape":"round"}`},
			{"PUT", "/a", `{"title":"new"}`, 200, `{"id":"a","title":"new","n":null,"t":null}`},
			{"GET", `?filter=shape == "round"`, "", 200, `[]`},
			{"POST", "", `{"title":"more than nine","color":"red"}`, 422, `{"field":"title","code":"max"`},
			{"POST", "", `{"color":{"$push":1}}`, 422, `$push is an operator`},
			{"POST", "", `{"a.b":1}`, 422, `{"field":"a.b","code":"name","detail":"the name of a member that is not declared is 1 to 64 letters, digits, spaces, _ or -, and no - at its start"}`},
			{"POST", "", `{"$a":1}`, 422, `"code":"name"`},
			{"POST", "", `{"":1}`, 422, `"code":"name"`},
			{"POST", "", `{"stored":"x"}`, 422, `stored is stored as t; use that name`},
			{"POST", "", `{"expand":{}}`, 422, `expand has a meaning of its own`},
			{"POST", "", `{"_id":"x"}`, 422, `_id has a meaning of its own`},
			{"POST", "", `{"_basalt_lock":1}`, 422, `"code":"name"`},
			{"PATCH", "/a", `{"_basalt_lock":1}`, 422, `"code":"name"`},
			{"PATCH", "/a", `{"stored":1}`, 422, `stored is stored as t`},
			{"POST", "", `{"_rest":{"title":"x"}}`, 422, `title is a declared field`},
			{"POST", "", `{"_rest":[1]}`, 422, `"field":"_rest"`},
			{"POST", "/aggregate", `{"group":["color"],"count":true}`, 422, `color`},
			{"DELETE", `?filter=color == "blue"`, "", 200, `{"count":1}`},
			{"GET", "", "", 200, `[a c]`},
		},
	}, {
		name: "ruled", fields: `kind: { type: string }`, more: `, open: true, fields_readable: { _rest: 'doc.kind != "sealed"' }`,
		rules: `read: 'doc.owner == "me" || doc.open == true', create: 'true && next.level < 5 && next.owner != nil', update: 'doc.owner == "me" && !changed("owner", "deep.x")', delete: 'doc.level == 1'`,
		calls: []fieldCall{
			{"POST", "", `{"id":"a","owner":"me","level":1,"deep":{"x":1,"y":1}}`, 201, `"owner":"me"`},
			{"POST", "", `{"id":"b","owner":"you","level":2}`, 201, `{"id":"b"}`},
			{"POST", "", `{"id":"c","owner":"you","open":true,"level":1,"kind":"sealed"}`, 201, `{"id":"c","kind":"sealed"}`},
			{"POST", "", `{"id":"d","owner":"me","level":5}`, 401, ``},
			{"POST", "", `{"id":"d","owner":"me","level":"1"}`, 401, ``}, // of different types: no order
			{"POST", "", `{"id":"d","level":1}`, 401, ``},
			{"GET", "", "", 200, `[a c]`},
			{"GET", `?filter=level == 1`, "", 200, `[a]`}, // what is not shown finds nothing
			{"GET", "/b", "", 404, ``},
			{"PATCH", "/a", `{"owner":"you"}`, 401, ``},
			{"PATCH", "/a", `{"deep":{"x":2}}`, 401, ``},
			{"PATCH", "/a", `{"deep":{"x":1,"y":2},"owner":"me"}`, 200, `"deep":{"x":1,"y":2}`},
			{"PATCH", "/c", `{"more":1}`, 401, ``},
			{"PUT", "/a", `{"kind":"k"}`, 401, ``},
			{"DELETE", "/b", "", 404, ``},
			{"DELETE", "/a", "", 204, ``},
		},
	}, {
		name: "bare", more: ", open: true", fields: "",
		calls: []fieldCall{
			{"POST", "", `{"id":"a","x":1.50}`, 201, `{"id":"a","x":1.5}`},
			{"GET", `?filter=x > 1`, "", 200, `[a]`},
		},
	},
}

// TestOpenCollections_OnEveryDatabase: fields that are not declared are stored, shown, found, changed and ruled alike
// everywhere.
func TestOpenCollections_OnEveryDatabase(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, openCollections, func(t *testing.T, _ string, s *servertest.Instance) {
		for _, f := range openCollections {
			t.Run(f.name, func(t *testing.T) { f.try(t, s) })
		}
		t.Run("live", func(t *testing.T) { liveOpen(t, s) })
	})
}

// onEachDatabase serves collections on each kind of database.
func onEachDatabase(t *testing.T, collections []fieldType, try func(t *testing.T, database string, s *servertest.Instance)) {
	for name, settings := range map[string]func() string{
		"sqlite":   func() string { return `driver: sqlite, url: "file:test.db"` },
		"memory":   func() string { return `driver: memory` },
		"postgres": func() string { return `driver: postgres, url: "` + postgrestest.Database(t) + `"` },
		"mysql":    func() string { return `driver: mysql, url: "` + mysqltest.Database(t) + `"` },
		"mongo":    func() string { return `driver: mongo, url: "` + mongotest.Database(t) + `"` },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := "databases: { main: { " + settings() + " } }\nlog: { level: error }\nauth: { tokens: { secret: \"0123456789abcdef0123456789abcdef\" } }\ncollections:\n"
			for _, f := range collections {
				if f.rules == "" {
					f.rules = open
				}
				config += "  " + f.name + ": { fields: { " + f.fields + " }, rules: { " + f.rules + " }" + f.more + " }\n"
			}
			try(t, name, servertest.Start(t, config))
		})
	}
}

// liveOpen follows a query by a field that is not declared.
func liveOpen(t *testing.T, s *servertest.Instance) {
	l := s.Live(t, "")
	fatal(t, l.Send(map[string]any{"id": "1", "op": "subscribe", "collection": "bare", "query": map[string]any{"where": map[string]any{"state": "on"}, "select": []string{"n", "state"}}}))
	var state servertest.State
	fatal(t, state.Apply(l.Want(t, "snapshot")))
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/bare", Body: `{"id":"l1","n":1,"state":"on","secret":2}`})
	fatal(t, state.Apply(l.Want(t, "change")))
	s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/bare/l1", Body: `{"n":{"$inc":1}}`})
	fatal(t, state.Apply(l.Want(t, "change")))
	asked := s.Want(t, 200, call{Method: "GET", Path: "/v1/db/bare?select=n,state&filter=" + url.QueryEscape(`state == "on"`)}).Body
	if got, want := state.Items(), `[{"n":2,"state":"on"}]`; got != want || !strings.Contains(asked, want) {
		t.Errorf("live %s, query %s, want %s", got, asked, want)
	}
	s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/bare/l1", Body: `{"state":"off"}`})
	fatal(t, state.Apply(l.Want(t, "change")))
	if got := state.Items(); got != "[]" {
		t.Errorf("live has %s after the document has left", got)
	}
}

// storedDocument returns a document of a collection in MongoDB's extended JSON.
func storedDocument(t *testing.T, settings, collection string) string {
	at := strings.Split(settings, `"`)[1]
	client, err := driver.Connect(context.Background(), options.Client().ApplyURI(at))
	fatal(t, err)
	t.Cleanup(func() { client.Disconnect(context.Background()) }) // the test is over
	raw, err := client.Database(at[strings.LastIndex(at, "/")+1:]).Collection(collection).FindOne(context.Background(), bson.D{}).Raw()
	fatal(t, err)
	text, err := bson.MarshalExtJSON(raw, false, false)
	fatal(t, err)
	return string(text)
}

// TestOpenCollections_OfMongoDB: fields of other programs are those of the document itself, and what is not changed keeps
// its type.
func TestOpenCollections_OfMongoDB(t *testing.T) {
	t.Parallel()
	settings, run := theirDatabases["mongo"](t)(t)
	run(`people {"_id": "a", "name": "Ann", "_class": "app.Person", "boss": {"$oid": "507f1f77bcf86cd799439011"}, "born": {"$date": "2000-01-01T00:00:00Z"}, "geo": {"at": {"$date": "2026-01-01T00:00:00Z"}, "n": 1}, "__v": 3}`)
	s := servertest.Start(t, "databases: { main: { "+settings+" } }\nlog: { level: warn }\nauth: { tokens: { secret: \"0123456789abcdef0123456789abcdef\" } }\ncollections:\n  people: { open: true, fields: { name: { type: string } }, rules: { "+open+" } }\n")
	for _, c := range []fieldCall{
		{"GET", "people/a", "", 200, `{"id":"a","name":"Ann","_class":"app.Person","boss":"507f1f77bcf86cd799439011","born":"2000-01-01T00:00:00.000000Z","geo":{"at":"2026-01-01T00:00:00.000000Z","n":1},"__v":3}`},
		{"GET", `people?filter=boss == "507f1f77bcf86cd799439011" && geo.n == 1`, "", 200, `[a]`},
		{"PATCH", "people/a", `{"geo":{"n":{"$inc":1}},"__v":4,"born":"2000-01-01T00:00:00.000000Z","new":1}`, 200, `"__v":4,"new":1}`},
		{"GET", "people/a", "", 200, `"geo":{"at":"2026-01-01T00:00:00.000000Z","n":2}`},
	} {
		c.try(t, s, run)
	}
	stored := storedDocument(t, settings, "people")
	for _, want := range []string{`"boss":{"$oid":"507f1f77bcf86cd799439011"}`, `"born":{"$date":`, `"at":{"$date":`} {
		if !strings.Contains(stored, want) {
			t.Errorf("%s is not in %s", want, stored)
		}
	}
}

// TestOpenCollections_InOtherDialects: what has a schema of its own has the fields that are not declared as one value.
func TestOpenCollections_InOtherDialects(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, "databases: { main: { driver: memory } }\nlog: { level: error }\ngraphql: {}\ncompat: { supabase: { anon_key: \"anon-key-of-the-tests\", service_key: \"service-key-of-the-tests\" } }\nauth: { tokens: { secret: \"0123456789abcdef0123456789abcdef\" } }\ncollections:\n  things: { open: true, fields: { name: { type: string } }, rules: { "+open+" } }\n")
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/things", Body: `{"id":"a","name":"n","color":"red"}`})
	for _, c := range []struct{ path, body, want string }{
		{"/v1/graphql", `{"query":"{ things { id name _rest } }"}`, `{"data":{"things":[{"id":"a","name":"n","_rest":{"color":"red"}}]}}`},
		{"/v1/graphql", `{"query":"mutation { insert_things_one(object: {id: \"b\", _rest: {size: 2}}) { id _rest } }"}`, `{"data":{"insert_things_one":{"id":"b","_rest":{"size":2}}}}`},
		{"/v1/graphql", `{"query":"mutation { insert_things_one(object: {id: \"c\", _rest: {name: \"x\"}}) { id } }"}`, `name is a declared field`},
		{"/v1/db/things/query", `{"where":{"size":2}}`, `{"items":[{"id":"b","name":null,"size":2}],"next":null}`},
		{"/v1/db/things/query", `{"where":{"_rest.size":2},"select":["_rest"]}`, `{"items":[{"size":2}],"next":null}`},
	} {
		if got := s.Do(t, call{Method: "POST", Path: c.path, Body: c.body}).Body; !strings.Contains(got, c.want) {
			t.Errorf("%s %s\n got %s\nwant %s", c.path, c.body, got, c.want)
		}
	}
	const key = "anon-key-of-the-tests"
	if got, want := s.Do(t, call{Method: "GET", Path: "/rest/v1/things?id=eq.a&select=id,_rest", Token: key, Header: map[string]string{"apikey": key}}).Body, `[{"id":"a","_rest":{"color":"red"}}]`; got != want {
		t.Errorf("rest/v1: got %s, want %s", got, want)
	}
}
