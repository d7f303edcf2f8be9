package crud

import (
	"context"

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
}

// NewCallable describes the parameters. The rule must be compiled with them in the same order. A nil rule allows
// only administrators.
func NewCallable(parameters []schema.Field, rule *rules.Rule) *Callable {
	shape := make([]query.Field, len(parameters))
	for i, f := range parameters {
		shape[i] = query.Field{Name: f.Name, Type: f.Type}
	}
	return &Callable{schema.Parameters(parameters), query.NewShape(shape), rule}
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
	row, err := what.parameters.Validate("the parameters", v, w.now)
	if err != nil {
		return nil, err
	}
	if !caller.Admin {
		f, err := what.rule.Fold(s.env(caller, w.now, rules.Read, &rules.Next{Row: row}, nil))
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
	return what.parameters.AppendJSON(nil, row), nil
}

func uncallable(caller Caller) error {
	if caller.Auth == nil {
		return fault.Errorf(fault.Unauthenticated, "sign in to do this")
	}
	return fault.Errorf(fault.Forbidden, "you may not do this")
}
