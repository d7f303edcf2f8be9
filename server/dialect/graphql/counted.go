package graphql

import (
	"encoding/json"
	"slices"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/rules"
)

const (
	// maxCounted bounds the filters of an operation that count related documents: each is a statement.
	maxCounted = 10
	// maxKeys is how many documents such a filter finds, or leaves out.
	maxKeys = 1_000
)

// counted is the filter of the documents that have so many related ones, among those that the caller may see: those are
// counted first.
func (e *executor) counted(c *collection, r *relation, v map[string]any) (map[string]any, error) {
	count := object(v["count"])
	if count == nil {
		return all, nil
	}
	if e.compiling {
		return nil, fault.FieldErrorf(r.name, "unsupported", "a subscription is not filtered by how many related documents there are")
	}
	if e.counts++; e.counts > maxCounted {
		return nil, fault.FieldErrorf(r.name, "max", "an operation has at most %d filters that count related documents", maxCounted)
	}
	where, err := e.where(r.target, count["filter"])
	if err != nil {
		return nil, err
	}
	if err := e.count(r.target, rules.Read); err != nil {
		return nil, err
	}
	t := &tally{c: r.target, asked: map[string][]string{}}
	read, err := t.read(where, []string{r.field.Name})
	if err != nil {
		return nil, err
	}
	rows, err := e.figuresOf(read)
	if err := unlessDenied(err); err != nil {
		return nil, err
	}
	predicate := object(count["predicate"])
	without, err := satisfies(predicate, 0)
	if err != nil {
		return nil, err
	}
	keys := []json.RawMessage{}
	for _, row := range rows {
		key := row[r.field.Name]
		if string(key) == "null" || key == nil {
			continue
		}
		var n int64
		if err := json.Unmarshal(row["count"], &n); err != nil {
			return nil, err
		}
		if ok, err := satisfies(predicate, n); err != nil {
			return nil, err
		} else if ok != without {
			keys = append(keys, key)
		}
	}
	switch {
	case len(keys) > maxKeys:
		return nil, fault.FieldErrorf(r.name, "max", "more than %d documents differ in how many they have; narrow the filter of the count", maxKeys)
	case len(keys) == 0 && without:
		return all, nil
	case len(keys) == 0:
		return none, nil
	case without: // all but those
		return map[string]any{"$not": map[string]any{c.fields[0].Name: map[string]any{"$in": keys}}}, nil
	}
	return map[string]any{c.fields[0].Name: map[string]any{"$in": keys}}, nil
}

// satisfies reports whether a number satisfies all comparisons.
func satisfies(predicate map[string]any, n int64) (bool, error) {
	for name, v := range predicate {
		if name == "_is_null" {
			if is, _ := v.(bool); is {
				return false, nil
			}
			continue
		}
		var numbers []int64
		for _, one := range listOf(v) {
			i, ok := whole(one)
			if !ok {
				return false, fault.FieldErrorf("predicate", "type", "%s takes whole numbers", name)
			}
			numbers = append(numbers, int64(i))
		}
		if name == "_in" || name == "_nin" {
			if slices.Contains(numbers, n) != (name == "_in") {
				return false, nil
			}
			continue
		}
		if len(numbers) != 1 {
			return false, fault.FieldErrorf("predicate", "type", "%s takes a whole number", name)
		}
		to := numbers[0]
		if !map[string]bool{"_eq": n == to, "_neq": n != to, "_gt": n > to, "_gte": n >= to, "_lt": n < to, "_lte": n <= to}[name] {
			return false, nil
		}
	}
	return true, nil
}
