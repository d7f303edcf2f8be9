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
	for _, before := range []int{0, 20} { // before it stands in the line of the other one, and after
		f := newFlooded(t)
		for range before {
			f.step()
		}
		late := f.open(0, 4)
		f.ask(late, flood-1)
		last := fmt.Sprint(100 + flood - 1)
		for !slices.ContainsFunc(f.asked, func(q string) bool { return strings.Contains(q, last) }) && f.step() {
		}
		if n := f.ofFlood(len(f.asked)); n > 20 {
			t.Errorf("after %d steps it was asked after %d others; %q", before, n, f.asked[len(f.asked)-3:])
		}
		f.goOn()
		if n := f.ofFlood(len(f.asked)); n != flood {
			t.Errorf("%d queries were run, want %d: each once", n, flood)
		}
		f.rest()
	}
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

// A client with 20,000 subscriptions reads nothing, and is killed. Nothing of what it waited for is done any more, nothing of
// it is left, and whoever comes is answered before any of it.
func TestFairness_OfTwentyThousandSubscriptionsOfTheDead(t *testing.T) {
	const many = 20_000
	f := &flooded{script: newScriptWithin(t, four, many+1, [2]int{0, 0}, [2]int{1, 1})}
	f.write(noteRow("a", 0, 1), noteRow("b", 1, 2))
	f.open(0, 4) // so that changes are followed
	f.goOn()
	hub := f.nodes[0].hub
	before, held := len(hub.engine.groups), hub.held.bytes.Load()
	f.flooder = f.open(0, 4)
	for n := range many {
		f.ask(f.flooder, n)
	}
	for range 40 { // some of it is under way
		f.step()
	}
	if n := len(hub.engine.groups); n < many {
		t.Fatalf("only %d queries wait", n)
	}
	f.store.found = func(where query.Filter) { f.asked = append(f.asked, query.Canonical(where)) }
	f.flooder.cut()
	late := f.open(1, 4)
	for !late.views[0].known && f.step() {
	}
	if n := len(f.asked); n > 8 {
		t.Errorf("the newcomer has its snapshot after %d queries: %q", n, f.asked[:8])
	}
	f.judge(late)
	late.cut()
	f.goOn()
	for _, q := range f.asked {
		if strings.Contains(q, "rank") {
			t.Errorf("this was run for the dead: %s", q)
			break
		}
	}
	f.rest()
	for key, c := range hub.engine.groups { // what was shown before is kept for a while
		if len(c.subs) == 0 && !c.ready {
			t.Errorf("a group is left that has shown nothing: %s", key)
		}
	}
	if n := len(hub.engine.groups); n > before+40 {
		t.Errorf("%d groups are left", n)
	}
	if now := hub.held.bytes.Load(); now > held+(64<<10) {
		t.Errorf("%d bytes are held, %d were", now, held)
	}
}

// A client that reads nothing falls behind with all of many subscriptions, once each. When it reads again it gets a snapshot
// of each; when it leaves them, or goes, nothing of it waits.
func TestQueue_ManyFallBehindOnce(t *testing.T) {
	for name, after := range map[string]func(*Session, []*subscription){
		"it goes": func(s *Session, _ []*subscription) { s.queue.close() },
		"it leaves them": func(s *Session, subs []*subscription) {
			for _, sub := range subs {
				s.queue.forget(sub)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newScriptWithin(t, four, 100_000, [2]int{0, 0})
			client := f.open(0, 4)
			f.goOn()
			s := client.session
			hub := s.hub
			hub.mu.Lock()
			defer hub.mu.Unlock()
			s.queue.writing = true // it is writing, and never ends
			e := &event{name: "change", body: []byte(strings.Repeat("x", 100))}
			var subs []*subscription
			for range 20_000 {
				subs = append(subs, &subscription{session: s, group: &group{}})
			}
			for range 3 {
				for _, sub := range subs {
					s.queue.push(sub, []*event{e})
				}
			}
			seen := map[*subscription]bool{}
			for _, sub := range s.queue.behind {
				if seen[sub] || !sub.behind {
					t.Fatal("a subscription is behind twice, or does not know it")
				}
				seen[sub] = true
			}
			waiting := map[*subscription]int{}
			for _, m := range s.queue.waiting {
				waiting[m.sub]++
			}
			for _, sub := range subs {
				if sub.queued != waiting[sub] || sub.behind != seen[sub] || sub.behind && sub.queued > 0 {
					t.Fatalf("a subscription has %d messages, and believes %d; it is behind: %t", waiting[sub], sub.queued, sub.behind)
				}
			}
			if len(seen) < 10_000 {
				t.Errorf("only %d are behind", len(seen))
			}
			after(s, subs)
			if n := len(s.queue.waiting) + len(s.queue.behind); n != 0 || s.queue.size != 0 {
				t.Errorf("%d are left, of %d bytes", n, s.queue.size)
			}
		})
	}
}

// Of what two wait for, one's end takes nothing from the other.
func TestFairness_TheOtherOneStays(t *testing.T) {
	for _, before := range []int{0, 20} {
		f := newFlooded(t)
		for range before {
			f.step()
		}
		other := f.open(0, 4)
		for n := range 10 {
			f.ask(other, flood-1-n)
		}
		f.flooder.cut()
		cut, left := f.ofFlood(len(f.asked)), 10
		for n := range 10 { // turns may come to one of them before
			if slices.ContainsFunc(f.asked, func(q string) bool { return strings.Contains(q, fmt.Sprint(100+flood-1-n)) }) {
				left--
			}
		}
		f.goOn()
		if n := f.ofFlood(len(f.asked)) - cut; n != left || left == 0 {
			t.Errorf("after %d steps %d queries were run, want %d", before, n, left)
		}
		f.rest()
	}
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
