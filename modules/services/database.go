package services

import (
	"context"
	"encoding/json"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/modules/services/wire"
)

// Database calls functions of a database.
type Database struct {
	Functions db.Functions
	// Name is that of the database in the configuration.
	Name, Schema string
	// Rows and Bytes limit a result.
	Rows, Bytes int
}

// Call implements [Caller]. A result comes whole, also where pieces are asked for: those of a set are its values.
func (d Database) Call(ctx context.Context, c wire.Call, piece func(json.RawMessage) error) (json.RawMessage, error) {
	call := db.FunctionCall{Schema: d.Schema, Name: c.Function, Params: c.Params, Rows: d.Rows, Bytes: d.Bytes}
	direct := c.Direct
	if direct == nil {
		direct = &wire.Direct{}
	}
	call.ReadOnly, call.Rollback, call.Most = direct.ReadOnly, direct.Rollback, direct.Most
	if len(c.Headers) > 0 {
		var err error
		if call.Headers, err = json.Marshal(c.Headers); err != nil {
			return nil, err
		}
	}
	if c.Auth != nil {
		var err error
		if call.Claims, err = json.Marshal(c.Auth); err != nil {
			return nil, err
		}
	}
	result, err := d.call(ctx, call, direct)
	if err != nil {
		return nil, late(err)
	}
	direct.Nothing, direct.Set, direct.One, direct.Database, direct.Table = result.Nothing, result.Set, result.One, d.Name, result.Table
	for _, column := range result.Columns {
		direct.Columns = append(direct.Columns, wire.Column{Name: column.Name, Type: string(column.Type)})
	}
	if piece == nil || !result.Set {
		return result.JSON, nil
	}
	for _, v := range query.RawJSON(string(result.JSON)).Elements() {
		if err := piece(v.AppendJSON(nil)); err != nil {
			return nil, err
		}
	}
	return json.RawMessage("null"), nil
}

func (d Database) call(ctx context.Context, call db.FunctionCall, direct *wire.Direct) (db.FunctionResult, error) {
	if direct.Of == "" {
		return d.Functions.CallFunction(ctx, call)
	}
	of, ok := d.Functions.(db.RowFunctions)
	if !ok {
		return db.FunctionResult{}, db.ErrNoFunction
	}
	return of.CallRowFunction(ctx, call, direct.Of, direct.Rows)
}
