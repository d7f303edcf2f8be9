package proptest

import (
	"fmt"
	"maps"
	"strconv"
	"strings"
)

// scenario is one schema, two worlds that its caller cannot tell apart, and what the caller does.
type scenario struct {
	seed   uint64
	schema *schema
	caller caller
	reach  reach
	a, b   *world
	steps  []step
}

// step is a call, or something that changes out of sight of the caller.
type step struct {
	call      call
	elsewhere uint64 // the seed of such a change, or zero
}

// callsOf is how many steps a scenario has.
const callsOf = 10

// scenario draws one from its seed.
func draw(seed uint64, r reach, prefix string) *scenario {
	g := newGen(seed, r)
	s := &scenario{seed: seed, reach: r, schema: g.schema(prefix)}
	for try := range 5 { // until something is hidden
		s.caller = g.caller()
		s.a = g.world(s.schema)
		var apart map[string]bool
		s.b, apart = g.disguised(s.schema, s.a, &s.caller)
		c := &client{g, s.schema, s.a, apart, s.schema.hidden(s.a, s.b)}
		if s.schema.aside != nil {
			s.schema.aside.fill(g, &s.caller)
		}
		s.steps = nil
		for range callsOf {
			st := step{call: c.call()}
			if r["elsewhere"] && g.in(10) {
				st = step{elsewhere: g.Uint64() | 1}
			}
			s.steps = append(s.steps, st)
		}
		if try == 4 || len(s.view(s.a)) > 0 {
			break
		}
	}
	return s
}

func (s *scenario) view(w *world) seen { return s.schema.view(w, &s.caller) }

// failure is a difference that there must not be.
type failure struct {
	at   int
	what string
	got  [2]answer
}

// session runs a scenario in two servers.
type session struct {
	*scenario
	on      [2]*instance
	stored  [2]*world
	tokens  [2]string
	cursors [2]string
	etags   [2]string
	files   [2][]string // the ids of files
	// wrote and released count the writes that have succeeded, and those that have shown the caller something
	// that was hidden, as their rules say they may.
	wrote, released int
	// live are the live queries of the caller, if there are any, and views what the caller may have seen so far. several
	// is true after a write in several steps.
	live             [2]*listener
	views            [2][]seen
	several, listens bool
}

// begin stores the worlds.
func (s *scenario) begin(on [2]*instance, tokens map[string]string) (*session, error) {
	out := &session{scenario: s, on: on}
	for i, w := range []*world{s.a, s.b} {
		if err := on[i].load(s.schema, w); err != nil {
			return nil, err
		}
		out.stored[i] = w
		key := s.caller.name
		if tokens[key] == "" && s.caller.claims != nil {
			tokens[key] = on[i].token(&s.caller)
		}
		out.tokens[i] = tokens[key]
	}
	if a := s.schema.aside; a != nil {
		var err error
		if out.files, err = a.stock(on, &s.caller); err != nil {
			return nil, err
		}
	}
	if d := differences(s.view(out.stored[0]), s.view(out.stored[1])); d != nil {
		return nil, fmt.Errorf("the test is wrong: the worlds differ in %v", d)
	}
	return out, nil
}

func (s *scenario) names() (out []string) {
	for _, c := range s.schema.collections {
		out = append(out, c.name)
	}
	return out
}

// run takes the steps until one of them shows a difference, or what was hidden is released. In some scenarios the caller
// listens meanwhile.
func (s *session) run() (*failure, error) {
	g := newGen(s.seed^1<<63, s.reach)
	if s.reach["live"] && g.in(listening) {
		for i := range s.on { // as it is written in answers
			rows, err := s.on[i].read(s.names()...)
			if err != nil {
				return nil, err
			}
			s.stored[i] = &world{rows}
		}
		s.listens = true
		s.looked()
		defer s.hangUp()
		if err := s.listen(&client{gen: g, schema: s.schema, world: s.a}); err != nil {
			return nil, err
		}
	}
	var guests [2]*guest
	a := s.schema.aside
	if a != nil && a.watch {
		var err error
		guests, err = a.enter(s)
		for _, g := range guests {
			if g != nil {
				defer g.live.Close()
			}
		}
		if err != nil {
			return nil, err
		}
		if err := a.say(s.on[1]); err != nil {
			return nil, err
		}
	}
	f, err := s.walk()
	if f == nil && err == nil && guests[1] != nil {
		f = a.leave(s, guests)
	}
	if f == nil && err == nil {
		f = s.judge()
	}
	return f, err
}

func (s *session) walk() (*failure, error) {
	for at, st := range s.steps {
		if st.elsewhere != 0 {
			if err := s.changeElsewhere(st.elsewhere); err != nil {
				return nil, err
			}
			s.looked()
			continue
		}
		s.on[0].clock.seconds.Add(1)
		s.several = s.several || st.call.several
		f, over, err := s.take(st.call)
		s.looked()
		if f != nil {
			f.at = at
		}
		if f != nil || over || err != nil {
			return f, err
		}
	}
	return nil, nil
}

