package rules

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"regexp/syntax"
	"time"

	"github.com/basalt-dev/basalt/modules/query"
)

// toValue is the inverse of [query.Value.Any]. What has no JSON form becomes null.
func toValue(v any) query.Value {
	switch v := v.(type) {
	case nil, absence:
		return query.Null
	case string:
		return query.String(v)
	case bool:
		return query.Bool(v)
	case int64:
		return query.Int(v)
	case int:
		return query.Int(int64(v))
	case float64: // of a document it may be infinite; what is worked out is not, by finite
		return query.Double(v)
	case time.Time:
		return query.Time(v)
	case query.Date:
		return query.Days(int64(v))
	case query.Decimal:
		return query.KnownDecimal(string(v))
	case []byte:
		return query.Bytes(string(v))
	case time.Duration:
		return query.Null
	}
	text, err := json.Marshal(jsonReady(v))
	if err != nil {
		return query.Null
	}
	return query.RawJSON(string(text))
}

// jsonReady replaces times, dates and bytes inside arrays and objects by their API form.
func jsonReady(v any) any {
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = jsonReady(v[i])
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k := range v {
			out[k] = jsonReady(v[k])
		}
		return out
	case time.Time:
		return v.UTC().Format(query.TimeFormat)
	case query.Date:
		return v.String()
	case []byte:
		return base64.StdEncoding.EncodeToString(v)
	case absence:
		return nil
	}
	return v
}

// compareKnown compares two known values. It applies the coercion that a field of the one's type would apply to
// the other, so the result does not depend on which of them is known.
func compareKnown(op query.CompareOp, a, b any) bool {
	if x, ok := a.(string); ok {
		if y, ok := b.(string); ok && op == query.Eq {
			return x == y
		}
	}
	if x, ok := a.(time.Duration); ok {
		y, ok := b.(time.Duration)
		return ok && op.Holds(query.Int(int64(x)), query.Int(int64(y)))
	}
	x, y := alike(toValue(a), toValue(b))
	return op.Holds(x, y)
}

func alike(x, y query.Value) (query.Value, query.Value) {
	if x.Kind() == query.KindDecimal || y.Kind() == query.KindDecimal {
		a, okA := query.Coerce(query.TypeDecimal, x)
		b, okB := query.Coerce(query.TypeDecimal, y)
		if okA && okB {
			return a, b
		}
		return x, y
	}
	types := map[query.Kind]query.Type{query.KindTime: query.TypeTime, query.KindDate: query.TypeDate, query.KindBytes: query.TypeBytes}
	if t, ok := types[x.Kind()]; ok && y.Kind() == query.KindString {
		c, ok := query.Coerce(t, y)
		if ok {
			return x, c
		}
	}
	if t, ok := types[y.Kind()]; ok && x.Kind() == query.KindString {
		c, ok := query.Coerce(t, x)
		if ok {
			return c, y
		}
	}
	return x, y
}

// memberOf returns a member of an object or an element of a list, absence if there is none.
func memberOf(base, key any) any {
	switch base := base.(type) {
	case map[string]any:
		if k, ok := key.(string); ok {
			if v, there := base[k]; there {
				return v
			}
		}
	case []any:
		if i, ok := key.(int64); ok {
			if i < 0 {
				i += int64(len(base))
			}
			if i >= 0 && i < int64(len(base)) {
				return base[i]
			}
		}
	}
	return absence{}
}

func arithmeticOf(op string, a, b any) any {
	_, isDecimal := a.(query.Decimal)
	if _, is := b.(query.Decimal); is || isDecimal {
		return decimalArithmetic(op, a, b)
	}
	switch x := a.(type) {
	case string:
		if y, ok := b.(string); ok && op == "+" {
			return x + y
		}
		return nil
	case time.Time:
		return timeArithmetic(op, x, b)
	case time.Duration:
		return durationArithmetic(op, x, b)
	case query.Date:
		return dateArithmetic(op, x, b)
	case int64:
		if y, ok := b.(int64); ok {
			switch op {
			case "+":
				return x + y
			case "-":
				return x - y
			case "*":
				return x * y
			case "%":
				if y == 0 {
					return nil
				}
				return x % y
			}
		}
	}
	x, okA := number(a)
	y, okB := number(b)
	if !okA || !okB {
		return nil
	}
	return floatArithmetic(op, x, y)
}

