package rules

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/basalt-dev/basalt/modules/query"
)

// The functions of numbers.

func abs(_ *made, args []any) (any, error) {
	switch x := args[0].(type) {
	case int64:
		if x == math.MinInt64 {
			return nil, fmt.Errorf("%d has no positive integer", x)
		}
		return max(x, -x), nil
	case float64:
		if x < 0 {
			return -x, nil
		}
	}
	return args[0], nil
}

func ceil(_ *made, args []any) (any, error) { return rounded(math.Ceil, args[0]), nil }

func floor(_ *made, args []any) (any, error) { return rounded(math.Floor, args[0]), nil }

// round rounds halves away from zero.
func round(_ *made, args []any) (any, error) { return rounded(math.Round, args[0]), nil }

func rounded(how func(float64) float64, v any) float64 {
	x, _ := number(v)
	return how(x)
}

func toInt(_ *made, args []any) (any, error) {
	switch x := args[0].(type) {
	case string:
		i, err := strconv.ParseInt(x, 10, 64)
		if err != nil {
			return nil, notSuch(x, "an integer")
		}
		return i, nil
	case float64:
		// the bounds are floats: 2^63 is the first that is too large
		if !(x >= math.MinInt64 && x < 1<<63) {
			return nil, fmt.Errorf("%v is not in the range of integers", x)
		}
		return int64(x), nil
	case time.Duration:
		return int64(x), nil
	case query.Date:
		return int64(x), nil
	}
	return args[0], nil
}

// whole is toInt for what limits another function.
func whole(v any) (int, error) {
	i, err := toInt(nil, []any{v})
	if err != nil {
		return 0, err
	}
	return int(i.(int64)), nil
}

func toFloat(_ *made, args []any) (any, error) {
	s, ok := args[0].(string)
	if !ok {
		x, _ := number(args[0])
		return x, nil
	}
	x, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsInf(x, 0) || math.IsNaN(x) { // these have no JSON form
		return nil, notSuch(s, "a number")
	}
	return x, nil
}

func largest(_ *made, args []any) (any, error) { return extreme(query.Lt, args) }

func smallest(_ *made, args []any) (any, error) { return extreme(query.Gt, args) }

// extreme returns the first number that none of the others goes beyond, nil if there is none. It goes into lists.
func extreme(beyond query.CompareOp, args []any) (any, error) {
	var out any
	err := eachNumber(args, aNumber|aDuration, func(v any) error {
		switch {
		case out == nil:
			out = v
		case (kindOf(out) == aDuration) != (kindOf(v) == aDuration):
			return errors.New("a number cannot be compared with a duration")
		case compareKnown(beyond, out, v):
			out = v
		}
		return nil
	})
	return out, err
}

// eachNumber calls visit for each number in lists, and in lists of lists.
func eachNumber(list []any, takes kinds, visit func(any) error) error {
	for _, v := range list {
		var err error
		switch k := kindOf(v); {
		case k == aList:
			err = eachNumber(v.([]any), takes, visit)
		case k&takes == 0:
			err = fmt.Errorf("an element of the list is %s", described(v))
		default:
			err = visit(v)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// mean is 0 for no numbers.
func mean(_ *made, args []any) (any, error) {
	s := sum{}
	for _, arg := range args {
		list, ok := arg.([]any)
		if !ok {
			list = []any{arg}
		}
		if err := s.add(list); err != nil {
			return nil, err
		}
	}
	if s.count == 0 {
		return 0.0, nil
	}
	return s.total / float64(s.count), nil
}

// sum adds a list within a list on its own: the order of additions decides about the last digit.
type sum struct {
	total float64
	count int
}

func (s *sum) add(list []any) error {
	for _, v := range list {
		if inner, ok := v.([]any); ok {
			of := sum{}
			if err := of.add(inner); err != nil {
				return err
			}
			s.total, s.count = s.total+of.total, s.count+of.count
			continue
		}
		x, ok := number(v)
		if !ok {
			return fmt.Errorf("an element of the list is %s", described(v))
		}
		s.total, s.count = s.total+x, s.count+1
	}
	return nil
}

// median is 0 for no numbers.
func median(m *made, args []any) (any, error) {
	var all []float64
	err := eachNumber(args, aNumber, func(v any) error {
		x, _ := number(v)
		all = append(all, x)
		return m.bytes(8)
	})
	n := len(all)
	if err != nil || n == 0 {
		return 0.0, err
	}
	slices.Sort(all)
	if n%2 == 1 {
		return all[n/2], nil
	}
	return (all[n/2-1] + all[n/2]) / 2, nil
}
