package crud

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/modules/schema"
	"github.com/basalt-dev/basalt/rules"
)

// Field is a field of a collection: what its values must be, and how they are stored.
type Field struct {
	schema.Field
	To      string   // collection that a ref points to
	Target  Check    // what a ref must point to
	Deleted OnDelete // what happens here when the document that a ref points to is deleted
	Column  string   // name in the database; empty if it is the field's
	Was     string   // name that the column had before; empty for none
	Unique  bool
	Index   bool
	Search  bool
	Sealing Sealing
	AnyID   bool // the id can be any string
	// Served fields are set by the server; a value from a client is ignored.
	Served bool
	// Quoted is true if decimals are sent as strings.
	Quoted bool
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
	// Key has the column of the key, or the fields that the id is composed of, if there are several.
	Key    []string
	Shape  *query.Shape
	Fields []Field
	// Indexes are those of several fields, or of a part of the documents.
	Indexes              []db.Index
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
	// Files is true if the documents have bytes.
	Files bool
	// Triggers are the events that changes raise.
	Triggers []Trigger
}

// Collection is a collection with its compiled rules and its database. It is immutable.
type Collection struct {
	name   string
	shape  *query.Shape
	fields []Field
	object *schema.Object // of the fields
	rules  map[rules.Op]*rules.Rule
	create []Forced
	update []Forced
	unset  map[rules.Op][]int
	// readable and writable have a rule or nil for each field. The slices may be nil.
	readable, writable []*rules.Rule
	seals, hashes      bool // whether some fields are sealed, or hashed
	stored             *db.Collection
	driver             db.Driver
	natives            db.Natives // nil if the driver has none
	correlates         bool       // the driver's statements support lookups
	atomic             bool       // the database has transactions
	searches           bool       // the driver supports full-text search
	forgives           bool       // and typing mistakes in one
	rounder            db.Rounder
	identifier         db.Identifier
	alterer            db.Alterer // nil if the driver is none
	readOnly           bool
	cached             bool
	files              bool
	triggers           map[rules.Op][]Trigger
	signature          string // hash of the fields, for the keys of shared answers
	quoted             []bool // the fields whose decimals are sent as strings; nil if there are none
	rest               int    // the field of the members that are not declared, -1 where there are none
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
		cached: spec.Cached, files: spec.Files, rest: spec.Shape.Rest(), triggers: map[rules.Op][]Trigger{},
	}
	for _, t := range spec.Triggers {
		c.triggers[t.Op] = append(c.triggers[t.Op], t)
	}
	_, c.correlates = db.As[db.Correlator](driver)
	searcher, ok := db.As[db.Searcher](driver)
	c.searches = ok && searcher.Searches()
	_, c.forgives = db.As[db.Forgiving](driver)
	c.natives, _ = db.As[db.Natives](driver)
	transactor, ok := db.As[db.Transactor](driver)
	c.atomic = !ok || transactor.Atomic()
	c.rounder, _ = db.As[db.Rounder](driver)
	c.identifier, _ = db.As[db.Identifier](driver)
	c.alterer, _ = db.As[db.Alterer](driver)
	columns, fields := make([]db.Column, len(spec.Fields)), make([]schema.Field, len(spec.Fields))
	c.names = make([]string, len(spec.Fields))
	for i, f := range spec.Fields {
		fields[i] = f.Field
		columns[i] = db.Column{Name: cmp.Or(f.Column, f.Name), Type: f.Type, Required: f.Required, Unique: f.Unique, Index: f.Index || f.To != "", Search: f.Search, Default: f.Default, Was: f.Was}
		if f.Deleted != Keep && f.Target != CheckNone && f.Sealing == Plain {
			columns[i].Refers = f.To
		}
		c.seals, c.hashes = c.seals || f.Sealing != Plain, c.hashes || f.Sealing == Hashed
		if f.Quoted {
			if c.quoted == nil {
				c.quoted = make([]bool, len(spec.Fields))
			}
			c.quoted[i] = true
		}
		c.names[i] = string(query.String(f.Name).AppendJSON(nil)) + ":"
	}
	c.object = schema.Document(fields)
	c.object.Keep(c.refusesMember)
	c.stored = &db.Collection{Name: spec.Name, Table: spec.Table, Shape: spec.Shape, Columns: columns, Key: key, Indexes: spec.Indexes}
	if spec.Shape.Fields[key].Of == nil {
		columns[key].Name = spec.Key[0]
	} else {
		columns[key].Name = "" // it has no column, and a part of the key may have the column id
		for _, name := range spec.Key {
			c.stored.Parts = append(c.stored.Parts, spec.Shape.Index(name))
		}
	}
	c.sign()
	return c
}

// times is the type of lists of times.
var times = query.ListOf(query.TypeTime)

// Stored returns how the collection is stored, for [db.Driver.Sync].
func (c *Collection) Stored() *db.Collection { return c.stored }

// Database returns where the collection is stored.
func (c *Collection) Database() db.Driver { return c.driver }

// rounded returns a value with the precision of the database, in the spelling of its column.
func (c *Collection) rounded(field int, v query.Value) query.Value {
	switch {
	case c.rounder == nil:
	case c.fields[field].Type == times && !v.IsNull():
		items := query.Typed(query.TypeTime, v)
		for i, e := range items {
			items[i] = c.rounder.Round(e)
		}
		v = query.MakeArray(items)
	case c.shape.Fields[field].Inside != nil:
		v = c.shape.Fields[field].Inside.Map(v, query.TypeTime, c.rounder.Round)
	default:
		v = c.rounder.Round(v)
	}
	return c.shape.Spell(field, v)
}

// findsID reports whether a document can have a string as its id. Other programs may have stored any string.
func (c *Collection) findsID(id string) bool {
	if c.stored.Parts != nil || c.fields[key].Type != query.TypeID {
		_, ok := c.stored.ParseID(id)
		return ok
	}
	return id != "" && len(id) <= longestID && utf8.ValidString(id) && strings.IndexByte(id, 0) < 0
}

// takesID reports whether a new document can have a string as its id: it needs no escaping in a URL path, unless the
// configuration allows any string, and fits the key.
func (c *Collection) takesID(id string) bool {
	if c.stored.Parts != nil || c.fields[key].Type != query.TypeID || c.fields[key].AnyID {
		return c.findsID(id)
	}
	return plainID(id)
}

// longestID is the length of the longest id that is looked for. No database has longer ones in an index.
const longestID = 2704

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
	case c.fields[key].Type == query.TypeUUID:
		return "an id is a uuid"
	case c.fields[key].Type != query.TypeID:
		return "an id is a whole number"
	}
	if c.fields[key].AnyID {
		return "an id is a string of 1 to 2704 bytes"
	}
	return "an id is 1 to 128 letters, digits and _ - . : @ ~, and not . or .."
}

// isPart reports whether the id is composed of this field and others.
func (c *Collection) isPart(field int) bool { return slices.Contains(c.stored.Parts, field) }
