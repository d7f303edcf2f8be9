package rules_test

import (
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// failing has a call of each function that fails for the caller wrong; empty for one that takes everything.
var failing = map[string]string{
	"abs": `abs(auth.text)`, "ceil": `ceil(auth.text)`, "floor": `floor(auth.text)`, "round": `round(auth.text)`, "int": `int(auth.text)`, "float": `float(auth.text)`,
	"max": `max(auth.text)`, "min": `min(auth.n, auth.text)`, "mean": `mean([auth.text])`, "median": `median(auth.n, [auth.text])`,
	"string": ``, "trim": `trim(auth.n)`, "trimPrefix": `trimPrefix(auth.n)`, "trimSuffix": `trimSuffix("a", auth.n)`, "upper": `upper(auth.n)`, "lower": `lower(auth.n)`,
	"split": `split(auth.n, ",")`, "replace": `replace("a", "b", "c", auth.text)`, "join": `join([auth.n])`, "indexOf": `indexOf(auth.n, "a")`, "lastIndexOf": `lastIndexOf("a", auth.n)`,
	"hasPrefix": `hasPrefix(auth.n, "a")`, "hasSuffix": `hasSuffix("a", auth.n)`, "duration": `duration(auth.text)`, "date": `date(auth.text)`,
	"first": `first(auth.text)`, "last": `last(auth.n)`, "keys": `keys(auth.text)`, "values": `values(auth.n)`, "reverse": `reverse(auth.text)`, "uniq": `uniq(auth.n)`,
	"concat": `concat([1], auth.n)`, "flatten": `flatten(auth.text)`, "sort": `sort([auth.n, auth.text])`, "type": ``,
}

var wrong = map[string]any{"sub": "ada", "text": "soon", "n": int64(5), "one": []any{int64(1)}, "yes": true}

// TestFailure_Denies puts what fails into each place of a condition: neither it nor its negation may let anyone in.
func TestFailure_Denies(t *testing.T) {
	t.Parallel()
	if names := slices.Sorted(maps.Keys(failing)); !slices.Equal(names, rules.FunctionNames()) {
		t.Fatalf("the functions are %v, and tried are %v", rules.FunctionNames(), names)
	}
	for name, f := range failing {
		if f == "" {
			continue
		}
		for _, where := range []string{
			`@ == "x"`, `@ != "x"`, `"x" == @`, `!(@ == "x")`, `not (@ != "x")`, `!!(@ == "x")`, `@ == nil`, `@ != nil`, `!(@ == nil)`, `@ == @`, `@ == doc.owner`, `@ != doc.owner`, `!(doc.owner == @)`,
			`doc.stars > @`, `!(doc.stars > @)`, `@ in ["x"]`, `@ not in ["x"]`, `doc.owner in [@]`, `doc.owner not in [@, "a"]`, `!("x" in [@])`,
			`!(doc.owner contains @)`, `!(@ startsWith "a")`, `!(@ matches "^a")`, `like(doc.owner, @)`, `!like(doc.owner, @)`,
			`(@ ?? 1) == 1`, `(@ ?? 1) != 1`, `{"a": @}.a == nil`, `[@] != ["x"]`, `len([@]) == 1`, `-@ == nil`, `@ + 1 == nil`, `!(@ + 1 == nil)`,
			`(@ == "x" ? true : true)`, `!(@ == "x" ? false : false)`, `(auth.yes ? @ : 1) != "x"`, `((@ == "x") == false)`, `!((@ == "x") == true)`,
			`let v = @; true`, `let v = @; v != "x"`, `!(let v = @; v == "x")`, `none([1], @ == "x")`, `!any([1], @ == "x")`, `all([1], @ != "x")`, `any([1], @ != "x")`,
			`none(auth.one, # == @)`, `none([@], # == "x")`, `len(filter([1], @ == "x")) == 0`, `count([1], @ == "x") == 0`, `!one([1], @ == "x")`, `len(map([1], @)) == 1`,
			`exists("members", {"user": @})`, `!exists("members", {"user": @})`, `exists("members", {"user": {"$ne": @}})`, `!exists("members", {"user": {"$in": [@]}})`,
			`get("teams", @).owner == nil`, `get("teams", @).owner != auth.id`, `!(get("teams", @).owner == auth.id)`, `string(@) != "x"`, `trim(auth.nothing, @) != "x"`, `concat(auth.nothing, [@]) != ["x"]`, `type([@]) == "array"`,
			`!(doc.done || @ == "x")`, `doc.done && @ != "x"`, `!(!(@ == "x") || doc.done)`, `auth.yes && !(@ == "x")`,
		} {
			source := strings.ReplaceAll(where, "@", f)
			for _, doc := range []query.Row{nil, make(query.Row, len(notes.Fields))} {
				rule, err := rules.Compile(source, scope(t), rules.Read)
				if err != nil {
					if strings.Contains(err.Error(), "takes") || strings.Contains(err.Error(), "not true or false") || strings.Contains(err.Error(), "cannot be compared") {
						continue // it is refused when it is loaded
					}
					t.Errorf("%s: %s: %v", name, source, err)
					continue
				}
				if f, err := rule.Fold(&rules.Env{Auth: wrong, Doc: doc, Request: rules.Request{Time: now}}); err == nil && f != query.False {
					t.Errorf("%s: %s folds to %s", name, source, query.Format(f))
				}
				if f, _, err := rule.Trace(&rules.Env{Auth: wrong, Doc: doc, Request: rules.Request{Time: now}}); err == nil && f != query.False {
					t.Errorf("%s: %s is traced as %s", name, source, query.Format(f))
				}
			}
		}
	}
}

// TestFailure_IsOfItsConditionAlone: what does not depend on the failed condition holds, for a list as for one document.
func TestFailure_IsOfItsConditionAlone(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		`doc.done || @`:                             `doc.done == true`,
		`@ || doc.done`:                             `doc.done == true`,
		`!@ || doc.done`:                            `doc.done == true`,
		`doc.done && @`:                             `false`,
		`!(doc.done && @)`:                          `doc.done != true`,
		`!(@ && doc.done)`:                          `doc.done != true`,
		`!(doc.done && !@)`:                         `doc.done != true`,
		`!(doc.done || @)`:                          `false`,
		`auth.yes || @`:                             `true`,
		`@ || auth.yes`:                             `true`,
		`doc.done ? true : @`:                       `doc.done == true`,
		`!(doc.done ? @ : false)`:                   `doc.done != true`,
		`any([doc.done, @], #)`:                     `false`,
		`any(["a", "b"], doc.owner == # || @)`:      `doc.owner == "a" || doc.owner == "b"`,
		`let d = doc.done; d || @`:                  `doc.done == true`,
		`doc.done || (let v = int(auth.text); v>0)`: `doc.done == true`,
	} {
		source := strings.ReplaceAll(source, "@", `int(auth.text) == 1`)
		source = strings.ReplaceAll(source, `!int(auth.text) == 1`, `!(int(auth.text) == 1)`)
		rule, err := rules.Compile(source, scope(t), rules.Read)
		if err != nil {
			if want != "false" {
				t.Errorf("%s: %v", source, err)
			}
			continue
		}
		f, err := rule.Fold(&rules.Env{Auth: wrong, Request: rules.Request{Time: now}})
		if err != nil || query.Format(f) != want {
			t.Errorf("%s folds to %s, %v, want %s", source, query.Format(f), err, want)
		}
		for _, done := range []bool{true, false} {
			row := make(query.Row, len(notes.Fields))
			row[notes.Index("done")], row[notes.Index("owner")] = query.Bool(done), query.String("b")
			closed, err := rule.Fold(&rules.Env{Auth: wrong, Doc: row, Request: rules.Request{Time: now}})
			if err != nil || (closed == query.True) != query.Match(f, notes, row, nil) {
				t.Errorf("%s of a document with done: %v is %s, %v; its residual says %v", source, done, query.Format(closed), err, query.Match(f, notes, row, nil))
			}
		}
	}
}

