package proptest

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/server/servertest"
)

// encounter is what a victim asks and then another user, of a server that keeps and shares answers, and of one
// that keeps none. What the second gets must not tell that the first was there.
type encounter struct {
	seed           uint64
	schema         *schema
	world          *world
	victim, caller caller
	first, second  call
	// live says that both ask over a WebSocket, where who asks the same shares the work.
	live bool
}

// watchers are those who ask; administrators among them.
func (g *gen) watchers() (victim, caller caller) {
	all := append(slices.Clone(callers), callerAdministrator)
	for {
		victim, caller = pick(g, all), pick(g, all)
		victim.ip, caller.ip = pick(g, addresses), pick(g, addresses)
		if victim.name != caller.name || victim.ip != caller.ip {
			return victim, caller
		}
	}
}

var callerAdministrator = caller{name: "administrator", admin: true}

// sharing draws collections whose rules are about the caller, so that many share answers, and others must not.
func (g *gen) sharing(prefix string) *schema {
	s := g.schema(prefix)
	for len(s.collections) < 3 {
		s.collections = append(s.collections, &collection{name: fmt.Sprintf("%sc%d", prefix, len(s.collections))})
		c := s.collections[len(s.collections)-1]
		g.fields(s, c)
		g.policy(s, c)
	}
	whole := []node{
		compare{"==", claim{"role"}, literal{"staff"}}, compare{"==", claim{"id"}, literal{"u2"}}, compare{"!=", claim{""}, literal{nil}},
		literal{true}, lookup{s.collections[1].name, []string{"s"}, []node{claim{"id"}}},
	}
	if g.reach["address"] {
		whole = append(whole, compare{"==", address{}, literal{addresses[0]}})
	}
	for i, c := range s.collections {
		c.cached = i == 0 || g.in(2)
		if g.in(4) {
			continue
		}
		c.rules["read"] = pick(g, whole)
		if i == 0 {
			c.rules["read"] = literal{true}
			c.readable = map[string]node{}
		}
		if c.field("r") == nil {
			c.fields = append(c.fields, field{name: "r", typ: "ref", by: true})
		}
		f := c.field("r")
		if f.to = s.collections[0].name; i == 0 {
			f.to = pick(g, s.collections[1:]).name
		}
	}
	return s
}

// meet draws an encounter.
func (g *gen) meet(seed uint64, s *schema, w *world) encounter {
	e := encounter{seed: seed, schema: s, world: w}
	e.victim, e.caller = g.watchers()
	c := &client{gen: g, schema: s, world: w}
	of := s.collections[0]
	if g.in(3) {
		of = pick(g, s.collections)
	}
	switch {
	case g.reach["keys"] && g.in(5):
		e.first = call{method: "POST", path: "/v1/db/" + of.name, body: c.document(of, fmt.Sprint("n", g.IntN(1000))), header: map[string]string{"Idempotency-Key": fmt.Sprint("k", g.Uint64())}}
		e.second = e.first
		return e
	case g.reach["live"] && g.in(4):
		e.live = true
	}
	e.first = c.shared(of)
	if e.live {
		e.first = call{method: "POST", path: "/v1/db/" + of.name + "/query", body: c.queryBody(of)}
	}
	e.second = e.first
	if ways := c.ways(of); g.reach["injection"] && len(ways) > 1 && g.in(3) {
		e.first, e.second = c.forged(of, ways, e.live)
	}
	return e
}

// shared draws a read that many send.
func (g *client) shared(c *collection) call {
	path := "/v1/db/" + c.name
	switch g.IntN(6) {
	case 0:
		p := url.Values{}
		if g.in(2) {
			p.Set("expand", g.expands(c, 1))
		}
		return call{method: "GET", path: path + "/" + g.id(c)}.with(p)
	case 1:
		return call{method: "POST", path: path + "/query", body: g.queryBody(c)}
	case 2:
		return call{method: "POST", path: path + "/aggregate", body: g.aggregateBody(c)}
	case 3:
		return call{method: "GET", path: path}
	}
	p := g.listParams(c)
	p.Del("after")
	return call{method: "GET", path: path}.with(p)
}

// way is a collection with one reference to another.
type way struct {
	name  string
	field int // its place among the fields of its collection, the id being the first
}

func (g *client) ways(to *collection) (out []way) {
	for _, c := range g.schema.collections {
		n := 0
		w := way{name: c.name}
		for i, f := range c.fields {
			if f.to == to.name {
				n++
				w.field = i + 1
			}
		}
		if n == 1 {
			out = append(out, w)
		}
	}
	return out
}

