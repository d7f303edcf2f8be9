package supabase

import (
	"errors"
	"net/http"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/server/dialect"
)

// functionRoutes are the calls of supabase.functions.invoke: functions of services, by their name or as service.name.
func (d *Dialect) functionRoutes() []dialect.Route {
	var out []dialect.Route
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		out = append(out, dialect.Route{Method: method, Path: "/functions/v1/:function", Writes: true, Do: d.run})
	}
	return out
}

// run calls a function with the JSON object of the body. A refusal is the answer of the function; what keeps it from being
// reached is an error of the relay.
func (d *Dialect) run(r *dialect.Request) (dialect.Response, error) {
	service, function, err := d.function(public, r.Segment("function"))
	if errors.Is(err, errNoFunction) {
		err = noFunction(r.Segment("function"))
	}
	if err != nil {
		return answer(dialect.Response{}, err)
	}
	if len(r.Body) > 0 {
		v, err := query.ParseJSON(r.Body, d.Crud.Limits.Depth)
		if err != nil || v.Kind() != query.KindJSON || v.Text()[0] != '{' {
			return problem{Status: http.StatusBadRequest, Code: "22023", Message: "a function takes a JSON object of parameters"}.response(), nil
		}
	}
	result, err := r.Call(service, function, r.Body, nil)
	if err != nil {
		out, err := answer(dialect.Response{}, called(function, err))
		var e *fault.Error
		if errors.As(err, &e) && (e.Code == fault.Unavailable || e.Code == fault.Timeout) {
			out = d.Problem(e, http.StatusServiceUnavailable)
			out.Header.Set("X-Relay-Error", "true")
			return out, nil
		}
		return out, err
	}
	if result == nil {
		return dialect.Response{Status: http.StatusNoContent}, nil
	}
	return dialect.JSON(http.StatusOK, result), nil
}
