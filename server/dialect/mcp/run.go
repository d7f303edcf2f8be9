package mcp

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
	"github.com/basalt-dev/basalt/server/dialect"
)

// described is a collection as an assistant sees it.
type described struct {
	Name   string           `json:"name"`
	Fields []describedField `json:"fields"`
	May    []rules.Op       `json:"may"`
	// Open is true if documents may have fields that are not declared.
	Open bool `json:"open,omitempty"`
}

type describedField struct {
	Name     string   `json:"name"`
	Type     string   `json:"type"`
	To       string   `json:"to,omitempty"`
	Required bool     `json:"required,omitempty"`
	Enum     []string `json:"enum,omitempty"`
}

// collections is list_collections. A collection that the caller may not use, and a field that they never see, is not in it.
func (d *Dialect) collections(r *dialect.Request, _ arguments) ([]byte, error) {
	out := []described{}
	for _, name := range slices.Sorted(maps.Keys(d.Config.Collections)) {
		c := d.Config.Collections[name]
		col := described{Name: name, Fields: []describedField{}, May: d.may(r.Caller, c), Open: c.Open}
		if len(col.May) == 0 {
			continue
		}
		for _, f := range c.Declared() {
			if f.Hash || c.FieldsReadable[f.Name] != nil && !d.reads(r.Caller, name, f.Name) {
				continue
			}
			col.Fields = append(col.Fields, describe(f))
		}
		out = append(out, col)
	}
	return d.cut("collections", out)
}

// may are the operations that a caller may begin. Which documents they are for is for the rules to say.
func (d *Dialect) may(caller crud.Caller, c *config.Collection) (out []rules.Op) {
	if d.reads(caller, c.Name, "id") {
		out = append(out, rules.Read)
	}
	if !d.limits.Write {
		return out
	}
	for _, op := range []rules.Op{rules.Create, rules.Update, rules.Delete} {
		if (caller.Admin || c.Compiled[op] != nil) && (op != rules.Create || c.Files == nil) {
			out = append(out, op)
		}
	}
	return out
}

// reads reports whether a caller may read a field in some document. The database is not asked.
func (d *Dialect) reads(caller crud.Caller, collection, field string) bool {
	_, err := d.Crud.Prepare(caller, crud.Read{Collection: collection, Kind: crud.Get, ID: "-", Params: crud.Params{"select": field}})
	return err == nil
}

func describe(f *config.Field) describedField {
	out := describedField{Name: f.Name, Type: string(f.Type), To: f.To, Required: f.Required}
	if f.To != "" {
		out.Type = "ref"
	}
	for _, e := range f.Enum {
		out.Enum = append(out.Enum, e.Value.Text())
	}
	return out
}

// cut encodes a list as {NAME: […]}, as far as it fits.
func (d *Dialect) cut(name string, list []described) ([]byte, error) {
	items := make([][]byte, len(list))
	for i := range list {
		var err error
		if items[i], err = json.Marshal(list[i]); err != nil {
			return nil, err
		}
	}
	return d.fitting(name, items), nil
}

// fitting writes a list as far as it fits, and says what it has left out.
func (d *Dialect) fitting(name string, items [][]byte) []byte {
	out := append(query.String(name).AppendJSON([]byte{'{'}), ':', '[')
	shown := 0
	for ; shown < min(len(items), d.limits.Documents); shown++ {
		if len(out)+len(items[shown]) > int(d.limits.Bytes) {
			break
		}
		if shown > 0 {
			out = append(out, ',')
		}
		out = append(out, items[shown]...)
	}
	out = append(out, ']')
	if left := len(items) - shown; left > 0 {
		out = appendCut(out, fmt.Sprintf("%d of %d are left out: an answer has %d at most, and %d bytes; narrow the question", left, len(items), d.limits.Documents, d.limits.Bytes))
	}
	return append(out, '}')
}

func appendCut(dst []byte, why string) []byte {
	return query.String(why).AppendJSON(append(dst, `,"cut":`...))
}

// query is the tool query. What does not fit into the bytes of an answer is left for the next page.
func (d *Dialect) query(r *dialect.Request, a arguments) ([]byte, error) {
	asked, limit, err := d.limit(a)
	if err != nil {
		return nil, err
	}
	for n, cut := limit, ""; ; {
		body, err := a.body(map[string]any{"limit": n})
		if err != nil {
			return nil, err
		}
		plan, err := d.Crud.Prepare(r.Caller, crud.Read{Collection: collectionOf(a), Body: body})
		if err != nil {
			return nil, err
		}
		page, err := plan.Run(r.Context)
		if err != nil {
			return nil, err
		}
		out, fit := appendDocuments([]byte(`{"items":[`), page.Documents, int(d.limits.Bytes))
		if fit < len(page.Documents) {
			if fit == 0 {
				return nil, d.tooLarge()
			}
			n, cut = fit, fmt.Sprintf("an answer has %d bytes at most: these are the first %d; go on with next, or select fewer fields", d.limits.Bytes, fit)
			continue
		}
		out = append(out, `],"next":`...)
		if page.Next() == "" {
			out = append(out, "null"...)
		} else {
			out = query.String(page.Next()).AppendJSON(out)
			if cut == "" && asked > limit {
				cut = fmt.Sprintf("an answer has %d documents at most; go on with next", limit)
			}
		}
		if page.Total() >= 0 {
			out = fmt.Appendf(out, `,"total":%d`, page.Total())
		}
		if cut != "" {
			out = appendCut(out, cut)
		}
		return append(out, '}'), nil
	}
}

