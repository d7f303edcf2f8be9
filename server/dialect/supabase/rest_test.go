package supabase_test

import (
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/server/servertest"
)

const (
	anonKey    = "anon-key-of-the-tests"
	serviceKey = "service-key-of-the-tests"
)

const config = `
listen: "127.0.0.1:0"
databases: { main: { driver: memory } }
auth: { tokens: { secret: "0123456789abcdef0123456789abcdef" }, providers: { password: { min_length: 8 }, anonymous: {} } }
log: { level: error }
compat: { supabase: { anon_key: "anon-key-of-the-tests", service_key: "service-key-of-the-tests" } }
collections:
  teams:
    fields: { name: { type: string, required: true, unique: true } }
    rules: { read: "true", create: "auth != nil" }
  people:
    fields:
      name:   { type: string, required: true }
      salary: { type: int }
      email:  { type: string }
    rules: { read: "true" }
    fields_readable: { salary: 'auth.role == "boss"', email: 'doc.id == auth.id' }
  members:
    fields:
      person: { type: ref, to: people }
      team:   { type: ref, to: teams }
    rules: { read: "true" }
  notes:
    fields:
      owner:  { type: string }
      author: { type: ref, to: people }
      editor: { type: ref, to: people }
      title:  { type: string, required: true, max: 20 }
      stars:  { type: int, default: 0 }
      price:  { type: decimal }
      done:   { type: bool, default: false }
      due:    { type: time }
      tags:   { type: json }
      data:   { type: json }
      code:   { type: string, unique: true }
    rules:
      read:   'doc.owner == "all" || doc.owner == auth.id'
      create: 'auth != nil && next.owner == auth.id'
      update: 'doc.owner == auth.id && next.owner == auth.id'
      delete: 'doc.owner == auth.id && !doc.done'
  comments:
    fields:
      note: { type: ref, to: notes, required: true }
      text: { type: string }
      hidden: { type: bool, default: false }
    rules: { read: '!doc.hidden' }
  locked:
    fields: { x: { type: int } }
    rules: { read: 'auth.role == "boss"', create: 'auth.role == "boss"' }
  ruleless:
    fields: { x: { type: int } }
`

// scenario is one request and what it is answered. Who is anon, service, or the id of a user.
type scenario struct {
	who, method, path string
	header            map[string]string
	body              string
	status            int
	want              string            // the whole body; not compared if it is empty
	has, lacks        []string          // in the body
	answered          map[string]string // headers
}

func (c scenario) run(t *testing.T, s *servertest.Instance) servertest.Answer {
	t.Helper()
	a := c.answer(t, s)
	name := c.who + " " + c.method + " " + c.path
	if a.Status != c.status {
		t.Errorf("%s is %d, not %d: %s", name, a.Status, c.status, a.Body)
		return a
	}
	c.compare(t, name, a)
	return a
}

// answer sends the request.
func (c scenario) answer(t *testing.T, s *servertest.Instance) servertest.Answer {
	t.Helper()
	header := map[string]string{"apikey": anonKey, "Authorization": "Bearer " + anonKey, "Content-Type": "application/json"}
	switch c.who {
	case "", "anon":
	case "service":
		header["apikey"], header["Authorization"] = serviceKey, "Bearer "+serviceKey
	case "boss":
		header["Authorization"] = "Bearer " + s.Token(map[string]any{"sub": "boss", "role": "boss"})
	default:
		header["Authorization"] = "Bearer " + s.Token(map[string]any{"sub": c.who})
	}
	for name, value := range c.header {
		header[name] = value
	}
	if c.method == "" {
		c.method = "GET"
	}
	return s.Do(t, servertest.Call{Method: c.method, Path: strings.ReplaceAll(c.path, " ", "%20"), Header: header, Body: c.body})
}

func (c scenario) compare(t *testing.T, name string, a servertest.Answer) {
	t.Helper()
	if c.want != "" && a.Body != c.want {
		t.Errorf("%s is\n%s, not\n%s", name, a.Body, c.want)
	}
	for _, part := range c.has {
		if !strings.Contains(a.Body, part) {
			t.Errorf("%s has no %s: %s", name, part, a.Body)
		}
	}
	for _, part := range c.lacks {
		if strings.Contains(a.Body, part) {
			t.Errorf("%s has %s: %s", name, part, a.Body)
		}
	}
	for header, want := range c.answered {
		if got := a.Header.Get(header); got != want {
			t.Errorf("%s has %s: %q, not %q", name, header, got, want)
		}
	}
}

func prefer(what string) map[string]string { return map[string]string{"Prefer": what} }

var single = map[string]string{"Accept": "application/vnd.pgrst.object+json"}

// filled starts a server with the rows that the reads below are about.
func filled(t *testing.T, config string) *servertest.Instance {
	s := servertest.Start(t, config)
	for path, body := range map[string]string{
		"teams":  `[{"id":"red","name":"Red"},{"id":"blue","name":"Blue"},{"id":"grey","name":"Grey"}]`,
		"people": `[{"id":"ann","name":"Ann","salary":10,"email":"ann@x"},{"id":"bob","name":"Bob","salary":20,"email":"bob@x"}]`,
	} {
		scenario{who: "service", method: "POST", path: "/rest/v1/" + path, body: body, status: 201}.run(t, s)
	}
	for _, rows := range [][2]string{
		{"members", `[{"id":"m1","person":"ann","team":"red"},{"id":"m2","person":"ann","team":"blue"},{"id":"m3","person":"bob","team":"red"}]`},
		{"notes", `[{"id":"n1","owner":"all","author":"ann","editor":"bob","title":"Alpha","stars":3,"price":19.90,"tags":["a","b"],"data":{"color":"red","n":{"x":1}},"due":"2026-01-02T03:04:05Z","done":false},
			{"id":"n2","owner":"all","author":"bob","title":"beta, \"2\"","stars":5,"tags":["b"],"data":{"color":"blue","size":7}},
			{"id":"n3","owner":"all","title":"Gamma","stars":1,"done":true},
			{"id":"n4","owner":"ann","author":"ann","title":"own","stars":9},
			{"id":"n5","owner":"zoe","author":"bob","title":"hidden","stars":100}]`},
		{"comments", `[{"id":"c1","note":"n1","text":"first"},{"id":"c2","note":"n1","text":"second"},{"id":"c3","note":"n2","text":"third"},{"id":"c4","note":"n3","text":"dark","hidden":true},{"id":"c5","note":"n1","text":"dark","hidden":true}]`},
		{"locked", `[{"id":"l1","x":1}]`},
	} {
		scenario{who: "service", method: "POST", path: "/rest/v1/" + rows[0], body: rows[1], status: 201}.run(t, s)
	}
	return s
}