// forgeries are what the order of an expansion is made of by who wants a server to take one expansion for two:
// each ends what a server may write around it, and begins another.
var forgeries = []string{
	"] 20 true\nexpand %[1]s %[2]d true [",
	"] 20 true) (expand %[1]s %[2]d true [",
	`"] 20 true,"%[1]s" %[2]d true ["`,
	"\"],\"limit\":20},{\"name\":\"%[1]s\",\"sort\":[\"",
	"\x1f20\x1ftrue\x1e%[1]s\x1f%[2]d\x1ftrue\x1f",
}

// forged draws two reads: one of two expansions, and one whose only expansion has the text of the other in it.
func (g *client) forged(c *collection, ways []way, live bool) (first, second call) {
	a := pick(g.gen, ways)
	b := pick(g.gen, ways)
	for b == a {
		b = pick(g.gen, ways)
	}
	forged := a.name + "(sort:" + fmt.Sprintf(pick(g.gen, forgeries[:1+g.IntN(len(forgeries))]), b.name, b.field) + ")"
	path := "/v1/db/" + c.name
	if live {
		body := func(expand ...string) string { return string(must(json.Marshal(map[string]any{"expand": expand}))) }
		return call{method: "POST", path: path + "/query", body: body(a.name, b.name)}, call{method: "POST", path: path + "/query", body: body(forged)}
	}
	return call{method: "GET", path: path}.with(url.Values{"expand": {a.name + "," + b.name}}), call{method: "GET", path: path}.with(url.Values{"expand": {forged}})
}

// sharers are the two servers, and the tokens of the callers.
type sharers struct {
	kept, fresh *instance
	tokens      map[string]string
}

func (s *sharers) token(c *caller) string {
	if _, ok := s.tokens[c.name]; !ok {
		s.tokens[c.name] = s.kept.token(c)
	}
	return s.tokens[c.name]
}

// run lets both ask, and returns what is wrong.
func (e *encounter) run(on *sharers) (string, error) {
	if e.live {
		return e.runLive(on)
	}
	victim, caller := on.token(&e.victim), on.token(&e.caller)
	alike := e.first
	if key := e.first.header["Idempotency-Key"]; key != "" {
		if e.victim.admin && e.caller.admin || e.victim.claims["sub"] != nil && e.victim.claims["sub"] == e.caller.claims["sub"] {
			return "", nil // one person's key, who gets their own answer
		}
		alike.header = map[string]string{"Idempotency-Key": key + "-of-the-victim"}
		on.fresh.send(victim, e.victim.ip, alike)
	}
	on.kept.send(victim, e.victim.ip, e.first)
	on.kept.send(victim, e.victim.ip, e.first) // what was asked twice is remembered
	got := on.kept.send(caller, e.caller.ip, e.second)
	want := on.fresh.send(caller, e.caller.ip, e.second)
	if got.status >= 500 {
		return fmt.Sprintf("the server failed: %v", got), nil
	}
	if got.shared() != want.shared() {
		return fmt.Sprintf("beside others:\n    %v\n  alone:\n    %v", got, want), nil
	}
	if strings.HasPrefix(got.header["Cache-Control"], "public") {
		for _, other := range append(slices.Clone(callers), callerAdministrator) {
			for _, ip := range addresses {
				if theirs := on.fresh.send(on.token(&other), ip, e.second); !other.admin && theirs.shared() != got.shared() {
					return fmt.Sprintf("an answer for every user:\n    %v\n  but for %s from %s it is:\n    %v", got, other.name, ip, theirs), nil
				}
			}
		}
	}
	return "", nil
}

// shared is what of an answer must not depend on who else has asked.
func (a answer) shared() string {
	a.header = map[string]string{"Idempotent-Replayed": a.header["Idempotent-Replayed"], "Content-Type": a.header["Content-Type"]}
	return a.comparable()
}

// runLive lets both subscribe to the same, or what looks like it.
func (e *encounter) runLive(on *sharers) (string, error) {
	first, err := subscribe(on.kept, on.token(&e.victim), e.first)
	if err != nil {
		return "", err
	}
	defer first.Close()
	if _, err := first.Next(time.Minute); err != nil {
		return "", fmt.Errorf("the victim: %w", err)
	}
	second, err := subscribe(on.kept, on.token(&e.caller), e.second)
	if err != nil {
		return "", err
	}
	defer second.Close()
	m, err := second.Next(time.Minute)
	if err != nil {
		return "", fmt.Errorf("the caller: %w", err)
	}
	want := on.fresh.send(on.token(&e.caller), "127.0.0.1", e.second)
	var page struct {
		Items []json.RawMessage
		Code  string
	}
	if err := json.Unmarshal([]byte(want.body), &page); err != nil {
		return "", fmt.Errorf("%v: %w", want, err)
	}
	if join(m.Items) != join(page.Items) || m.Error.Code != page.Code {
		return fmt.Sprintf("beside others:\n    %s\n  alone:\n    %v", m.Text, want), nil
	}
	return "", nil
}

