package crud

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// Field is what a collection requires of the values of one field.
type Field struct {
	Name       string
	Type       query.Type
	To         string // collection that a ref points to
	Required   bool
	Unique     bool
	Index      bool
	Search     bool
	Default    query.Value
	DefaultNow bool
	Sealing    Sealing
	// Min and Max limit a number's value or a string's length; null means no limit.
	Min, Max query.Value
	Pattern  *regexp.Regexp
	Enum     []query.Value
}

// Forced is a value that the server sets, whatever the client sends.
type Forced struct {
	Field int
	Value *rules.Rule
}

// Spec describes a collection. Shape and Fields have the same fields in the same order, the id
// first.
type Spec struct {
	Name, Table string
	// Key has the columns of the key. If there are several, the id is composed of their values.
	Key                  []string
	Shape                *query.Shape
	Fields               []Field
	Rules                map[rules.Op]*rules.Rule
	SetCreate, SetUpdate []Forced
	// UnsetCreate and UnsetUpdate are the fields that a client cannot set.
	UnsetCreate, UnsetUpdate []int
	// Readable and Writable have a rule for each field, nil for a field without one. The slices may be nil.
	Readable, Writable []*rules.Rule
	// ReadOnly forbids all writes, even by administrators.
	ReadOnly bool
	// Cached is true if answers to reads are cached.
	Cached bool
	// Triggers are the events that changes raise.
	Triggers []Trigger
}

// Collection is a collection with its compiled rules and its database. It is immutable.
type Collection struct {
	name   string
	shape  *query.Shape
	fields []Field
	rules  map[rules.Op]*rules.Rule
	create []Forced
	update []Forced
	unset  map[rules.Op][]int
	// readable and writable have a rule or nil for each field. The slices may be nil.
	readable, writable []*rules.Rule
	seals, hashes      bool // whether some fields are sealed, or hashed
	stored             *db.Collection
	driver             db.Driver
	correlates         bool // the driver's statements support lookups
	atomic             bool // the database has transactions
	searches           bool // the driver supports full-text search
	rounder            db.Rounder
	readOnly           bool
	cached             bool
	triggers           map[rules.Op][]Trigger
	signature          string // hash of the fields, for the keys of shared answers
	// names[i] is `"name":`, encoded in advance.
	names []string
}

// key is the position of the id.
const key = 0

// NewCollection compiles a description.
func NewCollection(spec Spec, driver db.Driver) *Collection {
	c := &Collection{
		name: spec.Name, shape: spec.Shape, fields: spec.Fields, rules: spec.Rules,
		create: spec.SetCreate, update: spec.SetUpdate, unset: map[rules.Op][]int{rules.Create: spec.UnsetCreate, rules.Update: spec.UnsetUpdate},
		readable: spec.Readable, writable: spec.Writable, driver: driver, readOnly: spec.ReadOnly,
		cached: spec.Cached, triggers: map[rules.Op][]Trigger{},
	}
	for _, t := range spec.Triggers {
		c.triggers[t.Op] = append(c.triggers[t.Op], t)
	}
	_, c.correlates = db.As[db.Correlator](driver)
	searcher, ok := db.As[db.Searcher](driver)
	c.searches = ok && searcher.Searches()
	transactor, ok := db.As[db.Transactor](driver)
	c.atomic = !ok || transactor.Atomic()
	c.rounder, _ = db.As[db.Rounder](driver)
	columns := make([]db.Column, len(spec.Fields))
	c.names = make([]string, len(spec.Fields))
	for i, f := range spec.Fields {
		columns[i] = db.Column{Name: f.Name, Type: f.Type, Required: f.Required, Unique: f.Unique, Index: f.Index || f.To != "", Search: f.Search, Default: f.Default}
		c.seals, c.hashes = c.seals || f.Sealing != Plain, c.hashes || f.Sealing == Hashed
		c.names[i] = string(query.String(f.Name).AppendJSON(nil)) + ":"
	}
	c.stored = &db.Collection{Name: spec.Name, Table: spec.Table, Shape: spec.Shape, Columns: columns, Key: key}
	if len(spec.Key) == 1 {
		columns[key].Name = spec.Key[0]
	} else {
		for _, name := range spec.Key {
			c.stored.Parts = append(c.stored.Parts, spec.Shape.Index(name))
		}
	}
	c.sign()
	return c
}

