package supabase_test

import (
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/server/servertest"
)

const twoWorlds = `
databases: { main: { driver: memory } }
auth: { tokens: { secret: "0123456789abcdef0123456789abcdef" } }
log: { level: error }
compat: { supabase: { anon_key: "anon-key-of-the-tests", service_key: "service-key-of-the-tests" } }
collections:
  people:
    fields: { name: { type: string }, salary: { type: int }, data: { type: json }, boss: { type: ref, to: people, check: none }, open: { type: bool } }
    rules: { read: 'doc.open', create: 'false', update: 'doc.open && doc.id == auth.id', delete: 'false' }
    fields_readable: { salary: 'doc.id == auth.id', data: 'doc.id == auth.id', boss: 'doc.id == auth.id' }
  posts:
    fields: { author: { type: ref, to: people, check: none }, title: { type: string }, stars: { type: int }, draft: { type: bool } }
    rules: { read: '!doc.draft', create: 'auth != nil && next.author == auth.id', update: 'doc.author == auth.id', delete: 'doc.author == auth.id' }
  fans:
    fields: { person: { type: ref, to: people, check: none }, post: { type: ref, to: posts, check: none } }
    rules: { read: 'true', create: 'false', update: 'false', delete: 'false' }
    fields_readable: { person: 'doc.person == auth.id' }
`

type asks = func(method, path, body, prefer string) servertest.Answer

// world is a server with rows that differ in what mallory may not see alone.
func world(t *testing.T, salary, data, boss, draft, stars, fan string) (mallory, admin asks) {
	t.Helper()
	s := servertest.Start(t, twoWorlds)
	do := func(key, token string) asks {
		return func(method, path, body, prefer string) servertest.Answer {
			return s.Do(t, servertest.Call{Method: method, Path: path, Body: body, Token: token, Header: map[string]string{"apikey": key, "Prefer": prefer}})
		}
	}
	for table, rows := range map[string]string{
		"people": `[{"id":"ada","name":"Ada","salary":` + salary + `,"data":` + data + `,"boss":"` + boss + `","open":true},{"id":"bob","name":"Bob","salary":50,"data":{"a":1},"boss":"ada","open":true},
			{"id":"mallory","name":"Mallory","salary":1,"data":{"a":0},"boss":"bob","open":true},{"id":"zoe","name":"Zoe","salary":` + salary + `,"data":null,"boss":"` + boss + `","open":false}]`,
		"posts": `[{"id":"p1","author":"ada","title":"one","stars":1,"draft":false},{"id":"p2","author":"ada","title":"two","stars":` + stars + `,"draft":true},{"id":"p3","author":"` + draft + `","title":"three","stars":` + stars + `,"draft":true},{"id":"p4","author":"bob","title":"four","stars":4,"draft":false}]`,
		"fans":  `[{"id":"f1","person":"` + fan + `","post":"p1"},{"id":"f2","person":"mallory","post":"p4"},{"id":"f3","person":"` + fan + `","post":"p2"}]`,
	} {
		if a := do("service-key-of-the-tests", "")("POST", "/rest/v1/"+table, rows, ""); a.Status != 201 {
			t.Fatalf("%s: %d %s", table, a.Status, a.Body)
		}
	}
	return do("anon-key-of-the-tests", s.Token(map[string]any{"sub": "mallory"})), do("service-key-of-the-tests", "")
}

