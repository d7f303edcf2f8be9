package supabase

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/modules/services/wire"
	"github.com/basalt-dev/basalt/server/dialect"
)

// invoke answers /rpc/NAME: a function of a service, by its name or as service.name, and batch, which is /v1/batch.
func (d *Dialect) invoke(c *call) (dialect.Response, error) {
	name := c.Segment("function")
	if name == "batch" {
		return d.batch(c)
	}
	service, function, err := d.function(c.schema, name)
	if errors.Is(err, errNoFunction) {
		err = d.noSuchFunction(c, name)
	}
	if err != nil {
		return dialect.Response{}, err
	}
	params := c.Body
	if c.Method == http.MethodGet || c.Method == http.MethodHead {
		if params, err = c.arguments(d.Config.Services[service].Functions[function]); err != nil {
			return dialect.Response{}, err
		}
	}
	direct := &wire.Direct{Rollback: c.prefer.rollback, Most: max(0, c.prefer.most)}
	result, err := c.Call(service, function, params, direct)
	if errors.Is(err, db.ErrNoFunction) {
		out := noFunctionWith(name, namesIn(params))
		out.Hint = d.takes(c, service, function, name)
		return dialect.Response{}, out
	}
	if err != nil {
		return dialect.Response{}, called(name, err)
	}
	if result == nil || direct.Nothing {
		out := dialect.Response{Status: http.StatusNoContent}
		c.applied(&out)
		return out, nil
	}
	if direct.Columns != nil {
		return d.resultRows(c, name, direct, result)
	}
	list := query.RawJSON(string(result)).Elements()
	if c.form.object && list != nil {
		if len(list) != 1 {
			return dialect.Response{}, notOne(len(list))
		}
		result = list[0].AppendJSON(nil)
	}
	out := c.typed(dialect.JSON(http.StatusOK, result))
	n, total := 1, int64(-1)
	if direct.Set {
		n = len(list)
	}
	if c.prefer.count != "" {
		total = int64(n)
	}
	if direct.Set || total >= 0 {
		_, err = placed(&out, 0, n, total)
	}
	return out, err
}

// errNoFunction says that no service has a function of a name.
var errNoFunction = errors.New("supabase: there is no such function")

// function finds the service that has a function. Those of a database are in its schema, and all others in public.
func (d *Dialect) function(schema, name string) (service, function string, err error) {
	if service, function, ok := strings.Cut(name, "."); ok && d.Config.Services[service] != nil && d.Config.Services[service].Functions[function] != nil {
		return service, function, nil
	}
	var found []string
	for service, s := range d.Config.Services {
		if s.Functions[name] != nil && cmp.Or(s.Schema, public) == schema {
			found = append(found, service)
		}
	}
	sort.Strings(found)
	switch len(found) {
	case 1:
		return found[0], name, nil
	case 0:
		return "", "", errNoFunction
	}
	return "", "", problem{Status: http.StatusMultipleChoices, Code: "PGRST203", Message: "Could not choose the best candidate function between: " + strings.Join(found, "."+name+", ") + "." + name,
		Hint: "Name the service, as in " + found[0] + "." + name}
}

// arguments makes the parameters of a function of those of the address.
func (c *call) arguments(f *config.Function) ([]byte, error) {
	out := map[string]json.RawMessage{}
	for _, name := range c.query.names() {
		if c.refines(name, f) {
			continue
		}
		text := c.query.get(name)
		v := query.String(text)
		if i := slices.IndexFunc(f.Ordered, func(p *config.Field) bool { return p.Name == name }); i >= 0 && f.Ordered[i].Type.Kind() != query.KindString {
			if parsed, err := query.ParseJSON([]byte(text), nested); err == nil {
				v = parsed
			}
		}
		out[name] = v.AppendJSON(nil)
	}
	return json.Marshal(out)
}

// refines reports whether a parameter of the address is about the rows of a result, and none of the function.
func (c *call) refines(name string, f *config.Function) bool {
	switch {
	case f.Params[name] != nil:
		return false
	case slices.Contains(reserved, name) || slices.Contains(refining, name) || strings.Contains(name, "."):
		return true
	}
	_, err := parseTest(column{}, c.query.get(name))
	return err == nil
}

