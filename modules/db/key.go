package db

import (
	"encoding/base64"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/basalt-dev/basalt/modules/query"
)

// KeyPath is the path of the id.
func (c *Collection) KeyPath() query.Path { return query.Path{Field: c.Shape.Fields[c.Key].Name} }

// KeyFields are the positions of the fields that identify a document: the id, or its parts.
func (c *Collection) KeyFields() []int {
	if c.Parts != nil {
		return c.Parts
	}
	return []int{c.Key}
}

// KeyColumns are the quoted columns of the key, separated by commas.
func (c *Collection) KeyColumns(quote func(string) string) string {
	fields := c.KeyFields()
	names := make([]string, len(fields))
	for n, i := range fields {
		names[n] = quote(c.Columns[i].Name)
	}
	return strings.Join(names, ", ")
}

// FieldOf returns the position of the field with a column, -1 if there is none.
func (c *Collection) FieldOf(column string) int {
	return slices.IndexFunc(c.Columns, func(has Column) bool { return has.Name == column })
}

// KeyOrder is the order of the key.
func (c *Collection) KeyOrder(desc bool) []query.SortKey {
	var order []query.SortKey
	for _, i := range c.KeyFields() {
		order = append(order, query.SortKey{Field: c.Shape.Fields[i].Name, Desc: desc})
	}
	return order
}

// Stored are the positions of the fields that have a column.
func (c *Collection) Stored() []int {
	fields := make([]int, 0, len(c.Columns))
	for i := range c.Columns {
		if i != c.Key || c.Parts == nil {
			fields = append(fields, i)
		}
	}
	return fields
}

// partSeparator separates the parts of an id. Inside a part it is escaped, as in a URL.
const partSeparator = "~"

// ID returns the id of a row as a string, as it appears in URLs.
func (c *Collection) ID(row query.Row) string {
	if c.Parts == nil {
		return keyText(row[c.Key])
	}
	parts := make([]string, len(c.Parts))
	for i, field := range c.Parts {
		parts[i] = strings.ReplaceAll(url.PathEscape(keyText(row[field])), partSeparator, "%7E")
	}
	return strings.Join(parts, partSeparator)
}

func keyText(v query.Value) string {
	switch v.Kind() {
	case query.KindString:
		return v.Text()
	case query.KindInt:
		return strconv.FormatInt(v.Int(), 10)
	case query.KindBytes:
		return base64.RawURLEncoding.EncodeToString([]byte(v.Text()))
	}
	return strings.Trim(v.JSON(), `"`)
}

// ParseID returns the values of the fields of [Collection.KeyFields] for an id as it appears in URLs. It reports
// false if the string is not an id of the collection. Every id has exactly one spelling, unless a column of the key has
// a form; the values are canonical.
func (c *Collection) ParseID(id string) ([]query.Value, bool) {
	fields := c.KeyFields()
	texts := []string{id}
	if c.Parts != nil {
		texts = strings.Split(id, partSeparator)
	}
	if len(texts) != len(fields) {
		return nil, false
	}
	row := make(query.Row, len(c.Columns))
	values := make([]query.Value, len(fields))
	for i, field := range fields {
		text := texts[i]
		if c.Parts != nil {
			var err error
			if text, err = url.PathUnescape(text); err != nil {
				return nil, false
			}
		}
		v, ok := keyValue(c.Columns[field].Type.Kind(), text)
		if !ok {
			return nil, false
		}
		given, ok := query.Coerce(c.Columns[field].Type, v)
		if !ok {
			return nil, false
		}
		row[field], values[i] = given, c.Shape.Spell(field, given)
		if given.Kind() == query.KindString { // of several spellings, this is the one
			row[field] = v
		}
	}
	return values, c.ID(row) == id
}

// keyValue reads what keyText has written, as far as a string is not coerced to the type.
func keyValue(kind query.Kind, text string) (query.Value, bool) {
	switch kind {
	case query.KindInt:
		n, err := strconv.ParseInt(text, 10, 64)
		return query.Int(n), err == nil
	case query.KindBool:
		return query.Bool(text == "true"), text == "true" || text == "false"
	case query.KindBytes:
		b, err := base64.RawURLEncoding.DecodeString(text)
		return query.Bytes(string(b)), err == nil
	}
	return query.String(text), true
}

// ByKey returns the filter for the document of an id as it appears in URLs.
func (c *Collection) ByKey(id string) query.Filter {
	if c.Parts == nil && c.Columns[c.Key].Type.Kind() == query.KindString {
		return query.Spell(&query.Compare{Path: c.KeyPath(), Op: query.Eq, Value: query.String(id)}, c.Shape, nil)
	}
	values, ok := c.ParseID(id)
	if !ok {
		return query.False
	}
	terms := make([]query.Filter, len(values))
	for i, field := range c.KeyFields() {
		terms[i] = &query.Compare{Path: query.Path{Field: c.Shape.Fields[field].Name}, Op: query.Eq, Value: values[i]}
	}
	return query.Spell(query.All(terms...), c.Shape, nil)
}

// ByKeys returns the filter for the documents of several ids.
func (c *Collection) ByKeys(ids []string) query.Filter {
	var values []query.Value
	var each []query.Filter
	for _, id := range ids {
		if f, ok := c.ByKey(id).(*query.Compare); ok {
			values = append(values, f.Value)
		} else {
			each = append(each, c.ByKey(id))
		}
	}
	return query.Any(append(each, query.OneOf(c.KeyPath(), values))...)
}

// IsByKey reports whether a filter selects at most one document, by its id.
func (c *Collection) IsByKey(f query.Filter) bool {
	return !slices.ContainsFunc(c.KeyFields(), func(i int) bool {
		path := query.Path{Field: c.Shape.Fields[i].Name}
		return !conjunct(f, func(f query.Filter) bool {
			compare, ok := f.(*query.Compare)
			return ok && compare.Op == query.Eq && compare.Path == path
		})
	})
}
