package server_test

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/modules/db/mongo/mongotest"
	"github.com/basalt-dev/basalt/server/servertest"
)

// attackedCollections are open, and have something that a caller must not read or write.
var attackedCollections = []fieldType{
	{
		name: "unset", fields: `title: { type: string }`, more: `, open: true, unset: { create: [_rest], update: [_rest] }`,
		calls: []fieldCall{
			{"POST", "", `{"id":"a","title":"t","role":"admin"}`, 201, `{"id":"a","title":"t"}`},
			{"POST", "", `[{"id":"b","role":"admin"},{"id":"c","_rest":{"role":"admin"}}]`, 201, `{"items":[{"id":"b","title":null},{"id":"c","title":null}]}`},
			{"PATCH", "/a", `{"role":"admin","title":"u"}`, 200, `{"id":"a","title":"u"}`},
			{"PATCH", "/a", `{"role.x":1,"_rest":{"role":"admin"},"_rest.role":"admin"}`, 200, `{"id":"a","title":"u"}`},
			{"PUT", "/a", `{"role":"admin"}`, 200, `{"id":"a","title":null}`},
			{"PUT", "/d", `{"role":"admin"}`, 201, `{"id":"d","title":null}`},
			{"PATCH", "?filter=true", `{"role":"admin","title":"v"}`, 200, `{"count":4}`},
			{"GET", `?filter=role == "admin"`, "", 200, `[]`},
		},
	}, {
		name: "written", fields: `title: { type: string }`, more: `, open: true, fields_writable: { _rest: 'doc.title == "mine"' }`,
		rules: `read: 'true', create: 'true', update: 'true', delete: 'true'`,
		calls: []fieldCall{
			{"POST", "", `{"id":"a","title":"mine"}`, 201, `{"id":"a","title":"mine"}`},
			{"POST", "", `{"id":"b","title":"theirs"}`, 201, `{"id":"b","title":"theirs"}`},
			{"POST", "", `{"id":"c","title":"mine","role":"admin"}`, 403, `"code":"not_writable"`},
			{"PATCH", "/a", `{"role":"x"}`, 200, `"role":"x"`},
			{"PATCH", "/b", `{"role":"x"}`, 403, `not_writable`},
			{"PATCH", "/b", `{"role.x":"x"}`, 403, `not_writable`},
			{"PATCH", "/b", `{"_rest":{"role":"x"}}`, 403, `not_writable`},
			{"PUT", "/b", `{"title":"mine","role":"x"}`, 403, `not_writable`},
			{"PATCH", "?filter=true", `{"role":"y"}`, 200, `{"count":1}`},
			{"GET", `?filter=role != nil`, "", 200, `[a]`},
		},
	}, {
		// A field is stored under another name, and nobody sees it.
		name: "veiled", fields: `t: { type: string, column: stored }, salary: { type: int }, title: { type: string }`, more: `, open: true, fields_readable: { t: 'false', salary: 'false' }`,
		calls: []fieldCall{
			{"POST", "", `{"id":"a","t":"secret","salary":7,"title":"x","color":"red"}`, 201, `{"id":"a","title":"x","color":"red"}`},
			{"GET", `?filter=t == "secret"`, "", 403, `not_readable`},
			{"GET", `?filter=stored == "secret"`, "", 200, `[]`},
			{"GET", `?filter=stored == nil`, "", 200, `[a]`},
			{"GET", `?filter=stored startsWith "s"`, "", 200, `[]`},
			{"GET", `?filter=len(stored) == 6`, "", 200, `[]`},
			{"GET", `?filter=_id == "a"`, "", 200, `[]`},
			{"GET", `?filter=_rest.salary == 7`, "", 422, `salary is a declared field; use its name`},
			{"GET", `?filter=_rest.stored == "secret"`, "", 200, `[]`},
			{"POST", "/query", `{"where":{"_rest.salary":{"$gte":0}}}`, 422, `salary is a declared field`},
			{"PATCH", "/a", `{"_rest.salary":{"$inc":1}}`, 422, `salary is a declared field`},
			{"GET", `?select=_rest,color`, "", 200, `{"items":[{"color":"red"}],"next":null}`},
			{"GET", `?select=stored`, "", 422, `stored is stored as t`},
			{"POST", "/aggregate", `{"group":["stored"],"count":true}`, 422, `stored`},
			{"POST", "/aggregate", `{"max":["salary"]}`, 403, `not_readable`},
			{"POST", "/aggregate", `{"group":["_rest"],"count":true}`, 422, `_rest`},
			{"GET", `?sort=_rest`, "", 422, `_rest`},
			{"GET", `?sort=stored`, "", 422, `stored`},
		},
	}, {
		name: "names", fields: `title: { type: string }`, more: `, open: true`,
		calls: []fieldCall{
			{"POST", "", `{"Title":"x"}`, 422, `Title is stored as title; use that name`},
			{"POST", "", `{"ID":"x"}`, 422, `"code":"name"`},
			{"POST", "", `{"__proto__":{"admin":true}}`, 422, `"code":"name"`},
			{"PATCH", "/a", `{"__proto__":{"admin":true}}`, 422, `"code":"name"`},
			{"POST", "", `{"color":"red","color":"blue"}`, 400, `appears twice`},
			{"POST", "", `{"a/b":1}`, 422, `"code":"name"`},
			{"POST", "", `{"a\"b":1}`, 422, `"code":"name"`},
			{"POST", "", `{"a'b":1}`, 422, `"code":"name"`},
			{"POST", "", `{"x":"\u0000"}`, 422, `NUL`},
			{"POST", "", `{"id":"a","constructor":{"a":1},"true":1,"nil":2,"doc":{"n":3},"auth":4,"request":5,"next":6,"and or":7,"NULL":8,"0":10,"count":11,"item":12}`, 201, `"constructor":{"a":1}`},
			{"GET", `?filter=doc.constructor.a == 1`, "", 200, `[a]`}, {"GET", `?filter=doc["true"] == 1`, "", 200, `[a]`}, {"GET", `?filter=doc["nil"] == 2`, "", 200, `[a]`}, {"GET", `?filter=doc.doc.n == 3`, "", 200, `[a]`},
			{"GET", `?filter=doc.auth == 4`, "", 200, `[a]`}, {"GET", `?filter=doc.next == 6`, "", 200, `[a]`}, {"GET", `?filter=doc["and or"] == 7`, "", 200, `[a]`}, {"GET", `?filter=doc.NULL == 8`, "", 200, `[a]`},
			{"POST", "", `{"-":1}`, 422, `"code":"name"`}, {"GET", `?filter=doc["-x"] == nil`, "", 422, `no - at its start`}, // of which MariaDB finds nothing
			{"GET", `?filter=doc["0"] == 10`, "", 200, `[a]`}, {"GET", `?filter=doc.count == 11`, "", 200, `[a]`},
			{"POST", "/query", `{"where":{"auth":4,"0":10,"and or":7,"doc.n":3,"doc":{"$exists":true}}}`, 200, `[a]`},
			{"PATCH", "/a", `{"0":{"$inc":1},"constructor":{"b":2}}`, 200, `"constructor":{"a":1,"b":2}`},
			{"GET", `/a?select=0,and or`, "", 200, `"0":11`},
		},
	}, {
		name: "deep", fields: `j: { type: json }`, more: `, open: true`,
		calls: []fieldCall{
			{"POST", "", `{"id":"a"}`, 201, ``},
			{"POST", "", `{"id":"b","x":` + strings.Repeat("[", 31) + strings.Repeat("]", 31) + `}`, 201, `"x":[[[`},
			{"GET", "/b", "", 200, `"x":` + strings.Repeat("[", 31) + strings.Repeat("]", 31)},
			{"POST", "", `{"x":` + strings.Repeat("[", 32) + strings.Repeat("]", 32) + `}`, 422, `nested more than 32 deep`},
			{"PATCH", "/a", `{"` + strings.Repeat("k.", 31) + `k":1}`, 200, `"k":1}}}}}}}`},
			{"PATCH", "/a", `{"` + strings.Repeat("k.", 32) + `k":1}`, 422, `"code":"too_deep"`},
			{"PATCH", "/a", `{"j.` + strings.Repeat("k.", 30) + `k":[]}`, 422, `"code":"too_deep"`},
			{"PATCH", "/a", `{"j.` + strings.Repeat("k.", 30) + `k":1}`, 200, `"j":{"k"`},
			{"PATCH", "/a", `{"` + strings.Repeat("k.", 100_000) + `k":1}`, 422, `a path has at most 100 keys`},
			{"PATCH", "/a", `{"j.` + strings.Repeat("k.", 100_000) + `k":1}`, 422, `a path has at most 100 keys`},
			{"POST", "/query", `{"where":{"j.` + strings.Repeat("k.", 100_000) + `k":1}}`, 422, `a path has at most 100 keys`},
			{"POST", "/query", `{"select":["id"` + manyNames(101) + `]}`, 422, `at most 100 names`},
			{"POST", "/query", `{"select":["id"` + manyNames(100) + `],"where":{"id":"a"}}`, 200, `{"items":[{"id":"a"}],"next":null}`},
		},
	}, {
		// Whose rules read what is not declared, of a caller who is nobody.
		name: "nobodys", fields: `title: { type: string }`, more: `, open: true`,
		rules: `read: 'doc.owner == auth.id || doc.team == auth.team || doc.owner in (auth.friends ?? []) || exists("named", {"owner": auth.id}) || get("named", auth.place).open == true',
		  create: 'true', update: 'doc.owner == auth.id && next.owner == auth.id', delete: '!(doc.owner != auth.id)'`,
		calls: []fieldCall{
			{"POST", "", `[{"id":"a"},{"id":"b","owner":null,"team":null},{"id":"c","owner":"","team":""},{"id":"d","owner":[],"team":{}},{"id":"e","owner":[null]}]`, 201, ``},
			{"GET", "", "", 200, `[]`},
			{"GET", "/a", "", 404, ``},
			{"PATCH", "/b", `{"x":1}`, 404, ``},
			{"DELETE", "/b", ``, 404, ``},
			{"DELETE", "?filter=true", ``, 200, `{"count":0}`},
		},
	}, {
		name: "named", fields: `title: { type: string }`, more: `, open: true`, calls: []fieldCall{{"POST", "", `[{"id":"a"},{"id":"b","owner":null}]`, 201, ``}},
	}, {
		name: "veiledrest", fields: `kind: { type: string }`, more: `, open: true, cache: { ttl: 1h }, fields_readable: { _rest: 'doc.kind != "sealed"' }`,
		calls: []fieldCall{
			{"POST", "", `[{"id":"a","kind":"sealed","color":"red"},{"id":"b","kind":"open","color":"red"}]`, 201, ``},
			{"GET", "?select=color", "", 200, `{"items":[{},{"color":"red"}],"next":null}`},
			{"GET", "?select=size", "", 200, `{"items":[{},{}],"next":null}`}, // not what is cached for color
			{"GET", "?select=color", "", 200, `{"items":[{},{"color":"red"}],"next":null}`},
			{"GET", `?filter=color == "red"`, "", 200, `[b]`},
			{"GET", `?filter=!(color == "blue")`, "", 200, `[b]`},
			{"GET", `?filter=size == nil`, "", 200, `[b]`},
			{"PATCH", "/a", `{"color":{"$push":"x"}}`, 401, ``}, // who cannot see it changes it by no operator
			{"PATCH", "/b", `{"color":"blue"}`, 200, `"color":"blue"`},
			{"GET", "?select=color", "", 200, `{"items":[{},{"color":"blue"}],"next":null}`},
		},
	}, {
		// Documents that refer to those whose members are not for everybody.
		name: "uses", fields: `thing: { type: ref, to: veiledrest }`, calls: []fieldCall{
			{"POST", "", `[{"id":"1","thing":"a"},{"id":"2","thing":"b"}]`, 201, ``},
			{"GET", `?filter=thing.color == "blue"`, "", 200, `[2]`},
			{"GET", `?filter=thing.color != "red"`, "", 200, `[1 2]`}, // whatever is hidden of 1
			{"GET", `?filter=thing.kind == "sealed"`, "", 200, `[1]`},
			{"GET", `/1?expand=thing`, "", 200, `"expand":{"thing":{"id":"a","kind":"sealed"}}`},
			{"GET", `/2?expand=thing`, "", 200, `"expand":{"thing":{"id":"b","kind":"open","color":"blue"}}`},
		},
	},
}

