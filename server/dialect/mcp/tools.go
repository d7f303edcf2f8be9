package mcp

import (
	"context"
	"encoding/json"
	"errors"
	"runtime/debug"
	"slices"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/rules"
	"github.com/basalt-dev/basalt/server/dialect"
)

// tool is one thing that an assistant may do.
type tool struct {
	name, description string
	// op counts a call against the limits of the collection; empty for none, and for a create, which is counted where it is made.
	op rules.Op
	// writes is for configurations with mcp.write, admin for administrators.
	writes, admin bool
	// takes are the arguments with their schemas, required those without which it does not run.
	takes    map[string]any
	required []string
	run      func(d *Dialect, r *dialect.Request, a arguments) ([]byte, error)
}

var (
	text    = map[string]any{"type": "string"}
	texts   = map[string]any{"type": "array", "items": text}
	truth   = map[string]any{"type": "boolean"}
	object  = map[string]any{"type": "object"}
	filters = map[string]any{"type": "object", "description": `such as {"done": false, "stars": {"$gte": 3}, "$or": [{…}, {…}]}; also $ne $in $nin $contains $startsWith $endsWith $exists $not, and {"$search": "words"} or {"$search": {"text": "wrods", "typos": true}} for the full-text search`}
	phrase  = map[string]any{"type": "string", "description": `a filter as text, besides where or instead of it: stars >= 3 && title startsWith "b"`}
)

// tools are all of them, in the order of their list.
func (d *Dialect) tools() []tool {
	return []tool{
		{
			name: "list_collections", description: "The collections that the caller may use, with their fields and the operations that have a rule. Each call is checked by it.",
			run: (*Dialect).collections,
		},
		{
			name: "query", description: "Documents of a collection: those that the caller may see and the filter selects, as {items, next}. Send next as after for the following page.", op: rules.Read,
			takes: map[string]any{
				"collection": text, "where": filters, "filter": phrase, "params": object, "sort": map[string]any{"type": "array", "items": text, "description": `such as ["-created", "title"]`},
				"limit": map[string]any{"type": "integer", "minimum": 1, "maximum": d.limits.Documents}, "after": text, "select": texts, "expand": texts, "count": truth,
				"snippets": map[string]any{"type": "array", "items": text, "description": "searched fields of which to show the part that was found, as HTML"},
			},
			required: []string{"collection"}, run: (*Dialect).query,
		},
		{
			name: "get", description: "One document by its id.", op: rules.Read,
			takes: map[string]any{"collection": text, "id": text, "select": texts, "expand": texts}, required: []string{"collection", "id"}, run: (*Dialect).get,
		},
		{
			name: "aggregate", description: "Figures about the documents that the caller may see: count, and sum, avg, min and max of fields, for all or for each group.", op: rules.Read,
			takes:    map[string]any{"collection": text, "where": filters, "filter": phrase, "params": object, "group": texts, "count": truth, "sum": texts, "avg": texts, "min": texts, "max": texts},
			required: []string{"collection"}, run: (*Dialect).aggregate,
		},
		{
			name: "explain", description: "What a rule answers for a caller (as: their claims, or null for an anonymous one), and why.", admin: true,
			takes: map[string]any{
				"collection": text, "op": map[string]any{"enum": []string{"read", "create", "update", "delete"}}, "id": text, "doc": object, "as": map[string]any{"type": []string{"object", "null"}},
			},
			required: []string{"collection", "op"}, run: (*Dialect).explain,
		},
		{
			name: "create", description: "Stores one document, and returns it.", writes: true,
			takes: map[string]any{"collection": text, "document": object}, required: []string{"collection", "document"}, run: (*Dialect).create,
		},
		{
			name: "update", description: `Changes fields of one document, and returns it. changes is a JSON merge patch; {"$inc": 1}, {"$push": x}, {"$pull": x}, {"$append": [x]}, {"$prepend": [x]} and {"$remove": "name"} are values, too.`, writes: true, op: rules.Update,
			takes: map[string]any{"collection": text, "id": text, "changes": object}, required: []string{"collection", "id", "changes"}, run: (*Dialect).update,
		},
		{
			name: "delete", description: "Removes one document.", writes: true, op: rules.Delete,
			takes: map[string]any{"collection": text, "id": text}, required: []string{"collection", "id"}, run: (*Dialect).remove,
		},
	}
}

// described is the tool as the protocol lists it.
func (t tool) described() *sdk.Tool {
	properties := t.takes
	if properties == nil {
		properties = map[string]any{}
	}
	schema := map[string]any{"type": "object", "properties": properties, "additionalProperties": false}
	if t.required != nil {
		schema["required"] = t.required
	}
	closed, destructive := false, t.name != "create"
	hints := &sdk.ToolAnnotations{ReadOnlyHint: !t.writes, OpenWorldHint: &closed}
	if t.writes {
		hints.DestructiveHint = &destructive
	}
	return &sdk.Tool{Name: t.name, Description: t.description, InputSchema: schema, Annotations: hints}
}