func TestREST_Reads(t *testing.T) {
	t.Parallel()
	for name, database := range map[string]string{"memory": "driver: memory", "sqlite": `driver: sqlite, url: "file:test.db"`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reads(t, filled(t, strings.Replace(config, "driver: memory", database, 1)))
		})
	}
}

func reads(t *testing.T, s *servertest.Instance) {
	for _, c := range []scenario{
		// What is selected.
		{path: "/rest/v1/teams?select=*&order=name", status: 200, want: `[{"id":"blue","name":"Blue"},{"id":"grey","name":"Grey"},{"id":"red","name":"Red"}]`, answered: map[string]string{"Content-Range": "0-2/*", "Content-Type": "application/json; charset=utf-8"}},
		{path: "/rest/v1/notes?select=id,called:title&id=eq.n1", status: 200, want: `[{"id":"n1","called":"Alpha"}]`},
		{path: "/rest/v1/notes?select=stars::text,price,due&id=eq.n1", status: 200, want: `[{"stars":"3","price":19.9,"due":"2026-01-02T03:04:05.000000Z"}]`},
		{path: "/rest/v1/notes?select=data->color,c:data->>color,data->n->x,t:data->n->>x,tags->0&id=eq.n1", status: 200, want: `[{"color":"red","c":"red","x":1,"t":"1","0":"a"}]`},
		// A selection that was asked for before has none of its parameters.
		{path: "/rest/v1/notes?select=id,comments(id)&id=eq.n1&comments.text=eq.first", status: 200, want: `[{"id":"n1","comments":[{"id":"c1"}]}]`},
		{path: "/rest/v1/notes?select=id,comments(id)&id=eq.n1", status: 200, want: `[{"id":"n1","comments":[{"id":"c1"},{"id":"c2"}]}]`},
		{path: "/rest/v1/notes?select=id,comments(id)&id=eq.n1&comments.limit=1&comments.order=id.desc", status: 200, want: `[{"id":"n1","comments":[{"id":"c2"}]}]`},
		{path: "/rest/v1/notes?select=id,price&id=eq.n3", header: map[string]string{"Accept": "application/vnd.pgrst.array+json;nulls=stripped"}, status: 200, want: `[{"id":"n3"}]`},
		{path: "/rest/v1/notes?select=id,price&id=eq.n3", status: 200, want: `[{"id":"n3","price":null}]`},
		// An order by what is inside a json field.
		{path: "/rest/v1/notes?select=id&order=data->>color", status: 200, want: `[{"id":"n2"},{"id":"n1"},{"id":"n3"}]`},
		{path: "/rest/v1/notes?select=id&order=data->color.desc", status: 200, want: `[{"id":"n3"},{"id":"n1"},{"id":"n2"}]`},
		{path: "/rest/v1/notes?select=id&order=data->color.desc.nullslast", status: 200, want: `[{"id":"n1"},{"id":"n2"},{"id":"n3"}]`},
		{path: "/rest/v1/notes?select=id&order=data->n->x.nullsfirst,id.desc", status: 200, want: `[{"id":"n3"},{"id":"n2"},{"id":"n1"}]`},
		{path: "/rest/v1/notes?select=id&order=data->n->x&limit=1&offset=1", status: 200, want: `[{"id":"n2"}]`},
		{path: "/rest/v1/notes?order=data->0", status: 400, has: []string{`"PGRST127"`}},
		{path: "/rest/v1/notes?order=data", status: 400, has: []string{`"PGRST127"`}},
		{path: "/rest/v1/notes?order=title->a", status: 400, has: []string{`"PGRST127"`}},
		{path: "/rest/v1/notes?tags->0=eq.a", status: 400, has: []string{`"PGRST127"`}},
		{path: "/rest/v1/notes?title=eq.%ff", status: 400, has: []string{"UTF-8"}},
		{path: "/rest/v1/notes?select=nope", status: 400, has: []string{`"42703"`, "column notes.nope does not exist"}},
		{path: "/rest/v1/notes?select=id,(", status: 400, has: []string{`"PGRST100"`}},
		{path: "/rest/v1/note", status: 404, has: []string{`"PGRST205"`, "Could not find the table 'public.note' in the schema cache", "Perhaps you meant the table 'public.notes'"}},
		// Filters.
		{path: "/rest/v1/notes?select=id&stars=gte.3&order=id", status: 200, want: `[{"id":"n1"},{"id":"n2"}]`},
		{path: "/rest/v1/notes?select=id&stars=gt.1&stars=lt.5", status: 200, want: `[{"id":"n1"}]`},
		{path: "/rest/v1/notes?select=id&author=neq.ann", status: 200, want: `[{"id":"n2"}]`}, // not where it is null
		{path: "/rest/v1/notes?select=id&author=not.eq.ann", status: 200, want: `[{"id":"n2"}]`},
		{path: "/rest/v1/notes?select=id&author=isdistinct.ann&order=id", status: 200, want: `[{"id":"n2"},{"id":"n3"}]`},
		{path: "/rest/v1/notes?select=id&author=is.null", status: 200, want: `[{"id":"n3"}]`},
		{path: "/rest/v1/notes?select=id&author=not.is.null&order=id", status: 200, want: `[{"id":"n1"},{"id":"n2"}]`},
		{path: "/rest/v1/notes?select=id&done=is.true", status: 200, want: `[{"id":"n3"}]`},
		{path: "/rest/v1/notes?select=id&done=eq.false&order=id", status: 200, want: `[{"id":"n1"},{"id":"n2"}]`},
		{path: `/rest/v1/notes?select=id&title=in.(Alpha,"beta, \"2\"")&order=id`, status: 200, want: `[{"id":"n1"},{"id":"n2"}]`},
		{path: "/rest/v1/notes?select=id&author=not.in.(ann)", status: 200, want: `[{"id":"n2"}]`},
		{path: "/rest/v1/notes?select=id&title=like.*a&order=id", status: 200, want: `[{"id":"n1"},{"id":"n3"}]`},
		{path: "/rest/v1/notes?select=id&title=ilike.%25AL%25", status: 200, want: `[{"id":"n1"}]`},
		{path: "/rest/v1/notes?select=id&title=like(any).{Al*,Ga*}&order=id", status: 200, want: `[{"id":"n1"},{"id":"n3"}]`},
		{path: "/rest/v1/notes?select=id&title=ilike(all).{*a*,*ph*}", status: 200, want: `[{"id":"n1"}]`},
		{path: "/rest/v1/notes?select=id&title=match.^G.*a$", status: 200, want: `[{"id":"n3"}]`},
		{path: "/rest/v1/notes?select=id&title=imatch.^g", status: 200, want: `[{"id":"n3"}]`},
		{path: "/rest/v1/notes?select=id&title=match.[a-z]", status: 400, has: []string{`"PGRST127"`}},
		{path: "/rest/v1/notes?select=id&stars=eq(any).{1,5}&order=id", status: 200, want: `[{"id":"n2"},{"id":"n3"}]`},
		{path: "/rest/v1/notes?select=id&price=eq.19.9", status: 200, want: `[{"id":"n1"}]`},
		{path: "/rest/v1/notes?select=id&due=gte.2026-01-02", status: 200, want: `[{"id":"n1"}]`},
		{path: "/rest/v1/notes?select=id&due=lt.2026-01-02T03:04:05%2B00:00", status: 200, want: `[]`},
		{path: "/rest/v1/notes?select=id&stars=eq.many", status: 400, has: []string{`"22P02"`, `invalid input syntax for type bigint: \"many\"`}},
		{path: "/rest/v1/notes?select=id&or=(stars.eq.1,and(stars.gt.4,title.like.b*))&order=id", status: 200, want: `[{"id":"n2"},{"id":"n3"}]`},
		{path: "/rest/v1/notes?select=id&not.or=(stars.eq.1,stars.eq.5)", status: 200, want: `[{"id":"n1"}]`},
		{path: "/rest/v1/notes?select=id&and=(stars.gte.1,not.and(stars.gt.2,stars.lt.4))&order=id", status: 200, want: `[{"id":"n2"},{"id":"n3"}]`},
		{path: `/rest/v1/notes?select=id&or=(title.eq."beta, \"2\"",id.in.(n3,n4))&order=id`, status: 200, want: `[{"id":"n2"},{"id":"n3"}]`},
		{path: "/rest/v1/notes?select=id&or=(stars.eq.1", status: 400, has: []string{`"PGRST100"`}},
		{path: "/rest/v1/notes?select=id&stars=xx.1", status: 400, has: []string{`"PGRST100"`}},
		{path: "/rest/v1/notes?select=id&stars=sl.1", status: 400, has: []string{`"PGRST127"`}},
		{path: "/rest/v1/notes?nope=eq.1", status: 400, has: []string{`"42703"`}},
		{path: "/rest/v1/notes?author.name=eq.Ann", status: 400, has: []string{`"PGRST108"`}},
		{path: "/rest/v1/notes?select=id&data->>color=eq.red", status: 200, want: `[{"id":"n1"}]`},
		{path: "/rest/v1/notes?select=id&data->>size=eq.7", status: 200, want: `[{"id":"n2"}]`},
		{path: "/rest/v1/notes?select=id&data->size=gt.6", status: 200, want: `[{"id":"n2"}]`},
		{path: "/rest/v1/notes?select=id&tags=cs.{b}&order=id", status: 200, want: `[{"id":"n1"},{"id":"n2"}]`},
		{path: `/rest/v1/notes?select=id&tags=cs.["a","b"]`, status: 200, want: `[{"id":"n1"}]`},
		{path: "/rest/v1/notes?select=id&tags=ov.{a,z}", status: 200, want: `[{"id":"n1"}]`},
		{path: `/rest/v1/notes?select=id&data=cs.{"n":{"x":1}}`, status: 200, want: `[{"id":"n1"}]`},
		// Order, pages, counts.
		{path: "/rest/v1/notes?select=id&order=stars.desc", status: 200, want: `[{"id":"n2"},{"id":"n1"},{"id":"n3"}]`},
		{path: "/rest/v1/notes?select=id&order=author", status: 200, want: `[{"id":"n1"},{"id":"n2"},{"id":"n3"}]`},
		{path: "/rest/v1/notes?select=id&order=author.nullsfirst", status: 200, want: `[{"id":"n3"},{"id":"n1"},{"id":"n2"}]`},
		{path: "/rest/v1/notes?select=id&order=author.desc", status: 200, want: `[{"id":"n3"},{"id":"n2"},{"id":"n1"}]`},
		{path: "/rest/v1/notes?select=id&order=author.desc.nullslast", status: 200, want: `[{"id":"n2"},{"id":"n1"},{"id":"n3"}]`},
		{path: "/rest/v1/notes?select=id&order=author&limit=1&offset=1", status: 200, want: `[{"id":"n2"}]`, answered: map[string]string{"Content-Range": "1-1/*"}},
		{path: "/rest/v1/notes?select=id&order=author&limit=2&offset=2", status: 200, want: `[{"id":"n3"}]`},
		{path: "/rest/v1/notes?select=id&order=id&limit=0", status: 200, want: `[]`},
		{path: "/rest/v1/notes?select=id&order=id&limit=2", header: prefer("count=exact"), status: 206, want: `[{"id":"n1"},{"id":"n2"}]`, answered: map[string]string{"Content-Range": "0-1/3", "Preference-Applied": "count=exact"}},
		{path: "/rest/v1/notes?select=id&order=author&limit=2", header: prefer("count=exact"), status: 206, want: `[{"id":"n1"},{"id":"n2"}]`, answered: map[string]string{"Content-Range": "0-1/3"}},
		{path: "/rest/v1/notes?select=id&order=id", header: map[string]string{"Range": "1-1", "Range-Unit": "items"}, status: 200, want: `[{"id":"n2"}]`, answered: map[string]string{"Content-Range": "1-1/*"}},
		{path: "/rest/v1/notes?select=id&offset=9", header: prefer("count=exact"), status: 416, has: []string{`"PGRST103"`}},
		{method: "HEAD", path: "/rest/v1/notes?select=*", header: prefer("count=exact"), status: 200, answered: map[string]string{"Content-Range": "0-2/3"}},
		// Embedded rows.
		{path: "/rest/v1/notes?select=id,author(name)&order=id", status: 200, want: `[{"id":"n1","author":{"name":"Ann"}},{"id":"n2","author":{"name":"Bob"}},{"id":"n3","author":null}]`},
		{path: "/rest/v1/notes?select=id,who:people!author(name)&id=eq.n1", status: 200, want: `[{"id":"n1","who":{"name":"Ann"}}]`},
		{path: "/rest/v1/notes?select=id,people!notes_editor_fkey(name)&id=eq.n1", status: 200, want: `[{"id":"n1","people":{"name":"Bob"}}]`},
		{path: "/rest/v1/notes?select=id,people(name)", status: 300, has: []string{`"PGRST201"`, "notes_author_fkey using notes(author) and people(id)", "people!notes_editor_fkey"}},
		{path: "/rest/v1/notes?select=id,teams(name)", status: 400, has: []string{`"PGRST200"`}},
		{path: "/rest/v1/notes?select=id,comments(text)&order=id", status: 200, want: `[{"id":"n1","comments":[{"text":"first"},{"text":"second"}]},{"id":"n2","comments":[{"text":"third"}]},{"id":"n3","comments":[]}]`},
		{path: "/rest/v1/notes?select=id,comments(text)&comments.text=eq.second&order=id&limit=2", status: 200, want: `[{"id":"n1","comments":[{"text":"second"}]},{"id":"n2","comments":[]}]`},
		{path: "/rest/v1/notes?select=id,comments(text)&comments.order=text.desc&comments.limit=1&id=eq.n1", status: 200, want: `[{"id":"n1","comments":[{"text":"second"}]}]`},
		{path: "/rest/v1/notes?select=id,comments!inner(text)&comments.text=eq.third", status: 200, want: `[{"id":"n2","comments":[{"text":"third"}]}]`},
		{path: "/rest/v1/notes?select=id,author!inner(name)&author.name=like.A*", status: 200, want: `[{"id":"n1","author":{"name":"Ann"}}]`},
		{path: "/rest/v1/notes?select=id,comments()&comments=is.null", status: 200, want: `[{"id":"n3"}]`},
		{path: "/rest/v1/notes?select=id,comments()&comments=not.is.null&order=id", status: 200, want: `[{"id":"n1"},{"id":"n2"}]`},
		{path: "/rest/v1/notes?select=id,comments(count)&order=id", status: 200, want: `[{"id":"n1","comments":[{"count":2}]},{"id":"n2","comments":[{"count":1}]},{"id":"n3","comments":[{"count":0}]}]`},
		{path: "/rest/v1/notes?select=id,...author(writer:name)&order=id&limit=1", status: 200, want: `[{"id":"n1","writer":"Ann"}]`},
		{path: "/rest/v1/people?select=id,teams(name)&teams.order=name&order=id", status: 200, want: `[{"id":"ann","teams":[{"name":"Blue"},{"name":"Red"}]},{"id":"bob","teams":[{"name":"Red"}]}]`},
		{path: "/rest/v1/teams?select=id,people!inner(name)&people.name=eq.Bob", status: 200, want: `[{"id":"red","people":[{"name":"Bob"}]}]`},
		{path: "/rest/v1/comments?select=text,notes(title,author(name))&id=eq.c1", status: 200, want: `[{"text":"first","notes":{"title":"Alpha","author":{"name":"Ann"}}}]`},
		{path: "/rest/v1/comments?select=a,notes(b(c(d(e))))", status: 400},
		// Forms.
		{path: "/rest/v1/notes?select=id&id=eq.n1", header: single, status: 200, want: `{"id":"n1"}`, answered: map[string]string{"Content-Type": "application/vnd.pgrst.object+json; charset=utf-8"}},
		{path: "/rest/v1/notes?select=id", header: single, status: 406, want: `{"code":"PGRST116","details":"The result contains 3 rows","hint":null,"message":"Cannot coerce the result to a single JSON object"}`},
		{path: "/rest/v1/notes?select=id&id=eq.no", header: single, status: 406, has: []string{"The result contains 0 rows"}},
		{path: "/rest/v1/notes?select=id,title,author&order=id", header: map[string]string{"Accept": "text/csv"}, status: 200, want: "id,title,author\nn1,Alpha,ann\nn2,\"beta, \"\"2\"\"\",bob\nn3,Gamma,\n"},
		{path: "/rest/v1/notes?select=id,author,editor(name)&id=eq.n3", header: map[string]string{"Accept": "application/vnd.pgrst.array+json;nulls=stripped"}, status: 200, want: `[{"id":"n3"}]`},
		{path: "/rest/v1/notes", header: map[string]string{"Accept": "image/png"}, status: 406, has: []string{`"PGRST107"`}},
		{path: "/rest/v1/notes", header: map[string]string{"Accept-Profile": "private"}, status: 406, has: []string{`"PGRST106"`}},
		// Figures.
		{path: "/rest/v1/notes?select=id,comments(n:count(),id.max())&order=id", status: 200, want: `[{"id":"n1","comments":[{"n":2,"max":"c2"}]},{"id":"n2","comments":[{"n":1,"max":"c3"}]},{"id":"n3","comments":[{"n":0,"max":null}]}]`},
		{path: "/rest/v1/notes?select=id,...comments(texts:id)&order=id", status: 200, want: `[{"id":"n1","texts":["c1","c2"]},{"id":"n2","texts":["c3"]},{"id":"n3","texts":[]}]`},
		{path: "/rest/v1/notes?select=id,comments(count(),notes(id))", status: 400, has: []string{`"PGRST127"`}},
		{path: "/rest/v1/notes?select=count()", status: 200, want: `[{"count":3}]`},
		{path: "/rest/v1/notes?select=done,count(),total:stars.sum(),stars.max()&order=done", status: 200, want: `[{"done":false,"count":2,"total":8,"max":5},{"done":true,"count":1,"total":1,"max":1}]`},
	} {
		c.run(t, s)
	}
}