func manyNames(n int) string {
	var out strings.Builder
	for i := range n {
		fmt.Fprintf(&out, `,"n%d"`, i)
	}
	return out.String()
}

// TestOpenCollections_UnderAttack: what is not declared gets nobody past a rule, a mask or a limit.
func TestOpenCollections_UnderAttack(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, attackedCollections, func(t *testing.T, database string, s *servertest.Instance) {
		for _, f := range attackedCollections {
			switch database {
			case "mongo": // FerretDB keeps no arrays in arrays, and has no transactions
				f.calls = slices.DeleteFunc(slices.Clone(f.calls), func(c fieldCall) bool { return strings.Contains(c.want, "[[[") || c.want == `{"count":1}` })
			case "mysql": // MariaDB keeps JSON of at most 31 levels
				f.calls = slices.DeleteFunc(slices.Clone(f.calls), func(c fieldCall) bool { return strings.Contains(c.want, "[[[") || strings.Contains(c.want, "}}}}") })
			}
			t.Run(f.name, func(t *testing.T) { f.try(t, s) })
		}
	})
}

// TestOpenCollections_ADeclaredFieldIsNotWhatWasThereBefore: a name that is declared later, and is not for everybody, does not
// show what was stored under it.
func TestOpenCollections_ADeclaredFieldIsNotWhatWasThereBefore(t *testing.T) {
	t.Parallel()
	for name, settings := range map[string]func() string{
		"sqlite": func() string { return `driver: sqlite, url: "file:test.db"` },
		"mongo":  func() string { return `driver: mongo, url: "` + mongotest.Database(t) + `"` },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := "databases: { main: { " + settings() + " } }\nlog: { level: error }\ngraphql: {}\nauth: { tokens: { secret: \"0123456789abcdef0123456789abcdef\" } }\ncollections:\n  things: { open: true, fields: { name: { type: string } }, rules: { " + open + " } }\n"
			s := servertest.Start(t, config)
			s.Want(t, 201, call{Method: "POST", Path: "/v1/db/things", Body: `{"id":"a","name":"n","salary":7,"color":"red"}`})
			declared := strings.Replace(config, "name: { type: string } }", "name: { type: string }, salary: { type: int } }, fields_readable: { salary: 'false' }", 1)
			fatal(t, errors.Join(os.WriteFile(s.Path, []byte(declared), 0o600), s.Reload()))
			for _, c := range []struct{ method, path, body, want, not string }{
				{"GET", "/v1/db/things/a", "", `{"id":"a","name":"n","color":"red"}`, "salary"},
				{"GET", "/v1/db/things/a?select=_rest", "", `{"color":"red"}`, "salary"},
				{"GET", "/v1/db/things?filter=_rest.salary==7", "", "salary is a declared field", "items"},
				{"GET", "/v1/db/things?filter=salary==7", "", "not_readable", "items"},
				{"POST", "/v1/graphql", `{"query":"{ things { id _rest } }"}`, `{"id":"a","_rest":{"color":"red"}}`, "salary"},
				{"POST", "/v1/graphql", `{"query":"{ things(where: {_rest: {_contains: {salary: 7}}}) { id } }"}`, "", `"a"`},
				{"PATCH", "/v1/db/things/a", `{"color":"blue"}`, `{"id":"a","name":"n","color":"blue"}`, "salary\":7"},
			} {
				if got := s.Do(t, call{Method: c.method, Path: c.path, Body: c.body}).Body; !strings.Contains(got, c.want) || strings.Contains(got, c.not) {
					t.Errorf("%s %s %s: got %s", c.method, c.path, c.body, got)
				}
			}
		})
	}
}

