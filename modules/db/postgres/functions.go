package postgres

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// function is one function of the database; several may have its name.
type function struct {
	parameters []parameter
	set, void  bool
	rows       bool // it returns rows, and not plain values
	columns    []query.Field
	table      string
}

type parameter struct {
	name, typ string
	optional  bool
}

// resultColumns joins the table whose rows a function returns, and the columns of what it returns.
const resultColumns = `LEFT JOIN pg_class k ON k.oid = rt.typrelid LEFT JOIN pg_namespace kn ON kn.oid = k.relnamespace
LEFT JOIN LATERAL (
	SELECT array_agg(a.attname::text ORDER BY a.attnum) AS names, array_agg(` + typeName + ` ORDER BY a.attnum) AS types
	FROM (
		SELECT attname, atttypid, attnum FROM pg_attribute WHERE attrelid = rt.typrelid AND attnum > 0 AND NOT attisdropped
		UNION ALL
		SELECT p.proargnames[o.n], o.type, o.n::int2 FROM unnest(p.proallargtypes) WITH ORDINALITY AS o (type, n) WHERE p.proargmodes[o.n] IN ('t', 'b', 'o')
	) AS a (attname, atttypid, attnum) JOIN pg_type t ON t.oid = a.atttypid
) AS c ON true
`

// functionsOf lists the functions of a name that can be called: not aggregates, procedures and triggers, nor those that take
// or return what has no type before it is called.
const functionsOf = `
SELECT p.proretset, p.prorettype = 'void'::regtype, p.pronargdefaults, p.provariadic <> 0,
       rt.typtype = 'c' OR coalesce(p.proargmodes && '{t,b,o}'::"char"[], false),
       CASE WHEN k.relkind IN ('r', 'p', 'v', 'm', 'f') THEN kn.nspname || '.' || k.relname ELSE '' END,
       coalesce(p.proargnames, '{}'), coalesce(p.proargmodes::text[], '{}'),
       ARRAY(SELECT format_type(i.type, NULL) FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY AS i (type, n) ORDER BY n),
       coalesce(c.names, '{}'), coalesce(c.types, '{}')
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_type rt ON rt.oid = p.prorettype
` + resultColumns + `WHERE n.nspname = $1 AND p.proname = $2 AND p.prokind = 'f'
  AND (rt.typtype <> 'p' OR p.prorettype = 'void'::regtype OR c.names IS NOT NULL)
  AND NOT EXISTS (SELECT 1 FROM unnest(p.proargtypes::oid[]) AS i (type) JOIN pg_type it ON it.oid = i.type WHERE it.typtype = 'p')
ORDER BY p.oid`

func (s store) functions(ctx context.Context, schema, name string) ([]function, error) {
	rows, err := s.run.Query(ctx, functionsOf, schema, name)
	if err != nil {
		return nil, clientError(ctx, err)
	}
	var out []function
	var f function
	var defaults int
	var variadic bool
	var table string
	var names, modes, types, columns, natives []string
	_, err = pgx.ForEachRow(rows, []any{&f.set, &f.void, &defaults, &variadic, &f.rows, &table, &names, &modes, &types, &columns, &natives}, func() error {
		one := f
		one.table = inSchema(table)
		for i := range max(len(names), len(types)) {
			if len(modes) > i && !slices.Contains([]string{"i", "b", "v"}, modes[i]) {
				continue
			}
			p := parameter{}
			if i < len(names) {
				p.name = names[i]
			}
			one.parameters = append(one.parameters, p)
		}
		for i := range one.parameters {
			one.parameters[i].typ, one.parameters[i].optional = types[i], i >= len(types)-defaults || variadic && i == len(types)-1
		}
		for i, column := range columns {
			typ := typeOf(natives[i])
			if typ == "" {
				typ = query.TypeJSON
			}
			one.columns = append(one.columns, query.Field{Name: column, Type: typ})
		}
		if one.nameable() {
			out = append(out, one)
		}
		return nil
	})
	return out, clientError(ctx, err)
}

// nameable reports whether a function can be called by the names of its parameters. One without a name is taken where it is
// the only one, and has the type of a text or of JSON.
func (f *function) nameable() bool {
	for _, p := range f.parameters {
		if p.name == "" && (len(f.parameters) > 1 || !slices.Contains([]string{"json", "jsonb", "text"}, p.typ)) {
			return false
		}
	}
	return true
}

// takes reports whether a function takes exactly the parameters of these names, those with a default left out or not.
func (f *function) takes(names []string) bool {
	for _, name := range names {
		if !slices.ContainsFunc(f.parameters, func(p parameter) bool { return p.name == name }) {
			return false
		}
	}
	for _, p := range f.parameters {
		if !p.optional && !slices.Contains(names, p.name) {
			return false
		}
	}
	return true
}