// take makes a call in both worlds and compares.
func (s *session) take(c call) (f *failure, over bool, err error) {
	var got [2]answer
	for i := range s.on {
		got[i] = s.on[i].send(s.tokens[i], s.caller.ip, s.filled(c, i))
		if next := got[i].cursor(); next != "" {
			s.cursors[i] = next
		}
		if tag := got[i].header["Etag"]; tag != "" {
			s.etags[i] = tag
		}
	}
	if got[0].status >= 500 || got[0].status == 0 {
		return &failure{what: "a server failed", got: got}, true, nil
	}
	if c.writes != nil && (got[0].status < 300 || got[1].status < 300) {
		s.wrote++
		leaks, released, err := s.settle(c)
		switch {
		case err != nil:
			return nil, true, err
		case leaks != nil && !(c.several && released):
			return &failure{what: "what was hidden is now in " + strings.Join(leaks, ", "), got: got}, true, nil
		case released:
			s.released++
			if !c.several && got[0].status != got[1].status {
				return &failure{what: "the answers differ", got: got}, true, nil
			}
			return nil, true, nil
		}
	}
	if c.volatile {
		if strings.Contains(got[1].body, secret) && !strings.Contains(got[0].body, secret) {
			return &failure{what: "an answer shows what only the other world has", got: got}, true, nil
		}
		if withoutVolatile(got[0].unmarked().comparable()) == withoutVolatile(got[1].unmarked().comparable()) {
			return nil, false, nil
		}
	}
	if got[0].comparable() != got[1].comparable() {
		return &failure{what: "the answers differ", got: got}, true, nil
	}
	return nil, false, nil
}

// filled puts in what a call repeats of an answer.
func (s *session) filled(c call, world int) call {
	c.path = strings.ReplaceAll(c.path, "{cursor}", s.cursors[world])
	for n, id := range s.files[world] {
		for _, form := range []string{"{file" + strconv.Itoa(n) + "}", "%7Bfile" + strconv.Itoa(n) + "%7D"} {
			c.path = strings.ReplaceAll(c.path, form, id)
		}
	}
	header := map[string]string{}
	for name, v := range c.header {
		if v = strings.ReplaceAll(v, "{etag}", s.etags[world]); v == "" {
			v = `"none"`
		}
		header[name] = v
	}
	c.header = header
	return c
}

// settle reads what a write has left. leaks are fields that were shown before, or are new, and are not the same
// in both worlds any more. released says that something else differs: a document or field that was hidden, and
// is shown by what the caller has changed.
func (s *session) settle(c call) (leaks []string, released bool, err error) {
	var before, after [2]seen
	var known [2]map[string]bool
	for i := range s.on {
		before[i], known[i] = s.view(s.stored[i]), s.stored[i].documents()
		now, err := s.on[i].read(c.writes...)
		if err != nil {
			return nil, false, err
		}
		rows := maps.Clone(s.stored[i].rows)
		maps.Copy(rows, now)
		s.stored[i] = &world{rows}
		after[i] = s.view(s.stored[i])
	}
	for _, name := range differences(after[0], after[1]) {
		_, first := after[0][name]
		_, second := after[1][name]
		_, was := before[0][name]
		document := name[:max(0, strings.LastIndex(name, "/"))]
		fresh := document != "" && !known[0][document] && !known[1][document]
		if first && second && (was || fresh) && document != "" {
			leaks = append(leaks, name)
		} else {
			released = true
		}
	}
	return leaks, released, nil
}

// changeElsewhere changes a field that the caller cannot see, in the second world alone.
func (s *session) changeElsewhere(seed uint64) error {
	g := newGen(seed, nil)
	frozen := s.schema.frozen()
	for range 10 {
		c := pick(g, s.schema.collections)
		documents := s.stored[1].rows[c.name]
		if len(documents) == 0 {
			continue
		}
		r, f := pick(g, documents), pick(g, c.fields)
		if frozen[c.name+"."+f.name] || f.hash {
			continue
		}
		v := g.value(s.schema, s.stored[1], &f)
		next := s.stored[1].clone()
		next.find(c.name, r.id())[f.name] = v
		if !maps.Equal(s.view(s.stored[1]), s.view(next)) {
			continue
		}
		body := next.find(c.name, r.id()).object(append(c.forced(), f.name)...)
		a := s.on[1].send(adminKey, addresses[0], call{method: "PATCH", path: "/v1/db/" + c.name + "/" + r.id(), body: body})
		if a.status != 200 {
			return fmt.Errorf("changing %s of %s/%s: %v", f.name, c.name, r.id(), a)
		}
		for i := range s.on { // both, so that what is the same is written alike
			now, err := s.on[i].read(c.name)
			if err != nil {
				return err
			}
			rows := maps.Clone(s.stored[i].rows)
			rows[c.name] = now[c.name]
			s.stored[i] = &world{rows}
		}
		return nil
	}
	return nil
}
