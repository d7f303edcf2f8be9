package rules_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// TestCompile_BoundsFunctionsThatCallTwice: each of them doubles the rule, so 40 of them make 2^40 parts.
func TestCompile_BoundsFunctionsThatCallTwice(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{"of nothing": `f%d() && f%d()`, "in an argument": `f%d() && (f%d() == true)`, "in a list": `any([f%d(), f%d()], #)`} {
		s := scope(t)
		for i := range 40 {
			source := "auth != nil"
			if i > 0 {
				source = fmt.Sprintf(body, i-1, i-1)
			}
			f, err := rules.ParseFunction(fmt.Sprintf("f%d", i), source)
			if err != nil {
				t.Fatal(err)
			}
			s.Functions[f.Name] = f
		}
		const want = "column 1: the rule has more than 5000 parts after its functions are expanded"
		if _, err := rules.Compile("f39()", s, rules.Read); err == nil || err.Error() != want {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := rules.CompileClaim("f39()", s); err == nil || err.Error() != want {
			t.Errorf("%s in a claim: %v", name, err)
		}
		if _, err := rules.Compile("f9()", s, rules.Read); name == "of nothing" && err != nil {
			t.Errorf("ten of them: %v", err)
		}
	}
}

// TestFold_BoundsWhatIsGoneThrough: what is asked for each element of a list goes through a long value each time.
func TestFold_BoundsWhatIsGoneThrough(t *testing.T) {
	t.Parallel()
	words := make([]any, 3000)
	for i := range words {
		words[i] = fmt.Sprintf("word%d", i)
	}
	auth := map[string]any{"words": words, "few": words[:20], "inside": []any{[]any{words}}}
	for _, question := range []string{
		`auth.body contains #`, `len(auth.body) == 1`, `auth.body matches #`, `auth.body matches "^[a-z]+b"`, `like(auth.body, "%" + #)`, `auth.words == auth.words`, `auth.inside == #`, `# + "x" in auth.words`, `type(auth.inside) == "x"`,
		`doc.owner in auth.words`, `exists("members", {"user": {"$in": auth.words}})`,
	} {
		auth["body"] = strings.Repeat("a", 1<<15)
		if strings.Contains(question, "body contains") || strings.Contains(question, "len(") {
			auth["body"] = strings.Repeat("a", 1<<18)
		}
		rule, err := rules.Compile(`any(auth.words, `+question+`)`, scope(t), rules.Read)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := rule.Fold(&rules.Env{Auth: auth}); err == nil || !strings.Contains(err.Error(), "grows too large") {
			t.Errorf("%s of each of 3000: %v", question, err)
		}
		if strings.Contains(question, "matches") || strings.Contains(question, "$in") || strings.Contains(question, "doc.") {
			continue
		}
		if rule, err = rules.Compile(`any(auth.few, `+question+`)`, scope(t), rules.Read); err != nil {
			t.Fatal(err)
		}
		if _, err := rule.Fold(&rules.Env{Auth: auth}); err != nil {
			t.Errorf("%s of each of 20: %v", question, err)
		}
	}
}

// TestCompile_ChecksEachPartOnce: a comparison with a list checked its other side twice, and so on inside.
func TestCompile_ChecksEachPartOnce(t *testing.T) {
	t.Parallel()
	if _, err := rules.Compile("doc.done == true"+strings.Repeat(" == [1]", 60), scope(t), rules.Read); err != nil {
		t.Error(err)
	}
}

// TestTrace_TakesWhatIsCompiled: what is traced counts no more than what is not.
func TestTrace_TakesWhatIsCompiled(t *testing.T) {
	t.Parallel()
	s := scope(t)
	for name, source := range map[string]string{"few(a)": "!(!(a))" + strings.Repeat(" && !(!(a))", 80), "many(a)": "few(a)" + strings.Repeat(" && few(a)", 8)} {
		f, err := rules.ParseFunction(name, source)
		if err != nil {
			t.Fatal(err)
		}
		s.Functions[f.Name] = f
	}
	rule, err := rules.Compile("many(auth.yes)", s, rules.Read)
	if err != nil {
		t.Fatal(err)
	}
	if f, _, err := rule.Trace(&rules.Env{Auth: map[string]any{"yes": true}}); err != nil || f != query.True {
		t.Errorf("it is traced as %v, %v", f, err)
	}
}

// TestLookup_ComparesNoOtherTypes: a statement that compares a string with a time is an error of PostgreSQL, and true in SQLite.
func TestLookup_ComparesNoOtherTypes(t *testing.T) {
	t.Parallel()
	for _, source := range []string{`get("members", auth.id).level == doc.owner`, `doc.at < get("members", doc.owner).user`, `get("members", doc.owner).since != doc.done`} {
		if _, err := rules.Compile(source, scope(t), rules.Read); err == nil || !strings.Contains(err.Error(), "cannot be compared with one of type") {
			t.Errorf("%s: %v", source, err)
		}
	}
	for source, want := range map[string]string{
		`get("members", auth.id).level == doc.score`:                      `exists("members": level == doc.score && id == "ada")`,
		`(doc.done ? doc.owner : doc.at) == get("members", auth.id).user`: `doc.done == true && exists("members": user == doc.owner && id == "ada")`,
		`doc.tags == now()`: `false`, `doc.tags in [now(), 1]`: `doc.tags == 1`, `exists("teams", {"meta": now()})`: `false`, `exists("teams", {"meta": {"$in": [now()]}})`: `false`,
	} {
		if f := fold(t, source, rules.Read, &rules.Env{Auth: ada, Request: rules.Request{Time: now}}); query.Format(f) != want {
			t.Errorf("%s folds to %s", source, query.Format(f))
		}
	}
}

// TestTime_BesideJSON is compared for a known document as by the filter of all.
func TestTime_BesideJSON(t *testing.T) {
	t.Parallel()
	for _, source := range []string{`doc.tags.a > now()`, `doc.tags.a < now()`, `doc.tags.a == now()`, `now() == doc.tags.a`, `doc.tags == now()`, `doc.tags in [now()]`, `doc.tags.a in [now()]`, `now() in doc.tags`, `now() in doc.tags.a`, `doc.tags.a != now()`} {
		rule, err := rules.Compile(source, scope(t), rules.Read)
		if err != nil {
			t.Fatal(err)
		}
		at := query.Time(now).JSON()
		for _, tags := range []string{at, `{"a":` + at + `}`, `{"a":"2026-01-01T00:00:00Z"}`, `{"a":"x"}`, `[` + at + `]`, `{"a":[` + at + `]}`} {
			row := make(query.Row, len(notes.Fields))
			row[notes.Index("tags")] = query.RawJSON(tags)
			all, err := rule.Fold(&rules.Env{Request: rules.Request{Time: now}})
			if err != nil {
				t.Fatal(err)
			}
			one, err := rule.Fold(&rules.Env{Request: rules.Request{Time: now}, Doc: row})
			if err != nil || (one == query.True) != query.Match(all, notes, row, nil) {
				t.Errorf("%s of %s is %s alone, %v, and its filter %s says otherwise", source, tags, query.Format(one), err, query.Format(all))
			}
		}
	}
}

// TestFailure_LeavesWhatNeedsTheDocument: what is evaluated only for its failures does not hide what was met before.
func TestFailure_LeavesWhatNeedsTheDocument(t *testing.T) {
	t.Parallel()
	for _, source := range []string{`(doc.tags == auth.one && int(auth.n) > 1) == true`, `((doc.tags == auth.one ? doc.stars : doc.score) != int(auth.n))`, `((doc.tags == auth.one) ?? int(auth.n)) == true`} {
		rule, err := rules.Compile(source, scope(t), rules.Read)
		if err != nil {
			t.Fatal(err)
		}
		var needs *rules.NeedsDocument
		if f, err := rule.Fold(&rules.Env{Auth: wrong}); !errors.As(err, &needs) {
			t.Errorf("%s folds to %s, %v", source, query.Format(f), err)
		}
	}
}

// TestFailure_IsTheSameForAKnownDocument: what is not needed for one document is needed for the filter of all of them.
func TestFailure_IsTheSameForAKnownDocument(t *testing.T) {
	t.Parallel()
	for _, where := range []string{
		`(doc.done && @ > 1) == false`, `(doc.done || @ > 1) == true`, `(doc.done && doc.stars > 2 && @ > 1 && doc.score > 1) == false`, `(doc.done ? @ : 5) > 3`, `(doc.done ? 5 : @) > 3`, `(doc.stars ?? @) == 3`,
		`((doc.done ? doc.stars : 3) ?? @) == 3`, `((doc.done == true) ?? @) == true`, `let d = doc.done; (d ? 5 : @) == 5`, `let d = (let e = doc.done; e); (d && @ > 1) == false`, `!((doc.done && @ > 1) == true)`,
		`(doc.done || auth.yes || @ > 1) == true`, `(auth.yes || @ > 1) == true`, `(doc.done && false && @ > 1) == false`, `((doc.done || auth.yes) || @ > 1) == true`, `(doc.owner in [] && @ > 1) == false`, `(auth.yes ? 5 : @) == 5`,
		`(auth.n ?? @) == 5`, `(changed("done") && @ > 1) == false`, `(next.done && @ > 1) == false`, `len(filter([1, 2], (doc.done && @ > 1) == false)) == 2`, `any([1, 2], (doc.done && @ > #) == false)`, `(get("teams", doc.team).owner ?? @) == "x"`,
		`exists("members", {"user": doc.done ? @ : "x"})`, `(doc.done ? true : @ > 1) == true`, `{"a": doc.done}.a`, `!(doc.done && (doc.stars == 3 || @ > 1) == true)`,
	} {
		source := strings.ReplaceAll(where, "@", `int(auth.text)`)
		op := rules.Read
		if strings.Contains(source, "changed") || strings.Contains(source, "next") {
			op = rules.Update
		}
		rule, err := rules.Compile(source, scope(t), op)
		if err != nil {
			if !strings.Contains(err.Error(), "cannot be computed from doc") {
				t.Errorf("%s: %v", source, err)
			}
			continue
		}
		for _, done := range []query.Value{query.Bool(true), query.Bool(false), query.Null} {
			row := make(query.Row, len(notes.Fields))
			row[notes.Index("done")], row[notes.Index("stars")], row[notes.Index("owner")] = done, query.Int(3), query.String("b")
			env := rules.Env{Auth: wrong, Request: rules.Request{Time: now, Op: op}}
			if op == rules.Update {
				states := make([]rules.State, len(row))
				for i := range states {
					states[i] = rules.Same
				}
				env.Next = &rules.Next{Row: row, States: states}
			}
			residual, err := rule.Fold(&env)
			if err != nil {
				t.Errorf("%s: %v", source, err)
				continue
			}
			env.Doc = row
			closed, err := rule.Fold(&env)
			tables := query.Tables(scope(t).Collections, nil)
			if one, all := query.Match(closed, notes, row, tables), query.Match(residual, notes, row, tables); err != nil || one != all {
				t.Errorf("%s where done is %s is %v alone, %v by its filter %s", source, done.JSON(), one, all, query.Format(residual))
			}
		}
	}
}
