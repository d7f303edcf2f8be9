package profile_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/db/profile"
)

// TestProfile_OfNothing notes work of a context without a profile.
func TestProfile_OfNothing(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	same, call := profile.Enter(ctx, "main")
	if same != ctx || call != nil {
		t.Error("a context without a profile is another one in a call")
	}
	call.Leave("notes", time.Second, nil)
	profile.Begin(ctx, []byte("SELECT")).End()
	profile.Of(ctx).Spend(profile.Rules, time.Second)
	profile.Of(ctx).Transaction("main")()
	if spent, steps, more := profile.Of(ctx).Close(); spent != nil || steps != nil || more != 0 {
		t.Error("nothing has spent something")
	}
}

// TestProfile_NotesEachStatementOnce runs statements alone, in a call, and in transactions with and without statements.
func TestProfile_NotesEachStatementOnce(t *testing.T) {
	t.Parallel()
	var table profile.Table
	p := profile.New(&table)
	ctx := p.With(t.Context())
	plan := func() profile.Plan {
		return func(context.Context) ([]string, error) { return nil, errors.New("no plan") }
	}
	for _, sql := range []string{"SELECT a LIMIT 3", "SELECT a LIMIT 12"} {
		inside, call := profile.Enter(ctx, "main")
		profile.Begin(inside, []byte(sql)).End()
		call.Leave("notes", time.Minute, plan)
	}
	end := p.Transaction("main")
	profile.Begin(ctx, []byte("INSERT")).End()
	end()
	p.Transaction("other")()
	p.Spend(profile.Rules, time.Second)
	profile.Begin(ctx, []byte("LIMIT ")).End()
	spent, steps, _ := p.Close()
	if spent[profile.Database].Count != 5 || spent[profile.Database].Took < 2*time.Minute || spent[profile.Rules] != (profile.Spent{Count: 1, Took: time.Second}) { // two calls, and what runs outside of them
		t.Errorf("spent %+v", spent)
	}
	got := ""
	for _, s := range steps {
		got += s.Statement.Database + " " + s.Statement.Text + "; "
	}
	if got != "main SELECT a LIMIT ?; main SELECT a LIMIT ?; main INSERT;  LIMIT ; " {
		t.Errorf("got %s", got)
	}
	if s := steps[0].Statement; s != steps[1].Statement || s.Cost().Count != 2 || s.Collection() != "notes" || s.Plan() == nil {
		t.Errorf("got %+v", s)
	}
	profile.Begin(ctx, []byte("LATE")).End() // of what goes on when the request has ended
	if _, again, _ := p.Close(); len(again) != len(steps) {
		t.Error("a closed profile has noted something")
	}
}

// TestTable_IsBounded runs more statements than are counted, longer than they are kept, from many requests at once.
func TestTable_IsBounded(t *testing.T) {
	t.Parallel()
	var table profile.Table
	dear := profile.Begin(profile.New(&table).With(t.Context()), []byte("DEAR"))
	time.Sleep(20 * time.Millisecond) // it costs more than each of the others
	dear.End()
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			p := profile.New(&table)
			ctx := p.With(t.Context())
			for n := range 200 {
				profile.Begin(ctx, fmt.Appendf(nil, "%d %d %s", g, n, strings.Repeat("x", 10_000))).End()
			}
			if _, steps, more := p.Close(); len(steps)+more != 200 || len(steps) > 20 {
				t.Errorf("%d steps, and %d more", len(steps), more)
			}
		})
	}
	wg.Wait()
	found := false
	for _, s := range table.Statements() {
		found = found || s.Text == "DEAR"
		if len(s.Text) > 8<<10 {
			t.Errorf("%d bytes of a statement are kept", len(s.Text))
		}
	}
	if n := len(table.Statements()); n != 500 || !found {
		t.Errorf("%d statements, and the one that has cost most is there: %t", n, found)
	}
}

// BenchmarkProfile is what a request with one statement pays.
func BenchmarkProfile(b *testing.B) {
	var table profile.Table
	sql := []byte(`SELECT "id", "title", "owner" FROM "notes" WHERE "id" = ? LIMIT 1`)
	for b.Loop() {
		p := profile.New(&table)
		ctx, call := profile.Enter(p.With(context.Background()), "main")
		profile.Begin(ctx, sql).End()
		call.Leave("notes", time.Microsecond, nil)
		p.Spend(profile.Rules, time.Microsecond)
		p.Close()
	}
}
