package ruletest

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/modules/fault"
)

// The author tests the cases they think of. The suite adds attacks: it repeats each test as an anonymous caller,
// as a newly signed-up user, and as the caller of the test; on the fixtures, on documents of nulls, and with the
// referenced documents deleted. A failure reports which attack succeeded, unless the file expects it.

// Policy is what the attacks need to know of a rule.
type Policy struct {
	// Public is true if the rule is just true.
	Public bool
	// Nullable are the fields that a stored document may leave empty, except those that a rule of the collection
	// compares with the literal nil: for them, empty has a meaning.
	Nullable []string
}

// attackers are the callers that repeat each test; nil stands for the caller of the test.
var attackers = []string{"an anonymous caller", "a stranger", "the caller"}

func attackerAs(who string, t test) map[string]any {
	switch who {
	case attackers[0]:
		return nil
	case attackers[1]:
		return map[string]any{"sub": "a-stranger"}
	}
	return t.As
}

// suite is one file that is being run.
type suite struct {
	file
	path     string
	backend  Backend
	loaded   string // the world loaded in the backend, empty after a call has changed it
	outcomes map[string]Outcome
	tried    map[string]bool // successful attacks, by name
	report   *Report
}

// world is a set of fixtures.
type world struct {
	name     string // suffix of an attack's name; empty for the fixtures of the file
	key      string // names the fixtures
	fixtures map[string][]map[string]any
	call     Call
}

func (s *suite) do(ctx context.Context, w world) (Outcome, error) {
	as, err := json.Marshal(w.call.As)
	if err != nil {
		return Outcome{}, err
	}
	key := fmt.Sprintf("%q %s %q %q %q %q %q", w.key, as, w.call.Op, w.call.Collection, w.call.ID, w.call.Filter, w.call.Doc)
	if out, known := s.outcomes[key]; known {
		return out, nil
	}
	if s.loaded != w.key {
		if err := s.load(ctx, w.fixtures); err != nil {
			return Outcome{}, err
		}
		s.loaded = w.key
	}
	out, err := s.backend.Do(ctx, w.call)
	if err != nil {
		return out, err
	}
	if w.call.Op != "read" && out.Code == "" {
		s.loaded = ""
	}
	s.outcomes[key] = out
	return out, nil
}

func (s *suite) load(ctx context.Context, fixtures map[string][]map[string]any) error {
	encoded := map[string][]byte{}
	for name, docs := range fixtures {
		var err error
		if len(docs) == 0 {
			continue
		}
		if encoded[name], err = json.Marshal(docs); err != nil {
			return fmt.Errorf("fixtures of %s: %w", name, err)
		}
	}
	return s.backend.Load(ctx, encoded)
}

const asWritten = "the fixtures"

// attack repeats a test. named is the result for its own caller.
func (s *suite) attack(ctx context.Context, t test, c Call, named Outcome) error {
	policy := s.backend.Policy(c.Collection, c.Op)
	for _, who := range attackers {
		plain := world{key: asWritten, fixtures: s.Fixtures, call: c}
		plain.call.As = attackerAs(who, t)
		base, err := s.do(ctx, plain)
		if err != nil {
			return err
		}
		if who != attackers[2] {
			s.judge(t, plain, who, s.unsaid(who, c, policy, named, base))
		}
		if c.Op != "read" && base.Code == "" {
			continue // there is nothing more to gain
		}
		for _, w := range []world{s.nulls(c, policy), s.orphans(c)} {
			if w.fixtures == nil {
				continue
			}
			w.call.As = plain.call.As
			out, err := s.do(ctx, w)
			if err != nil {
				s.loaded = "" // the database does not take such documents, so that there are none
				continue
			}
			s.judge(t, w, who, gained(c, base, out))
		}
	}
	return nil
}

// judge records a successful attack, and why it is a problem.
func (s *suite) judge(t test, w world, who, why string) {
	if why == "" {
		return
	}
	name := strings.TrimSpace(fmt.Sprintf("%s may %s %s%s", who, w.call.Op, w.call.Collection, w.name))
	if s.tried[name] {
		return
	}
	s.tried[name] = true
	if slices.Contains(s.Expected, name) {
		return
	}
	s.report.Results = append(s.report.Results, Result{File: s.path, Name: name, Failure: fmt.Sprintf("%s\n  tried after the test %q\n  if it is meant, say so in the file: expected: [%q]", why, t.title(w.call), name)})
}

// finish fails for expected attacks that did not succeed.
func (s *suite) finish() {
	for _, name := range s.Expected {
		if !s.tried[name] {
			s.report.Results = append(s.report.Results, Result{File: s.path, Name: name, Failure: "expected, and not so: take it out of expected, or mend the test that should show it"})
		}
	}
}

func refused(code fault.Code) bool {
	return code == fault.Forbidden || code == fault.Unauthenticated || code == fault.NotFound
}

