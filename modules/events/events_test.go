package events_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/db/memory"
	"github.com/basalt-dev/basalt/modules/events"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/modules/webhook"
)

// box is an outbox in memory with a clock, and a receiver that answers as the test says.
type box struct {
	db.Driver
	deliverer *events.Deliverer

	mu       sync.Mutex
	now      time.Time
	received []string
	outcomes []string
	answer   func(e events.Event) error
}

// Deliver implements [events.Receiver].
func (b *box) Deliver(_ context.Context, e events.Event) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.received = append(b.received, string(e.Data))
	if b.answer == nil {
		return nil
	}
	return b.answer(e)
}

func (b *box) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *box) wait(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

func open(t *testing.T, retries int) *box {
	t.Helper()
	d, err := memory.Open(t.Context(), db.Config{})
	if err == nil {
		err = d.Sync(t.Context(), events.Collections())
	}
	if err != nil {
		t.Fatal(err)
	}
	b := &box{Driver: d, now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	b.deliverer = &events.Deliverer{
		Database: d, Now: b.clock, Wake: func() {}, Failed: func(err error) { t.Error(err) },
		Plans: map[string]events.Plan{"e": {Retries: retries, Backoff: time.Minute, Timeout: time.Second, Receiver: b}},
		Observe: func(e events.Event, outcome string, _ error) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.outcomes = append(b.outcomes, string(e.Data)+" "+outcome)
		},
	}
	return b
}

func (b *box) store(t *testing.T, all ...events.Event) {
	t.Helper()
	for i := range all {
		all[i].Type = "t"
		if all[i].Name == "" {
			all[i].Name = "e"
		}
	}
	if err := events.Store(t.Context(), b, b.clock(), all); err != nil {
		t.Fatal(err)
	}
}

// deliver runs what is due, and waits for it.
func (b *box) deliver(t *testing.T) string {
	t.Helper()
	b.mu.Lock()
	b.received = nil
	b.mu.Unlock()
	if err := b.deliverer.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.deliverer.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Join(b.received, " ")
}

func event(lane, data string) events.Event {
	return events.Event{OrderingKey: lane, Data: json.RawMessage(data)}
}

func TestDeliver_InOrderOfTheKey(t *testing.T) {
	t.Parallel()
	b := open(t, 3)
	b.store(t, event("a", "1"), event("a", "2"))
	b.store(t, event("a", "3"))
	if got := b.deliver(t); got != "1 2 3" {
		t.Errorf("got %s", got)
	}
	if got := b.deliver(t); got != "" {
		t.Errorf("again: %s", got)
	}
}

// TestDeliver_AFailureHoldsItsKeyAlone: the following events of the key wait for the retry, others do not.
func TestDeliver_AFailureHoldsItsKeyAlone(t *testing.T) {
	t.Parallel()
	b := open(t, 2)
	failing := errors.New("not now")
	b.answer = func(e events.Event) error {
		if string(e.Data) == "1" {
			return failing
		}
		return nil
	}
	b.store(t, event("a", "1"), event("a", "2"), event("", "7"))
	if got := b.deliver(t); got != "1 7" && got != "7 1" {
		t.Errorf("at first: %s", got)
	}
	if got := b.deliver(t); got != "" {
		t.Errorf("before the retry: %s", got)
	}
	b.wait(2 * time.Minute)
	if got := b.deliver(t); got != "1" {
		t.Errorf("the retry: %s", got)
	}
	b.wait(5 * time.Minute)
	if got := b.deliver(t); got != "1 2" { // the last attempt; then it is dead, and holds nothing
		t.Errorf("the last attempt: %s", got)
	}
	counts, err := events.Count(t.Context(), b)
	if err != nil || counts[events.Dead] != 1 || counts[events.Done] != 2 || counts[events.Pending] != 0 {
		t.Errorf("%v, %v", counts, err)
	}
	dead, err := events.List(t.Context(), b, events.Page{State: events.Dead, Name: "e", Limit: 10})
	if err != nil || len(dead) != 1 || dead[0].Error != "not now" || dead[0].Attempts != 3 {
		t.Fatalf("%+v, %v", dead, err)
	}
	b.answer = nil
	if found, err := events.Replay(t.Context(), b, dead[0].ID, b.clock()); !found || err != nil {
		t.Fatal(found, err)
	}
	if got := b.deliver(t); got != "1" {
		t.Errorf("the replay: %s", got)
	}
}

// TestDeliver_AnErrorIsStoredWhateverItSays: databases refuse what is not UTF-8, and PostgreSQL NUL. An error that could not
// be stored would leave the event, which holds its ordering key, without an end.
func TestDeliver_AnErrorIsStoredWhateverItSays(t *testing.T) {
	t.Parallel()
	b := open(t, 0)
	b.answer = func(e events.Event) error {
		return errors.New(strings.Repeat("x", 499-int(e.Data[0]-'0')) + "é\x00\xff" + strings.Repeat("y", 99))
	}
	b.store(t, event("", "0"), event("", "1"), event("", "2"))
	b.deliver(t)
	dead, err := events.List(t.Context(), b, events.Page{State: events.Dead, Name: "e", Limit: 10})
	if err != nil || len(dead) != 3 {
		t.Fatalf("%+v, %v", dead, err)
	}
	for _, e := range dead {
		if !utf8.ValidString(e.Error) || strings.Contains(e.Error, "\x00") || len(e.Error) < 498 || len(e.Error) > 500 {
			t.Errorf("%s: %q", e.Data, e.Error[480:])
		}
	}
}

func TestDeliver_WhatIsNotDueWaits(t *testing.T) {
	t.Parallel()
	b := open(t, 0)
	later := event("", "1")
	later.Due = b.clock().Add(time.Hour)
	other := event("", "2")
	other.Name = "of no plan"
	b.store(t, later, other)
	if got := b.deliver(t); got != "" {
		t.Errorf("before its time: %s", got)
	}
	b.wait(time.Hour)
	if got := b.deliver(t); got != "1" {
		t.Errorf("at its time: %s", got)
	}
}

// TestDeliver_OnceOfTwoNodes: both find the event, and one claims it.
func TestDeliver_OnceOfTwoNodes(t *testing.T) {
	t.Parallel()
	b := open(t, 0)
	var all []events.Event
	for i := range 50 {
		all = append(all, event("", fmt.Sprint(i)))
	}
	b.store(t, all...)
	second := &events.Deliverer{
		Database: b.Driver, Plans: b.deliverer.Plans, Now: b.clock, Wake: func() {},
		Failed: b.deliverer.Failed, Observe: b.deliverer.Observe,
	}
	for range 10 {
		var nodes sync.WaitGroup
		for _, d := range []*events.Deliverer{b.deliverer, second} {
			nodes.Go(func() {
				if err := d.Run(t.Context()); err != nil {
					t.Error(err)
				}
				d.Wait()
			})
		}
		nodes.Wait()
	}
	seen := map[string]int{}
	for _, data := range b.received {
		seen[data]++
	}
	if len(seen) != 50 || len(b.received) != 50 {
		t.Errorf("%d events were delivered %d times", len(seen), len(b.received))
	}
}

func TestStore_RefusesWhatIsTooLargeAndWhatExists(t *testing.T) {
	t.Parallel()
	b := open(t, 0)
	large := []events.Event{{Name: "e", Data: json.RawMessage(strings.Repeat("1", 1<<20+1))}}
	if err := events.Store(t.Context(), b, b.clock(), large); fault.CodeOf(err) != fault.TooLarge {
		t.Errorf("too large: %v", err)
	}
	b.store(t, events.Event{ID: "x"})
	if err := events.Store(t.Context(), b, b.clock(), []events.Event{{ID: "x", Name: "e"}}); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("twice: %v", err)
	}
}

