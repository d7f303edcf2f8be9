// Package wiring translates a configuration into the settings of the modules. The process and the offline tools share it.
//
// It is not for opening or running anything.
package wiring

import (
	"maps"
	"regexp"
	"slices"
	"time"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/auth/store"
	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/schema"
	"github.com/basalt-dev/basalt/rules"
)

// Crud returns the settings of the operations on documents, without collections and what only a process has.
func Crud(c *config.Config, now func() time.Time) (crud.Config, error) {
	limits := c.Limits
	out := crud.Config{
		Limits:  crud.Limits{Page: limits.Page, Batch: limits.Batch, Cascade: limits.Cascade, Depth: limits.Depth, Nodes: limits.Nodes, Documents: limits.Documents, Expansions: limits.Expansions, Answer: int(limits.Answer), Webhooks: limits.Webhooks},
		Webhook: crud.NewWebhook(c.Webhooks.Secret.Reveal(), time.Duration(c.Webhooks.Timeout), now),
		Now:     now,
		Suggest: c.OpenAPI.Token.Reveal() == "", // which says the names, too
	}
	if c.Encryption == nil {
		return out, nil
	}
	keys := map[string]string{}
	for id, key := range c.Encryption.Keys {
		keys[id] = key.Reveal()
	}
	var err error
	out.Sealer, err = crud.NewSealer(keys, c.Encryption.Current)
	return out, err
}

// Audit is the collection of security events: without rules, so that administrators alone can read it,
// and no one can change it.
func Audit() crud.Spec {
	stored := store.Events.Collection
	spec := crud.Spec{Name: stored.Name, Table: stored.Table, Key: []string{"id"}, Shape: stored.Shape, ReadOnly: true}
	for _, c := range stored.Columns {
		spec.Fields = append(spec.Fields, crud.Field{Field: schema.Field{Name: c.Name, Type: c.Type}, Index: c.Index})
	}
	return spec
}

// Stored returns what the collections of a configuration are in each database, by its name.
func Stored(c *config.Config) map[string][]*db.Collection {
	out := map[string][]*db.Collection{}
	for _, name := range slices.Sorted(maps.Keys(c.Collections)) {
		collection := c.Collections[name]
		out[collection.Database] = append(out[collection.Database], crud.NewCollection(Spec(collection), nil).Stored())
	}
	return out
}

// Spec translates a collection of the file into the one that package crud runs.
func Spec(c *config.Collection) crud.Spec {
	spec := crud.Spec{
		Name: c.Name, Table: c.Table, Key: c.Key, Shape: c.Shape, Rules: c.Compiled, Indexes: c.Indexed,
		Readable: c.Readable, Writable: c.Writable, UnsetCreate: c.UnsetCreate, UnsetUpdate: c.UnsetUpdate, Cached: c.Cache != nil, Files: c.Files != nil,
	}
	for _, f := range c.Ordered {
		spec.Fields = append(spec.Fields, fieldOf(f))
	}
	force := func(set []config.Forced) (out []crud.Forced) {
		for _, f := range set {
			out = append(out, crud.Forced{Field: f.Field, Value: f.Value})
		}
		return out
	}
	spec.SetCreate, spec.SetUpdate = force(c.SetCreate), force(c.SetUpdate)
	return spec
}

func fieldOf(f *config.Field) crud.Field {
	field := crud.Field{Field: schemaOf(f), To: f.To, Column: f.Column, Was: f.Was, Search: f.Search, Unique: f.Unique, Index: f.Index, Served: f.Served, Quoted: f.JSON == "string", AnyID: f.AnyID}
	field.Target = map[string]crud.Check{"exists": crud.CheckExists, "none": crud.CheckNone}[f.Check]
	field.Deleted = map[config.Action]crud.OnDelete{"restrict": crud.Restrict, "cascade": crud.Cascade, "null": crud.SetNull}[f.OnDelete]
	switch {
	case f.Encrypt:
		field.Sealing = crud.Encrypted
	case f.Hash:
		field.Sealing = crud.Hashed
	}
	return field
}

// Function translates a function of a service.
func Function(s *config.Service, f *config.Function) *crud.Callable {
	out := Callable(f.Ordered, f.Allowed)
	if s.Driver == "database" {
		return out.AsGiven()
	}
	return out
}

// Callable translates a function or an event with parameters.
func Callable(parameters []*config.Field, rule *rules.Rule) *crud.Callable {
	fields := make([]schema.Field, len(parameters))
	for i, f := range parameters {
		fields[i] = schemaOf(f)
	}
	return crud.NewCallable(fields, rule)
}

func schemaOf(f *config.Field) schema.Field {
	field := schema.Field{Name: f.Name, Type: f.Type, Required: f.Required, Nulls: f.Nulls, DefaultNow: f.DefaultsToNow()}
	if f.Default != nil && !field.DefaultNow {
		field.Default = f.Default.Value
	}
	if f.Min != nil {
		field.Min = f.Min.Value
	}
	if f.Max != nil {
		field.Max = f.Max.Value
	}
	if f.Pattern != nil {
		field.Pattern = regexp.MustCompile(f.Pattern.Source) // compiled once already, by config
	}
	for _, e := range f.Enum {
		field.Enum = append(field.Enum, e.Value)
	}
	if len(f.Members) > 0 {
		members := make([]schema.Field, len(f.Members))
		for i, m := range f.Members {
			members[i] = schemaOf(m)
		}
		field.Inside = schema.Inside(members, f.Open)
	}
	return field
}
