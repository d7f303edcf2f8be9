package offline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
	"github.com/basalt-dev/basalt/rules/ruletest"
)

// testBackend is a configuration with an empty database in memory in the place of each of its own.
type testBackend struct{ *documents }

// OpenRuleTests is the [ruletest.Open] of real configurations.
func OpenRuleTests(ctx context.Context, path string) (ruletest.Backend, error) {
	c, err := config.Load(path)
	if err != nil {
		return nil, err
	}
	return RuleTests(ctx, c)
}

// RuleTests is OpenRuleTests of a configuration that is loaded.
func RuleTests(ctx context.Context, c *config.Config) (ruletest.Backend, error) {
	o, err := openDocuments(ctx, c, openEmpty)
	if err != nil {
		return nil, err
	}
	return testBackend{o}, nil
}

// Close implements [ruletest.Backend].
func (b testBackend) Close() error { return b.close() }

var testAdmin = crud.Caller{Admin: true, Files: true}

// Load implements [ruletest.Backend].
func (b testBackend) Load(ctx context.Context, fixtures map[string][]byte) error {
	service := b.service.Unlinked() // fixtures come in any order, and may lack what they refer to
	for name := range b.config.Collections {
		if _, err := service.DeleteMany(ctx, testAdmin, name, crud.Params{"filter": "true"}); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	for name, docs := range fixtures {
		if _, err := service.Create(ctx, testAdmin, name, docs); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// caller is who a test calls as. A document of files has what the test says of its bytes, and none.
func caller(c ruletest.Call) crud.Caller {
	return crud.Caller{Auth: c.As, IP: "127.0.0.1", Files: true}
}

// Do implements [ruletest.Backend].
func (b testBackend) Do(ctx context.Context, c ruletest.Call) (ruletest.Outcome, error) {
	body, err := b.run(ctx, c)
	if err != nil {
		var e *fault.Error
		if !errors.As(err, &e) || e.Code == fault.Internal {
			return ruletest.Outcome{}, err
		}
		return ruletest.Outcome{Code: e.Code, Detail: e.Error()}, nil
	}
	var out ruletest.Outcome
	if body == nil {
		return out, nil
	}
	var page struct{ Items []map[string]any }
	if c.Op == "read" && c.ID == "" {
		err = json.Unmarshal(body, &page)
	} else {
		page.Items = make([]map[string]any, 1)
		err = json.Unmarshal(body, &page.Items[0])
	}
	out.Documents = page.Items
	return out, err
}

func (b testBackend) run(ctx context.Context, c ruletest.Call) ([]byte, error) {
	who := caller(c)
	document := func(d crud.Document, err error) ([]byte, error) {
		if err != nil {
			return nil, err
		}
		return d.AppendJSON(nil), nil
	}
	at := crud.Target{Collection: c.Collection, ID: c.ID}
	doc := c.Doc
	if doc == nil {
		doc = []byte("{}")
	}
	switch {
	case c.Op == "read" && c.ID != "":
		return b.read(ctx, who, crud.Read{Collection: c.Collection, Kind: crud.Get, ID: c.ID})
	case c.Op == "read":
		p := crud.Params{"limit": strconv.Itoa(b.config.Limits.Page)}
		if c.Filter != "" {
			p["filter"] = c.Filter
		}
		return b.read(ctx, who, crud.Read{Collection: c.Collection, Params: p})
	case c.Op == "create":
		created, err := b.service.Create(ctx, who, c.Collection, doc)
		if err != nil {
			return nil, err
		}
		return created.AppendJSON(nil), nil
	case c.Op == "update":
		return document(b.service.Update(ctx, who, at, doc))
	case c.Op == "replace":
		d, _, err := b.service.Replace(ctx, who, at, doc)
		return document(d, err)
	}
	return nil, b.service.Delete(ctx, who, at)
}

func (b testBackend) read(ctx context.Context, who crud.Caller, read crud.Read) ([]byte, error) {
	result, err := b.service.Read(ctx, who, read)
	if err != nil {
		return nil, err
	}
	body, _, err := result.Encode()
	return body, err
}

func conditionKey(collection string, op rules.Op, n int) string {
	return fmt.Sprintf("%s.%s.%03d", collection, op, n)
}

// Conditions implements [ruletest.Backend].
func (b testBackend) Conditions() map[string]*ruletest.Condition {
	out := map[string]*ruletest.Condition{}
	for name, c := range b.config.Collections {
		for op, rule := range c.Compiled {
			for n, source := range rule.Conditions() {
				out[conditionKey(name, op, n)] = &ruletest.Condition{Collection: name, Op: op, Source: source}
			}
		}
	}
	return out
}

// Policy implements [ruletest.Backend].
func (b testBackend) Policy(collection, op string) ruletest.Policy {
	c := b.config.Collections[collection]
	if c == nil {
		return ruletest.Policy{} // Do will say so
	}
	if op == "replace" {
		op = string(rules.Update)
	}
	var p ruletest.Policy
	if rule := c.Compiled[rules.Op(op)]; rule != nil {
		p.Public = rule.Source() == "true"
	}
	for _, f := range c.Ordered {
		meant := false
		for _, rule := range c.Compiled {
			rule.Nils(func(field string) { meant = meant || field == f.Name })
		}
		if f.Name != "id" && !f.Required && !meant {
			p.Nullable = append(p.Nullable, f.Name)
		}
	}
	return p
}

// Cover implements [ruletest.Backend].
func (b testBackend) Cover(ctx context.Context, c ruletest.Call, conditions map[string]*ruletest.Condition) error {
	q := crud.Question{Collection: c.Collection, Op: rules.Op(c.Op), ID: c.ID}
	ids := []string{c.ID}
	switch c.Op {
	case "replace":
		return nil // it is an update or a create, which have tests of their own
	case "read":
		if c.ID == "" {
			result, err := b.service.Read(ctx, testAdmin, crud.Read{Collection: c.Collection, Params: crud.Params{"limit": strconv.Itoa(b.config.Limits.Page)}})
			if err != nil {
				return nil // Do will say so
			}
			ids = ids[:0]
			for _, d := range result.Documents {
				ids = append(ids, d.ID())
			}
		}
	default:
		if c.Doc != nil {
			doc, err := query.ParseJSON(c.Doc, b.config.Limits.Depth)
			if err != nil {
				return nil // Do will say so
			}
			q.Doc = doc
		}
	}
	for _, q.ID = range ids {
		e, err := b.service.Explain(ctx, caller(c), q)
		if err != nil || e.Document == nil {
			continue // Do will say so
		}
		for n, condition := range e.Document.Conditions {
			known := conditions[conditionKey(c.Collection, q.Op, n)]
			if known == nil {
				continue
			}
			known.True = known.True || condition.Outcome == "true"
			known.False = known.False || condition.Outcome == "false"
		}
	}
	return nil
}
