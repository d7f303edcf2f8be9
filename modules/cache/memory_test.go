package cache

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/maypok86/otter/v2"
)

func TestLocal_TakesNoMoreMemoryThanItsLimit(t *testing.T) {
	const limit = 8 << 20
	for _, size := range []int{0, 20, 300, 5000} {
		took := kept(t, limit, 3*limit/(300+2*size), func(l *local, i int) {
			key := fmt.Sprintf("%032d-%032d", i, i)
			body := make([]byte, size, size*2) // as an answer is, of unknown size
			l.put(key, &entry{answer: Entry{Body: body, Tag: fmt.Sprintf("%012d", i)}, tags: []string{fmt.Sprintf("notes/n%d", i)}})
		})
		if took > limit*11/10 || took < limit/2 {
			t.Errorf("entries of %d bytes take %d bytes, where the limit is %d", size, took, limit)
		}
	}
}

func TestLocal_ForgetsWhatHasChangedWhenThatTakesTooMuch(t *testing.T) {
	const limit = 16 << 20
	took := kept(t, limit, limit/100, func(l *local, i int) { l.touch([]string{fmt.Sprintf("notes:%032d", i)}) })
	if took > limit/touchedPart*3/2 {
		t.Errorf("what has changed takes %d bytes, of a limit of %d", took, limit)
	}
}

// kept returns how many bytes more live after a cache was filled n times, far over its limit.
func kept(t *testing.T, limit, n int, fill func(l *local, i int)) int {
	t.Helper()
	heap := func() int {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int(m.HeapAlloc)
	}
	before := heap()
	l := newLocal(limit)
	library := l.entries.(*otter.Cache[string, *entry])
	for i := range n {
		fill(l, i)
		if i%1000 == 0 {
			library.CleanUp()
		}
	}
	library.CleanUp()
	took := heap() - before
	t.Logf("%d entries, %d tags: %.2f of the limit", library.EstimatedSize(), len(l.touched), float64(took)/float64(limit))
	return took
}
