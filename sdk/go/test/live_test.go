package test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	basalt "github.com/basalt-dev/basalt/sdk/go"
	"github.com/basalt-dev/basalt/server/servertest"
)

func TestClient_SnapshotsFollowTheQuery(t *testing.T) {
	t.Parallel()
	path := servertest.Write(t, config)
	address := servertest.FreeAddress(t)
	s := servertest.StartFileAt(t, address, path)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c := basalt.New(s.URL)
	must[basalt.User](t)(c.Auth.SignUp(ctx, "live@example.com", "correct horse"))
	todos := basalt.Collection[todo](c, "todos")
	titles := func(items []todo) string {
		var out []string
		for _, d := range items {
			out = append(out, d.Title)
		}
		return strings.Join(out, ",")
	}
	step := 0
	var kinds []basalt.ChangeType
	for snapshot, err := range todos.OrderBy("title", basalt.Asc).WithCount().Snapshots(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		for _, change := range snapshot.Changes {
			kinds = append(kinds, change.Type)
		}
		got := titles(snapshot.Items)
		switch {
		case step == 0 && got == "":
			must[todo](t)(todos.Add(ctx, todo{ID: "one", Title: "b"}))
		case step == 1 && got == "b" && snapshot.Total == 1:
			must[todo](t)(todos.Doc("one").Update(ctx, basalt.Patch{"title": "c"}))
		case step == 2 && got == "c":
			s.Stop() // and comes back, while the loop goes on
			s = servertest.StartFileAt(t, address, path)
			must[todo](t)(todos.Add(ctx, todo{Title: "a"}))
		case step == 3 && got == "a,c" && snapshot.Total == 2:
		default:
			continue
		}
		if step++; step == 4 {
			break
		}
	}
	if want := []basalt.ChangeType{basalt.Added, basalt.Modified, basalt.Added}; !slices.Equal(kinds, want) && len(kinds) < 3 {
		t.Errorf("got %v, want %v", kinds, want)
	}

	n := 0
	for groups, err := range todos.AggregateSnapshots(ctx, basalt.Aggregation{Count: true}) {
		if err != nil {
			t.Fatal(err)
		}
		if groups[0].Count == 2 && n == 0 {
			n = 1
			must[todo](t)(todos.Add(ctx, todo{Title: "third"}))
		}
		if groups[0].Count == 3 {
			break
		}
	}
	seen := 0
	for doc, err := range todos.Doc("one").Snapshots(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		if doc == nil {
			break
		}
		if seen++; seen == 1 {
			if err := todos.Doc("one").Delete(ctx); err != nil {
				t.Fatal(err)
			}
		}
	}

	states, why := todos.Watch(ctx)
	if first := <-states; len(first.Items) != 2 {
		t.Errorf("got %d documents", len(first.Items))
	}
	cancel()
	for range states {
	}
	if err := why(); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	for _, err := range basalt.Collection[todo](basalt.New(s.URL), "todos").Where("nothing", basalt.Eq, 1).Snapshots(context.Background()) {
		if basalt.CodeOf(err) != basalt.Invalid {
			t.Errorf("got %v", err)
		}
	}
}

func TestClient_Channels(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, config+`
channels: { "room:{id}": { subscribe: 'auth != nil', publish: 'params.id == "1"', history: 3 } }
`)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c := basalt.New(s.URL)
	user := must[basalt.User](t)(c.Auth.SignUp(ctx, "room@example.com", "correct horse"))
	room := c.Channel("room:1")
	if err := room.Publish(ctx, "early"); err != nil {
		t.Fatal(err)
	}
	if err := c.Channel("room:2").Publish(ctx, "x"); basalt.CodeOf(err) != basalt.Forbidden {
		t.Errorf("got %v", err)
	}
	var got []string
	for e, err := range room.Join(ctx, map[string]string{"name": "Ann"}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, e.Type+" "+string(e.Data))
		if e.Type == "message" && e.Past {
			if err := room.Publish(ctx, map[string]int{"n": 1}); err != nil {
				t.Fatal(err)
			}
		}
		if (e.Type == "join" || !e.Past) && e.User != user.ID {
			t.Errorf("got %+v", e)
		}
		if e.Type == "message" && !e.Past {
			break
		}
	}
	slices.Sort(got)
	if want := []string{`join {"name":"Ann"}`, `message "early"`, `message {"n":1}`}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for _, err := range basalt.New(s.URL).Channel("room:1").Join(ctx, nil) {
		if basalt.CodeOf(err) != basalt.Unauthenticated {
			t.Errorf("got %v", err)
		}
	}
}
