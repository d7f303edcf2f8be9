package postgres

import (
	"context"
	"strconv"

	"github.com/jackc/pgx/v5"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// rowFunctionOf describes the function of a name whose one parameter is a row of a table.
const rowFunctionOf = `
SELECT p.proretset, p.prorows = 1, rt.typtype = 'c' OR coalesce(p.proargmodes && '{t,b,o}'::"char"[], false),
       CASE WHEN k.relkind IN ('r', 'p', 'v', 'm', 'f') THEN kn.nspname || '.' || k.relname ELSE '' END, coalesce(c.names, '{}'), coalesce(c.types, '{}')
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_type rt ON rt.oid = p.prorettype
` + resultColumns + `WHERE n.nspname = $1 AND p.proname = $2 AND p.prokind = 'f' AND p.pronargs = 1
  AND p.proargtypes[0] = (SELECT reltype FROM pg_class WHERE oid = to_regclass($3))`

// CallRowFunction implements [db.RowFunctions].
func (d *Driver) CallRowFunction(ctx context.Context, call db.FunctionCall, table string, each []byte) (out db.FunctionResult, err error) {
	at := tableName(table)
	err = d.transaction(ctx, beginReadOnly, func(s store) error {
		var rows bool
		var result string
		var names, natives []string
		found, err := s.run.Query(ctx, rowFunctionOf, call.Schema, call.Name, at)
		if err != nil {
			return clientError(ctx, err)
		}
		known := false
		if _, err := pgx.ForEachRow(found, []any{&out.Set, &out.One, &rows, &result, &names, &natives}, func() error { known = true; return nil }); err != nil {
			return clientError(ctx, err)
		}
		if !known {
			return db.ErrNoFunction
		}
		out.Table = inSchema(result)
		if rows {
			for i, name := range names {
				typ := typeOf(natives[i])
				if typ == "" {
					typ = query.TypeJSON
				}
				out.Columns = append(out.Columns, query.Field{Name: name, Type: typ})
			}
		}
		if err := s.introduce(ctx, call); err != nil {
			return err
		}
		return s.callEach(ctx, &out, call, at, each)
	})
	return out, err
}

// callEach calls a function for each row of a JSON array. The result is an array with the values of each.
func (s store) callEach(ctx context.Context, out *db.FunctionResult, call db.FunctionCall, table string, each []byte) error {
	// A value that is too large stays in the database, as in [function.statement].
	most := strconv.Itoa(call.Bytes)
	rows, err := s.run.Query(ctx, `SELECT n, CASE WHEN octet_length(j::text) <= `+most+` THEN j END, octet_length(j::text) > `+most+` FROM (SELECT e.n, to_json(r) AS j FROM json_array_elements($1::json) WITH ORDINALITY AS e (v, n), LATERAL `+
		pgx.Identifier{call.Schema, call.Name}.Sanitize()+`(json_populate_record(NULL::`+table+`, e.v)) AS r LIMIT `+strconv.Itoa(call.Rows+1)+` OFFSET 0) AS each`, string(each))
	if err != nil {
		return functionError(ctx, err)
	}
	defer rows.Close()
	lists := make([][]byte, len(query.RawJSON(string(each)).Elements()))
	size, found := 0, 0
	for rows.Next() {
		var n int
		var one []byte
		var large *bool
		if err := rows.Scan(&n, &one, &large); err != nil {
			return err
		}
		size += len(one)
		if found++; found > call.Rows || size > call.Bytes || large != nil && *large {
			return db.ErrTooLarge
		}
		switch list := &lists[n-1]; {
		case one == nil && out.Columns != nil:
			continue
		case one == nil:
			*list = append(separated(*list), "null"...)
		default:
			*list = append(separated(*list), one...)
		}
	}
	out.JSON = []byte{'['}
	for i, list := range lists {
		if i > 0 {
			out.JSON = append(out.JSON, ',')
		}
		out.JSON = append(append(append(out.JSON, '['), list...), ']')
	}
	out.JSON = append(out.JSON, ']')
	return functionError(ctx, rows.Err())
}

func separated(list []byte) []byte {
	if len(list) > 0 {
		return append(list, ',')
	}
	return list
}