// refining are the parameters that narrow and sort rows.
var refining = []string{"order", "limit", "offset", "and", "or"}

// called is the error of a function.
func called(name string, err error) error {
	var said *db.Raised
	var several *db.Ambiguous
	if errors.As(err, &said) {
		return raised(said)
	}
	switch {
	case errors.Is(err, db.ErrNoFunction):
		return noFunction(name)
	case errors.As(err, &several):
		return problem{Status: http.StatusMultipleChoices, Code: "PGRST203", Message: "Could not choose the best candidate function between: " + strings.Join(several.Candidates, ", "),
			Hint: "Try renaming the parameters or the function itself in the database so function overloading can be resolved"}
	case errors.Is(err, db.ErrReadOnly):
		return problem{Status: http.StatusMethodNotAllowed, Code: "25006", Message: "cannot change anything in a read-only transaction", Hint: "Call the function with POST."}
	case errors.Is(err, db.ErrTooMany):
		return problem{Status: http.StatusBadRequest, Code: "PGRST124", Message: "Query result exceeds max-affected preference constraint"}
	}
	var e *fault.Error
	if !errors.As(err, &e) {
		return err
	}
	out := problemOf(e)
	switch e.Code {
	case fault.Unauthenticated:
		out = problem{Status: http.StatusUnauthorized, Code: "42501", Message: "permission denied for function " + fault.Clip(name)}
	case fault.Forbidden:
		out = problem{Status: http.StatusForbidden, Code: "42501", Message: "permission denied for function " + fault.Clip(name)}
	case fault.Invalid:
		out = problem{Status: http.StatusBadRequest, Code: "22023", Message: e.Error()}
	}
	if out.Status == 0 {
		return err
	}
	return out
}

func noFunction(name string) problem {
	return problem{Status: http.StatusNotFound, Code: "PGRST202", Message: "Could not find the function public." + fault.Clip(name) + " in the schema cache"}
}

// noFunctionWith says that a function of the database does not take the parameters that are sent.
func noFunctionWith(name string, names []string) problem {
	sort.Strings(names)
	out := noFunction(name)
	what, with := "public."+fault.Clip(name), " without parameters"
	if len(names) > 0 {
		with = " with parameters " + strings.Join(names, ", ")
		if len(names) == 1 {
			with = " with parameter " + names[0]
		}
		out.Message = "Could not find the function " + what + "(" + strings.Join(names, ", ") + ") in the schema cache"
	} else {
		out.Message = "Could not find the function " + what + with + " in the schema cache"
	}
	out.Details = "Searched for the function " + what + with + " or with a single unnamed json/jsonb parameter, but no matches were found in the schema cache."
	return out
}

// namesIn are the names of parameters in a JSON object.
func namesIn(params []byte) (names []string) {
	if v, err := query.ParseJSON(params, nested); err == nil {
		v.Members(func(name string, _ query.Value) bool {
			names = append(names, fault.Clip(name))
			return len(names) < 50
		})
	}
	return names
}

// noSuchFunction says that there is no function of a name, and which one has a similar one.
func (d *Dialect) noSuchFunction(c *call, name string) problem {
	names := namesIn(c.Body)
	if c.Method == http.MethodGet || c.Method == http.MethodHead {
		names = nil
		for _, n := range c.query.names() {
			if !c.refines(n, &config.Function{}) {
				names = append(names, fault.Clip(n))
			}
		}
		names = names[:min(len(names), 50)]
	}
	out := noFunctionWith(name, names)
	out.Hint = d.similar(c, name)
	return out
}

// similar is the hint to another function with a similar name.
func (d *Dialect) similar(c *call, name string) string {
	if !d.Crud.Suggest {
		return ""
	}
	var there []string
	for _, s := range d.Config.Services {
		if cmp.Or(s.Schema, public) == c.schema {
			there = slices.AppendSeq(there, keysOf(s.Functions))
		}
	}
	there = slices.DeleteFunc(there, func(n string) bool { return n == name })
	slices.Sort(there)
	if near := meant(name, there); near != "" {
		return "Perhaps you meant to call the function " + c.schema + "." + near
	}
	return ""
}

