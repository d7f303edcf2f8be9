package realtime

import (
	"maps"
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// maxBatch is how many documents of a collection are read one by one; where more have changed, what hangs
// on the collection is loaded again.
const maxBatch = 1000

// touches are the documents that have changed, by collection; all says that any may have.
type touches struct {
	ids map[*db.Collection]map[string]uint64 // with the first position
	all map[*db.Collection]bool
	// first is the first position of a collection, 0 when one is not known; unclear says that an id was touched
	// more than once.
	first   map[*db.Collection]uint64
	unclear map[*db.Collection]bool
}

func (t *touches) add(touched []db.Change, most int) {
	if t.ids == nil {
		t.ids, t.all = map[*db.Collection]map[string]uint64{}, map[*db.Collection]bool{}
		t.first, t.unclear = map[*db.Collection]uint64{}, map[*db.Collection]bool{}
	}
	for _, touch := range touched {
		c := touch.Collection
		if t.ids[c] == nil {
			t.ids[c], t.first[c] = map[string]uint64{}, touch.Position
		}
		t.first[c] = min(t.first[c], touch.Position)
		before, again := t.ids[c][touch.ID]
		switch {
		case again:
			t.unclear[c] = t.unclear[c] || before == 0 || before != touch.Position
		case touch.ID == "" || len(t.ids[c]) >= most:
			t.all[c], t.unclear[c] = true, true
		default:
			t.ids[c][touch.ID] = touch.Position
		}
	}
}

// collections returns those that were touched, in the order of their names: what is read in which order does not
// hang on chance.
func (t *touches) collections() []*db.Collection {
	return slices.SortedFunc(maps.Keys(t.ids), func(a, b *db.Collection) int { return strings.Compare(a.Name, b.Name) })
}

// batch is what was read of a collection: for each id its row, nil for one that is not there.
type batch struct {
	collection *db.Collection
	ids        []string
	rows       map[string]query.Row
}

// step is what is applied at once: some commits, each of them as a whole, as their documents were read.
type step struct {
	touches              touches
	batches, permissions []batch
	begun                []*db.Collection // whose documents are being read, as far as their tables know
	// settled says that what lookups find is no older than the documents.
	settled bool
}

// meets reports whether something was touched that is read.
func (t *touches) meets(touched []db.Change) bool {
	return slices.ContainsFunc(touched, func(touch db.Change) bool {
		ids, ok := t.ids[touch.Collection]
		_, is := ids[touch.ID]
		return ok && (is || touch.ID == "")
	})
}