// takesWhole reports whether a function takes all parameters as one value, which has no name.
func (f *function) takesWhole() bool {
	return len(f.parameters) == 1 && f.parameters[0].name == "" && (f.parameters[0].typ == "json" || f.parameters[0].typ == "jsonb")
}

// chosen returns the function that a call means.
func chosen(name string, all []function, names []string) (*function, error) {
	var fits, whole []*function
	for i := range all {
		switch f := &all[i]; {
		case f.takes(names):
			fits = append(fits, f)
		case f.takesWhole():
			whole = append(whole, f)
		}
	}
	if len(fits) == 0 {
		fits = whole
	}
	switch len(fits) {
	case 0:
		return nil, db.ErrNoFunction
	case 1:
		return fits[0], nil
	}
	slices.SortFunc(fits, func(a, b *function) int {
		return cmp.Or(len(a.parameters)-len(b.parameters), strings.Compare(a.signature(name), b.signature(name)))
	})
	ambiguous := &db.Ambiguous{}
	for _, f := range fits {
		ambiguous.Candidates = append(ambiguous.Candidates, f.signature(name))
	}
	return nil, ambiguous
}

// signature names a function with its parameters.
func (f *function) signature(name string) string {
	parameters := make([]string, len(f.parameters))
	for i, p := range f.parameters {
		parameters[i] = p.name + " => " + p.typ
	}
	return name + "(" + strings.Join(parameters, ", ") + ")"
}

// statement returns the statement of a call with the parameters of these names, which are the members of the JSON object $1. Every
// name in it comes from the configuration or from the database.
func (f *function) statement(call db.FunctionCall, names []string) string {
	var b strings.Builder
	// A value that is too large stays in the database: this node would have to take all of it before it could refuse it.
	most := strconv.Itoa(call.Bytes)
	b.WriteString("SELECT CASE WHEN octet_length(j::text) <= " + most + " THEN j END, octet_length(j::text) > " + most + " FROM (SELECT to_json(")
	if f.rows {
		b.WriteString("q) AS j FROM (SELECT r.* FROM ")
	} else {
		b.WriteString("r) AS j FROM ")
	}
	var arguments []string
	whole := f.takesWhole() && !f.takes(names)
	var columns []string
	for _, p := range f.parameters {
		if whole || !slices.Contains(names, p.name) {
			continue
		}
		column := p.name
		if column == "" {
			column = "?column?"
		}
		columns = append(columns, quote(column)+" "+p.typ)
		if p.name == "" {
			arguments = append(arguments, "a."+quote(column))
		} else {
			arguments = append(arguments, quote(p.name)+" => a."+quote(column))
		}
	}
	switch {
	case whole:
		arguments = []string{"$1::" + f.parameters[0].typ}
	case len(columns) == 1 && names[0] == "": // json_to_record needs a name
		b.WriteString(`(SELECT v FROM json_to_record(json_build_object('v', $1::json->'')) AS w (v ` + f.parameters[0].typ + `)) AS a ("?column?"), LATERAL `)
	case len(columns) > 0:
		b.WriteString("json_to_record($1::json) AS a (" + strings.Join(columns, ", ") + "), LATERAL ")
	}
	b.WriteString(pgx.Identifier{call.Schema, call.Name}.Sanitize() + "(" + strings.Join(arguments, ", ") + ") AS r")
	if f.rows {
		b.WriteString(") AS q")
	}
	if f.set {
		b.WriteString(" LIMIT " + strconv.Itoa(call.Rows+1))
	}
	b.WriteString(" OFFSET 0) AS each") // so that each value is made once
	return b.String()
}

// errRollback ends a transaction whose changes are not wanted.
var errRollback = errors.New("postgres: rolled back")

// CallFunction implements [db.Functions].
func (d *Driver) CallFunction(ctx context.Context, call db.FunctionCall) (out db.FunctionResult, err error) {
	params := query.RawJSON(string(call.Params))
	var names []string
	params.Members(func(name string, _ query.Value) bool {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
		return true
	})
	begin := begin
	if call.ReadOnly {
		begin = beginReadOnly
	}
	for again := false; ; again = true {
		f, err := d.functionOf(ctx, call, names, again)
		if err != nil {
			return out, err
		}
		err = d.transaction(ctx, begin, func(s store) error {
			out, err = s.call(ctx, f, call, names)
			if err == nil && call.Rollback {
				return errRollback
			}
			return err
		})
		if errors.Is(err, errRollback) {
			return out, nil
		}
		var e *pgconn.PgError
		if again || !errors.As(err, &e) || e.Code != "42883" || e.Routine != "ParseFuncOrColumn" && e.Routine != "func_get_detail" {
			return out, err
		}
	}
}