func TestSchedule_EachTimeOnce(t *testing.T) {
	t.Parallel()
	b := open(t, 0)
	schedule := events.Schedule{Event: "e", Outbox: b, Next: func(at time.Time) time.Time { return at.Truncate(time.Hour).Add(time.Hour) }}
	nodes := [2]events.Scheduler{}
	for i := range nodes {
		nodes[i] = events.Scheduler{Schedules: []events.Schedule{schedule}, Log: slog.New(slog.DiscardHandler)}
	}
	since := b.clock()
	b.wait(3 * time.Hour)
	for i := range nodes {
		if !nodes[i].Raise(t.Context(), since, b.clock()) {
			t.Error("not all is stored")
		}
	}
	pending, err := events.List(t.Context(), b, events.Page{State: events.Pending, Limit: 100})
	if err != nil || len(pending) != 3 {
		t.Errorf("%d events, %v", len(pending), err)
	}
	broken := schedule
	broken.Outbox = failing{b}
	s := events.Scheduler{Schedules: []events.Schedule{broken}, Log: slog.New(slog.DiscardHandler)}
	if s.Raise(t.Context(), since, b.clock()) {
		t.Error("what is not stored is taken as stored")
	}
}

// failing is an outbox that stores nothing.
type failing struct{ db.Driver }

