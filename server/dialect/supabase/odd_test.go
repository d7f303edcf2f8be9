package supabase_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/server/servertest"
)

// TestREST_OddRequests sends what no client of good will sends. None of it is an error of the server, and what is refused says why.
func TestREST_OddRequests(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, config)
	scenario{who: "service", method: "POST", path: "/rest/v1/people", body: `[{"id":"p1","name":"a"},{"id":"p2","name":"b"}]`, status: 201}.run(t, s)
	scenario{who: "service", method: "POST", path: "/rest/v1/notes", body: `[{"id":"n1","owner":"all","author":"p1","title":"t","data":{"a":[1,{"b":null}],"c":"x"},"tags":["a","b"]},{"id":"n2","owner":"all","title":"u"}]`, status: 201}.run(t, s)
	scenario{who: "service", method: "POST", path: "/rest/v1/comments", body: `[{"id":"c1","note":"n1","text":"x"},{"id":"c2","note":"n1","text":"y"}]`, status: 201}.run(t, s)
	for _, c := range oddRequests() {
		a := c.answer(t, s)
		name := c.who + " " + c.method + " " + c.path + " " + strings.Join([]string{c.header["Prefer"], c.header["Range"], c.header["Accept"], c.body}, "|")
		if a.Status >= 500 || a.Status < 200 {
			t.Errorf("%s is %d: %s", name, a.Status, a.Body)
		}
		if c.status != 0 && a.Status != c.status {
			t.Errorf("%s is %d, not %d: %s", name, a.Status, c.status, a.Body)
		}
		if c.method == "HEAD" || a.Status == 204 {
			if a.Body != "" {
				t.Errorf("%s has a body: %s", name, a.Body)
			}
			continue
		}
		if said := (struct{ Code, Message string }{}); a.Status >= 400 && (json.Unmarshal([]byte(a.Body), &said) != nil || said.Code == "" || said.Message == "") {
			t.Errorf("%s is %d, and does not say why: %s", name, a.Status, a.Body)
		}
	}
}

