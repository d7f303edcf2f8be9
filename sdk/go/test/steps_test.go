package test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/db/postgres/postgrestest"
	basalt "github.com/basalt-dev/basalt/sdk/go"
	"github.com/basalt-dev/basalt/server/servertest"
)

const stepsConfig = `
databases: { main: { driver: DRIVER } }
log: { level: error }
collections:
  lists:
    fields: { round: { type: int } }
    rules: { read: 'true', create: 'true', update: 'true', delete: 'true' }
  items:
    fields: { rank: { type: int }, round: { type: int }, list: { type: ref, to: lists } }
    rules: { read: 'true', create: 'true', update: 'true', delete: 'true' }
`

const (
	stepRounds = 40
	stepItems  = 6
)

type stepItem struct {
	ID    string `json:"id"`
	Rank  int    `json:"rank"`
	Round int    `json:"round"`
	List  string `json:"list"`
}

// TestSnapshots_ShowWholeCommits: each transaction changes what all items have in common, their list and round. It
// swaps keys and ranks, so that windows move, and deletes the list of the round before with all that is left in it. A
// snapshot in which not all are of one round has half of a commit. The same holds while connections are cut.
func TestSnapshots_ShowWholeCommits(t *testing.T) {
	t.Parallel() // much of it is waiting
	for name, driver := range map[string]string{
		"sqlite":   `sqlite, url: "file:test.db"`,
		"postgres": fmt.Sprintf("postgres, url: %q", postgrestest.Database(t)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := servertest.Start(t, strings.Replace(stepsConfig, "DRIVER", driver, 1))
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			writer := basalt.New(s.URL)
			random := rand.New(rand.NewPCG(1, 2))
			keys, err := stepRound(ctx, writer, random, 1, nil)
			if err != nil {
				t.Fatal(err)
			}
			var readers, ready sync.WaitGroup
			for _, limit := range []int{stepItems, stepItems / 2} {
				for _, url := range []string{s.URL, cutting(t, s.URL)} {
					ready.Add(1)
					readers.Go(func() { followSteps(ctx, t, basalt.New(url), limit, sync.OnceFunc(ready.Done)) })
				}
			}
			ready.Wait()
			for round := 2; round <= stepRounds && !t.Failed(); round++ {
				if keys, err = stepRound(ctx, writer, random, round, keys); err != nil {
					t.Fatal(err)
				}
			}
			if t.Failed() {
				cancel()
			}
			readers.Wait()
		})
	}
}

// stepRound writes a round in one transaction, and returns the keys of its items. Those that keep their key get other
// ranks; the others are deleted with the list of the round before.
func stepRound(ctx context.Context, c *basalt.Client, random *rand.Rand, round int, keys []string) ([]string, error) {
	list, kept := fmt.Sprint("l", round), keys[:0]
	b := c.Batch().Create("lists", map[string]any{"id": list, "round": round})
	if len(keys) > 0 {
		kept = keys[:random.IntN(len(keys))]
	}
	now := slices.Clone(kept)
	for rank, at := range random.Perm(stepItems) {
		if at < len(kept) {
			b.Update("items", kept[at], basalt.Patch{"rank": rank + 1, "round": round, "list": list})
			continue
		}
		key := fmt.Sprintf("i%d-%d", round, at)
		b.Create("items", map[string]any{"id": key, "rank": rank + 1, "round": round, "list": list})
		now = append(now, key)
	}
	if round > 1 {
		for _, key := range keys[len(kept):] {
			b.Delete("items", key)
		}
		b.Delete("lists", fmt.Sprint("l", round-1))
	}
	_, err := b.Commit(ctx)
	return now, err
}

// followSteps goes through the snapshots of a window until the last round, and fails the test for one that shows half a
// commit, or whose changes do not lead from the snapshot before to it.
func followSteps(ctx context.Context, t *testing.T, c *basalt.Client, limit int, ready func()) {
	defer ready()
	var before []string
	for s, err := range basalt.Collection[stepItem](c, "items").OrderBy("rank", basalt.Asc).Limit(limit).Snapshots(ctx) {
		if err != nil {
			t.Errorf("limit %d: %v", limit, err)
			return
		}
		ready()
		for i, item := range s.Items {
			if len(s.Items) != limit || item.Rank != i+1 || item.Round != s.Items[0].Round || item.List != fmt.Sprint("l", item.Round) || item.ID != s.Keys[i] {
				t.Errorf("half of a commit: %+v with the keys %v", s.Items, s.Keys)
				return
			}
		}
		after := slices.Clone(before)
		for _, change := range s.Changes {
			after = slices.DeleteFunc(after, func(key string) bool { return key == change.Key })
			if change.Type != basalt.Removed {
				after = append(after, change.Key)
			}
		}
		if want := slices.Sorted(slices.Values(s.Keys)); !slices.Equal(slices.Sorted(slices.Values(after)), want) {
			t.Errorf("the changes %+v of %v do not lead to %v", s.Changes, before, want)
			return
		}
		before = s.Keys
		if len(s.Items) > 0 && s.Items[0].Round == stepRounds {
			return
		}
	}
}

// cutting returns the URL of a way to a server that cuts every connection after some kilobytes of answers, in the
// middle of a message or of a step.
func cutting(t *testing.T, to string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var carrying sync.WaitGroup
	carrying.Go(func() {
		for {
			here, err := l.Accept()
			if err != nil {
				return
			}
			there, err := net.Dial("tcp", strings.TrimPrefix(to, "http://"))
			if err != nil {
				_ = here.Close()
				continue
			}
			end := func() { _ = here.Close(); _ = there.Close() }
			carrying.Go(func() { defer end(); _, _ = io.Copy(there, here) })
			carrying.Go(func() { defer end(); _, _ = io.CopyN(here, there, 2000+rand.Int64N(6000)) })
		}
	})
	t.Cleanup(func() { _ = l.Close(); carrying.Wait() })
	return "http://" + l.Addr().String()
}