func timeArithmetic(op string, x time.Time, b any) any {
	switch y := b.(type) {
	case time.Duration:
		switch op {
		case "+":
			return x.Add(y)
		case "-":
			return x.Add(-y)
		}
	case time.Time:
		if op == "-" {
			return x.Sub(y)
		}
	}
	return nil
}

func durationArithmetic(op string, x time.Duration, b any) any {
	switch y := b.(type) {
	case time.Duration:
		switch op {
		case "+":
			return x + y
		case "-":
			return x - y
		}
	case time.Time:
		if op == "+" {
			return y.Add(x)
		}
	case query.Date:
		if op == "+" {
			return dateArithmetic(op, y, x)
		}
	}
	return nil
}

func floatArithmetic(op string, x, y float64) any {
	switch op {
	case "+":
		return finite(x + y)
	case "-":
		return finite(x - y)
	case "*":
		return finite(x * y)
	case "/":
		return finite(x / y)
	case "**", "^":
		return finite(math.Pow(x, y))
	}
	return nil
}

// decimalArithmetic computes exactly with decimals and numbers.
func decimalArithmetic(op string, a, b any) any {
	x, okA := query.Coerce(query.TypeDecimal, toValue(a))
	y, okB := query.Coerce(query.TypeDecimal, toValue(b))
	if _, text := a.(string); text || !okA || !okB || op != "+" && op != "-" && op != "*" {
		return nil
	}
	if _, text := b.(string); text {
		return nil
	}
	out, ok := query.DecimalArithmetic(op, x, y)
	if !ok {
		return nil
	}
	return out.Any()
}

// dateArithmetic adds whole days to a date, or subtracts them, or returns the time between two dates.
func dateArithmetic(op string, x query.Date, b any) any {
	const day = 24 * time.Hour
	ordinary := func(d query.Date) bool {
		v := query.Days(int64(d))
		return v.Ordinary() && v != query.ForeverDate && v != query.AlwaysDate
	}
	if !ordinary(x) {
		return nil
	}
	switch y := b.(type) {
	case time.Duration:
		days := query.Date(y / day)
		if op == "-" {
			days = -days
		}
		if out := x + days; y%day == 0 && (op == "+" || op == "-") && ordinary(out) {
			return out
		}
	case query.Date:
		const longest = query.Date(math.MaxInt64 / day)
		if between := x - y; op == "-" && ordinary(y) && between <= longest && between >= -longest {
			return time.Duration(between) * day
		}
	}
	return nil
}

// finite returns a computed number, nil if it is not finite.
func finite(f float64) any {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nil
	}
	return f
}

func number(v any) (float64, bool) {
	switch v := v.(type) {
	case int64:
		return float64(v), true
	case int:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}

// simplePattern analyses a regular expression that is only a literal, anchored or not.
func simplePattern(pattern string) (op query.TextOp, text string, ok bool) {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return 0, "", false
	}
	parts := []*syntax.Regexp{re}
	if re.Op == syntax.OpConcat {
		parts = re.Sub
	}
	starts := parts[0].Op == syntax.OpBeginText
	if starts {
		parts = parts[1:]
	}
	if len(parts) != 1 && (len(parts) != 2 || parts[1].Op != syntax.OpEndText) {
		return 0, "", false
	}
	ends := len(parts) == 2
	if parts[0].Op != syntax.OpLiteral || parts[0].Flags&syntax.FoldCase != 0 || starts && ends {
		return 0, "", false
	}
	text = string(parts[0].Rune)
	switch {
	case starts:
		return query.StartsWith, text, true
	case ends:
		return query.EndsWith, text, true
	}
	return query.Contains, text, true
}

func checkPattern(pattern string) error {
	if _, err := regexp.Compile(pattern); err != nil {
		return fmt.Errorf("the pattern is not a regular expression: %w", err)
	}
	return nil
}
