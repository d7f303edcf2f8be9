package crud

import (
	"context"
	"time"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// Callable is something with parameters and a rule that is not a collection: a function of a service, or an event.
// It is immutable.
type Callable struct {
	c    *Collection
	rule *rules.Rule
}

// NewCallable describes the parameters. The rule must be compiled with them in the same order. A nil rule allows
// only administrators.
func NewCallable(name string, fields []Field, rule *rules.Rule) *Callable {
	shape := make([]query.Field, len(fields))
	for i, f := range fields {
		shape[i] = query.Field{Name: f.Name, Type: f.Type}
	}
	return &Callable{&Collection{name: name, shape: query.NewShape(shape), fields: fields}, rule}
}

// Call checks the parameters in a JSON object and the rule. It returns the parameters with their defaults, as
// JSON. An empty body has no parameters.
func (s *Service) Call(ctx context.Context, caller Caller, what *Callable, body []byte) ([]byte, error) {
	w := s.work()
	o := &operation{s, what.c, caller, w.now, access{nil, s, nil, false, w, caller}, time.Time{}, nil}
	if what.rule == nil && !caller.Admin {
		return nil, o.uncallable()
	}
	v := query.RawJSON("{}")
	if len(body) > 0 {
		var err error
		if v, err = query.ParseJSON(body, s.Limits.Depth); err != nil {
			return nil, err
		}
	}
	row, err := o.parameters(v)
	if err != nil {
		return nil, err
	}
	if !caller.Admin {
		f, err := o.fold(what.rule, "call", o.env(rules.Read, &rules.Next{Row: row}, nil))
		if err != nil {
			return nil, err
		}
		if ok, err := o.holds(ctx, f, row); err != nil || !ok {
			if err == nil {
				err = o.uncallable()
			}
			return nil, err
		}
	}
	out := []byte{'{'}
	for i, f := range what.c.fields {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(query.String(f.Name).AppendJSON(out), ':')
		out = row[i].AppendJSON(out)
	}
	return append(out, '}'), nil
}

// parameters reads and checks the values of the parameters.
func (o *operation) parameters(v query.Value) (query.Row, error) {
	if !isObject(v) {
		return nil, fault.Errorf(fault.Invalid, "the parameters are a JSON object")
	}
	m := problems{}
	row := make(query.Row, len(o.c.fields))
	given := make([]bool, len(o.c.fields))
	v.Members(func(name string, member query.Value) bool {
		i := o.c.shape.Index(name)
		if i < 0 {
			m.add(clip(name), "unknown_name", "there is no parameter %q%s", clip(name), fault.DidYouMean(name, o.c.shape.Names()))
			return true
		}
		value, ok := o.c.fields[i].fit(member)
		if !ok {
			m.add(name, "type", "expected %s", o.c.fields[i].expected())
		}
		row[i], given[i] = value, true
		return true
	})
	o.fillIn(row, given)
	for i := range o.c.fields {
		f := &o.c.fields[i]
		if code, detail := f.check(row[i]); code != "" && m.list == nil {
			m.add(f.Name, code, "%s", detail)
		}
	}
	if len(m.list) > 0 {
		return nil, &fault.Error{Code: fault.Invalid, Detail: "the parameters do not fit", Fields: m.list}
	}
	return row, nil
}

func (o *operation) uncallable() error {
	if o.caller.Auth == nil {
		return fault.Errorf(fault.Unauthenticated, "sign in to do this")
	}
	return fault.Errorf(fault.Forbidden, "you may not do this")
}
