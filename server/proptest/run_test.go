package proptest

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/db/postgres/postgrestest"
)

// open are the parts that still find what is being mended.
var open = []string{"rank"}

// reached is what a run may use: everything, but for what is open, and what the environment says.
func reached() reach {
	r := reach{}
	for _, p := range parts {
		r[p] = !slices.Contains(open, p)
	}
	list := func(name string) []string {
		return strings.FieldsFunc(os.Getenv(name), func(c rune) bool { return c == ',' })
	}
	if only := list("BASALT_PROP_ONLY"); len(only) > 0 {
		for _, p := range parts {
			r[p] = slices.Contains(only, p)
		}
	}
	for _, p := range list("BASALT_PROP_WITHOUT") {
		r[p] = false
	}
	return r
}

// number is a number of the environment.
func number(name string, otherwise uint64) uint64 {
	if n, err := strconv.ParseUint(os.Getenv(name), 10, 64); err == nil {
		return n
	}
	return otherwise
}

// share is how much of a run is done where the race detector makes all of it ten times slower.
func share(n uint64) uint64 {
	if racing {
		return n / 10
	}
	return n
}

// inLong is a number of what always runs, and another one of the long mode.
func inLong(always, long uint64) uint64 {
	if os.Getenv("BASALT_LONG") != "" {
		return long
	}
	return always
}

// shared is how many schemas one pair of servers has.
const shared = 20

// TestNonInterference: what a caller may not see changes nothing of what they get.
func TestNonInterference(t *testing.T) {
	t.Parallel()
	nonInterference(t, inMemory, number("BASALT_PROP_FIRST", 1), number("BASALT_PROP_SCHEMAS", inLong(100, 2000)))
}

// TestNonInterference_Memory is the same without SQL, which costs most of the time of the others: what is above the drivers
// is most of what rules are made of, so that more schemas are drawn here.
func TestNonInterference_Memory(t *testing.T) {
	t.Parallel()
	database := func() string { return "{ driver: memory }" }
	nonInterference(t, database, number("BASALT_PROP_FIRST", 2_000_001), number("BASALT_PROP_SCHEMAS", inLong(120, 2000)))
}

// TestNonInterference_PostgreSQL is the same with the other renderer of filters, and another source of changes.
func TestNonInterference_PostgreSQL(t *testing.T) {
	t.Parallel()
	server := postgrestest.Database(t)
	database := func() string { return fmt.Sprintf("{ driver: postgres, url: %q }", postgrestest.In(t, server)) }
	nonInterference(t, database, number("BASALT_PROP_FIRST", 1_000_001), number("BASALT_PROP_SCHEMAS", inLong(20, 400)))
}

func nonInterference(t *testing.T, database func() string, first, total uint64) {
	r := reached()
	if seed := number("BASALT_PROP_SEED", 0); seed != 0 {
		s := draw(seed, r, "a")
		f, err := alone(t, s, database)
		report(t, s, f, err, database)
		return
	}
	began, calls, wrote, released, listened := time.Now(), 0, 0, 0, 0
	for from := uint64(0); from < total && !t.Failed(); from += shared {
		var scenarios []*scenario
		for n := range min(shared, total-from) {
			scenarios = append(scenarios, draw(first+from+n, r, fmt.Sprint("a", n, "_")))
		}
		on, tokens := pair(t, scenarios, database), map[string]string{}
		for n, s := range scenarios {
			session, err := s.begin(on, tokens)
			if err != nil {
				t.Fatalf("seed %d: %v\n%s", s.seed, err, s.schema.yaml())
			}
			f, err := session.run()
			wrote, released = wrote+session.wrote, released+session.released
			if session.live[0] != nil {
				listened++
			}
			if f != nil || err != nil {
				again := draw(first+from+uint64(n), r, "a")
				report(t, again, f, err, database)
				break
			}
		}
		for _, i := range on {
			calls += i.calls
			if err := i.close(); err != nil {
				t.Error(err)
			}
			if log := i.log.String(); strings.Contains(log, "panic") {
				t.Errorf("a server has panicked: %s", log)
			}
		}
	}
	took := time.Since(began).Seconds()
	t.Logf("%d schemas, %d calls, %.0f schemas/s, %.0f calls/s; %d writes, of which %d showed what their rules let them show; %d listened", total, calls, float64(total)/took, float64(calls)/took, wrote, released, listened)
}

// pair starts the two servers of some scenarios.
func pair(t testing.TB, scenarios []*scenario, database func() string) (on [2]*instance) {
	t.Helper()
	var schemas []*schema
	for _, s := range scenarios {
		schemas = append(schemas, s.schema)
	}
	c := &clock{}
	for i := range on {
		on[i] = start(t, c, configuration(database(), schemas, true))
	}
	return on
}