func (failing) Insert(context.Context, *db.Collection, []query.Row) error {
	return errors.New("the database does not answer")
}

func TestPrune_RemovesWhatWasDelivered(t *testing.T) {
	t.Parallel()
	b := open(t, 0)
	b.store(t, event("", "1"))
	b.deliver(t)
	b.store(t, events.Event{Name: "of no plan"})
	for _, test := range []struct {
		after time.Duration
		done  int64
	}{{23 * time.Hour, 1}, {2 * time.Hour, 0}} {
		b.wait(test.after)
		if err := events.Prune(t.Context(), b, b.clock()); err != nil {
			t.Fatal(err)
		}
		if counts, err := events.Count(t.Context(), b); err != nil || counts[events.Done] != test.done || counts[events.Pending] != 1 {
			t.Errorf("%v, %v", counts, err)
		}
	}
}

func TestEncode_WhatReceiversGet(t *testing.T) {
	t.Parallel()
	change := events.Change{Event: "welcome", Collection: "users", Op: "create", Doc: json.RawMessage(`{"id":"1"}`), By: "ann", Key: `users "id":"1"`, Destination: events.Destination("mail.send", "", "")}
	e, err := change.Encode()
	if err != nil || string(e.Data) != `{"event":"welcome","type":"users.created","doc":{"id":"1"},"old":null,"by":"ann"}` || e.Type != "users.created" {
		t.Errorf("%s %s, %v", e.Type, e.Data, err)
	}
	other := change
	other.Destination = events.Destination("", "https://example.com/?token=SECRET", "")
	e2, err := other.Encode()
	if err != nil || e2.OrderingKey == e.OrderingKey || strings.Contains(e2.OrderingKey, "SECRET") {
		t.Errorf("%s and %s, %v", e.OrderingKey, e2.OrderingKey, err)
	}
	security := events.Security{Event: "x", Type: "auth.signin", IP: "10.0.0.1"}
	if e, err := security.Encode(); err != nil || e.OrderingKey != "" || !strings.Contains(string(e.Data), `"user":null`) {
		t.Errorf("%+v, %v", e, err)
	}
}

func TestWebhook_IsSignedAndAnsweredWith2xx(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for status, ok := range map[int]bool{200: true, 204: true, 302: false, 404: false, 500: false} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err = errors.Join(err, webhook.Verify(r.Header, body, []byte("whsec"), now)); err != nil || r.Header.Get("webhook-id") != "1" {
				t.Errorf("%v of %s", err, body)
			}
			w.WriteHeader(status)
		}))
		hook := events.Webhook{URL: server.URL, Secret: []byte("whsec"), Client: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, Now: func() time.Time { return now }}
		if err := hook.Deliver(t.Context(), events.Event{ID: "1", Data: json.RawMessage(`{}`)}); (err == nil) != ok {
			t.Errorf("%d: %v", status, err)
		}
		server.Close()
		if err := hook.Deliver(t.Context(), events.Event{ID: "1"}); err == nil || strings.Contains(err.Error(), server.URL) {
			t.Errorf("a server that is gone: %v", err)
		}
	}
}