// Stored returns how the collection is stored, for [db.Driver.Sync].
func (c *Collection) Stored() *db.Collection { return c.stored }

// rounded returns a value with the precision of the database, in the spelling of its column.
func (c *Collection) rounded(field int, v query.Value) query.Value {
	if c.rounder != nil {
		v = c.rounder.Round(v)
	}
	return c.shape.Spell(field, v)
}

// check returns the problem with a value of the field's kind; an empty code means none.
func (f *Field) check(v query.Value) (code, detail string) {
	if v.IsNull() {
		if f.Required {
			return "required", "this field needs a value"
		}
		return "", ""
	}
	measured, unit := v, ""
	switch v.Kind() {
	case query.KindString:
		measured, unit = query.Int(int64(utf8.RuneCountInString(v.Text()))), " characters long"
	case query.KindBytes:
		measured, unit = query.Int(int64(len(v.Text()))), " bytes long"
	}
	if order, ok := measured.Compare(f.Min); ok && order < 0 {
		return "min", "has to be at least " + string(f.Min.AppendJSON(nil)) + unit
	}
	if order, ok := measured.Compare(f.Max); ok && order > 0 {
		return "max", "has to be at most " + string(f.Max.AppendJSON(nil)) + unit
	}
	if f.Pattern != nil && !f.Pattern.MatchString(v.Text()) {
		return "pattern", "does not match the pattern " + f.Pattern.String()
	}
	if len(f.Enum) > 0 && !f.allows(v) {
		return "enum", "has to be one of " + string(query.MakeArray(f.Enum).AppendJSON(nil))
	}
	return "", ""
}

func (f *Field) allows(v query.Value) bool {
	for _, e := range f.Enum {
		if e.Equal(v) {
			return true
		}
	}
	return false
}

// fit returns the value in the form the field stores. It reports false if the type is wrong.
func (f *Field) fit(v query.Value) (query.Value, bool) {
	v, ok := query.Coerce(f.Type, v)
	switch {
	case !ok || v.IsNull():
		return v, ok
	case !v.Ordinary():
		return v, false
	case f.Type == query.TypeFloat:
		return query.Float(v.Float()), true
	case f.Type == query.TypeInt && v.Kind() == query.KindFloat:
		const exact = 1 << 53
		whole := int64(v.Float())
		return query.Int(whole), v.Float() > -exact && v.Float() < exact && float64(whole) == v.Float()
	}
	return v, true
}

// expected describes a valid value of the field.
func (f *Field) expected() string {
	switch f.Type {
	case query.TypeID, query.TypeRef:
		return "a string"
	case query.TypeInt:
		return "a whole number within 64 bits"
	case query.TypeFloat:
		return "a number"
	case query.TypeBool:
		return "true or false"
	case query.TypeTime:
		return `a time, as RFC 3339 text like "2026-01-31T12:00:00Z"`
	case query.TypeBytes:
		return "bytes, as base64 text"
	}
	return "a " + string(f.Type)
}

// validID reports whether a string can be an id: it needs no escaping in a URL path, and fits the key.
func (c *Collection) validID(id string) bool {
	if c.stored.Parts != nil || c.fields[key].Type != query.TypeID {
		_, ok := c.stored.ParseID(id)
		return ok
	}
	return plainID(id)
}

// plainID reports whether a string needs no escaping in a URL path.
func plainID(id string) bool {
	for i := range len(id) {
		switch c := id[i]; {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c >= 'A' && c <= 'Z', strings.IndexByte("_-.:@~", c) >= 0:
		default:
			return false
		}
	}
	return id != "" && len(id) <= 128 && id != "." && id != ".."
}

// idForm describes a valid id.
func (c *Collection) idForm() string {
	switch {
	case c.stored.Parts != nil:
		return "an id is composed of " + strings.Join(c.shape.Fields[key].Of, " and ") + ", as in a~b"
	case c.fields[key].Type != query.TypeID:
		return "an id is a whole number"
	}
	return "an id is 1 to 128 letters, digits and _ - . : @ ~, and not . or .."
}

// isPart reports whether the id is composed of this field and others.
func (c *Collection) isPart(field int) bool { return slices.Contains(c.stored.Parts, field) }
