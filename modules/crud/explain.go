package crud

import (
	"context"
	"errors"
	"slices"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// Question is the input of [Service.Explain].
type Question struct {
	Collection string
	Op         rules.Op
	// ID is the id of the document; empty means all of them, or a new one.
	ID string
	// Doc is the document of a create, or the patch of an update; null for none.
	Doc query.Value
	// Rule is used in the place of the rule of the collection; it may be nil.
	Rule *rules.Rule
}

// Explanation is the result of a rule for one caller.
type Explanation struct {
	Rule string `json:"rule"`
	// Verdict is allow, deny or filter, before any document is read.
	Verdict    string      `json:"verdict"`
	Conditions []Condition `json:"conditions"`
	// Residual is the part of the rule that the database evaluates.
	Residual string `json:"residual"`
	// Statement, Parameters and Plan are what the database would run for a list.
	Statement  string   `json:"statement,omitempty"`
	Parameters []string `json:"parameters,omitempty"`
	Plan       []string `json:"plan,omitempty"`
	// Fields has the rules of the fields that are not always shown.
	Fields   map[string]string `json:"fields,omitempty"`
	Document *DocumentVerdict  `json:"document,omitempty"`
}

// DocumentVerdict is the result of a rule for one document.
type DocumentVerdict struct {
	Found      bool        `json:"found"`
	Allowed    bool        `json:"allowed"`
	Conditions []Condition `json:"conditions,omitempty"`
}

// Condition is one condition of a rule and its result: true, false, the residual, or that it was not evaluated.
type Condition struct {
	Source  string `json:"source"`
	Outcome string `json:"outcome"`
}

// Explain returns the result of a rule for a caller, with the reasons.
func (s *Service) Explain(ctx context.Context, caller Caller, q Question) (*Explanation, error) {
	o, err := s.operation(caller, q.Collection)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(rules.Ops, q.Op) {
		return nil, fault.FieldErrorf("op", "enum", "op is read, create, update or delete")
	}
	rule := o.c.rules[q.Op]
	if q.Rule != nil {
		rule = q.Rule
	}
	if rule == nil {
		return &Explanation{Rule: "", Verdict: "deny", Residual: "false", Conditions: []Condition{}}, nil
	}
	next, err := o.proposed(ctx, q)
	if err != nil {
		return nil, err
	}
	out := &Explanation{Rule: rule.Source()}
	f, steps, err := rule.Trace(o.env(q.Op, next, nil))
	switch {
	case needsDocument(err):
		out.Residual, out.Verdict = "(it has to see the document)", "filter"
	case err != nil:
		return nil, err
	default:
		out.Residual, out.Verdict = query.Format(f), verdictName(f)
	}
	out.Conditions = conditions(steps)
	if _, decided := f.(query.Const); err == nil && !decided && q.Op != rules.Create {
		if err := o.explainStatement(ctx, out, f); err != nil {
			return nil, err
		}
	}
	if q.Op == rules.Read {
		if err := o.explainFields(out); err != nil {
			return nil, err
		}
	}
	if q.ID == "" && (q.Op != rules.Create || next == nil) {
		return out, nil
	}
	out.Document, err = o.explainDocument(ctx, q, rule, next)
	return out, err
}

func verdictName(f query.Filter) string {
	switch f {
	case query.True:
		return "allow"
	case query.False:
		return "deny"
	}
	return "filter"
}

// proposed returns the document that a create or an update would store, or nil if it is not known.
func (o *operation) proposed(ctx context.Context, q Question) (*rules.Next, error) {
	if q.Doc.IsNull() {
		if q.Op == rules.Update {
			return o.next(nil), nil
		}
		return nil, nil
	}
	m := problems{}
	switch q.Op {
	case rules.Create:
		row, _, err := o.document(q.Doc, "", rules.Create, &m)
		return &rules.Next{Row: row}, errors.Join(err, m.err())
	case rules.Update:
		changes := o.patch(q.Doc, &m)
		changes, err := o.forceChanges(changes, o.next(changes), nil, &m)
		return o.next(changes), errors.Join(err, m.err())
	}
	return nil, nil
}

func conditions(steps []rules.Step) []Condition {
	out := make([]Condition, len(steps))
	for i, s := range steps {
		out[i] = Condition{s.Source, "not needed"}
		for n, f := range s.Outcomes {
			if n > 0 {
				out[i].Outcome += "; " + query.Format(f)
			} else {
				out[i].Outcome = query.Format(f)
			}
		}
	}
	return out
}

func (o *operation) explainStatement(ctx context.Context, out *Explanation, f query.Filter) error {
	explainer, ok := db.As[db.Explainer](o.c.driver)
	if !ok {
		return nil
	}
	f, err := o.store.answerable(ctx, o.c.stored, f)
	if err != nil {
		return err
	}
	s, err := explainer.Explain(ctx, o.c.stored, db.Find{Query: query.Query{Where: f, Sort: o.c.stored.KeyOrder(false), Limit: o.defaultLimit()}})
	if err != nil {
		return err
	}
	out.Statement, out.Plan = s.Text, s.Plan
	for _, a := range s.Args {
		out.Parameters = append(out.Parameters, a.JSON())
	}
	return nil
}

func (o *operation) explainFields(out *Explanation) error {
	v, err := o.view()
	if v == nil || err != nil {
		return err
	}
	out.Fields = map[string]string{}
	for i, hidden := range v.hidden {
		if hidden {
			out.Fields[o.c.fields[i].Name] = "false"
		}
	}
	for _, p := range v.partial {
		out.Fields[o.c.fields[p.field].Name] = query.Format(p.where)
	}
	return nil
}

// explainDocument evaluates the rule for one document, condition by condition.
func (o *operation) explainDocument(ctx context.Context, q Question, rule *rules.Rule, next *rules.Next) (*DocumentVerdict, error) {
	var row query.Row
	if q.Op != rules.Create {
		var err error
		if row, err = o.one(ctx, q.ID, readFilter{filter: query.True}, db.Unlocked); err != nil {
			if fault.CodeOf(err) == fault.NotFound {
				return &DocumentVerdict{}, nil
			}
			return nil, err
		}
	}
	if q.Op == rules.Update {
		m := problems{}
		changes := o.patch(q.Doc, &m)
		if q.Doc.IsNull() {
			changes, m = nil, problems{}
		}
		changes, err := o.forceChanges(changes, &rules.Next{Row: row}, row, &m)
		if err != nil {
			return nil, err
		}
		next = &rules.Next{Row: o.apply(row, changes, &m)}
		if err := m.err(); err != nil {
			return nil, err
		}
	}
	f, steps, err := rule.Trace(o.env(q.Op, next, row))
	if err != nil {
		return nil, err
	}
	if row == nil {
		row = next.Row
	}
	out := &DocumentVerdict{Found: true}
	if out.Allowed, err = o.holds(ctx, f, row); err != nil {
		return nil, err
	}
	for i := range steps {
		for n, outcome := range steps[i].Outcomes {
			ok, err := o.holds(ctx, outcome, row)
			if err != nil {
				return nil, err
			}
			steps[i].Outcomes[n] = query.Const(ok)
		}
	}
	out.Conditions = conditions(steps)
	return out, nil
}

// Statement returns the statement of a list, with how the database would run it; nothing is read. It is for administrators:
// both tell what the rules are.
func (p *Plan) Statement(ctx context.Context) (db.Statement, error) {
	if !p.o.caller.Admin {
		return db.Statement{}, fault.Errorf(fault.Forbidden, "statements are shown to administrators")
	}
	explainer, ok := db.As[db.Explainer](p.o.c.driver)
	if !ok {
		return db.Statement{}, fault.Errorf(fault.Invalid, "the database does not tell how it runs a statement")
	}
	where, err := p.o.store.answerable(ctx, p.o.c.stored, p.where)
	if err != nil {
		return db.Statement{}, err
	}
	return explainer.Explain(ctx, p.o.c.stored, p.find(where, p.list.sort, p.list.limit+1))
}
