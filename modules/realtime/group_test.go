package realtime

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/basalt-dev/basalt/modules/query"
)

// TestChanges_LeadFromOneListToTheOther tries random lists: whoever does what the events say has the new list.
func TestChanges_LeadFromOneListToTheOther(t *testing.T) {
	for seed := range uint64(20_000) {
		rng := rand.New(rand.NewPCG(seed, 1))
		random := func() []place {
			var out []place
			for _, key := range rng.Perm(8)[:rng.IntN(9)] {
				out = append(out, place{fmt.Sprint(key), uint64(1 + rng.IntN(3))})
			}
			return out
		}
		old := random()
		next := slices.Clone(old)
		if rng.IntN(2) == 0 {
			next = random()
		} else if len(next) > 1 { // one that moves, as most changes are
			from, to := rng.IntN(len(next)), rng.IntN(len(next))
			p := next[from]
			next = slices.Insert(slices.Delete(next, from, from+1), to, p)
		}
		events := changesOf(old, next, func(int) []byte { return []byte("{}") })
		got := slices.Clone(old)
		for _, e := range events {
			got = e.change.on(got)
		}
		if !slices.Equal(got, next) {
			t.Fatalf("seed %d: from %v to %v the events lead to %v", seed, old, next, got)
		}
		if len(events) > len(old)+len(next) {
			t.Errorf("seed %d: %d events from %v to %v", seed, len(events), old, next)
		}
	}
	moved := changesOf([]place{{"a", 1}, {"b", 1}, {"c", 1}, {"d", 1}}, []place{{"b", 1}, {"c", 1}, {"d", 1}, {"a", 2}}, func(int) []byte { return nil })
	if len(moved) != 1 || moved[0].change.key != "a" {
		t.Errorf("one document that moves is %d events", len(moved))
	}
}

func TestTerms_NarrowTheSearch(t *testing.T) {
	shape := query.NewShape([]query.Field{{Name: "id", Type: query.TypeID}, {Name: "team", Type: query.TypeString}, {Name: "n", Type: query.TypeInt}, {Name: "j", Type: query.TypeJSON}})
	for text, want := range map[string]int{
		`team == "a"`: 1, `team in ["a", "b", "c"]`: 3, `team == "a" && n > 3`: 1, `n > 3`: 0, `team == "a" || n == 3`: 2,
		`team == "a" || n > 3`: 0, `(team in ["a", "b"]) && n == 3`: 1, `!(team == "a")`: 0, `j.x == 1`: 1,
	} {
		f, err := query.ParseText(shape, text, nil, query.Limits{}, nil)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if got := termsOf(query.NewShape(nil), f); len(got) != want {
			t.Errorf("%s: %d terms, want %d", text, len(got), want)
		}
	}
	if indexed(query.Int(1)) != indexed(query.Float(1)) || indexed(query.Int(1<<53+1)) == indexed(query.Int(1<<53)) {
		t.Error("values that are equal have to be one in the index, and others not")
	}
}
