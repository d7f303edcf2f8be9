package rules

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/basalt-dev/basalt/modules/query"
)

// A function of the language is pure, and what it makes is bounded. It is only called with arguments of the kinds that it
// takes, none of which is absent.
type function struct {
	takes []kinds
	// needed is how many of takes cannot be left out. With more, the last of takes may be there any number of times.
	needed int
	more   bool
	gives  kinds
	run    func(m *made, args []any) (any, error)
}

// functions are those of the language, by name.
var functions = map[string]*function{
	"abs":    {takes: []kinds{aNumber}, needed: 1, gives: aNumber, run: abs},
	"ceil":   {takes: []kinds{aNumber}, needed: 1, gives: aFloat, run: ceil},
	"floor":  {takes: []kinds{aNumber}, needed: 1, gives: aFloat, run: floor},
	"round":  {takes: []kinds{aNumber}, needed: 1, gives: aFloat, run: round},
	"int":    {takes: []kinds{aNumber | aString | aDuration | aDate}, needed: 1, gives: anInt, run: toInt},
	"float":  {takes: []kinds{aNumber | aString}, needed: 1, gives: aFloat, run: toFloat},
	"max":    {takes: []kinds{aNumber | aDuration | aList}, needed: 1, more: true, gives: aNumber | aDuration, run: largest},
	"min":    {takes: []kinds{aNumber | aDuration | aList}, needed: 1, more: true, gives: aNumber | aDuration, run: smallest},
	"mean":   {takes: []kinds{aNumber | aList}, needed: 1, more: true, gives: aFloat, run: mean},
	"median": {takes: []kinds{aNumber | aList}, needed: 1, more: true, gives: aFloat, run: median},

	"string":      {takes: []kinds{anything}, needed: 1, gives: aString, run: toString},
	"trim":        {takes: []kinds{aString, aString}, needed: 1, gives: aString, run: trim},
	"trimPrefix":  {takes: []kinds{aString, aString}, needed: 1, gives: aString, run: trimPrefix},
	"trimSuffix":  {takes: []kinds{aString, aString}, needed: 1, gives: aString, run: trimSuffix},
	"upper":       {takes: []kinds{aString}, needed: 1, gives: aString, run: upper},
	"lower":       {takes: []kinds{aString}, needed: 1, gives: aString, run: lower},
	"split":       {takes: []kinds{aString, aString, aNumber}, needed: 2, gives: aList, run: split},
	"replace":     {takes: []kinds{aString, aString, aString, aNumber}, needed: 3, gives: aString, run: replace},
	"join":        {takes: []kinds{aList, aString}, needed: 1, gives: aString, run: join},
	"indexOf":     {takes: []kinds{aString, aString}, needed: 2, gives: anInt, run: indexOf},
	"lastIndexOf": {takes: []kinds{aString, aString}, needed: 2, gives: anInt, run: lastIndexOf},
	"hasPrefix":   {takes: []kinds{aString, aString}, needed: 2, gives: aBool, run: hasPrefix},
	"hasSuffix":   {takes: []kinds{aString, aString}, needed: 2, gives: aBool, run: hasSuffix},

	"duration": {takes: []kinds{aString}, needed: 1, gives: aDuration, run: duration},
	"date":     {takes: []kinds{aString, aString, aString}, needed: 1, gives: aTime, run: date},

	"first":   {takes: []kinds{aList}, needed: 1, gives: anything, run: first},
	"last":    {takes: []kinds{aList}, needed: 1, gives: anything, run: last},
	"keys":    {takes: []kinds{anObject}, needed: 1, gives: aList, run: keys},
	"values":  {takes: []kinds{anObject}, needed: 1, gives: aList, run: members},
	"reverse": {takes: []kinds{aList}, needed: 1, gives: aList, run: reverse},
	"uniq":    {takes: []kinds{aList}, needed: 1, gives: aList, run: uniq},
	"concat":  {takes: []kinds{aList}, needed: 1, more: true, gives: aList, run: concat},
	"flatten": {takes: []kinds{aList}, needed: 1, gives: aList, run: flatten},
	"sort":    {takes: []kinds{aList, aString}, needed: 1, gives: aList, run: sorted},
	"type":    {takes: []kinds{anything}, needed: 1, gives: aString, run: typeName},
}

// at returns the kinds of an argument.
func (f *function) at(i int) kinds { return f.takes[min(i, len(f.takes)-1)] }

// counts describes a wrong number of arguments; it is empty for a right one.
func (f *function) counts(n int) string {
	most := len(f.takes)
	switch {
	case n >= f.needed && (f.more || n <= most):
		return ""
	case f.more:
		return fmt.Sprintf("at least %d argument(s), not %d", f.needed, n)
	case f.needed < most:
		return fmt.Sprintf("%d to %d arguments, not %d", f.needed, most, n)
	}
	return fmt.Sprintf("%d argument(s), not %d", f.needed, n)
}

// kinds is a set of kinds of values, as functions tell them apart.
type kinds uint16

const (
	anInt kinds = 1 << iota
	aFloat
	aString
	aBool
	aList
	anObject
	aTime
	aDuration
	aDate
	aDecimal
	someBytes

	aNumber  = anInt | aFloat
	anything = 1<<iota - 1
)