// functionOf returns the function that a call means. What is known of the functions of a name is read again if none fits.
func (d *Driver) functionOf(ctx context.Context, call db.FunctionCall, names []string, fresh bool) (f *function, err error) {
	at := call.Schema + "." + call.Name
	if known, ok := d.callable.Load(at); ok && !fresh {
		if f, err := chosen(at, known.([]function), names); err == nil {
			return f, nil
		}
	}
	err = d.on(ctx, func(s store) error {
		all, err := s.functions(ctx, call.Schema, call.Name)
		if err != nil {
			return err
		}
		d.callable.Store(at, all)
		f, err = chosen(at, all, names)
		return err
	})
	return f, err
}

// call runs a function in a transaction.
func (s store) call(ctx context.Context, f *function, call db.FunctionCall, names []string) (db.FunctionResult, error) {
	out := db.FunctionResult{Nothing: f.void, Set: f.set, Table: f.table}
	if f.rows {
		out.Columns = f.columns
	}
	if err := s.introduce(ctx, call); err != nil {
		return out, err
	}
	statement := f.statement(call, names)
	var args []any
	if strings.Contains(statement, "$1") {
		args = []any{string(call.Params)}
	}
	rows, err := s.run.Query(ctx, statement, args...)
	if err != nil {
		return out, functionError(ctx, err)
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		value, tooLarge := rows.RawValues()[0], rows.RawValues()[1]
		if call.Most > 0 && n == call.Most && f.set {
			return out, db.ErrTooMany
		}
		if n++; n > call.Rows && f.set || len(out.JSON)+len(value) > call.Bytes || len(tooLarge) == 1 && (tooLarge[0] == 1 || tooLarge[0] == 't') {
			return out, db.ErrTooLarge
		}
		if n > 1 {
			out.JSON = append(out.JSON, ',')
		}
		if value == nil {
			value = []byte("null")
		}
		out.JSON = append(out.JSON, value...)
	}
	switch {
	case f.set:
		out.JSON = append(append([]byte{'['}, out.JSON...), ']')
	case f.void || n == 0:
		out.JSON = []byte("null")
	}
	return out, functionError(ctx, rows.Err())
}

// introduce lets the functions of a transaction read who calls, and how.
func (s store) introduce(ctx context.Context, call db.FunctionCall) error {
	headers := string(call.Headers)
	if headers == "" {
		headers = "{}"
	}
	_, err := s.run.Exec(ctx, "SELECT set_config('request.jwt.claims', $1, true), set_config('request.headers', $2, true)", string(call.Claims), headers)
	return clientError(ctx, err)
}

// byParameters are errors of a function that follow from what it is called with, beside the classes 20 (case_not_found), 21
// (a query in an expression finds several rows), 22 and 54 (too much recursion): no_data_found and too_many_rows of
// SELECT INTO STRICT, and assert_failure.
var byParameters = []string{"P0002", "P0003", "P0004"}

// functionError is the error of a function for its caller. What the function raises has the words of its author; of anything
// else the code alone is passed on, because the text may have values of documents.
func functionError(ctx context.Context, err error) error {
	var e *pgconn.PgError
	if err == nil || !errors.As(err, &e) || conflicting(err) || stale(err) {
		return clientError(ctx, err)
	}
	switch {
	case e.Code == "25006":
		return errors.Join(db.ErrReadOnly, err)
	case e.Routine == "exec_stmt_raise":
		text := e.Message
		for _, more := range []string{e.Detail, e.Hint} {
			if more != "" {
				text += ": " + more
			}
		}
		return &db.Raised{Code: e.Code, Message: e.Message, Detail: e.Detail, Hint: e.Hint, Fault: fault.Errorf(fault.Invalid, "%s", text)}
	case e.Code[:2] == "22":
		const text = "a parameter, or a value that the function makes of it, does not fit its type"
		return &db.Raised{Code: e.Code, Message: text, Fault: fault.Errorf(fault.Invalid, text)}
	case slices.Contains(byParameters, e.Code), e.Code[:2] == "20", e.Code[:2] == "21", e.Code[:2] == "54":
		const text = "the function fails with these parameters"
		return &db.Raised{Code: e.Code, Message: text, Fault: fault.Errorf(fault.Invalid, text)}
	}
	return clientError(ctx, err)
}
