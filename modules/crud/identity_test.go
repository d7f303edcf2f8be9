package crud_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/query"
)

// shared has a rule of every kind that makes answers differ: on the caller, the request, the time, on other
// documents, on fields; some of them on the other side of a reference alone.
var shared = []described{
	{name: "posts", read: "true", fields: []crud.Field{text("title"), field("n", query.TypeInt), to("author", "users"), to("au2", "guarded"), to("timed", "embargo"), text("secret")},
		documents: []string{
			`{"id":"t","title":"one","n":1,"author":"u1","au2":"g1","timed":"e1","secret":"S1"}`, `{"id":"t2","title":"two","n":2,"author":"u2","secret":"S2"}`,
		}},
	{name: "notes", read: "true", fields: []crud.Field{text("title"), to("author", "users"), text("secret")},
		readable:  map[string]string{"secret": `auth.role == "staff"`},
		documents: []string{`{"id":"t","title":"one","author":"u1","secret":"S1"}`, `{"id":"t2","title":"two","author":"u2","secret":"S2"}`}},
	{name: "staff", read: `auth.role == "staff"`, fields: []crud.Field{to("post", "posts"), text("secret")}, documents: []string{`{"id":"s1","post":"t","secret":"TOPSECRET-staff"}`}},
	{name: "root", read: `auth.role == "root"`, fields: []crud.Field{to("post", "posts"), text("secret")}, documents: []string{`{"id":"r1","post":"t","secret":"TOPSECRET-root"}`}},
	{name: "users", read: `request.ip == "10.0.0.1" || doc.name == "Bob"`, fields: []crud.Field{text("name"), text("team")}, documents: []string{`{"id":"u1","name":"Ann","team":"red"}`, `{"id":"u2","name":"Bob","team":"blue"}`}},
	{name: "guarded", read: `auth.role == "staff"`, fields: []crud.Field{text("name")}, documents: []string{`{"id":"g1","name":"Bob"}`}},
	{name: "embargo", read: `request.time > date("2030-01-01")`, fields: []crud.Field{text("name")}, documents: []string{`{"id":"e1","name":"soon"}`}},
	{name: "teams", read: `exists("members", {"team": doc.id, "user": auth.id})`, fields: []crud.Field{text("name")}, readable: map[string]string{"name": `doc.id == auth.team`}, documents: []string{`{"id":"red","name":"Red"}`, `{"id":"blue","name":"Blue"}`}},
	{name: "members", read: "false", fields: []crud.Field{text("team"), text("user")}, documents: []string{`{"id":"m1","team":"red","user":"ann"}`, `{"id":"m2","team":"blue","user":"bob"}`}},
}

// asker makes up callers and questions.
type asker struct {
	*rand.Rand
	hostile []string
	marked  bool // whether pieces go from mark to mark
}

func (a *asker) of(list ...string) string { return list[a.IntN(len(list))] }

