package realtime

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/clock"
	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

const flood = 99

var four = bounds{slack: 0, touched: 2000, batch: 1000, found: 1000, reads: 4}

// flooding matches the queries of the flood.
var flooding = regexp.MustCompile(`rank\D*1\d\d\b`)

// flooded is a node that is asked more than it can answer soon. asked are the queries that the database was asked, in
// their order.
type flooded struct {
	*script
	flooder *client
	asked   []string
}

func newFlooded(t *testing.T) *flooded {
	f := &flooded{script: newScript(t, four, [2]int{0, 0}, [2]int{1, 1})}
	f.write(noteRow("a", 0, 1), noteRow("b", 1, 2))
	f.open(0, 4) // so that changes are followed
	f.goOn()
	f.store.found = func(where query.Filter) { f.asked = append(f.asked, query.Canonical(where)) }
	f.flooder = f.open(0, 4)
	for n := range flood {
		f.ask(f.flooder, n)
	}
	return f
}

// ask asks for the notes of a rank from 100 on.
func (f *flooded) ask(c *client, n int) {
	f.t.Helper()
	if err := c.session.Subscribe(fmt.Sprint("f", n), crud.Read{Collection: "notes", Body: fmt.Appendf(nil, `{"where":{"rank":%d}}`, 100+n)}, ""); err != nil {
		f.t.Fatal(err)
	}
}

// ofFlood counts the queries of the flood among the first n.
func (f *flooded) ofFlood(n int) int {
	count := 0
	for _, q := range f.asked[:n] {
		if flooding.MatchString(q) {
			count++
		}
	}
	return count
}

// rest fails where something waits that nothing waits for.
func (f *flooded) rest() {
	f.t.Helper()
	if r := f.nodes[0].hub.engine.reads; len(r.owners) > 0 || len(r.turns) > 0 || r.free != four.reads {
		f.t.Errorf("%d owners are left, %d turns, %d of %d slots are free", len(r.owners), len(r.turns), r.free, four.reads)
	}
}

func TestFairness_ANewcomerDoesNotWaitForAFlood(t *testing.T) {
	for way, ask := range simWays {
		t.Run(fmt.Sprint(ask.collection, " ", ask.kind, " ", way), func(t *testing.T) {
			f := newFlooded(t)
			for range 20 { // some of the flood is under way
				f.step()
			}
			late := f.open(1, way)
			for !late.views[0].known && f.step() {
			}
			if n := f.ofFlood(len(f.asked)); n > 20 {
				t.Errorf("the newcomer has its snapshot after %d queries of the flood", n)
			}
			f.judge(late)
			f.goOn()
			if n := f.ofFlood(len(f.asked)); n != flood {
				t.Errorf("%d queries of the flood were run, want %d", n, flood)
			}
			f.rest()
		})
	}
}

// Sessions of one owner take turns too.
func TestFairness_AnotherConnectionOfTheSameUser(t *testing.T) {
	f := newFlooded(t)
	late := f.open(0, 5)
	for !late.views[0].known && f.step() {
	}
	if n := f.ofFlood(len(f.asked)); n > 20 {
		t.Errorf("it has its snapshot after %d queries of the flood", n)
	}
}

// A newcomer does not wait until each of many connections of its user has had a turn, the first or one more.
func TestFairness_AmongManyConnectionsOfTheSameUser(t *testing.T) {
	for _, asked := range []int{4, 58} {
		t.Run(fmt.Sprint("after ", asked), func(t *testing.T) {
			f := newFlooded(t)
			f.flooder.cut()
			for n := range 40 {
				c := f.open(0, 4)
				f.ask(c, 2*n)
				f.ask(c, 2*n+1)
			}
			for f.ofFlood(len(f.asked)) < asked && f.step() {
			}
			before := f.ofFlood(len(f.asked))
			f.open(0, 5)
			for !strings.Contains(f.asked[len(f.asked)-1], `"t1"`) && f.step() {
			}
			if n := f.ofFlood(len(f.asked)) - before; n > 8 {
				t.Errorf("it was asked after %d others", n)
			}
		})
	}
}