// TestRest_TwoWorlds: what a caller may not see changes no byte of an answer, whatever is asked.
func TestRest_TwoWorlds(t *testing.T) {
	t.Parallel()
	one, admin := world(t, "100", `{"a":1,"b":"x"}`, "bob", "ada", "2", "ada")
	two, otherAdmin := world(t, "7", `{"a":9,"c":[1]}`, "zoe", "mallory", "90", "bob")
	const object = "return=representation"
	asked, answered, differ := 0, 0, 0
	same := func(method, path, body, prefer string) {
		t.Helper()
		asked++
		if method == "GET" && admin(method, "/rest/v1/"+path, body, prefer).Body != otherAdmin(method, "/rest/v1/"+path, body, prefer).Body {
			differ++
		}
		a, b := one(method, "/rest/v1/"+path, body, prefer), two(method, "/rest/v1/"+path, body, prefer)
		if a.Status != b.Status || a.Body != b.Body || a.Header.Get("Content-Range") != b.Header.Get("Content-Range") || a.Header.Get("ETag") != b.Header.Get("ETag") || a.Header.Get("Preference-Applied") != b.Header.Get("Preference-Applied") {
			t.Errorf("%s %s %s (%s):\n%d %s %s %s\n%d %s %s %s", method, path, body, prefer, a.Status, a.Header.Get("Content-Range"), a.Header.Get("ETag"), a.Body, b.Status, b.Header.Get("Content-Range"), b.Header.Get("ETag"), b.Body)
		}
		if a.Status < 300 {
			answered++
		}
		if a.Status >= 500 {
			t.Errorf("%s %s: %d %s", method, path, a.Status, a.Body)
		}
	}
	for _, path := range []string{
		"people?select=*", "people?select=id,boss(name)", "people?select=id,salary", "people?select=*&order=salary", "people?select=*&order=salary.desc.nullslast", "people?select=*&order=data->a", "people?select=*&order=boss(name).desc",
		"people?salary=gt.50", "people?salary=is.null", "people?salary=not.is.null", "people?or=(salary.eq.100,id.eq.bob)", "people?not.and=(salary.eq.100,id.eq.ada)", "people?data->a=eq.1", "people?data->>b=eq.x", "people?data=cs.{\"a\":1}", "people?boss=eq.bob", "people?boss=in.(bob,zoe)",
		"people?select=salary.sum()", "people?select=salary.max(),count()", "people?select=salary,count()", "people?select=boss,count()", "people?select=count()&salary=gt.50", "people?select=id,salary.sum()", "people?select=open,salary.avg(),salary.min()",
		"people?select=id,boss:people!boss(id,name)", "people?select=id,people!boss(id)", "people?select=id,people!boss!inner(id)", "people?select=id,...people!boss(bossname:name)", "people?select=id,boss!inner(name)", "people?select=id,boss(count)",
		"people?select=id,posts(id,stars)", "people?select=id,posts(count)", "people?select=id,posts(stars.sum())", "people?select=id,posts!inner(id)&posts.stars=gt.1", "people?select=id&posts=not.is.null", "people?select=id,posts()&posts=is.null", "people?select=id,posts()&posts=not.is.null",
		"people?select=id,fans(id,post)", "people?select=id,fans(count)", "people?select=id,fans!inner(id)", "people?select=id,posts!fans(id,title)", "people?select=id,posts!fans!inner(id)", "people?select=id,posts!fans(count)",
		"posts?select=id,people!fans(id,name)", "posts?select=id,people!fans!inner(id)", "posts?select=id,fans(person)", "posts?select=id,fans(id,person(name,salary))", "posts?select=id,fans(person.count())", "posts?select=id,...people!author(salary)", "posts?select=title,...people!author(salary.sum())", "posts?select=...people!author(salary),stars.sum()", "posts?select=id,author(name,salary)", "posts?select=id,author!inner(id)&author.salary=gt.50", "posts?order=author(salary)", "posts?order=author(name),author(salary).desc",
		"posts?select=stars.sum(),count()", "posts?select=author,stars.max()", "posts?select=draft,count()", "posts?limit=1&offset=1", "posts?id=eq.p2", "posts?id=eq.p3&select=id", "fans?select=person,count()", "fans?person=eq.ada", "fans?person=not.is.null", "fans?select=id,person(id)", "fans?select=id,post(id,stars)", "fans?select=id,post!inner(id)", "fans?order=person,id", "fans?order=person(name)",
	} {
		for _, prefer := range []string{"", "count=exact", "count=planned", "count=estimated"} {
			same("GET", path, "", prefer)
		}
		same("HEAD", path, "", "count=exact")
	}
	for _, w := range []struct{ method, path, body, prefer string }{
		{"PATCH", "people?salary=gt.50", `{"name":"x"}`, object}, {"PATCH", "people?id=eq.ada", `{"name":"x"}`, object + ",count=exact"}, {"PATCH", "people?boss=eq.bob&id=eq.mallory", `{"name":"Mallory"}`, object},
		{"PATCH", "people?id=in.(ada,zoe,mallory)", `{"name":"Mallory"}`, object + ",handling=strict,max-affected=1"}, {"PATCH", "posts?stars=gt.50", `{"title":"x"}`, object + ",tx=rollback"},
		{"DELETE", "posts?id=eq.p2", "", object}, {"DELETE", "posts?stars=gt.50", "", object + ",count=exact"}, {"DELETE", "people?id=eq.zoe", "", "count=exact"},
		{"POST", "posts", `{"id":"p2","author":"mallory","title":"mine"}`, object}, {"POST", "posts", `[{"id":"p2","author":"mallory","title":"mine"}]`, object + ",resolution=merge-duplicates"}, {"POST", "posts", `[{"id":"p2","author":"mallory"}]`, object + ",resolution=ignore-duplicates"},
		{"POST", "posts?on_conflict=title", `[{"title":"two","author":"mallory"}]`, object + ",resolution=merge-duplicates"}, {"POST", "posts?on_conflict=id", `[{"id":"p1","author":"mallory","title":"stolen"}]`, object + ",resolution=merge-duplicates"},
		{"PUT", "posts?id=eq.p2", `{"id":"p2","author":"mallory","title":"x"}`, object}, {"PUT", "people?id=eq.mallory", `{"id":"mallory","name":"Mallory","salary":1}`, object},
		{"POST", "rpc/batch", `[{"method":"GET","path":"people?salary=gt.50"}]`, ""}, {"POST", "rpc/batch", `{"ops":[{"op":"update","collection":"posts","id":"p2","doc":{"title":"x"}}]}`, ""}, {"POST", "rpc/batch", `{"ops":[{"op":"delete","collection":"posts","id":"p3"}]}`, ""},
	} {
		same(w.method, w.path, w.body, w.prefer)
	}
	if a := one("GET", "/rest/v1/people?select=id,salary", "", ""); strings.Contains(a.Body, "100") {
		t.Errorf("a masked column: %s", a.Body)
	}
	if asked < 300 || answered < 200 || differ < 200 {
		t.Errorf("of %d questions %d are answered, and %d would be answered otherwise to an administrator", asked, answered, differ)
	}
}