// TestFailure_OfAForcedValue refuses the write.
func TestFailure_OfAForcedValue(t *testing.T) {
	t.Parallel()
	rule, err := rules.CompileValue(`int(auth.text)`, scope(t))
	if err != nil {
		t.Fatal(err)
	}
	if v, err := rule.Value(&rules.Env{Auth: wrong, Next: &rules.Next{Row: make(query.Row, len(notes.Fields))}}); err == nil || !strings.Contains(err.Error(), "int fails") || strings.Contains(err.Error(), "soon") {
		t.Errorf("it is %s, %v", v.JSON(), err)
	}
	if v, err := rule.Value(&rules.Env{Auth: map[string]any{}}); err != nil || !v.IsNull() {
		t.Errorf("of nothing it is %s, %v", v.JSON(), err)
	}
}

// TestMember_ThatIsNotThereIsAbsent: an element that a list of the rule itself does not have is not the null of a document.
func TestMember_ThatIsNotThereIsAbsent(t *testing.T) {
	t.Parallel()
	for _, source := range []string{
		`doc.owner == split(auth.text, ",")[1]`, `doc.owner == ["a"][5]`, `doc.owner == {"a": "x"}.b`, `doc.owner in [map(auth.one, "x")[3]]`, `doc.owner == first(filter(["a"], false))`,
	} {
		if f := fold(t, source, rules.Read, &rules.Env{Auth: wrong}); f != query.False {
			t.Errorf("%s folds to %s", source, query.Format(f))
		}
	}
	if f := fold(t, `doc.owner == [nil][0]`, rules.Read, &rules.Env{Auth: wrong}); query.Format(f) != "doc.owner == nil" {
		t.Errorf("the nil that is written in a list: %s", query.Format(f))
	}
}

