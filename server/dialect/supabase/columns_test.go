package supabase_test

import (
	"testing"

	"github.com/basalt-dev/basalt/server/servertest"
)

// columnsConfig has tables whose columns have other names than the fields.
const columnsConfig = `
listen: "127.0.0.1:0"
databases: { main: { driver: memory } }
auth: { tokens: { secret: "0123456789abcdef0123456789abcdef" } }
log: { level: error }
compat: { supabase: { anon_key: "anon-key-of-the-tests", service_key: "service-key-of-the-tests" } }
collections:
  people:
    key: username
    fields:
      full: { type: string, column: "full name" }
      pay:  { type: int, column: salary }
      shown: { type: bool, default: true }
      tags: { type: list, of: string }
      marks: { type: list, of: int }
    rules: { read: 'doc.shown', create: 'true', update: 'doc.id == "ada"', delete: 'false' }
    fields_readable: { pay: 'auth.role == "boss"' }
  notes:
    fields:
      author: { type: ref, to: people, column: author_name, check: none }
      title: { type: string }
    rules: { read: 'true', create: 'true', update: 'false', delete: 'false' }
`

func TestColumns_AreNamedAsTheyAreStored(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, columnsConfig)
	for _, c := range []scenario{
		{who: "service", method: "POST", path: "/rest/v1/people?select=username,full name", header: prefer("return=representation"), status: 201,
			body: `[{"username":"ada","full name":"Ada L","salary":9,"tags":["x","y"],"marks":[1]},{"username":"bob","full name":"Bob","salary":5,"tags":["y"],"marks":[1,2]},{"username":"eve","full name":"Aaron","shown":false,"tags":[]}]`,
			want: `[{"username":"ada","full name":"Ada L"},{"username":"bob","full name":"Bob"},{"username":"eve","full name":"Aaron"}]`},
		{who: "service", method: "POST", path: "/rest/v1/notes?columns=id,author_name,title", status: 201,
			body: `[{"id":"1","author_name":"bob","title":"b"},{"id":"2","author_name":"ada","title":"a"},{"id":"3","author_name":"eve","title":"e"},{"id":"4","title":"none"}]`},

		{path: "/rest/v1/people?order=username", status: 200, has: []string{`"username":"ada"`, `"full name":"Ada L"`, `"salary":null`}, lacks: []string{`"id"`, `"pay"`, `"full":`}},
		{path: `/rest/v1/people?select=username&"full name"=eq.Bob`, status: 200, want: `[{"username":"bob"}]`},
		{path: `/rest/v1/people?select=n:username&or=(username.eq.ada,"full name".eq.Bob)&order="full name".desc`, status: 200, want: `[{"n":"bob"},{"n":"ada"}]`},
		{path: "/rest/v1/people?select=id&id=eq.ada", status: 200, want: `[{"id":"ada"}]`}, // the name of the field leads there too
		{path: "/rest/v1/people?select=count(),username&order=username&limit=1", status: 200, want: `[{"count":1,"username":"ada"}]`},
		{path: "/rest/v1/notes?select=title,people(username)&author_name=eq.ada", status: 200, want: `[{"title":"a","people":{"username":"ada"}}]`},
		{path: "/rest/v1/notes?select=title,author_name(username)&id=eq.1", status: 200, want: `[{"title":"b","author_name":{"username":"bob"}}]`},
		{path: "/rest/v1/people?select=username,notes!notes_author_name_fkey(title)&username=eq.ada", status: 200, want: `[{"username":"ada","notes":[{"title":"a"}]}]`},
		{method: "PATCH", path: "/rest/v1/people?username=eq.ada&select=username,full name", header: prefer("return=representation"), body: `{"full name":"Ada"}`, status: 200, want: `[{"username":"ada","full name":"Ada"}]`},
		{method: "POST", path: "/rest/v1/people?on_conflict=username&select=full name", header: prefer("return=representation,resolution=merge-duplicates"), body: `{"username":"ada","full name":"Ada K"}`, status: 200, want: `[{"full name":"Ada K"}]`},
		{method: "PUT", path: "/rest/v1/people?username=eq.ada", body: `{"username":"ada","full name":"Ada L"}`, status: 204},
		{method: "POST", path: "/rest/v1/people", header: prefer("return=headers-only"), body: `{"username":"dan"}`, status: 201, answered: map[string]string{"Location": "/people?username=eq.dan"}},
		{method: "POST", path: "/rest/v1/people", body: `{"username":"dan"}`, status: 409, has: []string{`people_pkey`}},
		{who: "service", path: "/rest/v1/", status: 200, has: []string{`"full name"`, "`people.username`"}, lacks: []string{`"pay"`}},

		// What a rule hides is hidden under both names.
		{path: "/rest/v1/people?select=salary", status: 403, has: []string{`42501`}},
		{path: "/rest/v1/people?select=pay", status: 403, has: []string{`42501`}},
		{path: "/rest/v1/people?salary=gt.6", status: 403, has: []string{`42501`}},
		{path: "/rest/v1/people?order=salary", status: 403, has: []string{`42501`}},
		{path: "/rest/v1/people?select=salary.sum()", status: 403, has: []string{`42501`}},
		{path: "/rest/v1/people?select=username&username=eq.eve", status: 200, want: `[]`},
		{method: "PATCH", path: "/rest/v1/people?username=eq.bob", header: prefer("return=representation"), body: `{"full name":"x"}`, status: 200, want: `[]`},

		// An order by related rows is as the caller sees them: eve is hidden, and stands with the note that has no author.
		{path: "/rest/v1/notes?select=title,people(username)&order=people(username),id", status: 200, want: `[{"title":"a","people":{"username":"ada"}},{"title":"b","people":{"username":"bob"}},{"title":"e","people":null},{"title":"none","people":null}]`},
		{path: "/rest/v1/notes?select=title,by:people()&order=by(full name).desc.nullslast,id&limit=2", status: 200, want: `[{"title":"b"},{"title":"a"}]`},
		{path: "/rest/v1/notes?select=title,people!inner()&order=people(username).desc", status: 200, want: `[{"title":"b"},{"title":"a"}]`},
		{path: "/rest/v1/notes?select=title,people()&order=people(username).desc,id&offset=3", status: 200, want: `[{"title":"a"}]`},
		{path: "/rest/v1/notes?select=title,people()&order=people(salary)", status: 403, has: []string{`42501`}},
		{path: "/rest/v1/notes?select=title&order=people(username)", status: 400, has: []string{`PGRST108`}},
		{path: "/rest/v1/people?select=username,notes()&order=notes(title)", status: 400, has: []string{`PGRST118`}},
		{path: "/rest/v1/notes?select=title,people()&order=people(nothing)", status: 400, has: []string{`42703`}},
		{path: "/rest/v1/notes?select=title,people()&people.username=eq.bob&order=people(username)", status: 400, has: []string{`PGRST127`}},
		{path: "/rest/v1/notes?select=title,people()&order=people(username", status: 400, has: []string{`PGRST100`}},

		{path: "/rest/v1/people?select=username&tags=cs.{x,y}", status: 200, want: `[{"username":"ada"}]`},
		{path: "/rest/v1/people?select=username&tags=ov.{x,z}", status: 200, want: `[{"username":"ada"}]`},
		{path: "/rest/v1/people?select=username&marks=cs.{1}&order=username", status: 200, want: `[{"username":"ada"},{"username":"bob"}]`},
		{path: "/rest/v1/people?select=username&tags=not.cs.{x}", status: 200, want: `[{"username":"bob"}]`},
		{path: "/rest/v1/people?select=username&tags=cs.{}&order=username", status: 200, want: `[{"username":"ada"},{"username":"bob"}]`},
		{path: "/rest/v1/people?marks=cs.{one}", status: 400, has: []string{`22P02`}},
	} {
		c.run(t, s)
	}
}
