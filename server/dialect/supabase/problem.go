package supabase

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
	"github.com/basalt-dev/basalt/server/dialect"
)

// problem is an error in the form of PostgREST.
type problem struct {
	Status                       int
	Code, Message, Details, Hint string
	// Ways are instead of Details where several relations are meant.
	Ways []way
}

// way is one of several relations.
type way struct {
	Cardinality  string `json:"cardinality"`
	Embedding    string `json:"embedding"`
	Relationship string `json:"relationship"`
}

// Error implements error.
func (p problem) Error() string { return p.Message }

func (p problem) response() dialect.Response {
	orNull := func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}
	details := orNull(p.Details)
	if p.Ways != nil {
		details = p.Ways
	}
	body, _ := json.Marshal(map[string]any{"code": p.Code, "message": p.Message, "details": details, "hint": orNull(p.Hint)})
	out := dialect.JSON(p.Status, body)
	out.Header.Set("Content-Type", "application/json; charset=utf-8")
	out.Header.Set("Proxy-Status", "PostgREST; error="+p.Code)
	return out
}

func unsupported(what string) problem {
	return problem{Status: http.StatusBadRequest, Code: "PGRST127", Message: "Feature not implemented", Details: what + " is not implemented"}
}

func (t *table) noColumn(name string) problem {
	return problem{Status: http.StatusBadRequest, Code: "42703", Message: "column " + t.name + "." + fault.Clip(name) + " does not exist", Hint: strings.TrimPrefix(fault.DidYouMean(name, t.stored), "; ")}
}

// Problem implements [dialect.Dialect].
func (d *Dialect) Problem(e *fault.Error, status int) dialect.Response {
	out := problemOf(e)
	if out.Status == 0 {
		out.Status = status
	}
	return out.response()
}

// problemOf is an error of a module in the form of PostgREST, without a status where the native one is right.
func problemOf(e *fault.Error) problem {
	out := problem{Message: e.Error()}
	switch e.Code {
	case fault.InvalidJSON:
		out.Status, out.Code = http.StatusBadRequest, "PGRST102"
	case fault.Invalid:
		out.Status, out.Code = http.StatusBadRequest, "PGRST100"
	case fault.Unauthenticated:
		out.Code = "PGRST301"
	case fault.Forbidden:
		out.Code = "42501"
	case fault.NotFound:
		out.Code = "PGRST125"
	case fault.MethodNotAllowed:
		out.Code = "PGRST117"
	case fault.Conflict:
		out.Code = "23505"
	case fault.PreconditionFailed:
		out.Code = "40001"
	case fault.Unavailable:
		out.Code = "PGRST001"
	case fault.Timeout:
		out.Code = "57014"
	case fault.TooLarge, fault.AnswerTooLarge:
		out.Code = "54000"
	case fault.RateLimited:
		out.Code = "over_request_rate_limit"
	default:
		out.Code = "XX000"
	}
	return out
}

// written is the error of a write, of rows that were sent, in the form that PostgreSQL has for it.
func (t *table) written(op rules.Op, err error, rows ...query.Value) error {
	var e *fault.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code {
	case fault.Unauthenticated, fault.Forbidden:
		return t.refused(op, e)
	case fault.Conflict:
		return t.conflict(e, rows)
	case fault.Invalid:
		if len(e.Fields) > 0 {
			return t.unfit(e.Fields[0])
		}
		return problemOf(e)
	}
	return err // what is no refusal of PostgreSQL's has the form that every error has
}

// refused is the error of a write that a rule refuses: 401 for an anonymous caller, 403 for others. Errors of
// fields are those of fields_writable.
func (t *table) refused(op rules.Op, e *fault.Error) problem {
	out := problem{Status: http.StatusForbidden, Code: "42501", Message: `new row violates row-level security policy for table "` + t.name + `"`,
		Hint: "The rule collections." + t.name + ".rules." + string(op) + " of the configuration does not allow this."}
	if len(e.Fields) > 0 {
		out.Message = "permission denied for column " + columnOf(e.Fields[0])
		out.Hint = "The rule of this field in collections." + t.name + ".fields_writable does not allow this."
	}
	if e.Code == fault.Unauthenticated {
		out.Status = http.StatusUnauthorized
	}
	return out
}