// What one request may cost has limits.
func TestREST_Limits(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, config+"\nlimits: { expansions: 3, nodes: 20, page: 2, batch: 2 }\n")
	scenario{who: "service", method: "POST", path: "/rest/v1/teams", body: `[{"id":"a","name":"a"},{"id":"b","name":"b"}]`, status: 201}.run(t, s)
	scenario{who: "service", method: "POST", path: "/rest/v1/teams", body: `[{"id":"c","name":"c"}]`, status: 201}.run(t, s)
	many := strings.TrimSuffix(strings.Repeat("x,", 30), ",")
	for _, c := range []scenario{
		{path: "/rest/v1/notes?select=a:author(name),b:author(name),c:editor(name)", status: 200},
		{path: "/rest/v1/notes?select=a:author(name),b:author(name),c:editor(name),d:editor(name)", status: 400, has: []string{`"54000"`}},
		{path: "/rest/v1/notes?select=comments(notes(author(name),editor(name)))", status: 400, has: []string{`"54000"`}},
		{path: "/rest/v1/notes?title=in.(" + many + ")", status: 200}, // thirty times the same
		{path: "/rest/v1/notes?or=(" + strings.TrimSuffix(strings.Repeat("stars.eq.1,", 30), ",") + ")", status: 400, has: []string{"more than 20 conditions"}},
		{path: "/rest/v1/notes?select=id,comments!inner(id)&comments.or=(" + strings.TrimSuffix(strings.Repeat("text.eq.1,", 30), ",") + ")", status: 400, has: []string{"more than 20 conditions"}},
		{path: "/rest/v1/notes?or=" + strings.Repeat("(or", 40) + "(stars.eq.1" + strings.Repeat(")", 41), status: 400, has: []string{`"PGRST100"`}},
		{path: "/rest/v1/notes?title=like." + strings.Repeat("*a", 17), status: 400, has: []string{"at most 16 %"}},
		{path: "/rest/v1/teams?select=id&order=id", header: prefer("count=exact"), status: 206, want: `[{"id":"a"},{"id":"b"}]`, answered: map[string]string{"Content-Range": "0-1/3"}},
		{path: "/rest/v1/teams?select=id&order=id&limit=9", status: 200, want: `[{"id":"a"},{"id":"b"}]`},
		{who: "service", method: "POST", path: "/rest/v1/teams", body: `[{"name":"1"},{"name":"2"},{"name":"3"}]`, status: 400},
		{who: "service", method: "POST", path: "/rest/v1/teams", header: prefer("resolution=merge-duplicates"), body: `[{"name":"1"},{"name":"2"},{"name":"3"}]`, status: 400},
		{who: "service", method: "DELETE", path: "/rest/v1/teams?id=not.is.null", status: 413, has: []string{`"54000"`, "limits.batch"}},
		{who: "service", method: "DELETE", path: "/rest/v1/teams?id=not.is.null&limit=1", status: 204},
	} {
		c.run(t, s)
	}
}

