package supabase

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
	"github.com/basalt-dev/basalt/server/dialect"
)

// Beyond PostgREST: a write happens once, however often it is sent (Idempotency-Key), and to the row alone that the client has
// seen (If-Match).

// ifMatch is the entity tag that the row of a write has to have, empty for any.
func (c *call) ifMatch() string { return strings.TrimSpace(c.Header("If-Match")) }

// matched refuses a write on a condition to any number of rows but one. None is answered alike whether it is hidden or missing.
func (c *call) matched(rows int) error {
	switch {
	case c.ifMatch() == "" || rows == 1:
		return nil
	case rows == 0:
		return fault.Errorf(fault.PreconditionFailed, "there is no row that could have this entity tag")
	}
	return problem{Status: http.StatusBadRequest, Code: "PGRST100", Message: "If-Match is for a write of one row", Hint: "Filter by the id."}
}

// once is a write as it is sent: with an Idempotency-Key it happens once.
func (d *Dialect) once(do func(*call) (dialect.Response, error)) func(*call) (dialect.Response, error) {
	return func(c *call) (dialect.Response, error) {
		if c.Once == nil || c.Method == http.MethodGet {
			return do(c)
		}
		return d.onceOnly(c, do)
	}
}

// written is what is kept of a write: which rows it has written, and not what they were. Whoever sends it again gets them as they
// may see them then. Of a function it is the result.
type written struct {
	Status int               `json:"status"`
	Header http.Header       `json:"header,omitempty"`
	Type   string            `json:"type,omitempty"`
	Range  string            `json:"range,omitempty"`
	Keys   []json.RawMessage `json:"keys,omitempty"`
	Rows   bool              `json:"rows,omitempty"` // the answer has them
	Body   []byte            `json:"body,omitempty"`
}

func (d *Dialect) onceOnly(c *call, do func(*call) (dialect.Response, error)) (dialect.Response, error) {
	var out dialect.Response
	if c.prefer.rollback {
		return out, fault.FieldErrorf("Idempotency-Key", "unsupported", "tx=rollback keeps nothing, and so no answer for an Idempotency-Key; leave that out")
	}
	if c.Segment("function") == "batch" {
		return out, fault.FieldErrorf("Idempotency-Key", "unsupported", "rpc/batch keeps no answers; POST /v1/batch does")
	}
	w := dialect.Write{
		Do: func(docs *crud.Service) ([]byte, error) {
			one := *c // what an attempt does to it is gone with the attempt
			one.query, one.service = slices.Clone(c.query), docs.ForRequest()
			var err error
			if out, err = do(&one); err != nil {
				return nil, err
			}
			kept := written{Status: out.Status, Header: out.Header.Clone(), Type: out.Type, Range: out.Range, Rows: c.prefer.representation}
			kept.Header.Del("ETag") // the row may be another one then
			if c.Segment("function") != "" {
				kept.Body = out.Body
			}
			for _, doc := range one.wrote {
				key, _ := doc.Value(0)
				kept.Keys = append(kept.Keys, json.RawMessage(key.JSON()))
			}
			return json.Marshal(kept)
		},
		Again: func(text []byte) error {
			var before written
			err := json.Unmarshal(text, &before)
			if err == nil {
				out, err = d.again(c, before)
			}
			return err
		},
	}
	if t := d.named(c.schema, c.Segment("collection")); t != nil && d.Crud.Atomic(t.name) {
		w.Collection = t.name
	}
	err := c.Once(w)
	return out, err
}

// again answers a write that has happened before.
func (d *Dialect) again(c *call, before written) (dialect.Response, error) {
	out := dialect.Response{Status: before.Status, Header: before.Header, Type: before.Type, Range: before.Range, Body: before.Body}
	if !before.Rows || c.Segment("function") != "" {
		return out, nil
	}
	t, err := d.table(c, rules.Read)
	if t == nil {
		return out, err
	}
	p, err := d.returning(c, t)
	if err != nil {
		return out, err
	}
	rows, err := d.rewritten(c, t, before.Keys)
	if err != nil {
		return out, err
	}
	if err := (reader{c.docs(), c.Caller, c.Call}).embed(c.Context, p, rows); err != nil {
		return out, t.read(err)
	}
	answer, err := c.rows(p, rows)
	if out.Body = answer.Body; err == nil {
		c.tagged(&out, rows)
	}
	return out, err
}

// rewritten are the rows of keys, as the caller may see them now. Of one that is gone, or hidden, there is the key alone.
func (d *Dialect) rewritten(c *call, t *table, keys []json.RawMessage) ([]*row, error) {
	field := t.shape.Fields[0]
	rows := make([]*row, len(keys))
	var terms []query.Filter
	places := map[string]int{}
	for i, text := range keys {
		key, _ := query.Coerce(field.Type, query.RawJSON(string(text)))
		rows[i] = &row{made: make(query.Row, len(t.stored))}
		rows[i].made[0] = key
		is, _ := query.Comparison(query.Path{Field: field.Name}, field.Type, query.Eq, key)
		terms = append(terms, is)
		places[key.JSON()] = i
	}
	docs, err := d.find(c, c.docs(), t, crud.Read{Where: query.Any(terms...)}, max(1, len(keys)))
	if err != nil {
		return nil, t.read(err)
	}
	for i := range docs {
		key, _ := docs[i].Value(0)
		rows[places[key.JSON()]] = &row{doc: &docs[i]}
	}
	return rows, nil
}

// tagged gives an answer of one whole row the entity tag that If-Match takes.
func (c *call) tagged(out *dialect.Response, rows []*row) {
	if c.form.object && len(rows) == 1 && rows[0].made == nil {
		out.Set("ETag", rows[0].doc.ETag())
	}
}
