package crud

import (
	"context"
	"time"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/modules/schema"
	"github.com/basalt-dev/basalt/rules"
)

// Callable is something with parameters and a rule that is not a collection: a function of a service, or an event.
// It is immutable.
type Callable struct {
	parameters *schema.Object
	shape      *query.Shape // of the parameters, for the rule
	rule       *rules.Rule
	given      bool
}

// NewCallable describes the parameters. The rule must be compiled with them in the same order. A nil rule allows
// only administrators.
func NewCallable(parameters []schema.Field, rule *rules.Rule) *Callable {
	shape := make([]query.Field, len(parameters))
	for i, f := range parameters {
		shape[i] = query.Field{Name: f.Name, Type: f.Type, Inside: f.Inside.Shape()}
	}
	return &Callable{parameters: schema.Parameters(parameters), shape: query.NewShape(shape), rule: rule}
}

// AsGiven returns the same for what has defaults of its own: parameters that are not given are left out of the call,
// and where none are described, all are passed on as they are.
func (c *Callable) AsGiven() *Callable {
	out := *c
	out.given = true
	return &out
}

// Call checks the parameters in a JSON object and the rule. It returns the parameters with their defaults, as
// JSON. An empty body has no parameters.
func (s *Service) Call(ctx context.Context, caller Caller, what *Callable, body []byte) ([]byte, error) {
	if what.rule == nil && !caller.Admin {
		return nil, uncallable(caller)
	}
	v := query.RawJSON("{}")
	if len(body) > 0 {
		var err error
		if v, err = query.ParseJSON(body, s.Limits.Depth); err != nil {
			return nil, err
		}
	}
	w := s.work()
	row, err := what.read(v, w.now)
	if err != nil {
		return nil, err
	}
	if !caller.Admin {
		env := s.env(caller, w.now, rules.Read, &rules.Next{Row: row}, nil)
		f, err := what.rule.Fold(&env)
		if err != nil {
			return nil, err
		}
		lookups := access{service: s, work: w, caller: caller} // in no database: each lookup is a query of its own
		if ok, err := lookups.holds(ctx, what.shape, f, row); err != nil {
			return nil, err
		} else if !ok {
			return nil, uncallable(caller)
		}
	}
	return what.written(v, row), nil
}

// read returns the values of the parameters.
func (c *Callable) read(v query.Value, now time.Time) (query.Row, error) {
	if c.given && len(c.parameters.Fields) == 0 {
		if !schema.IsObject(v) {
			return nil, fault.Errorf(fault.Invalid, "the parameters have to be a JSON object")
		}
		return nil, nil
	}
	return c.parameters.Validate("the parameters", v, now)
}

// written returns the parameters of a call as JSON.
func (c *Callable) written(given query.Value, row query.Row) []byte {
	if !c.given {
		return c.parameters.AppendJSON(nil, row)
	}
	if row == nil {
		return given.AppendJSON(nil)
	}
	sent := map[string]bool{}
	given.Members(func(name string, _ query.Value) bool {
		sent[name] = true
		return true
	})
	out := []byte{'{'}
	for i, f := range c.parameters.Fields {
		if row[i].IsNull() && !sent[f.Name] {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = row[i].AppendJSON(append(query.String(f.Name).AppendJSON(out), ':'))
	}
	return append(out, '}')
}

func uncallable(caller Caller) error {
	if caller.Auth == nil {
		return fault.Errorf(fault.Unauthenticated, "sign in to do this")
	}
	return fault.Errorf(fault.Forbidden, "you may not do this")
}