// TestLibrary_MakesNoMoreThanItMay grows values by each function that can, and by the operators.
func TestLibrary_MakesNoMoreThanItMay(t *testing.T) {
	const doubled = 40 // times
	long := strings.Repeat("a", 1<<20)
	numbers := make([]any, 1<<14)
	for i := range numbers {
		numbers[i] = int64(i)
	}
	auth := map[string]any{"long": long, "numbers": numbers}
	double := func(begin, step string) string {
		return "let v = " + begin + "; " + strings.Repeat("let v = "+step+"; ", doubled) + "v != nil"
	}
	// names of variables are declared once
	once := func(source string) string {
		parts := strings.Split(source, "let v = ")
		for i := 2; i < len(parts); i++ {
			body, rest, _ := strings.Cut(parts[i], ";")
			parts[i] = strings.ReplaceAll(body, "v", "v"+strings.Repeat("v", i-2)) + ";" + rest
			parts[i] = "let v" + strings.Repeat("v", i-1) + " = " + parts[i]
		}
		return parts[0] + "let v = " + strings.Join(parts[1:], "")
	}
	for name, source := range map[string]string{
		"+":             once(double(`auth.long`, `v+v`)),
		"replace":       `replace(auth.long, "a", auth.long) != nil`,
		"replace twice": once(double(`"aa"`, `replace(v, "a", "aaa")`)),
		"join":          `join(map(auth.numbers, auth.long), "") != nil`,
		"glue":          `join(map(auth.numbers, ""), auth.long) != nil`,
		"concat":        once(double(`auth.numbers`, `concat(v, v)`)),
		"all at once":   `let n = auth.numbers; concat(n` + strings.Repeat(", n", 900) + `) != nil`,
		"flatten":       once(double(`auth.numbers`, `flatten([v, v])`)),
		"lists":         once(double(`[1]`, `[v, v]`)),
		"objects":       once(double(`[1]`, `{"a": v, "b": v}`)),
		"split":         `split(auth.long, "") != nil`,
		"upper":         `len(map(auth.numbers, upper(auth.long))) > 0`,
		"lower":         `any(auth.numbers, lower(auth.long) == "x")`,
		"string":        `any(auth.numbers, string(auth.numbers) == "x")`,
		"map":           `map(auth.numbers, auth.numbers) != nil`,
		"reverse":       `any(auth.numbers, reverse(auth.numbers) == [])`,
		"sort":          `any(auth.numbers, sort(auth.numbers) == [])`,
		"uniq":          `any(auth.numbers, uniq(auth.numbers) == [])`,
		"median":        `any(auth.numbers, median(auth.numbers) < 0)`,
	} {
		rule, err := rules.Compile(source, scope(t), rules.Read)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f, err := rule.Fold(&rules.Env{Auth: auth, Request: rules.Request{Time: now}})
		runtime.ReadMemStats(&after)
		if err == nil || f != query.False || !strings.Contains(err.Error(), "grows too large") {
			t.Errorf("%s folds to %s, %v", name, query.Format(f), err)
		}
		if bytes := after.TotalAlloc - before.TotalAlloc; bytes > 160<<20 {
			t.Errorf("%s makes %d MiB", name, bytes>>20)
		}
	}
	// What a request may send is not too much.
	for _, source := range []string{`lower(trim(auth.long)) startsWith "a"`, `replace(auth.long, "a", "bb") != nil`, `len(uniq(sort(auth.numbers))) > 5`, `len(string(auth.numbers)) > 5`} {
		if f := fold(t, source, rules.Read, &rules.Env{Auth: auth}); f != query.True {
			t.Errorf("%s folds to %s", source, query.Format(f))
		}
	}
}
