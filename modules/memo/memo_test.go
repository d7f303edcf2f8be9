package memo_test

import (
	"sync"
	"testing"

	"github.com/basalt-dev/basalt/modules/memo"
)

// TestMap_KeepsTheFirst adds values of the same keys from many goroutines, which all get the same ones.
func TestMap_KeepsTheFirst(t *testing.T) {
	t.Parallel()
	var m memo.Map[int, *int]
	if _, ok := m.Get(1); ok {
		t.Error("an empty map has something")
	}
	got := make([][]*int, 8)
	var wg sync.WaitGroup
	for g := range got {
		wg.Go(func() {
			for key := range 50 {
				got[g] = append(got[g], m.Add(key, &key))
			}
		})
	}
	wg.Wait()
	for key := range 50 {
		kept, ok := m.Get(key)
		if !ok || *kept != key {
			t.Fatalf("%d: %v, %v", key, kept, ok)
		}
		for g := range got {
			if got[g][key] != kept {
				t.Fatalf("%d: two values were given out", key)
			}
		}
	}
}