func oddRequests() []scenario {
	var out []scenario
	add := func(c ...scenario) { out = append(out, c...) }
	// Parameters of a list, as they are written in an address.
	for _, q := range []string{
		"", "&", "=", "&&=&", "select", "select=", "select=,", "select=*,*", "select=()", "select=a(", "select=a)", "select=)", "select=*(*)", "select=id,", "select=,id",
		"select=id:id:id", "select=x:id,x:id", "select=id::", "select=id::text::text", "select=id::nope", "select=id.", "select=id.sum", "select=id.sum()", "select=stars.sum().sum()", "select=count()", "select=count(),count()",
		"select=stars.avg()::int", "select=x:count()", "select=data->", "select=data->>", "select=data->>a->b", "select=data->a->0->-1", "select=data->9999999999999999999", "select=title->a", "select=...", "select=...*",
		"select=...people(*)", "select=people(*)", "select=author(*)", "select=author()", "select=author(*),author(*)", "select=author!inner(", "select=author!!(*)", "select=author!inner!left(*)", "select=comments!nope(*)", "select=comments(note(comments(note(comments(note(id))))))",
		"select=comments(count())", "select=...comments(count())", "select=comments(text.max(),count())", `select="id"`, `select="`, `select="id`, `select="i\d"`, "select=%00", "select=%ff", "select=%", "select=%zz", "select=id;drop", "select=" + strings.Repeat("(", 3000), "select=" + strings.Repeat("id,", 800) + "id",
		"id=", "id=eq", "id=eq.", "id=.eq.1", "id=not.eq.n1", "id=not.not.not.eq.n1", "id=" + strings.Repeat("not.", 500) + "eq.n1", "id=is.null", "id=is.nothing", "id=in.", "id=in.(", "id=in.()", "id=in.(,)", `id=in.("`, `id=in.("a`, "id=in.(n1", "id=in.(" + strings.Repeat("a,", 2000) + "a)",
		"stars=eq.1e400", "stars=eq.99999999999999999999", "stars=gt.NaN", "stars=eq.0x1", "stars=eq.%2B1", "price=eq.1e999999999", "price=gt.NaN", "due=gt.infinity", "due=gt.-infinity", "due=eq.99999-01-01", "due=eq.now", "done=eq.maybe", "done=is.unknown",
		"title=like.", "title=like." + strings.Repeat("*", 500), "title=ilike.%25%25%25", "title=match.(", "title=match.%5Ba", "title=imatch.^a$", "title=match." + strings.Repeat("a", 3000), "title=fts.x", "title=fts(", "title=fts(english).x", "title=plfts(a.b).x", "title=like(any).", "title=like(any).{", "title=like(some).{a}", "title=eq(all).{a,b}", "stars=eq(any).{1,x}",
		"tags=cs.", "tags=cs.{", "tags=cs.{a}", "tags=cs.[", "tags=ov.{a,b}", "tags=cd.{a}", "title=cs.{a}", "stars=sl.(1,2)", "data=eq.1", "data->a=eq.1", "data->a->0=eq.1", "data->>a=is.null", "data->>c=like.x*", "data->=eq.1", "->a=eq.1", "data->>c->d=eq.1", `data->"a.b"=eq.1`, "data->" + strings.Repeat("a", 100) + "=eq.1",
		"or=", "or=()", "or=(", "or=(id.eq.n1", "or=(id.eq.n1,)", "or=(,)", "or=(id)", "or=(id.eq)", "or=(and(or(and(id.eq.n1))))", "or=" + strings.Repeat("(or", 50) + "(id.eq.1)" + strings.Repeat(")", 50), "and=(or())", "not.or=(id.eq.n1)", "not.not.or=(id.eq.n1)", "or=(nope.eq.1)", `or=(title.eq."a,b)")`, "or=(comments.id.eq.1)", "or=(" + strings.Repeat("id.eq.1,", 900) + "id.eq.1)",
		"nope=eq.1", "nope.id=eq.1", "author.name=eq.a", "select=author(name)&author.name=eq.a", "select=author(name)&author=is.null", "select=author!inner(name)&author.name=is.null", "select=author(name)&author=eq.1", "select=comments(id)&comments.order=text.desc&comments.limit=1&comments.offset=1", "select=comments(id)&comments.limit=-1", "select=comments(id)&comments.limit=9223372036854775807&comments.offset=9223372036854775807",
		"select=comments(id)&comments.limit=0", "select=comments(id)&comments.order=nope", "select=comments(id)&comments.or=(id.eq.c1,id.eq.c2)", "select=comments(id)&comments..id=eq.1", "select=comments(id)&comments.=eq.1", "select=comments(id)&.id=eq.1", "select=comments(id)&order=comments(id)", "select=author(name)&order=author(name).desc.nullsfirst", "select=author(name)&order=author(nope)", "order=author(name)", "select=comments!inner(id)&comments.id=eq.c1&order=id",
		"order=", "order=,", "order=id,", "order=id.", "order=id.up", "order=id.asc.desc", "order=id.nullslast.nullsfirst", "order=nope", "order=data", "order=data->a", "order=data->>c.desc.nullslast,id", "order=data->a->0", "order=data->>c->d", "order=title->a", "order=" + strings.Repeat("id,", 100) + "id", "order=(id)", "order=id(", `order="id".desc`,
		"limit=", "limit=-1", "limit=0", "limit=x", "limit=1.5", "limit=99999999999999999999", "limit=9223372036854775807", "offset=-1", "offset=9223372036854775807", "offset=1&limit=0", "limit=1&limit=2", "columns=id", "columns=,", "on_conflict=nope", "apikey=x", "select=id&select=title",
		"%73elect=id", "select=id%26limit=1", "select=id+,+title", "id=eq.%00", "title=eq.%c3%28", "title=eq.%F0%9F%98%80",
	} {
		add(scenario{path: "/rest/v1/notes?" + q})
	}
	headers := func(name string, values ...string) {
		for _, v := range values {
			add(scenario{path: "/rest/v1/notes?select=id,title", header: map[string]string{name: v}}, scenario{method: "HEAD", path: "/rest/v1/notes?select=id", header: map[string]string{name: v}})
		}
	}
	headers("Range", "0-", "0-0", "1-0", "-1", "5-2", "9223372036854775807-", "0-9223372036854775807", "a-b", "items=0-1", "bytes=0-1", "0-1,3-4", "-", "1")
	headers("Prefer", "count=exact", "count=planned", "count=estimated", "count=nope", "handling=strict, nope=1", "handling=strict,max-affected=x", "tx=rollback", "return=minimal", ",", "=", "max-affected=-1", strings.Repeat("count=exact,", 300), "count=exact;q=1", `foo="bar, count=exact"`)
	headers("Accept", "*/*", "text/csv", "text/*", "application/json;nulls=stripped", "application/vnd.pgrst.object+json", "application/vnd.pgrst.array+json;nulls=stripped", "application/vnd.pgrst.plan", "application/vnd.pgrst.plan+json; for=\"text/csv\"", "application/xml", "", ";", ",", "application/geo+json", "application/octet-stream", strings.Repeat("a/b,", 500)+"application/json")
	headers("Accept-Profile", "public", "nope", "pg_catalog", "public\"")
	for _, q := range []string{"select=count()", "select=comments(*)", "select=id,author(*)", "select=...author(name)", "select=data->a,data->>c", "limit=0", "select=author!inner()"} {
		add(scenario{path: "/rest/v1/notes?" + q, header: map[string]string{"Accept": "text/csv"}}, scenario{path: "/rest/v1/notes?" + q, header: map[string]string{"Accept": "application/vnd.pgrst.object+json"}})
	}
	// Writes.
	for _, body := range []string{"", "null", "1", `"x"`, "[]", "{}", "[[]]", "[1]", "[null]", "[{},1]", "{", `{"id":`, `{"id":null}`, `{"id":1,"id":2}`, `{"id":{}}`, `{"title":"x","owner":"ann","data":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`, "\xff", `{"title":"\ud800"}`, `{"title":"` + "\x00" + `"}`, `{"title":"a\u0000"}`, `[{"title":"x"},{"nope":1}]`} {
		for _, method := range []string{"POST", "PATCH", "PUT", "DELETE"} {
			add(scenario{who: "ann", method: method, path: "/rest/v1/notes?id=eq.zz", body: body}, scenario{who: "ann", method: method, path: "/rest/v1/notes", body: body, header: prefer("return=representation,resolution=merge-duplicates,missing=default")})
		}
		add(scenario{method: "POST", path: "/rest/v1/rpc/batch", body: body}, scenario{method: "POST", path: "/rest/v1/rpc/nope", body: body})
	}
	for _, q := range []string{"columns=", "columns=nope", "columns=id,id", "columns=\"", "on_conflict=", "on_conflict=nope", "on_conflict=id,code", "on_conflict=,", "select=nope", "select=comments(*)", "order=id&limit=1", "limit=-1", "limit=0", "offset=1", "id=eq.n1&id=eq.n1"} {
		for _, method := range []string{"POST", "PATCH", "PUT", "DELETE"} {
			add(scenario{who: "ann", method: method, path: "/rest/v1/notes?" + q, body: `{"id":"n1","title":"x","owner":"ann"}`, header: prefer("return=representation,resolution=merge-duplicates")})
		}
	}
	// Addresses.
	for _, path := range []string{"/rest/v1/", "/rest/v1//", "/rest/v1/nope", "/rest/v1/ruleless", "/rest/v1/locked", "/rest/v1/notes/", "/rest/v1/notes/n1", "/rest/v1/" + url.PathEscape("a/b"), "/rest/v1/%00", "/rest/v1/%ff", "/rest/v1/" + strings.Repeat("x", 2000), "/rest/v1/rpc", "/rest/v1/rpc/", "/rest/v1/rpc/%00", "/rest/v1/rpc/nope", "/rest/v1/rpc/nope.nope?a=1", "/rest/v1/rpc/..", "/rest/v1/rpc/batch?a=b"} {
		for _, method := range []string{"GET", "HEAD", "OPTIONS", "POST", "PATCH", "TRACE"} {
			add(scenario{method: method, path: path}, scenario{who: "service", method: method, path: path})
		}
	}
	return out
}