// takes is the hint to the parameters of a function that is there, or to another one where it has none by a name.
func (d *Dialect) takes(c *call, service, function, name string) string {
	var names []string
	for _, p := range d.Config.Services[service].Functions[function].Ordered {
		names = append(names, p.Name)
	}
	if names == nil || !d.Crud.Suggest {
		return d.similar(c, name)
	}
	sort.Strings(names)
	return "Perhaps you meant to call the function " + cmp.Or(d.Config.Services[service].Schema, public) + "." + function + "(" + strings.Join(names, ", ") + ")"
}

// raised is what a function of a database says to its caller. A code PT and three digits is the status of the answer.
func raised(e *db.Raised) problem {
	out := problem{Status: http.StatusBadRequest, Code: e.Code, Message: e.Message, Details: e.Detail, Hint: e.Hint}
	switch {
	case len(e.Code) == 5 && strings.HasPrefix(e.Code, "PT"):
		if n, err := strconv.Atoi(e.Code[2:]); err == nil && n >= 400 && n < 600 {
			out.Status = n
		}
	case e.Code == "42501":
		out.Status = http.StatusForbidden
	case e.Code == "23505" || e.Code == "23503":
		out.Status = http.StatusConflict
	}
	return out
}

func (d *Dialect) batch(c *call) (dialect.Response, error) {
	b, err := d.Crud.ParseBatch(c.Body)
	if err != nil {
		return dialect.Response{}, called("batch", err)
	}
	results, err := d.Crud.Batch(c.Context, c.Caller, b)
	if err != nil {
		return dialect.Response{}, called("batch", err)
	}
	return c.typed(dialect.JSON(http.StatusOK, results.AppendJSON(nil))), nil
}

// describe answers the root with the tables, to administrators: it names every field.
func (d *Dialect) describe(c *call) (dialect.Response, error) {
	if !c.Caller.Admin {
		return dialect.Response{}, problem{Status: http.StatusUnauthorized, Code: "42501", Message: "the description needs the service key"}
	}
	definitions, paths := map[string]any{}, map[string]any{}
	for name, t := range d.tables {
		properties := map[string]any{}
		var required []string
		for i, f := range t.c.Ordered {
			if i == 0 && t.composed() {
				continue
			}

			kind := "string"
			switch f.Type.Kind() {
			case query.KindInt:
				kind = "integer"
			case query.KindFloat, query.KindDecimal:
				kind = "number"
			case query.KindBool:
				kind = "boolean"
			}
			of := map[string]any{"type": kind, "format": nameOf(f.Type)}
			if f.Type == query.TypeJSON {
				delete(of, "type")
			}
			if f.To != "" {
				of["description"] = "Note:\nThis is a Foreign Key to `" + f.To + "." + d.tables[f.To].stored[0] + "`.<fk table='" + f.To + "' column='" + d.tables[f.To].stored[0] + "'/>"
			}
			properties[t.stored[i]] = of
			if f.Required {
				required = append(required, t.stored[i])
			}
		}
		definition := map[string]any{"type": "object", "properties": properties}
		if required != nil {
			definition["required"] = required
		}
		definitions[name] = definition
		reply := map[string]any{"200": map[string]any{"description": "OK"}}
		calls := map[string]any{}
		for _, method := range []string{"get", "post", "patch", "delete"} {
			calls[method] = map[string]any{"tags": []string{name}, "responses": reply}
		}
		paths["/"+name] = calls
	}
	body, err := json.Marshal(map[string]any{
		"swagger": "2.0", "info": map[string]any{"title": "Basalt", "version": "1", "description": "the collections of this server as tables"},
		"basePath": "/rest/v1", "schemes": []string{"http", "https"}, "consumes": []string{"application/json"}, "produces": []string{"application/json"},
		"definitions": definitions, "paths": paths,
	})
	if err != nil {
		return dialect.Response{}, err
	}
	out := dialect.JSON(http.StatusOK, body)
	out.Header.Set("Content-Type", "application/openapi+json; charset=utf-8")
	return out, nil
}