// Whoever asks for what is at the end of the line of another one, does not wait there.
func TestFairness_TheSameQuery(t *testing.T) {
	f := newFlooded(t)
	late := f.open(0, 4)
	f.ask(late, flood-1)
	last := fmt.Sprint(100 + flood - 1)
	for !slices.ContainsFunc(f.asked, func(q string) bool { return strings.Contains(q, last) }) && f.step() {
	}
	if n := f.ofFlood(len(f.asked)); n > 20 {
		t.Errorf("it was asked after %d others; %q", n, f.asked[len(f.asked)-3:])
	}
	f.goOn()
	if n := f.ofFlood(len(f.asked)); n != flood {
		t.Errorf("%d queries were run, want %d: each once", n, flood)
	}
	f.rest()
}

func TestFairness_NothingIsRunForTheDead(t *testing.T) {
	for name, leave := range map[string]func(*flooded){
		"its connection ends": func(f *flooded) { f.flooder.cut() },
		"it unsubscribes": func(f *flooded) {
			for n := range flood {
				f.flooder.session.Handle(t.Context(), fmt.Appendf(nil, `{"id":"f%d","op":"unsubscribe"}`, n))
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFlooded(t)
			for range 40 {
				f.step()
			}
			before := f.ofFlood(len(f.asked))
			leave(f)
			f.goOn()
			if n := f.ofFlood(len(f.asked)) - before; n > 0 {
				t.Errorf("%d queries were run for it after its end", n)
			}
			for key, c := range f.nodes[0].hub.engine.groups {
				if len(c.subs) == 0 && !c.ready {
					t.Errorf("a group is left that has shown nothing: %s", key)
				}
			}
			f.rest()
		})
	}
}

// Of what two wait for, one's end takes nothing from the other.
func TestFairness_TheOtherOneStays(t *testing.T) {
	f := newFlooded(t)
	other := f.open(0, 4)
	for n := range 10 {
		f.ask(other, n)
	}
	f.flooder.cut()
	f.goOn()
	if n := f.ofFlood(len(f.asked)); n != 10 {
		t.Errorf("%d queries were run, want 10", n)
	}
	f.rest()
}

// A token that takes long to verify keeps nothing else from being done, and is asked for once.
func TestVerify_KeepsNothingWaiting(t *testing.T) {
	h := newHub(Config{Clock: clock.New(time.Now)}, usual)
	h.engine = newEngine(h, Collections{Limits: Limits{Connections: 100, UserConnections: 100, Queue: 1 << 20}})
	asked, answer := make(chan string, 100), make(chan struct{})
	open := func(token string) *Session {
		s, err := h.Open(deaf{}, Client{Token: token, Caller: crud.Caller{IP: "192.0.2.1"}, Identify: func(ctx context.Context, token string) (crud.Caller, error) {
			asked <- token
			if token == "slow" {
				<-answer
			}
			if token == "bad" {
				return crud.Caller{}, fault.Errorf(fault.Unauthenticated, "it has ended")
			}
			return crud.Caller{}, errors.New("the database does not answer")
		}})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	open("slow")
	open("slow")
	open("odd")
	bad := open("bad")
	var wg sync.WaitGroup
	wg.Go(func() { h.verify(t.Context()) })
	seen := map[string]int{}
	for range 3 {
		seen[<-asked]++
	}
	h.tidy(time.Now()) // would wait for the lock
	close(answer)
	wg.Wait()
	if seen["slow"] != 1 || seen["odd"] != 1 || seen["bad"] != 1 || len(asked) > 0 {
		t.Errorf("asked for %v and %d more, want each token once", seen, len(asked))
	}
	if bad.lapsed == nil {
		t.Error("the token that has ended is still taken")
	}
}

// deaf is a transport that ignores everything.
type deaf struct{}

func (deaf) Append(dst, _, _ []byte, _, _ string) []byte { return dst }
func (deaf) Ping(dst []byte) []byte                      { return dst }
func (deaf) Write([]byte) error                          { return nil }
func (deaf) Close(Reason)                                {}