// limit returns the number of documents that a query asks for, and how many it gets.
func (d *Dialect) limit(a arguments) (asked, limit int, err error) {
	most := min(d.limits.Documents, d.Crud.Limits.Page)
	asked = min(20, most)
	if raw := a["limit"]; raw != nil && string(raw) != "null" {
		if err := json.Unmarshal(raw, &asked); err != nil || asked < 1 {
			return 0, 0, fault.FieldErrorf("limit", "min", "limit is a whole number from 1 to %d", most)
		}
	}
	return asked, min(asked, most), nil
}

// appendDocuments appends as many documents as fit.
func appendDocuments(dst []byte, docs []crud.Document, most int) (out []byte, fit int) {
	for i, doc := range docs {
		before := len(dst)
		if i > 0 {
			dst = append(dst, ',')
		}
		if dst = doc.AppendJSON(dst); len(dst) > most {
			return dst[:before], i
		}
	}
	return dst, len(docs)
}

func (d *Dialect) tooLarge() error {
	return fault.Errorf(fault.AnswerTooLarge, "the document has more than %d bytes (mcp.bytes); select some of its fields", d.limits.Bytes)
}

// collectionOf is the name that has been checked.
func collectionOf(a arguments) string {
	name, _ := a.text("collection")
	return name
}

// get is the tool get.
func (d *Dialect) get(r *dialect.Request, a arguments) ([]byte, error) {
	id, err := a.text("id")
	if err != nil {
		return nil, err
	}
	params := crud.Params{}
	for _, name := range []string{"select", "expand"} {
		list, there, err := a.list(name)
		if err != nil {
			return nil, err
		}
		if there {
			params[name] = strings.Join(list, ",")
		}
	}
	found, err := d.Crud.Read(r.Context, r.Caller, crud.Read{Collection: collectionOf(a), Kind: crud.Get, ID: id, Params: params})
	if err != nil {
		return nil, err
	}
	return d.one(found.Documents[0])
}

// one encodes a document, which fits or is an error.
func (d *Dialect) one(doc crud.Document) ([]byte, error) {
	out, fit := appendDocuments(nil, []crud.Document{doc}, int(d.limits.Bytes))
	if fit == 0 {
		return nil, d.tooLarge()
	}
	return out, nil
}

// aggregate is the tool aggregate.
func (d *Dialect) aggregate(r *dialect.Request, a arguments) ([]byte, error) {
	body, err := a.body(nil)
	if err != nil {
		return nil, err
	}
	plan, err := d.Crud.Prepare(r.Caller, crud.Read{Collection: collectionOf(a), Kind: crud.Aggregate, Body: body})
	if err != nil {
		return nil, err
	}
	found, err := plan.Run(r.Context)
	if err != nil {
		return nil, err
	}
	encoded, _, err := found.Encode()
	if err != nil {
		return nil, err
	}
	var answer struct{ Items []json.RawMessage }
	if err := json.Unmarshal(encoded, &answer); err != nil {
		return nil, err
	}
	items := make([][]byte, len(answer.Items))
	for i, raw := range answer.Items {
		items[i] = raw
	}
	return d.fitting("items", items), nil
}

// explain is the tool explain, which administrators have.
func (d *Dialect) explain(r *dialect.Request, a arguments) ([]byte, error) {
	body, err := json.Marshal(a)
	if err != nil {
		return nil, err
	}
	as, q, err := crud.ReadQuestion(body, d.depth)
	if err != nil {
		return nil, err
	}
	out, err := d.Crud.Explain(r.Context, as, q)
	if err != nil {
		return nil, err
	}
	return json.Marshal(out)
}

// create is the tool create.
func (d *Dialect) create(r *dialect.Request, a arguments) ([]byte, error) {
	if raw := a["document"]; raw[0] != '{' {
		return nil, fault.FieldErrorf("document", "type", "document is an object")
	}
	made, err := d.Crud.Create(r.Context, r.Caller, collectionOf(a), a["document"])
	if err != nil {
		return nil, err
	}
	return d.written(made.Items[0])
}

// update is the tool update.
func (d *Dialect) update(r *dialect.Request, a arguments) ([]byte, error) {
	id, err := a.text("id")
	if err != nil {
		return nil, err
	}
	doc, err := d.Crud.Update(r.Context, r.Caller, crud.Target{Collection: collectionOf(a), ID: id}, a["changes"])
	if err != nil {
		return nil, err
	}
	return d.written(doc)
}

// written encodes a document that has been written, which is not an error when it is too large to show.
func (d *Dialect) written(doc crud.Document) ([]byte, error) {
	out, err := d.one(doc)
	if err != nil {
		return append(appendCut([]byte(`{"written":true`), "the document is too large to show"), '}'), nil
	}
	return out, nil
}

// remove is the tool delete.
func (d *Dialect) remove(r *dialect.Request, a arguments) ([]byte, error) {
	id, err := a.text("id")
	if err != nil {
		return nil, err
	}
	if err := d.Crud.Delete(r.Context, r.Caller, crud.Target{Collection: collectionOf(a), ID: id}); err != nil {
		return nil, err
	}
	return []byte(`{"deleted":true}`), nil
}
