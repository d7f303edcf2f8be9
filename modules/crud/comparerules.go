package crud

import (
	"context"
	"encoding/json"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// Bounds of a comparison: each document is held against two rules for each caller.
const (
	maxCompared        = 50
	maxComparedCallers = 10
)

// Candidate is a rule that may take the place of the one that a collection has, and how to look at it.
type Candidate struct {
	Collection string
	Op         rules.Op
	Rule       *rules.Rule
	// Body is the query for the documents to look at.
	Body []byte
	// Count counts the documents of the whole collection, too, where the operation reads, updates or deletes them.
	Count bool
}

// RuleComparison says what two rules let callers do with documents.
type RuleComparison struct {
	Items   []json.RawMessage `json:"items"`
	Callers []ComparedCaller  `json:"callers"`
	// Coverage says of each condition of the candidate how often it was true and false for these documents and callers.
	Coverage []Covered `json:"coverage"`
}

// Covered is a condition of a rule, inner ones first. One that was neither was never reached.
type Covered struct {
	Source string `json:"source"`
	True   int    `json:"true"`
	False  int    `json:"false"`
}

// ComparedCaller is what the rules let one caller do.
type ComparedCaller struct {
	As map[string]any `json:"as"`
	// Now has what the rule of the collection says of each item, and Then what the candidate says.
	Now  []bool `json:"now"`
	Then []bool `json:"then"`
	// Count is of all documents; nil where that was not asked for, or cannot be counted.
	Count *RuleCounts `json:"count,omitempty"`
}

// RuleCounts are how many documents the two rules allow, and how many more and fewer it is.
type RuleCounts struct {
	Now    int64 `json:"now"`
	Then   int64 `json:"then"`
	Gained int64 `json:"gained"`
	Lost   int64 `json:"lost"`
}

// CompareRules holds documents, as the caller sees them, against a rule and its candidate for other callers. For a
// create each stands for a document to be made, for an update for one of which nothing changes.
func (s *Service) CompareRules(ctx context.Context, caller Caller, as []Caller, q Candidate) (*RuleComparison, error) {
	if len(as) > maxComparedCallers {
		return nil, fault.FieldErrorf("callers", "max", "a comparison has %d callers at most", maxComparedCallers)
	}
	plan, err := s.Prepare(caller, Read{Collection: q.Collection, Body: q.Body})
	if err != nil {
		return nil, err
	}
	if plan.list.limit > maxCompared {
		return nil, fault.FieldErrorf("query", "max", "a comparison has %d documents at most", maxCompared)
	}
	page, err := plan.Run(ctx)
	if err != nil {
		return nil, err
	}
	out := &RuleComparison{Items: make([]json.RawMessage, len(page.Documents)), Callers: make([]ComparedCaller, len(as)), Coverage: []Covered{}}
	if q.Rule != nil {
		for _, source := range q.Rule.Conditions() {
			out.Coverage = append(out.Coverage, Covered{Source: source})
		}
	}
	for i, d := range page.Documents {
		out.Items[i] = d.AppendJSON(nil)
	}
	for n, other := range as {
		o, err := s.operation(other, q.Collection)
		if err != nil {
			return nil, err
		}
		c := ComparedCaller{As: other.Auth, Now: make([]bool, len(page.Documents)), Then: make([]bool, len(page.Documents))}
		for i, d := range page.Documents {
			if c.Now[i], err = o.passes(ctx, o.c.rules[q.Op], q.Op, d.row); err != nil {
				return nil, err
			}
			if c.Then[i], err = o.covers(ctx, q.Rule, q.Op, d.row, out.Coverage); err != nil {
				return nil, err
			}
		}
		if q.Count && q.Op != rules.Create {
			if c.Count, err = o.countRules(ctx, q.Op, o.c.rules[q.Op], q.Rule); err != nil {
				return nil, err
			}
		}
		out.Callers[n] = c
	}
	return out, nil
}

// passes reports whether a rule lets the caller do something with a document.
func (o *operation) passes(ctx context.Context, rule *rules.Rule, op rules.Op, row query.Row) (bool, error) {
	if rule == nil {
		return false, nil
	}
	f, err := rule.Fold(o.unchanged(op, row))
	if err != nil {
		return false, err
	}
	return o.holds(ctx, f, row)
}

// covers is passes, and counts what the conditions of the rule have come to.
func (o *operation) covers(ctx context.Context, rule *rules.Rule, op rules.Op, row query.Row, coverage []Covered) (bool, error) {
	if rule == nil {
		return false, nil
	}
	f, steps, err := rule.Trace(o.unchanged(op, row))
	if err != nil {
		return false, err
	}
	for i, s := range steps {
		for _, outcome := range s.Outcomes {
			ok, err := o.holds(ctx, outcome, row)
			if err != nil {
				return false, err
			}
			if ok {
				coverage[i].True++
			} else {
				coverage[i].False++
			}
		}
	}
	return o.holds(ctx, f, row)
}

// unchanged is what a rule sees of an operation that makes a document as it is, or changes nothing of it.
func (o *operation) unchanged(op rules.Op, row query.Row) *rules.Env {
	switch op {
	case rules.Create:
		return o.env(op, &rules.Next{Row: row}, nil)
	case rules.Update:
		return o.env(op, &rules.Next{Row: row}, row)
	}
	return o.env(op, nil, row)
}

// countRules counts the documents that two rules let the caller use; nil where a statement cannot say which they are.
func (o *operation) countRules(ctx context.Context, op rules.Op, now, then *rules.Rule) (*RuleCounts, error) {
	fold := func(rule *rules.Rule) (query.Filter, error) {
		if rule == nil {
			return query.False, nil
		}
		var next *rules.Next
		if op == rules.Update {
			next = o.next(nil)
		}
		return rule.Fold(o.env(op, next, nil))
	}
	before, err := fold(now)
	if needsDocument(err) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	after, err := fold(then)
	if needsDocument(err) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	out := &RuleCounts{}
	for _, count := range []struct {
		of query.Filter
		to *int64
	}{{before, &out.Now}, {after, &out.Then}, {query.All(after, query.Negate(before)), &out.Gained}, {query.All(before, query.Negate(after)), &out.Lost}} {
		if count.of == query.False {
			continue
		}
		if *count.to, err = o.store.Count(ctx, o.c.stored, count.of); err != nil {
			return nil, err
		}
	}
	return out, nil
}
