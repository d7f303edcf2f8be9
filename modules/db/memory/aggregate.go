package memory

import (
	"math/big"
	"slices"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// group is one row of an aggregate.
type group struct {
	by       []query.Value
	count    int64
	sum, avg []total
	min, max []query.Value
}

func newGroup(by []query.Value, a db.Aggregate) *group {
	return &group{
		by: by, sum: make([]total, len(a.Sum)), avg: make([]total, len(a.Avg)),
		min: make([]query.Value, len(a.Min)), max: make([]query.Value, len(a.Max)),
	}
}

// total is a sum of numbers. The zero total has none.
type total struct {
	n     int64
	ints  big.Int // of all ints
	float float64 // of all
	exact bool    // all are ints
	// decimals are the values, if they are decimals.
	decimals query.Total
}

func (t *total) add(v query.Value) {
	t.decimals.Add(v)
	if !v.IsNumber() {
		return
	}
	t.exact = (t.exact || t.n == 0) && v.Kind() == query.KindInt
	t.n++
	t.float += v.Float()
	if t.exact {
		t.ints.Add(&t.ints, big.NewInt(v.Int()))
	}
}

// sum returns the sum, null of nothing.
func (t *total) sum() (query.Value, error) {
	switch {
	case t.decimals.N > 0:
		return t.decimals.Sum(), nil
	case t.n == 0:
		return query.Null, nil
	case !t.exact:
		return query.Double(t.float), nil
	case !t.ints.IsInt64():
		return query.Null, fault.Errorf(fault.Invalid, "the sum does not fit 64 bits")
	}
	return query.Int(t.ints.Int64()), nil
}

// avg returns the average, null of nothing.
func (t *total) avg() query.Value {
	if t.decimals.N > 0 {
		return query.Average(t.decimals.Sum(), t.decimals.N)
	}
	if t.n == 0 {
		return query.Null
	}
	return query.Double(t.float / float64(t.n))
}

func (g *group) add(a db.Aggregate, row query.Row) {
	g.count++
	for n, i := range a.Sum {
		g.sum[n].add(row[i])
	}
	for n, i := range a.Avg {
		g.avg[n].add(row[i])
	}
	for n, i := range a.Min {
		if v := row[i]; !v.IsNull() && (g.min[n].IsNull() || compare(v, g.min[n]) < 0) {
			g.min[n] = v
		}
	}
	for n, i := range a.Max {
		if compare(row[i], g.max[n]) > 0 {
			g.max[n] = row[i]
		}
	}
}

// row returns the columns of the result.
func (g *group) row(a db.Aggregate) ([]query.Value, error) {
	out := slices.Clone(g.by)
	if a.Count {
		out = append(out, query.Int(g.count))
	}
	for n := range g.sum {
		sum, err := g.sum[n].sum()
		if err != nil {
			return nil, err
		}
		out = append(out, sum)
	}
	for n := range g.avg {
		out = append(out, g.avg[n].avg())
	}
	return append(append(out, g.min...), g.max...), nil
}