// Who may not do something is answered as by row-level security.
func TestREST_Rules(t *testing.T) {
	t.Parallel()
	s := filled(t, config)
	for _, c := range []scenario{
		{path: "/rest/v1/notes?select=id", header: map[string]string{"apikey": "", "Authorization": ""}, status: 401},
		{path: "/rest/v1/notes?select=id", header: map[string]string{"apikey": "wrong"}, status: 401, has: []string{"Invalid API key"}},
		{path: "/rest/v1/notes?select=id", header: map[string]string{"Authorization": "Bearer wrong"}, status: 401, has: []string{`"PGRST301"`}},
		{path: "/rest/v1/notes?select=id", header: map[string]string{"apikey": serviceKey + "x"}, status: 401},
		// A refused read has no rows; one without a rule is denied.
		{path: "/rest/v1/locked", header: prefer("count=exact"), status: 200, want: `[]`, answered: map[string]string{"Content-Range": "*/0", "Basalt-Rule": "denied"}},
		{path: "/rest/v1/locked", header: single, status: 406, has: []string{`"PGRST116"`}},
		{who: "boss", path: "/rest/v1/locked", status: 200, want: `[{"id":"l1","x":1}]`, answered: map[string]string{"Basalt-Rule": ""}},
		{path: "/rest/v1/ruleless", status: 401, has: []string{`"42501"`, "permission denied for table ruleless", "collections.ruleless.rules.read"}},
		{who: "ann", path: "/rest/v1/ruleless", status: 403, has: []string{`"42501"`}},
		{who: "service", path: "/rest/v1/ruleless", status: 200, want: `[]`},
		// Hidden rows are not there: not listed, counted, embedded, sorted by, found by a relation.
		{path: "/rest/v1/notes?select=id&id=eq.n5", header: prefer("count=exact"), status: 200, want: `[]`, answered: map[string]string{"Content-Range": "*/0"}},
		{path: "/rest/v1/notes?select=id&stars=gt.50", status: 200, want: `[]`},
		{path: "/rest/v1/notes?select=count(),stars.max()", status: 200, want: `[{"count":3,"max":5}]`},
		{path: "/rest/v1/people?select=id,notes!author(id)&id=eq.bob", status: 200, want: `[{"id":"bob","notes":[{"id":"n2"}]}]`},
		{path: "/rest/v1/people?select=id,notes!author!inner(id)&notes.title=eq.hidden", status: 200, want: `[]`},
		{path: "/rest/v1/people?select=id,notes!author(count)&id=eq.bob", status: 200, want: `[{"id":"bob","notes":[{"count":1}]}]`},
		{path: "/rest/v1/notes?select=id,comments!inner(text)&comments.text=eq.dark", status: 200, want: `[]`},
		{path: "/rest/v1/notes?select=id,comments()&comments=is.null", status: 200, want: `[{"id":"n3"}]`},
		{who: "ann", path: "/rest/v1/notes?select=id&order=id", status: 200, want: `[{"id":"n1"},{"id":"n2"},{"id":"n3"},{"id":"n4"}]`},
		{who: "service", path: "/rest/v1/notes?select=id&order=id.desc&limit=1", status: 200, want: `[{"id":"n5"}]`},
		// A masked column is null under *, and denied by its name, in a filter, an order, a figure and an embedding.
		{path: "/rest/v1/people?select=*&order=id&limit=1", status: 200, want: `[{"id":"ann","name":"Ann","salary":null,"email":null}]`},
		{path: "/rest/v1/people?select=salary", status: 403, has: []string{`"42501"`, "fields_readable"}, lacks: []string{"10", "20"}},
		{path: "/rest/v1/people?select=s:salary::text", status: 403, has: []string{`"42501"`}},
		{path: "/rest/v1/people?select=id&salary=gt.15", status: 403, has: []string{`"42501"`}},
		{path: "/rest/v1/people?select=id&or=(salary.gt.15,id.eq.ann)", status: 403},
		{path: "/rest/v1/people?select=id&order=salary", status: 403},
		{path: "/rest/v1/people?select=salary.max()", status: 403},
		{path: "/rest/v1/notes?select=id,author(salary)", status: 403},
		{path: "/rest/v1/notes?select=id,author!inner(name)&author.salary=gt.15", status: 403},
		{path: "/rest/v1/notes?select=id,author(name)&author.order=salary", status: 403},
		{path: "/rest/v1/notes?select=id,author(*)&id=eq.n1", status: 200, want: `[{"id":"n1","author":{"id":"ann","name":"Ann","salary":null,"email":null}}]`},
		{who: "ann", path: "/rest/v1/people?select=id,email&order=id", status: 200, want: `[{"id":"ann","email":"ann@x"},{"id":"bob","email":null}]`},
		{who: "ann", path: "/rest/v1/people?select=id&email=like.*x", status: 200, want: `[{"id":"ann"}]`},
		{who: "ann", path: "/rest/v1/people?select=id&email=not.eq.ann@x", status: 200, want: `[]`},
		{who: "ann", path: "/rest/v1/notes?select=id,author!inner(id)&author.email=eq.bob@x", status: 200, want: `[]`},
		{who: "boss", path: "/rest/v1/people?select=salary&order=salary.desc", status: 200, want: `[{"salary":20},{"salary":10}]`},
		// The description names every field.
		{path: "/rest/v1/", status: 401},
		{who: "service", path: "/rest/v1/", status: 200, has: []string{`"swagger":"2.0"`, `"salary"`}},
	} {
		c.run(t, s)
	}
}