// alone runs a scenario in servers of its own.
func alone(t testing.TB, s *scenario, database func() string) (*failure, error) {
	t.Helper()
	on := pair(t, []*scenario{s}, database)
	defer func() {
		for _, i := range on {
			if err := i.close(); err != nil {
				t.Error(err)
			}
		}
	}()
	session, err := s.begin(on, map[string]string{})
	if err != nil {
		return nil, err
	}
	return session.run()
}

// report makes a failure smaller, and prints all of it.
func report(t *testing.T, s *scenario, f *failure, err error, database func() string) {
	t.Helper()
	if err != nil {
		t.Fatalf("seed %d: %v", s.seed, err)
	}
	if f == nil {
		return
	}
	for range 3 { // for what is not the same each time
		again, err := alone(t, s, database)
		if err != nil {
			t.Fatalf("seed %d: %v", s.seed, err)
		}
		if again == nil {
			t.Errorf("seed %d does not show this each time: %s\n%s", s.seed, f.what, s.describe(f))
			return
		}
	}
	f = s.shrink(t, f, database)
	t.Errorf("BASALT_PROP_SEED=%d: %s\n%s", s.seed, f.what, s.describe(f))
}

// describe is what it takes to see a failure again.
func (s *scenario) describe(f *failure) string {
	var b strings.Builder
	fmt.Fprintf(&b, "configuration:\n%s", s.schema.yaml())
	fmt.Fprintf(&b, "caller: %s %v from %s\n", s.caller.name, s.caller.claims, s.caller.ip)
	for _, name := range s.names() {
		fmt.Fprintf(&b, "%s:\n", name)
		for _, r := range s.a.rows[name] {
			other := s.b.find(name, r.id())
			switch {
			case other == nil:
				fmt.Fprintf(&b, "  only in the first world:  %s\n", r.object())
			case maps.Equal(r, other):
				fmt.Fprintf(&b, "  in both:                  %s\n", r.object())
			default:
				fmt.Fprintf(&b, "  in the first world:       %s\n  in the second world:      %s\n", r.object(), other.object())
			}
		}
		for _, r := range s.b.rows[name] {
			if s.a.find(name, r.id()) == nil {
				fmt.Fprintf(&b, "  only in the second world: %s\n", r.object())
			}
		}
	}
	for i, st := range s.steps {
		if i > f.at {
			break
		}
		if st.elsewhere != 0 {
			fmt.Fprintf(&b, "%2d. something changes out of sight (%d)\n", i+1, st.elsewhere)
			continue
		}
		fmt.Fprintf(&b, "%2d. %v\n", i+1, st.call)
	}
	fmt.Fprintf(&b, "first world:\n    %v\nsecond world:\n    %v\n", f.got[0], f.got[1])
	return b.String()
}

// shrink leaves out what a failure does not need: calls, documents, fields that are the same, and rules.
func (s *scenario) shrink(t testing.TB, f *failure, database func() string) *failure {
	s.steps = s.steps[:f.at+1]
	fails := func() bool {
		if !maps.Equal(s.view(s.a), s.view(s.b)) {
			return false
		}
		again, err := alone(t, s, database)
		if err != nil || again == nil || again.what != f.what && !strings.HasPrefix(f.what, "what was") {
			return false
		}
		f, s.steps = again, s.steps[:again.at+1]
		return true
	}
	for i := len(s.steps) - 2; i >= 0; i-- {
		if i >= len(s.steps) {
			continue
		}
		steps := s.steps
		if s.steps = slices.Delete(slices.Clone(steps), i, i+1); !fails() {
			s.steps = steps
		}
	}
	for _, name := range s.names() {
		for _, id := range slices.Sorted(maps.Keys(s.a.documents())) {
			s.without(name, strings.TrimPrefix(id, name+"/"), fails)
		}
	}
	for _, c := range s.schema.collections {
		for _, rules := range []map[string]node{c.readable, c.writable, c.set["create"], c.set["update"]} {
			for _, name := range slices.Sorted(maps.Keys(rules)) {
				rule := rules[name]
				if delete(rules, name); !fails() {
					rules[name] = rule
				}
			}
		}
		if c.cached {
			if c.cached = false; !fails() {
				c.cached = true
			}
		}
	}
	return f
}

// without leaves a document out of both worlds, where that keeps the failure.
func (s *scenario) without(collection, id string, fails func() bool) {
	if s.a.find(collection, id) == nil || s.a.pointedAt(s.schema, collection, id) || s.b.pointedAt(s.schema, collection, id) {
		return
	}
	a, b := s.a, s.b
	for _, w := range []**world{&s.a, &s.b} {
		*w = (*w).clone()
		(*w).rows[collection] = slices.DeleteFunc((*w).rows[collection], func(r row) bool { return r.id() == id })
	}
	if !fails() {
		s.a, s.b = a, b
	}
}