// denied is the error of an operation that has no rule.
func (t *table) denied(op rules.Op, anonymous bool) problem {
	out := problem{Status: http.StatusForbidden, Code: "42501", Message: "permission denied for table " + t.name,
		Hint: "There is no rule collections." + t.name + ".rules." + string(op) + " in the configuration, and what has none is denied."}
	if anonymous {
		out.Status = http.StatusUnauthorized
	}
	return out
}

func (t *table) conflict(e *fault.Error, rows []query.Value) problem {
	out := problem{Status: http.StatusConflict, Code: "23505", Message: "duplicate key value violates unique constraint", Details: e.Detail}
	if len(e.Fields) == 0 {
		return out
	}
	f := e.Fields[0]
	name := f.Field[strings.LastIndexByte(f.Field, '.')+1:]
	if f.Code == "unique" {
		constraint := t.name + "_" + name + "_key"
		if name == "id" {
			constraint = t.name + "_pkey"
		}
		out.Message, out.Details = `duplicate key value violates unique constraint "`+constraint+`"`, "Key ("+name+") already exists."
		if len(rows) == 1 && len(e.Fields) == 1 { // the value is what the caller has sent
			if v := inside(rows[0], name); !v.IsNull() {
				out.Details = "Key (" + name + ")=(" + fault.Clip(asText(v).Text()) + ") already exists."
			}
		}
		return out
	}
	return problem{Status: http.StatusConflict, Code: "23503", Message: `update or delete on table "` + t.name + `" violates foreign key constraint`, Details: f.Detail}
}

// columnOf is the column that an error is about, without the place of its row.
func columnOf(f fault.FieldError) string {
	return strings.TrimPrefix(f.Field[strings.LastIndexByte(f.Field, ']')+1:], ".")
}

func (t *table) unfit(f fault.FieldError) problem {
	name := columnOf(f)
	out := problem{Status: http.StatusBadRequest, Details: f.Detail}
	switch f.Code {
	case "required":
		out.Code, out.Message = "23502", `null value in column "`+name+`" of relation "`+t.name+`" violates not-null constraint`
	case "unknown_field":
		out.Code, out.Message = "PGRST204", "Could not find the '"+fault.Clip(name)+"' column of '"+t.name+"' in the schema cache"
	case "type":
		out.Code, out.Message = "22P02", `invalid input for column "`+name+`": `+f.Detail
	case "not_found", "reference", "missing":
		out.Status, out.Code = http.StatusConflict, "23503"
		out.Message = `insert or update on table "` + t.name + `" violates foreign key constraint "` + t.name + "_" + name + `_fkey"`
	default:
		out.Code, out.Message = "23514", `new row for relation "`+t.name+`" violates check constraint "`+t.name+"_"+name+`_check"`
	}
	return out
}

// missing is the error of a table that is not configured.
func (d *Dialect) missing(name string) problem {
	out := problem{Status: http.StatusNotFound, Code: "PGRST205", Message: "Could not find the table 'public." + fault.Clip(name) + "' in the schema cache"}
	if near := meant(name, slices.Sorted(keysOf(d.tables))); near != "" && d.Crud.Suggest {
		out.Hint = "Perhaps you meant the table 'public." + near + "'"
	}
	return out
}

// meant is the name that is most like one that is not there; empty if none is.
func meant(name string, names []string) string {
	return strings.Trim(strings.TrimPrefix(fault.DidYouMean(name, names), "; did you mean "), `"?`)
}

// answer is the response of a call: an error of its own form is one, and any other is left to [Dialect.Problem].
func answer(r dialect.Response, err error) (dialect.Response, error) {
	if err == nil {
		return r, nil
	}
	var p problem
	if errors.As(err, &p) && p.Status != 0 {
		return p.response(), nil
	}
	return r, err
}