var kindNames = []struct {
	kinds kinds
	name  string
}{
	{aNumber, "a number"}, {anInt, "an integer"}, {aFloat, "a float"}, {aString, "a string"}, {aBool, "a boolean"}, {aList, "a list"}, {anObject, "an object"},
	{aTime, "a time"}, {aDuration, "a duration"}, {aDate, "a date"}, {aDecimal, "a decimal"}, {someBytes, "bytes"},
}

// String names the kinds, as in "a number or a string".
func (k kinds) String() string {
	var names []string
	for _, named := range kindNames {
		if k&named.kinds == named.kinds {
			names = append(names, named.name)
			k &^= named.kinds
		}
	}
	return strings.Join(names, " or ")
}

// kindOf returns the kind of a value, 0 for nil.
func kindOf(v any) kinds {
	switch v.(type) {
	case string:
		return aString
	case int64:
		return anInt
	case float64:
		return aFloat
	case bool:
		return aBool
	case []any:
		return aList
	case map[string]any:
		return anObject
	case time.Time:
		return aTime
	case time.Duration:
		return aDuration
	case query.Date:
		return aDate
	case query.Decimal:
		return aDecimal
	case []byte:
		return someBytes
	}
	return 0
}

// kindsOf returns what a node may give, as far as that is known before any request.
func (c *compiler) kindsOf(n node) kinds {
	switch n := n.(type) {
	case literal:
		return orAnything(kindOf(n.value))
	case call:
		return n.function.gives
	case list:
		return aList
	case object:
		return anObject
	case length:
		return anInt
	case now:
		if n.date {
			return aDate
		}
		return aTime
	case traced:
		return c.kindsOf(n.node)
	case not, logical, comparison, inclusion, textTest, regex, lookup, changed, webhook:
		return aBool
	case quantifier:
		switch n.name {
		case "map", "filter":
			return aList
		case "count":
			return anInt
		}
		return aBool
	case plucked:
		return aList
	case claim:
		return kindsOfType(claimTypes[n.name])
	case nextField:
		return kindsOfType(n.typ)
	case fetched:
		return kindsOfType(n.typ)
	}
	return anything
}

func orAnything(k kinds) kinds {
	if k == 0 {
		return anything
	}
	return k
}

// kindsOfType returns the kinds of the values of a field.
func kindsOfType(t query.Type) kinds {
	if t == "" || t == query.TypeJSON {
		return anything
	}
	if t.IsList() {
		return aList
	}
	return orAnything(map[query.Kind]kinds{
		query.KindString: aString, query.KindInt: anInt, query.KindFloat: aFloat, query.KindBool: aBool, query.KindTime: aTime,
		query.KindDate: aDate, query.KindDecimal: aDecimal, query.KindBytes: someBytes,
	}[t.Kind()])
}

// made counts what one evaluation makes, in bytes.
type made int

const (
	maxMade = 16 << 20 // bytes that one evaluation may make
	perItem = 16       // bytes of an element of a list
)

var errTooMuch = errors.New("it makes too much")

// bytes counts before something is made.
func (m *made) bytes(n int) error {
	if *m += made(n); *m > maxMade || *m < 0 {
		*m = maxMade + 1
		return errTooMuch
	}
	return nil
}

// items counts the elements of a list, before it is made.
func (m *made) items(n int) error { return m.bytes(n * perItem) }

// deep counts all that is inside a value, as often as it is there: of lists of one and the same list, what goes through them
// sees each.
func (m *made) deep(v any) error {
	switch v := v.(type) {
	case []any:
		if err := m.items(len(v)); err != nil {
			return err
		}
		for _, item := range v {
			switch item.(type) {
			case []any, map[string]any:
				if err := m.deep(item); err != nil {
					return err
				}
			}
		}
	case map[string]any:
		if err := m.items(2 * len(v)); err != nil {
			return err
		}
		for _, member := range v {
			if err := m.deep(member); err != nil {
				return err
			}
		}
	}
	return nil
}

// call evaluates a function. With an argument that is absent, the result is. An argument of another kind is a failure, as is
// one of which the function makes nothing.
func (e *evaluator) call(n call) result {
	if n.value != nil {
		return computed(n.value)
	}
	args, missing := make([]any, len(n.args)), false
	for i, a := range n.args { // all of them: one that fails counts beside one that is absent
		args[i] = e.packed(a)
		_, marked := args[i].(absence)
		missing = missing || marked || args[i] == nil
	}
	if missing || e.failed {
		return absent
	}
	for i, v := range args {
		if s, ok := v.(string); ok { // a function in any(…) goes through all of it each time
			e.work += len(s) / 256
		}
		if takes := n.function.at(i); kindOf(v)&takes == 0 {
			return e.fail(n.name, " takes %s, not %s", takes, kindOf(v))
		}
	}
	v, err := n.function.run(&e.made, args)
	if list, ok := v.([]any); ok && err == nil {
		err = e.made.deep(list)
	}
	switch {
	case errors.Is(err, errTooMuch):
		e.tooBig()
		return absent
	case err != nil:
		return e.fail(n.name, ": %s", err)
	}
	return computed(v)
}

// counted is a list or an object that was made.
func (e *evaluator) counted(v any) result {
	if e.made.deep(v) != nil {
		e.tooBig()
	}
	return known(v)
}

// functionNames returns the names of the functions, in order.
func functionNames() []string {
	names := make([]string, 0, len(functions))
	for name := range functions {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
