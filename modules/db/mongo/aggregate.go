package mongo

import (
	"context"
	"math"
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// group accumulates the aggregates of one group.
type group struct {
	values   []query.Value
	count    int64
	ints     []int64
	overflow []bool
	mixed    []bool // a sum of ints that contains other numbers
	infinite []bool
	floats   []float64
	numbers  []int64
	decimals []query.Total
	extremes []query.Value
}

// Aggregate implements [db.Store]. It fetches the needed fields of the documents and aggregates here, because the
// server's arithmetic turns sums beyond 64 bits into floats and counts nulls as zero.
func (s store) Aggregate(ctx context.Context, c *db.Collection, a db.Aggregate) ([][]query.Value, error) {
	if a.Count && len(a.Group)+len(a.Sum)+len(a.Avg)+len(a.Min)+len(a.Max) == 0 {
		n, err := s.Count(ctx, c, a.Where)
		return [][]query.Value{{query.Int(n)}}, err
	}
	fields := slices.Concat([]int{c.Key}, a.Group, a.Sum, a.Avg, a.Min, a.Max)
	groups := map[string]*group{}
	numbers := slices.Concat(a.Sum, a.Avg)
	extremes := slices.Concat(a.Min, a.Max)
	fresh := func(values []query.Value) *group {
		return &group{values: values, ints: make([]int64, len(numbers)), overflow: make([]bool, len(numbers)), mixed: make([]bool, len(numbers)), infinite: make([]bool, len(numbers)), floats: make([]float64, len(numbers)),
			numbers: make([]int64, len(numbers)), decimals: make([]query.Total, len(numbers)), extremes: make([]query.Value, len(extremes))}
	}
	err := s.each(ctx, c, db.Find{Query: query.Query{Where: a.Where}, Fields: fields}, func(row query.Row) error {
		values := make([]query.Value, len(a.Group))
		var key strings.Builder
		for i, f := range a.Group {
			values[i] = row[f]
			key.WriteString(row[f].Kind().String() + row[f].JSON() + "\x00")
		}
		g := groups[key.String()]
		if g == nil {
			g = fresh(values)
			groups[key.String()] = g
		}
		g.add(row, numbers, extremes, len(a.Min))
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(a.Group) == 0 && len(groups) == 0 {
		groups[""] = fresh(nil)
	}
	all := make([]*group, 0, len(groups))
	for _, g := range groups {
		all = append(all, g)
	}
	slices.SortFunc(all, func(x, y *group) int { return compareGroups(x.values, y.values) })
	if a.Limit > 0 && len(all) > a.Limit {
		all = all[:a.Limit]
	}
	out := make([][]query.Value, len(all))
	for i, g := range all {
		if out[i], err = g.row(c, a, len(a.Sum)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (g *group) add(row query.Row, numbers, extremes []int, minima int) {
	g.count++
	for i, f := range numbers {
		v := row[f]
		if v.IsNull() {
			continue
		}
		g.numbers[i]++
		if v.Kind() == query.KindDecimal {
			g.decimals[i].Add(v)
			continue
		}
		g.floats[i] += v.Float()
		if v.Kind() == query.KindFloat {
			g.mixed[i], g.infinite[i] = true, g.infinite[i] || math.IsInf(v.Float(), 0)
			continue
		}
		sum := g.ints[i] + v.Int()
		if (sum > g.ints[i]) != (v.Int() > 0) && v.Int() != 0 {
			g.overflow[i] = true
		}
		g.ints[i] = sum
	}
	for i, f := range extremes {
		order, ok := row[f].Compare(g.extremes[i])
		if !row[f].IsNull() && (!ok || (order < 0) == (i < minima)) {
			g.extremes[i] = row[f]
		}
	}
}

func (g *group) row(c *db.Collection, a db.Aggregate, sums int) ([]query.Value, error) {
	out := slices.Clone(g.values)
	if a.Count {
		out = append(out, query.Int(g.count))
	}
	for i := range g.numbers {
		switch {
		case g.numbers[i] == 0:
			out = append(out, query.Null)
		case g.decimals[i].N > 0 && i < sums:
			out = append(out, g.decimals[i].Sum())
		case g.decimals[i].N > 0:
			out = append(out, query.Average(g.decimals[i].Sum(), g.decimals[i].N))
		case i >= sums:
			out = append(out, double(g.floats[i]/float64(g.numbers[i])))
		case g.mixed[i] && c.Columns[a.Sum[i]].Type.Kind() == query.KindInt:
			out = append(out, double(g.floats[i]))
		case c.Columns[a.Sum[i]].Type.Kind() == query.KindInt && g.overflow[i]:
			return nil, fault.Errorf(fault.Invalid, "the sum does not fit 64 bits")
		case c.Columns[a.Sum[i]].Type.Kind() == query.KindInt:
			out = append(out, query.Int(g.ints[i]))
		case math.IsInf(g.floats[i], 0) && !g.infinite[i]:
			return nil, fault.Errorf(fault.Invalid, "the sum is larger than any float")
		default:
			out = append(out, double(g.floats[i]))
		}
	}
	return append(out, g.extremes...), nil
}

// compareGroups orders groups by their values, null first.
func compareGroups(x, y []query.Value) int {
	for i := range x {
		switch order, ok := x[i].Compare(y[i]); {
		case ok && order != 0:
			return order
		case x[i].IsNull() != y[i].IsNull():
			if x[i].IsNull() {
				return -1
			}
			return 1
		}
	}
	return 0
}