func TestREST_Writes(t *testing.T) {
	t.Parallel()
	s := filled(t, config)
	rep := prefer("return=representation")
	for _, c := range []scenario{
		// Inserts.
		{who: "ann", method: "POST", path: "/rest/v1/notes", body: `{"id":"w1","owner":"ann","title":"w"}`, status: 201, answered: map[string]string{"Content-Type": ""}},
		{who: "ann", method: "POST", path: "/rest/v1/notes?select=id,stars", header: rep, body: `[{"id":"w2","owner":"ann","title":"w","stars":2},{"id":"w3","owner":"ann","title":"w"}]`, status: 201, want: `[{"id":"w2","stars":2},{"id":"w3","stars":0}]`, answered: map[string]string{"Preference-Applied": "return=representation"}},
		{who: "ann", method: "POST", path: "/rest/v1/notes?select=id,author(name)", header: map[string]string{"Prefer": "return=representation", "Accept": "application/vnd.pgrst.object+json"}, body: `{"id":"w4","owner":"ann","title":"w","author":"bob"}`, status: 201, want: `{"id":"w4","author":{"name":"Bob"}}`},
		{who: "ann", method: "POST", path: `/rest/v1/notes?columns="id","owner","title","stars"&select=id,stars`, header: rep, body: `[{"id":"w5","owner":"ann","title":"w","nope":1},{"id":"w6","owner":"ann","title":"w","stars":4}]`, status: 201, want: `[{"id":"w5","stars":null},{"id":"w6","stars":4}]`},
		{who: "ann", method: "POST", path: `/rest/v1/notes?columns=id,owner,title,stars&select=id,stars`, header: prefer("return=representation, missing=default"), body: `[{"id":"w7","owner":"ann","title":"w"}]`, status: 201, want: `[{"id":"w7","stars":0}]`},
		{who: "ann", method: "POST", path: "/rest/v1/notes", header: prefer("return=headers-only"), body: `{"id":"w8","owner":"ann","title":"w"}`, status: 201, answered: map[string]string{"Location": "/notes?id=eq.w8"}},
		{who: "ann", method: "POST", path: "/rest/v1/notes", header: rep, body: `[]`, status: 201, want: `[]`},
		{who: "ann", method: "POST", path: "/rest/v1/notes", body: `{"owner":"bob","title":"w"}`, status: 403, has: []string{`"42501"`, `new row violates row-level security policy for table \"notes\"`, "collections.notes.rules.create"}},
		{method: "POST", path: "/rest/v1/notes", body: `{"owner":"ann","title":"w"}`, status: 401, has: []string{`"42501"`}},
		{who: "ann", method: "POST", path: "/rest/v1/comments", body: `{"note":"n1"}`, status: 403, has: []string{`"42501"`, "permission denied for table comments", "collections.comments.rules.create"}},
		{who: "ann", method: "POST", path: "/rest/v1/notes", body: `{"owner":"ann"}`, status: 400, has: []string{`"23502"`, `null value in column \"title\" of relation \"notes\" violates not-null constraint`}},
		{who: "ann", method: "POST", path: "/rest/v1/notes", body: `{"owner":"ann","title":"w","nope":1}`, status: 400, has: []string{`"PGRST204"`, "Could not find the 'nope' column of 'notes' in the schema cache"}},
		{who: "ann", method: "POST", path: "/rest/v1/notes", body: `{"owner":"ann","title":"w","stars":"many"}`, status: 400, has: []string{`"22P02"`}},
		{who: "ann", method: "POST", path: "/rest/v1/notes", body: `{"owner":"ann","title":"` + strings.Repeat("w", 21) + `"}`, status: 400, has: []string{`"23514"`}},
		{who: "ann", method: "POST", path: "/rest/v1/notes", body: `{"owner":"ann","title":"w","author":"nobody"}`, status: 409, has: []string{`"23503"`, "notes_author_fkey"}},
		{who: "ann", method: "POST", path: "/rest/v1/notes", body: `{"id":"n1","owner":"ann","title":"w"}`, status: 409, has: []string{`"23505"`, "notes_pkey"}},
		{who: "ann", method: "POST", path: "/rest/v1/notes", body: `{`, status: 400, has: []string{`"PGRST102"`}},
		{who: "ann", method: "POST", path: "/rest/v1/people?select=salary", header: rep, body: `{"name":"x"}`, status: 403},
		{who: "service", method: "POST", path: "/rest/v1/people?select=name,salary", header: rep, body: `{"id":"eve","name":"Eve","salary":3}`, status: 201, want: `[{"name":"Eve","salary":3}]`},
		// Updates.
		{who: "ann", method: "PATCH", path: "/rest/v1/notes?id=eq.w1", body: `{"stars":7}`, status: 204},
		{who: "ann", method: "PATCH", path: "/rest/v1/notes?id=in.(w1,w2,n1,n5)&select=id,stars&order=id", header: prefer("return=representation,count=exact"), body: `{"stars":8}`, status: 200, want: `[{"id":"w1","stars":8},{"id":"w2","stars":8}]`, answered: map[string]string{"Content-Range": "*/2"}},
		{who: "ann", method: "PATCH", path: "/rest/v1/notes?id=eq.n5&select=id", header: rep, body: `{"stars":8}`, status: 200, want: `[]`},
		{who: "ann", method: "PATCH", path: "/rest/v1/notes?id=eq.w1", body: `{"owner":"bob"}`, status: 403, has: []string{`"42501"`, "collections.notes.rules.update"}},
		{method: "PATCH", path: "/rest/v1/notes?id=eq.n1", body: `{"stars":1000}`, status: 204},
		{path: "/rest/v1/notes?select=stars&id=eq.n1", status: 200, want: `[{"stars":3}]`},
		{who: "ann", method: "PATCH", path: "/rest/v1/notes", body: `{"stars":1}`, status: 400, has: []string{`"21000"`}},
		{who: "ann", method: "PATCH", path: "/rest/v1/notes?id=like.w*", header: prefer("handling=strict, max-affected=2"), body: `{"stars":99}`, status: 400, has: []string{`"PGRST124"`}},
		{who: "ann", path: "/rest/v1/notes?select=count()&stars=eq.99", status: 200, want: `[{"count":0}]`},
		{who: "ann", method: "PATCH", path: "/rest/v1/notes?id=eq.w1&select=id", header: map[string]string{"Prefer": "return=representation", "Accept": "application/vnd.pgrst.object+json"}, body: `{"code":"x"}`, status: 200, want: `{"id":"w1"}`},
		{who: "ann", method: "PATCH", path: "/rest/v1/notes?id=eq.w2", body: `{"code":"x"}`, status: 409, has: []string{`"23505"`, "notes_code_key"}},
		{who: "ann", method: "PATCH", path: "/rest/v1/notes?id=eq.none", header: map[string]string{"Prefer": "return=representation", "Accept": "application/vnd.pgrst.object+json"}, body: `{"stars":1}`, status: 406, has: []string{`"PGRST116"`}},
		{who: "service", method: "PATCH", path: "/rest/v1/notes?id=eq.n5&select=stars", header: rep, body: `{"stars":101}`, status: 200, want: `[{"stars":101}]`},
		{who: "ann", method: "PATCH", path: "/rest/v1/people?salary=gt.15", body: `{"name":"x"}`, status: 403},
		// Upserts.
		{who: "ann", method: "POST", path: "/rest/v1/notes?select=id,title,stars", header: prefer("resolution=merge-duplicates,return=representation"), body: `[{"id":"w1","owner":"ann","title":"merged"},{"id":"w9","owner":"ann","title":"new"}]`, status: 201, want: `[{"id":"w1","title":"merged","stars":8},{"id":"w9","title":"new","stars":0}]`},
		{who: "ann", method: "POST", path: "/rest/v1/notes?select=id,title&on_conflict=code", header: prefer("resolution=merge-duplicates,return=representation"), body: `{"code":"x","owner":"ann","title":"by code"}`, status: 200, want: `[{"id":"w1","title":"by code"}]`},
		{who: "ann", method: "POST", path: "/rest/v1/notes?select=id", header: prefer("resolution=ignore-duplicates,return=representation"), body: `[{"id":"w1","owner":"ann","title":"x"},{"id":"w10","owner":"ann","title":"new"}]`, status: 201, want: `[{"id":"w10"}]`},
		{who: "ann", method: "POST", path: "/rest/v1/notes", header: prefer("resolution=merge-duplicates"), body: `[{"id":"w11","owner":"ann","title":"new"},{"id":"n1","owner":"ann","title":"taken"}]`, status: 403, has: []string{`"42501"`}},
		{who: "ann", method: "POST", path: "/rest/v1/notes", header: prefer("resolution=merge-duplicates"), body: `{"id":"n5","owner":"ann","title":"taken"}`, status: 409},
		{who: "ann", path: "/rest/v1/notes?select=id&id=in.(w11,n1)&title=in.(new,taken)", status: 200, want: `[]`},
		{who: "ann", method: "POST", path: "/rest/v1/notes?on_conflict=title", header: prefer("resolution=merge-duplicates"), body: `{"owner":"ann","title":"w"}`, status: 400, has: []string{`"42P10"`}},
		{who: "ann", method: "PUT", path: "/rest/v1/notes?id=eq.w12", body: `{"id":"w12","owner":"ann","title":"put"}`, status: 201},
		{who: "ann", method: "PUT", path: "/rest/v1/notes?id=eq.w12", body: `{"id":"other","owner":"ann","title":"put"}`, status: 400, has: []string{`"PGRST115"`}},
		{who: "ann", method: "PUT", path: "/rest/v1/notes?title=eq.put", body: `{"id":"w12"}`, status: 405, has: []string{`"PGRST105"`}},
		// Deletes.
		{who: "ann", method: "DELETE", path: "/rest/v1/notes?id=eq.w9&select=id,title", header: rep, status: 200, want: `[{"id":"w9","title":"new"}]`},
		{who: "ann", method: "DELETE", path: "/rest/v1/notes?id=in.(n1,n5,w10)", header: prefer("count=exact"), status: 204, answered: map[string]string{"Content-Range": "*/1"}},
		{who: "ann", path: "/rest/v1/notes?select=id&id=in.(n1,w10)", status: 200, want: `[{"id":"n1"}]`},
		{who: "ann", method: "DELETE", path: "/rest/v1/notes", status: 400, has: []string{`"21000"`}},
		{who: "ann", method: "DELETE", path: "/rest/v1/locked?id=eq.l1", status: 403, has: []string{`"42501"`}},
		{who: "service", method: "DELETE", path: "/rest/v1/locked?id=eq.l1", status: 204},
		// Several writes in one transaction.
		{who: "ann", method: "POST", path: "/rest/v1/rpc/batch", body: `{"ops":[{"op":"create","collection":"notes","doc":{"id":"b1","owner":"ann","title":"b"}},{"op":"create","collection":"notes","doc":{"owner":"bob","title":"b"}}]}`, status: 403},
		{who: "ann", path: "/rest/v1/notes?select=id&id=eq.b1", status: 200, want: `[]`},
		{who: "ann", method: "POST", path: "/rest/v1/rpc/batch", body: `{"ops":[{"op":"create","collection":"notes","doc":{"id":"b1","owner":"ann","title":"b"}}]}`, status: 200, has: []string{`"b1"`}},
		{who: "ann", method: "POST", path: "/rest/v1/rpc/nothing", body: `{}`, status: 404, has: []string{`"PGRST202"`}},
	} {
		c.run(t, s)
	}
}