// call runs a tool, and logs it. What is refused is an answer with an error, so that the assistant sees it.
func (d *Dialect) call(ctx context.Context, t tool, raw json.RawMessage) (out *sdk.CallToolResult) {
	turn := turnOf(ctx)
	defer func() { // the SDK runs it in a goroutine of its own
		if v := recover(); v != nil {
			d.Log.Error("a tool panicked", "request", turn.request.ID(), "tool", t.name, "error", v, "stack", string(debug.Stack()))
			out = failed(fault.Errorf(fault.Internal, "something went wrong here; the log has more under the request id %s", turn.request.ID()))
		}
	}()
	turn.mu.Lock()
	defer turn.mu.Unlock()
	if turn.over {
		return failed(fault.Errorf(fault.Timeout, "the request is over"))
	}
	r := turn.request
	a, err := argumentsOf(raw)
	collection := ""
	var answer []byte
	if err == nil {
		collection, answer, err = d.checked(r, t, a)
	}
	code := "ok"
	var e *fault.Error
	if err != nil {
		e = d.clientError(r, err)
		code = string(e.Code)
	}
	d.Called("mcp", t.name, code)
	d.Log.Info("an assistant called a tool", "request", r.ID(), "tool", t.name, "collection", fault.Clip(collection), "user", caller(r.Caller), "result", code)
	if e != nil {
		return failed(e)
	}
	return &sdk.CallToolResult{Content: []sdk.Content{&sdk.TextContent{Text: string(answer)}}}
}

// checked runs a tool with arguments that it takes, within the limits of the collection.
func (d *Dialect) checked(r *dialect.Request, t tool, a arguments) (collection string, out []byte, err error) {
	if t.takes["collection"] != nil {
		if collection, err = a.text("collection"); err != nil {
			return "", nil, err
		}
	}
	if err := a.fit(t); err != nil {
		return collection, nil, err
	}
	if t.op != "" {
		if err := r.Count(collection, t.op, 1); err != nil {
			return collection, nil, err
		}
	}
	out, err = t.run(d, r, a)
	return collection, out, err
}

// caller names who calls, for the log.
func caller(c crud.Caller) any {
	switch sub := c.Auth["sub"]; {
	case sub != nil:
		return sub
	case c.Admin:
		return "(an admin key)"
	}
	return "(anonymous)"
}

func failed(e *fault.Error) *sdk.CallToolResult {
	body, _ := json.Marshal(problemOf(e))
	return &sdk.CallToolResult{Content: []sdk.Content{&sdk.TextContent{Text: string(body)}}, IsError: true}
}

// clientError is an error as a client may see it. Others are logged.
func (d *Dialect) clientError(r *dialect.Request, err error) *fault.Error {
	var e *fault.Error
	switch {
	case errors.As(err, &e) && e.Code != fault.Internal && e.Code != fault.Unavailable:
		return e
	case r.Context.Err() != nil:
		return fault.Errorf(fault.Timeout, "this took longer than limits.timeout; narrow the filter")
	}
	d.Log.Error("a tool failed", "request", r.ID(), "error", err.Error())
	if e != nil {
		return e
	}
	return fault.Errorf(fault.Internal, "something went wrong here; the log has more under the request id %s", r.ID())
}

// arguments are those of a call, as they are written: numbers stay exact.
type arguments map[string]json.RawMessage

func argumentsOf(raw json.RawMessage) (arguments, error) {
	out := arguments{}
	if len(raw) == 0 {
		return out, nil
	}
	if err := json.Unmarshal(raw, &out); err != nil {
		return nil, fault.Errorf(fault.Invalid, "arguments is a JSON object")
	}
	return out, nil
}

// fit refuses names that a tool does not know, and what is missing.
func (a arguments) fit(t tool) error {
	names := make([]string, 0, len(t.takes))
	for name := range t.takes {
		names = append(names, name)
	}
	slices.Sort(names)
	for name := range a {
		if !slices.Contains(names, name) {
			return fault.FieldErrorf(fault.Clip(name), "unknown", "%s takes no %q%s", t.name, fault.Clip(name), fault.DidYouMean(name, names))
		}
	}
	for _, name := range t.required {
		if a[name] == nil {
			return fault.FieldErrorf(name, "required", "%s is missing", name)
		}
	}
	return nil
}

// text returns an argument that is a string.
func (a arguments) text(name string) (string, error) {
	var s *string
	if raw := a[name]; raw != nil {
		if err := json.Unmarshal(raw, &s); err != nil {
			return "", fault.FieldErrorf(name, "type", "%s is a string", name)
		}
	}
	if s == nil || *s == "" {
		return "", fault.FieldErrorf(name, "required", "%s is missing", name)
	}
	return *s, nil
}

// list returns an argument that is a list of strings, and whether it is there.
func (a arguments) list(name string) (out []string, there bool, err error) {
	raw := a[name]
	if raw == nil || string(raw) == "null" {
		return nil, false, nil
	}
	if err := json.Unmarshal(raw, &out); err != nil {
		return nil, false, fault.FieldErrorf(name, "type", "%s is a list of strings", name)
	}
	return out, true, nil
}

// body is the arguments without the collection, as the native API takes them, with some replaced.
func (a arguments) body(replaced map[string]any) ([]byte, error) {
	out := map[string]any{}
	for name, raw := range a {
		if name != "collection" {
			out[name] = raw
		}
	}
	for name, value := range replaced {
		out[name] = value
	}
	return json.Marshal(out)
}
