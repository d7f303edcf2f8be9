package graphql

import (
	"strings"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// A subgraph of Apollo Federation 2: https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/subgraph-spec.

const (
	linked     = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@shareable"])` + "\n"
	entityType = "_Entity"
)

// federation is what a subgraph has besides its schema, which a gateway knows.
func (m *model) federation() string {
	if !m.federated || len(m.nodes) == 0 {
		return ""
	}
	var names []string
	for _, c := range m.nodes {
		names = append(names, c.typ)
	}
	return `
directive @key(fields: String!, resolvable: Boolean = true) repeatable on OBJECT | INTERFACE
directive @shareable repeatable on OBJECT | FIELD_DEFINITION
directive @link(url: String!, import: [String!]) repeatable on SCHEMA
scalar _Any
type _Service { sdl: String! }
union ` + entityType + ` = ` + strings.Join(names, " | ") + `
extend type query_root {
  _service: _Service!
  _entities(representations: [_Any!]!): [` + entityType + `]!
}
`
}

// service answers the schema.
func (e *executor) service(s *selected) (result, error) {
	out := []byte{'{'}
	for i, sub := range collect(s.sets, e.vars) {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(query.String(sub.key).AppendJSON(out), ':')
		value := e.schema.text
		if sub.field.Name == "__typename" {
			value = "_Service"
		} else if !e.mayIntrospect(e.caller) {
			return nil, fault.Errorf(fault.Forbidden, "the schema is not for this caller (graphql.introspection)")
		}
		out = query.String(value).AppendJSON(out)
	}
	return append(out, '}'), nil
}

// entities answers documents by their types and ids: one statement of each type.
func (e *executor) entities(s *selected) (result, error) {
	asked := listOf(s.argument("representations", e.vars))
	if len(asked) > e.page {
		return nil, fault.FieldErrorf("representations", "max", "there are at most %d representations (limits.page)", e.page)
	}
	answers := make([]result, len(asked))
	places := map[*collection]map[string][]int{}
	for i, one := range asked {
		answers[i] = null
		typ, _ := object(one)["__typename"].(string)
		for _, c := range e.model.nodes {
			if c.typ != typ {
				continue
			}
			id, err := idOf(object(one)[c.fields[0].name])
			if err != nil {
				return nil, err
			}
			if places[c] == nil {
				places[c] = map[string][]int{}
			}
			id = c.oneForm(id)
			places[c][id] = append(places[c][id], i)
		}
	}
	size := 0
	for _, c := range e.model.nodes {
		if len(places[c]) == 0 {
			continue
		}
		if err := e.count(c, rules.Read); err != nil {
			return nil, err
		}
		ids := []any{}
		for id := range places[c] {
			ids = append(ids, id)
		}
		lv, err := e.levelOf(c, s, len(ids))
		if err != nil {
			return nil, err
		}
		a := ask{where: map[string]any{c.fields[0].Name: map[string]any{"$in": ids}}, limit: len(ids)}
		read, err := a.read(lv)
		if err != nil {
			return nil, err
		}
		found, err := e.run(read)
		if err := unlessDenied(err); err != nil {
			return nil, err
		}
		shown, err := e.load(lv, append([]crud.Document{}, found.Documents...))
		if err != nil {
			return nil, err
		}
		for i, doc := range shown.docs {
			encoded := shown.append(nil, i, e.answer)
			for _, at := range places[c][c.oneForm(doc.ID())] {
				answers[at] = encoded
				if size += len(encoded); size > e.answer {
					return nil, &fault.Error{Code: fault.AnswerTooLarge, Detail: "the answer is too large (limits.answer); narrow it"}
				}
			}
		}
	}
	out := []byte{'['}
	for i, one := range answers {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, one...)
	}
	return append(out, ']'), nil
}

// oneForm returns the one form of all ids of the same document.
func (c *collection) oneForm(id string) string {
	return query.Between(c.Shape, 0, c.Shape, 0)(query.String(id)).Text()
}
