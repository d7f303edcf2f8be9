package crud_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/db/memory"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/modules/schema"
	"github.com/basalt-dev/basalt/rules"
)

// described is a collection of a test: its fields, its rules, and its documents.
type described struct {
	name               string
	fields             []crud.Field
	read               string
	writes             map[rules.Op]string // the other rules
	readable, writable map[string]string
	setCreate          map[string]string
	triggers           []crud.Trigger
	documents          []string
}

func text(name string) crud.Field { return field(name, query.TypeString) }
func to(name, to string) crud.Field {
	return crud.Field{Field: schema.Field{Name: name, Type: query.TypeRef}, To: to, Target: crud.CheckNone}
}

func field(name string, typ query.Type) crud.Field {
	return crud.Field{Field: schema.Field{Name: name, Type: typ}}
}

var limits = crud.Limits{Page: 500, Batch: 500, Cascade: 100, Depth: 32, Nodes: 500, Documents: 10_000, Expansions: 20, Answer: 16 << 20, Webhooks: 50}

// start returns a service over collections, all of them cached, in a database of its own, with their documents.
func start(t *testing.T, collections []described, now func() time.Time) *crud.Service {
	t.Helper()
	return startWith(t, collections, crud.Config{Limits: limits, Now: now})
}

func startWith(t *testing.T, collections []described, config crud.Config) *crud.Service {
	t.Helper()
	driver, err := memory.Open(context.Background(), db.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return startOn(t, driver, collections, config)
}

func startOn(t *testing.T, driver db.Driver, collections []described, config crud.Config) *crud.Service {
	t.Helper()
	ctx := context.Background()
	shapes := map[string]*query.Shape{}
	for _, c := range collections {
		fields := []query.Field{{Name: "id", Type: query.TypeID, NotNull: true}}
		for _, f := range c.fields {
			fields = append(fields, query.Field{Name: f.Name, Type: f.Type, Ref: f.To != "", Search: f.Search})
		}
		shapes[c.name] = query.NewShape(fields)
	}
	var stored []*db.Collection
	for _, c := range collections {
		config.Collections = append(config.Collections, crud.NewCollection(c.spec(t, shapes), driver))
		stored = append(stored, config.Collections[len(config.Collections)-1].Stored())
	}
	if err := driver.Sync(ctx, stored); err != nil {
		t.Fatal(err)
	}
	config.Cursors = query.NewCursors([32]byte{})
	s := crud.New(config)
	for _, c := range collections {
		if len(c.documents) == 0 {
			continue
		}
		if _, err := s.Create(ctx, crud.Caller{Admin: true}, c.name, []byte("["+strings.Join(c.documents, ",")+"]")); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// spec compiles the rules of a collection.
func (c described) spec(t *testing.T, shapes map[string]*query.Shape) crud.Spec {
	t.Helper()
	scope := rules.Scope{Shape: shapes[c.name], Collections: shapes}
	compiled := func(rule *rules.Rule, err error) *rules.Rule {
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		return rule
	}
	spec := crud.Spec{
		Name: c.name, Table: c.name, Key: []string{"id"}, Shape: shapes[c.name], Cached: true, Triggers: c.triggers,
		Fields: append([]crud.Field{field("id", query.TypeID)}, c.fields...), Rules: map[rules.Op]*rules.Rule{},
		Readable: make([]*rules.Rule, len(c.fields)+1), Writable: make([]*rules.Rule, len(c.fields)+1),
	}
	if c.read != "" {
		spec.Rules[rules.Read] = compiled(rules.Compile(c.read, scope, rules.Read))
	}
	for op, source := range c.writes {
		spec.Rules[op] = compiled(rules.Compile(source, scope, op))
	}
	for i, f := range spec.Fields {
		if source, ok := c.readable[f.Name]; ok {
			spec.Readable[i] = compiled(rules.Compile(source, scope, rules.Read))
		}
		if source, ok := c.writable[f.Name]; ok {
			spec.Writable[i] = compiled(rules.Compile(source, scope, rules.Update))
		}
		if source, ok := c.setCreate[f.Name]; ok {
			spec.SetCreate = append(spec.SetCreate, crud.Forced{Field: i, Value: compiled(rules.CompileValue(source, scope))})
			spec.UnsetCreate = append(spec.UnsetCreate, i)
		}
	}
	return spec
}

func as(user string) crud.Caller {
	if user == "" {
		return crud.Caller{}
	}
	return crud.Caller{Auth: map[string]any{"sub": user}}
}

// codeOf writes an error as its code and those of its fields: "invalid title=max".
func codeOf(err error) string {
	var e *fault.Error
	switch {
	case err == nil:
		return ""
	case !errors.As(err, &e):
		return err.Error()
	}
	out := []string{string(e.Code)}
	for _, f := range e.Fields {
		out = append(out, f.Field+"="+f.Code)
	}
	return strings.Join(out, " ")
}

// run prepares and runs a read.
func run(t *testing.T, s *crud.Service, caller crud.Caller, read crud.Read) (string, error) {
	t.Helper()
	plan, err := s.Prepare(caller, read)
	if err != nil {
		return "", err
	}
	result, err := plan.Run(t.Context())
	if err != nil {
		return "", err
	}
	body, _, err := result.Encode()
	return string(body), err
}

// idsIn returns the ids of an answer with items, separated by spaces.
func idsIn(t *testing.T, body string) string {
	t.Helper()
	var page struct{ Items []struct{ ID string } }
	if err := json.Unmarshal([]byte(body), &page); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	var ids []string
	for _, item := range page.Items {
		ids = append(ids, item.ID)
	}
	return strings.Join(ids, " ")
}

// stored returns a field of a document as an administrator sees it, as JSON; empty if there is no such document.
func stored(t *testing.T, s *crud.Service, collection, id string, fields ...string) string {
	t.Helper()
	body, err := run(t, s, crud.Caller{Admin: true}, crud.Read{Collection: collection, Kind: crud.Get, ID: id})
	if fault.CodeOf(err) == fault.NotFound && err != nil {
		return ""
	}
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]json.RawMessage
	if err := json.Unmarshal([]byte(body), &doc); err != nil {
		t.Fatal(err)
	}
	var out []string
	for name, value := range doc {
		if slices.Contains(fields, name) {
			out = append(out, name+"="+string(value))
		}
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}