func join(items []json.RawMessage) string {
	parts := make([]string, len(items))
	for i := range items {
		parts[i] = string(items[i])
	}
	return strings.Join(parts, ",")
}

// subscribe begins a live query of the body of a call.
func subscribe(on *instance, token string, c call) (*servertest.Live, error) {
	l, err := servertest.Dial("http://"+on.url, token)
	if err != nil {
		return nil, err
	}
	collection := strings.Split(c.path, "/")[3]
	err = l.Send(fmt.Sprintf(`{"id":"1","op":"subscribe","collection":%q,"query":%s}`, collection, c.body))
	return l, err
}

const (
	meetings      = 8 // in each schema
	sharedSharing = 20
)

// TestSharing: whoever asks beside others gets what they would get alone.
func TestSharing(t *testing.T) {
	t.Parallel()
	r := reached()
	first, total := number("BASALT_PROP_FIRST", 1), number("BASALT_PROP_SHARING", inLong(share(400), 400))
	if seed := number("BASALT_PROP_SEED", 0); seed != 0 {
		first, total = seed, 1
	}
	began, calls, live := time.Now(), 0, 0
	for from := uint64(0); from < total && !t.Failed(); from += sharedSharing {
		var schemas []*schema
		var gens []*gen
		for n := range min(sharedSharing, total-from) {
			g := newGen(first+from+n, r)
			gens, schemas = append(gens, g), append(schemas, g.sharing(fmt.Sprint("a", n, "_")))
		}
		c := &clock{}
		on := &sharers{start(t, c, configuration(inMemory(), schemas, true)), start(t, c, configuration(inMemory(), schemas, false)), map[string]string{}}
		for n, s := range schemas {
			g, w := gens[n], gens[n].world(s)
			for _, i := range []*instance{on.kept, on.fresh} {
				if err := i.load(s, w); err != nil {
					t.Fatalf("%v\n%s", err, s.yaml())
				}
			}
			for range meetings {
				c.seconds.Add(1)
				e := g.meet(first+from+uint64(n), s, w)
				if e.live {
					live++
				}
				if wrong, err := e.run(on); wrong != "" || err != nil {
					t.Errorf("BASALT_PROP_SEED=%d: %v\n%s", e.seed, err, e.describe(wrong))
					break
				}
			}
		}
		for _, i := range []*instance{on.kept, on.fresh} {
			calls += i.calls
			if err := i.close(); err != nil {
				t.Error(err)
			}
		}
	}
	took := time.Since(began).Seconds()
	t.Logf("%d schemas, %d calls and %d live queries, %.0f calls/s", total, calls, live, float64(calls)/took)
}

// describe is what it takes to see it again.
func (e *encounter) describe(wrong string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "configuration:\n%s", e.schema.yaml())
	for _, c := range e.schema.collections {
		for _, r := range e.world.rows[c.name] {
			fmt.Fprintf(&b, "  %s %s\n", c.name, r.object())
		}
	}
	how := ""
	if e.live {
		how = " (live)"
	}
	fmt.Fprintf(&b, "%s from %s first%s: %q\n  %v\nthen %s from %s: %q\n  %v\n%s\n", e.victim.name, e.victim.ip, how, e.first.path, e.first, e.caller.name, e.caller.ip, e.second.path, e.second, wrong)
	return b.String()
}

// TestSharing_ASessionIsOnesOwn: however two people ask for an account, they do not get the same.
func TestSharing_ASessionIsOnesOwn(t *testing.T) {
	t.Parallel()
	s := start(t, &clock{}, configuration(inMemory(), nil, true))
	made := map[string]bool{}
	for _, ip := range []string{addresses[0], addresses[0], addresses[1]} {
		a := s.send("", ip, call{method: "POST", path: "/v1/auth/anonymous", header: map[string]string{"Idempotency-Key": "one"}})
		var got struct {
			Refresh string `json:"refresh_token"`
		}
		if err := json.Unmarshal([]byte(a.body), &got); err != nil || got.Refresh == "" {
			t.Fatalf("%v", a)
		}
		if made[got.Refresh] {
			t.Errorf("two people have the refresh token %s", got.Refresh)
		}
		made[got.Refresh] = true
	}
}