// unsaid returns why a caller without claims should not succeed on the fixtures of the file.
func (s *suite) unsaid(who string, c Call, policy Policy, named, out Outcome) string {
	if policy.Public || out.Code != "" || c.Op == "read" && len(out.Documents) == 0 {
		return ""
	}
	denied := refused(named.Code) || c.Op == "read" && named.Code == "" && len(named.Documents) == 0
	if more := gained(c, named, out); who == attackers[0] && c.As != nil && more != "" {
		return "the caller of the test, who is signed in, may less: " + more
	}
	if s.allowedByTest(who, c) {
		return ""
	}
	switch {
	case denied:
		return "the caller of the test is refused"
	case who == attackers[0]:
		return "no test of the file says so"
	}
	return ""
}

// allowedByTest reports whether a test of the file allows the same to such a caller.
func (s *suite) allowedByTest(who string, c Call) bool {
	return slices.ContainsFunc(s.Tests, func(t test) bool {
		other, err := t.call()
		if err != nil || other.Op != c.Op || other.Collection != c.Collection {
			return false
		}
		allows := t.Expect == "allow" || t.Visible != nil && len(*t.Visible) > 0 || t.Masked != nil
		if who == attackers[0] {
			return allows && t.As == nil
		}
		sub, _ := t.As["sub"].(string)
		return allows && sub != "" && len(t.As) == 1 && (c.Op == "create" || !s.mentions(sub))
	})
}

// mentions reports whether a value is in one of the fixtures.
func (s *suite) mentions(value string) bool {
	for _, docs := range s.Fixtures {
		for _, doc := range docs {
			for _, v := range doc {
				if v == any(value) {
					return true
				}
			}
		}
	}
	return false
}

// gained describes what a caller may do in a world but not otherwise, empty for nothing.
func gained(c Call, before, after Outcome) string {
	if after.Code != "" {
		return ""
	}
	if c.Op != "read" {
		if refused(before.Code) {
			return fmt.Sprintf("otherwise the answer is %s (%s)", before.Code, before.Detail)
		}
		return ""
	}
	if before.Code != "" && !refused(before.Code) {
		return ""
	}
	var more []string
	for _, doc := range after.Documents {
		i := slices.IndexFunc(before.Documents, func(d map[string]any) bool { return d["id"] == doc["id"] })
		if i < 0 {
			more = append(more, fmt.Sprintf("the document %v is there, which otherwise is not", doc["id"]))
			continue
		}
		for _, field := range slices.Sorted(maps.Keys(doc)) {
			if _, shown := before.Documents[i][field]; !shown {
				more = append(more, fmt.Sprintf("the field %v.%s is shown, which otherwise is not", doc["id"], field))
			}
		}
	}
	return strings.Join(more, "\n")
}

// nulls is the world in which the documents of a call have only their ids and required fields.
func (s *suite) nulls(c Call, policy Policy) world {
	empty := func(doc map[string]any) map[string]any {
		doc = maps.Clone(doc)
		for _, name := range policy.Nullable {
			doc[name] = nil
		}
		return doc
	}
	w := world{name: " of nulls", key: "nulls in " + c.Collection, call: c}
	if c.Op == "create" {
		var doc map[string]any
		if json.Unmarshal(c.Doc, &doc) != nil {
			return w
		}
		sent := maps.Clone(doc)
		for name, v := range empty(doc) {
			if _, was := sent[name]; was {
				sent[name] = v
			}
		}
		w.key, w.fixtures = asWritten, s.Fixtures
		w.call.Doc, _ = json.Marshal(sent) // it has just been read as JSON
		return w
	}
	if len(s.Fixtures[c.Collection]) == 0 || len(policy.Nullable) == 0 {
		return w
	}
	w.fixtures = maps.Clone(s.Fixtures)
	w.fixtures[c.Collection] = nil
	for _, doc := range s.Fixtures[c.Collection] {
		w.fixtures[c.Collection] = append(w.fixtures[c.Collection], empty(doc))
	}
	return w
}

// orphans is the world in which the documents that those of a call refer to are deleted.
func (s *suite) orphans(c Call) world {
	w := world{name: " without what it points to", key: "orphans of " + c.Collection + " ", call: c}
	children := s.Fixtures[c.Collection]
	if c.Op == "create" {
		var doc map[string]any
		if json.Unmarshal(c.Doc, &doc) != nil {
			return w
		}
		children = []map[string]any{doc}
		w.key += string(c.Doc)
	}
	pointed := map[any]bool{}
	for _, doc := range children {
		for name, v := range doc {
			if text, ok := v.(string); ok && name != "id" {
				pointed[text] = true
			}
		}
	}
	gone, fixtures := 0, map[string][]map[string]any{}
	for name, docs := range s.Fixtures {
		for _, doc := range docs {
			if name != c.Collection && pointed[doc["id"]] {
				gone++
				continue
			}
			fixtures[name] = append(fixtures[name], doc)
		}
	}
	if gone > 0 {
		w.fixtures = fixtures
	}
	return w
}