// TestUpsert_ColumnsThatARowLacks: a merged row has null, or its default, in a column that columns names, as a new one has.
func TestUpsert_ColumnsThatARowLacks(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, config)
	merge := map[string]string{"Prefer": "resolution=merge-duplicates,missing=default,return=representation"}
	for _, c := range []scenario{
		{who: "service", method: "POST", path: "/rest/v1/notes", body: `{"id":"u1","title":"a","price":5,"code":"c","stars":3,"due":"2026-01-01T00:00:00Z"}`, status: 201},
		{who: "service", method: "POST", path: "/rest/v1/notes?columns=id,title,price,code,stars&select=id,title,price,code,stars,due&on_conflict=id", header: merge, body: `[{"id":"u1","title":"b"},{"id":"u2","title":"c","price":1}]`, status: 201,
			want: `[{"id":"u1","title":"b","price":null,"code":null,"stars":3,"due":"2026-01-01T00:00:00.000000Z"},{"id":"u2","title":"c","price":1,"code":null,"stars":0,"due":null}]`},
		{who: "service", method: "POST", path: "/rest/v1/notes?select=id,title,due&on_conflict=id", header: merge, body: `{"id":"u1","title":"d"}`, status: 200, want: `[{"id":"u1","title":"d","due":"2026-01-01T00:00:00.000000Z"}]`},
	} {
		c.run(t, s)
	}
}
