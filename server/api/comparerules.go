package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// comparison is the body of POST /v1/admin/compare.
type comparison struct {
	collection, op, rule string
	query                query.Value
	callers              []any
	count                bool
}

func (x *consoleCalls) readComparison(r *request) (c comparison, err error) {
	err = r.object(func(name string, v query.Value) (ok bool) {
		switch name {
		case "query":
			c.query = v
			return isObject(v)
		case "callers":
			c.callers, ok = v.Any().([]any)
			return ok
		case "count":
			c.count = v.Bool()
			return v.Kind() == query.KindBool
		case "collection":
			c.collection = v.Text()
		case "op":
			c.op = v.Text()
		case "rule":
			c.rule = v.Text()
		}
		return v.Kind() == query.KindString
	})
	return c, err
}

// compare is POST /v1/admin/compare: what would change for callers if a rule took the place of the one that there is.
func (x *consoleCalls) compare(r *request, docs *crud.Service) ([]byte, error) {
	asked, err := x.readComparison(r)
	if err != nil {
		return nil, err
	}
	collection, err := x.collectionOf(asked.collection)
	if err != nil {
		return nil, err
	}
	op := rules.Op(asked.op)
	if !slices.Contains(rules.Ops, op) {
		return nil, fault.FieldErrorf("op", "enum", "op is read, create, update or delete")
	}
	out := struct {
		Problems []ruleProblem `json:"problems"`
		*crud.RuleComparison
	}{Problems: []ruleProblem{}}
	candidate := crud.Candidate{Collection: asked.collection, Op: op, Count: asked.count, Body: []byte("{}")}
	var wrong *rules.Error
	switch candidate.Rule, err = x.ruleOf(collection, op, asked.rule); {
	case errors.As(err, &wrong):
		out.Problems = append(out.Problems, problemAt(asked.rule, wrong))
		return json.Marshal(out)
	case err != nil:
		return nil, err
	}
	if !asked.query.IsNull() {
		candidate.Body = asked.query.AppendJSON(nil)
	}
	callers := make([]crud.Caller, len(asked.callers))
	for i, one := range asked.callers {
		if callers[i], err = x.callerIn(r, fmt.Sprintf("callers.%d", i), one); err != nil {
			return nil, err
		}
	}
	if out.RuleComparison, err = docs.CompareRules(r.context, r.caller, callers, candidate); err != nil {
		return nil, err
	}
	return json.Marshal(out)
}

// ruleOf compiles a rule that is not in the configuration; none allows nothing.
func (x *consoleCalls) ruleOf(collection *config.Collection, op rules.Op, source string) (*rules.Rule, error) {
	if source == "" {
		return nil, nil
	}
	return x.config.CheckRule(collection, op, source)
}

// callerIn reads one of several callers: {"as": claims} or {"user": id}.
func (x *consoleCalls) callerIn(r *request, field string, v any) (crud.Caller, error) {
	of, _ := v.(map[string]any)
	user, _ := of["user"].(string)
	claims, hasClaims := of["as"]
	_, isObject := claims.(map[string]any)
	if len(of) != 1 || user == "" && !hasClaims || hasClaims && claims != nil && !isObject {
		return crud.Caller{}, fault.FieldErrorf(field, "type", `this is {"as": claims} or {"user": id}`)
	}
	caller := crud.Caller{IP: r.caller.IP, Method: r.caller.Method, Hold: r.caller.Hold}
	if user == "" {
		caller.Auth, _ = claims.(map[string]any)
		return caller, nil
	}
	return x.caller(r, query.Null, user)
}