// string returns what a client may write anywhere: something plain, a piece of the name of what another user has
// asked, or what has a meaning in some syntax.
func (a *asker) string() string {
	if len(a.hostile) > 0 && a.IntN(2) == 0 {
		return a.hostile[a.IntN(len(a.hostile))]
	}
	return a.of("one", "two", "title", "-n", "Bob", "red", "", `"`, `\`, "\n", "a\nb", "]", "[true", "and(", "true", "false", "\x00", "t", "list", "é", "expand staff 1 true [] 20 true", strings.Repeat("x", 130))
}

// piece cuts a piece out of the name of an answer, as a user would who wants to end what stands before it and
// begin what stands behind it: from a closing mark to an opening one, or from any border of a word to another.
func (a *asker) piece(identity string) string {
	opening, closing := "[({\"", "])}\""
	var from, until []int
	for i := range len(identity) + 1 {
		before, after := byte(' '), byte(' ')
		if i > 0 {
			before = identity[i-1]
		}
		if i < len(identity) {
			after = identity[i]
		}
		marks := a.marked
		if !marks && (!word(before) || !word(after)) || marks && strings.IndexByte(closing, after) >= 0 {
			from = append(from, i)
		}
		if !marks && (!word(before) || !word(after)) || marks && strings.IndexByte(opening, before) >= 0 {
			until = append(until, i)
		}
	}
	for range 10 {
		if len(from) == 0 || len(until) == 0 {
			break
		}
		if i, j := from[a.IntN(len(from))], until[a.IntN(len(until))]; i < j {
			return strings.ToValidUTF8(identity[i:j], "?")
		}
	}
	return "]"
}

// learn keeps pieces of an identity for the strings of later questions.
func (a *asker) learn(identity string) {
	a.marked = a.IntN(3) > 0
	a.hostile = append(a.hostile, a.piece(identity))
	if len(a.hostile) > 300 {
		a.hostile = a.hostile[100:]
	}
}

// forge returns a question whose name may come out as that of another one: it has a part less, and in its place
// a piece of that name.
func (a *asker) forge(q question, identity string) question {
	params := crud.Params{}
	for name, value := range q.params {
		params[name] = value
	}
	a.marked = a.IntN(4) > 0
	switch expand, _, several := strings.Cut(params["expand"], ","); {
	case several:
		name, _, _ := strings.Cut(expand, "(")
		params["expand"] = name + "(" + a.of("sort", "via", "expand", "limit") + ":" + a.piece(identity) + ")"
	case len(params) > 0:
		for name := range params {
			params[name] += a.piece(identity)
		}
	}
	q.params = params
	return q
}

func word(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

func (a *asker) caller() crud.Caller {
	c := crud.Caller{IP: a.of("10.0.0.1", "10.0.0.2"), Method: "GET", Admin: a.IntN(20) == 0}
	if a.IntN(3) > 0 {
		c.Auth = map[string]any{"sub": a.of("ann", "bob", a.string()), "role": a.of("staff", "root", "none", a.string()), "team": a.of("red", "blue", a.string())}
	}
	return c
}

// question is what a user asks.
type question struct {
	kind, collection, id string
	params               crud.Params
	body                 string
}

func (a *asker) question() question {
	q := question{kind: a.of("get", "list", "list", "live", "query", "figures", "live figures"), collection: a.of("posts", "posts", "posts", "notes", "teams", "users"), id: a.of("t", "t2", "red", "u1", a.string()), params: crud.Params{}}
	switch q.kind {
	case "query":
		q.body = fmt.Sprintf(`{"where":{%q:%q},"sort":[%q],"limit":%d,"expand":[%q]}`, a.of("title", "name", "id"), a.string(), a.of("title", "name", a.string()), 1+a.IntN(3), a.expand())
		return q
	case "figures", "live figures":
		q.body = fmt.Sprintf(`{"count":true,"group":[%q],"where":{%q:%q}}`, a.of("title", "name", "secret"), a.of("author.name", "au2.name", "timed.name", "title", "name"), a.of("Ann", "Bob", "soon", a.string()))
		return q
	}
	if a.IntN(2) == 0 {
		q.params["expand"] = a.expand()
	}
	if a.IntN(4) == 0 {
		q.params["select"] = a.of("title", "id,n", "secret", "name", a.string())
	}
	if q.kind == "get" {
		return q
	}
	if a.IntN(2) == 0 {
		q.params["filter"] = fmt.Sprintf("%s %s %q", a.of("title", "author.name", "au2.name", "timed.name", "name", "secret"), a.of("==", "!=", ">", "startsWith"), a.of("Ann", "Bob", "soon", "one", "TOPSECRET", a.string()))
	}
	if a.IntN(4) == 0 {
		q.params["sort"] = a.of("title", "-n", "name", a.string())
	}
	if a.IntN(4) == 0 {
		q.params["limit"] = a.of("1", "2", "20", a.string())
	}
	if a.IntN(10) == 0 {
		q.params["after"] = a.string()
	}
	return q
}

func (a *asker) expand() string {
	one := func() string {
		name := a.of("staff", "root", "staff", "root", "author", "au2", "timed", a.string())
		if a.IntN(3) > 0 {
			return name
		}
		return name + "(" + a.of("sort:"+a.string(), "limit:2", "sort:id", "expand:author", "via:"+a.string(), a.string()) + ")"
	}
	if a.IntN(2) == 0 {
		return one()
	}
	return one() + "," + one()
}

var cursorPattern = regexp.MustCompile(`"next":"[^"]*"`)

// ask prepares a question, and returns the name under which its answer is shared, empty where it is not.
func ask(s *crud.Service, c crud.Caller, q question) (identity string, r *crud.CacheKey, answer func() string, err error) {
	read := crud.Read{Collection: q.collection, Params: q.params}
	switch q.kind {
	case "get":
		read.Kind, read.ID = crud.Get, q.id
	case "query":
		read.Body = []byte(q.body)
	case "figures", "live figures":
		read.Kind, read.Body = crud.Aggregate, []byte(q.body)
	}
	plan, err := s.Prepare(c, read)
	if err != nil {
		return "", nil, nil, err
	}
	ctx := context.Background()
	if strings.HasPrefix(q.kind, "live") {
		live, err := plan.Live()
		if err != nil {
			return "", nil, nil, err
		}
		return "live\n" + live.Identity, nil, func() string {
			items, err := live.Compute(ctx)
			out := fmt.Sprint(err)
			for _, item := range items {
				out += "\n" + item.Key + " " + string(item.JSON)
			}
			return out
		}, nil
	}
	answer = func() string {
		result, err := plan.Run(ctx)
		if err != nil {
			return fmt.Sprint(err)
		}
		body, _, err := result.Encode()
		return fmt.Sprint(err) + cursorPattern.ReplaceAllString(string(body), `"next":"…"`)
	}
	if key := plan.CacheKey(); key != nil {
		return key.Key, key, answer, nil
	}
	return "", nil, answer, nil
}

// TestIdentity_EqualNamesHaveEqualAnswers asks as any caller, at any time, with anything where a client may write a
// string, pieces of the names of other answers above all. Whoever gets a name must get what every user with that
// name gets; and an answer that says it is public, or that it lasts, must be so.
func TestIdentity_EqualNamesHaveEqualAnswers(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	a := &asker{Rand: rand.New(rand.NewPCG(seed, 0))}
	times := []time.Time{time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC)}
	now := times[0]
	s := start(t, shared, func() time.Time { return now })

	type asked struct {
		caller   crud.Caller
		question question
		identity string
		at       time.Time
		answer   func() string
	}
	first := map[string]asked{}
	compared, public, lasting := 0, 0, 0
	forging, forged := 0, asked{}
	n := 12_000
	if os.Getenv("BASALT_LONG") != "" {
		n = 40_000
	}
	for range n {
		now = times[a.IntN(len(times))]
		one := asked{caller: a.caller(), question: a.question(), at: now}
		if forging > 0 {
			forging--
			one.question = a.forge(forged.question, forged.identity)
		}
		identity, r, answer, err := ask(s, one.caller, one.question)
		if err != nil || identity == "" {
			continue
		}
		one.answer, one.identity = answer, identity
		if other, ok := first[identity]; !ok {
			first[identity] = one
			a.learn(identity)
			if strings.Contains(one.question.params["expand"], ",") && forging == 0 {
				forging, forged = 100, one
			}
		} else if got, want := answer(), other.answer(); got != want {
			t.Fatalf("one name, two answers:\n%+v\n%s\n\n%+v\n%s", one, got, other, want)
		} else {
			compared++
		}
		if r == nil || !r.Public && !r.Lasting {
			continue
		}
		again := one
		now = times[a.IntN(len(times))]
		again.caller.IP = a.of("10.0.0.1", "10.0.0.2")
		if r.Public {
			again.caller, public = a.caller(), public+1
			again.caller.Admin = false
		} else {
			lasting++
		}
		other, _, theirs, err := ask(s, again.caller, again.question)
		if err != nil || !r.Public && other != identity || theirs() != answer() {
			t.Fatalf("public %t, lasting %t, but not the same for\n%+v\n%+v: %v", r.Public, r.Lasting, one, again, err)
		}
	}
	if compared < n/100 || public < n/100 || lasting < n/100 {
		t.Errorf("of %d questions %d were compared, %d were public, %d were lasting: too few to say something", n, compared, public, lasting)
	}
}