// TestOpenCollections_ChosenMembersAreNotShared: two who follow the same documents and show different members share no view.
func TestOpenCollections_ChosenMembersAreNotShared(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, "databases: { main: { driver: memory } }\nlog: { level: error }\nauth: { tokens: { secret: \"0123456789abcdef0123456789abcdef\" } }\ncollections:\n  things: { open: true, fields: { name: { type: string } }, rules: { "+open+" } }\n")
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/things", Body: `{"id":"a","color":"red","size":1}`})
	for members, want := range map[string][2]string{"color": {`[{"color":"red"}]`, `[{"color":"blue"}]`}, "size": {`[{"size":1}]`, `[{"size":2}]`}, "_rest": {`[{"color":"red","size":1}]`, `[{"color":"blue","size":2}]`}} {
		l := s.Live(t, "")
		fatal(t, l.Send(map[string]any{"id": "1", "op": "subscribe", "collection": "things", "query": map[string]any{"select": []string{members}}}))
		var state servertest.State
		fatal(t, state.Apply(l.Want(t, "snapshot")))
		if got := state.Items(); got != want[0] {
			t.Errorf("%s: the snapshot has %s", members, got)
		}
		s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/things/a", Body: `{"color":"blue","size":2}`})
		fatal(t, state.Apply(l.Want(t, "change")))
		if got := state.Items(); got != want[1] {
			t.Errorf("%s: the change makes %s", members, got)
		}
		s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/things/a", Body: `{"color":"red","size":1}`})
	}
}
