package config

import (
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// Collection is one entry of `collections`.
type Collection struct {
	At Position `json:"-"`
	// The database of the collection; optional if there is only one.
	Database string `json:"database,omitempty"`
	// The table, if its name differs from the collection's.
	Table string `json:"table,omitempty"`
	// The column of the id, if it is not id; or the column of a field, or those of several, whose values compose the id.
	Key Names `json:"key,omitempty"`
	// The fields. `id` need not be listed. Only a collection of files, and one that is open, may have none of its own.
	Fields map[string]*Field `json:"fields,omitempty"`
	// Whether documents may have fields that are not declared: they are stored and shown as they are, of any type.
	Open bool `json:"open,omitempty"`
	// Indexes of several fields, or of a part of the documents. One of a single field is index: or unique: there.
	Indexes []*Index `json:"indexes,omitempty"`
	// The lists that clients ask for, by a name: check proposes the index that each needs under the rule read, and check --strict
	// asks the database how it finds them.
	Queries map[string]*ListQuery `json:"queries,omitempty"`
	// Who may do what. An operation without a rule is denied.
	Rules Rules `json:"rules,omitempty"`
	// Values that the server sets, whatever the client sends.
	Set Set `json:"set,omitempty"`
	// Fields that a client cannot set; a value for one is ignored.
	Unset Unset `json:"unset,omitempty"`
	// For a field, a rule that must hold to read it; otherwise it is left out.
	FieldsReadable map[string]*Text `json:"fields_readable,omitempty"`
	// For a field, a rule that must hold to write it.
	FieldsWritable map[string]*Text `json:"fields_writable,omitempty"`
	// Whether live queries are enabled; false disables them.
	Realtime *bool `json:"realtime,omitempty"`
	// Rate limits of the callers, for read, create, update and delete.
	Limits map[string]*RateLimit `json:"limits,omitempty"`
	// Caches the answers to reads.
	Cache *Cache `json:"cache,omitempty"`
	// How the collection is served as GraphQL.
	GraphQL *CollectionGraphQL `json:"graphql,omitempty"`
	// Its documents are files. They have the fields path, name, type, size, sha256, created, updated and metadata besides.
	Files *Files `json:"files,omitempty"`

	// What Load makes of the above. Ordered has the fields in the order of the file, starting with
	// the id; Readable and Writable have one entry a field, nil where there is no rule.
	Name string `json:"-"`
	// composed says that the id has no column: it consists of the fields of the key.
	composed    bool
	Shape       *query.Shape             `json:"-"`
	Ordered     []*Field                 `json:"-"`
	Compiled    map[rules.Op]*rules.Rule `json:"-"`
	Readable    []*rules.Rule            `json:"-"`
	Writable    []*rules.Rule            `json:"-"`
	SetCreate   []Forced                 `json:"-"`
	SetUpdate   []Forced                 `json:"-"`
	UnsetCreate []int                    `json:"-"`
	UnsetUpdate []int                    `json:"-"`
	Indexed     []db.Index               `json:"-"`
}

// Index is one entry of `indexes`.
type Index struct {
	At Position `json:"-"`
	// The fields, in order; -created is descending.
	Fields []string `json:"fields"`
	// Whether two documents cannot have the same values. Null is never the same.
	Unique bool `json:"unique,omitempty"`
	// Which documents the index has, as a filter such as "done == false": comparisons with values, &&, || and !.
	Where *Text `json:"where,omitempty"`
}

// Group is one entry of `groups`.
type Group struct {
	At Position `json:"-"`
	// The names of the collections, where * matches any letters, such as audit_*.
	Collections string `json:"collections"`
	// Rules for the operations that a collection has no rule for.
	Rules Rules `json:"rules,omitempty"`
	// For a field, a rule that must hold to read it.
	FieldsReadable map[string]*Text `json:"fields_readable,omitempty"`
	// For a field, a rule that must hold to write it.
	FieldsWritable map[string]*Text `json:"fields_writable,omitempty"`
}

// Unset is the section `unset` of a collection.
type Unset struct {
	// Dropped from new documents.
	Create []string `json:"create,omitempty"`
	// Dropped from every change.
	Update []string `json:"update,omitempty"`
}

// Forced is a compiled entry of `set`.
type Forced struct {
	Field int // position in the shape
	Value *rules.Rule
}

// Field is one entry of `fields`.
type Field struct {
	At   Position `json:"-"`
	Name string   `json:"-"`
	// The type of its values. The id is of type id, int, uuid or string, which is any string.
	Type query.Type `json:"type" jsonschema:"enum=id,enum=string,enum=int,enum=float,enum=decimal,enum=bool,enum=time,enum=date,enum=uuid,enum=json,enum=list,enum=bytes,enum=ref"`
	// The type of the elements of a list.
	Of query.Type `json:"of,omitempty" jsonschema:"enum=string,enum=int,enum=float,enum=bool,enum=time,enum=date,enum=uuid,enum=decimal"`
	// Whether elements of a list may be null, as those of an array of PostgreSQL may.
	Nulls bool `json:"nulls,omitempty"`
	// The declared members of a json field, each with the keys of a field: rules, filters and writes are checked against their types.
	Fields map[string]*Field `json:"fields,omitempty"`
	// Whether a json field with `fields` takes other members too.
	Open bool `json:"open,omitempty"`
	// The collection that a ref points to.
	To string `json:"to,omitempty"`
	// What a delete of the document that a ref points to does here: it is refused (restrict), deletes the referring
	// documents too (cascade), or empties the field (null). Without it, nothing.
	OnDelete Action `json:"on_delete,omitempty"`
	// How a ref is checked when it is written: without it, the caller must be able to read the document it points
	// to; exists, it must exist; none, not at all.
	Check string `json:"check,omitempty" jsonschema:"enum=exists,enum=none"`
	// The stored column, if its name differs from the field's. Any name of an existing table can be one.
	Column string `json:"column,omitempty"`
	// The column that the field had before. Its data is kept under the new name.
	Was string `json:"was,omitempty"`
	// Whether a value is required.
	Required bool `json:"required,omitempty"`
	// Whether values must be unique.
	Unique bool `json:"unique,omitempty"`
	// Whether the field is indexed.
	Index bool `json:"index,omitempty"`
	// How a decimal is sent: as a number, which is the default, or as a string, which no client rounds.
	JSON string `json:"json,omitempty" jsonschema:"enum=number,enum=string"`
	// The default of a new document; "now()" for a time or a date, and as in [] or [a, b] for a list.
	Default *Literal `json:"default,omitempty"`
	// The smallest number or date, or the smallest length of a string or a list.
	Min *Literal `json:"min,omitempty"`
	// The largest number or date, or the largest length of a string or a list.
	Max *Literal `json:"max,omitempty"`
	// A regular expression (RE2) that a string has to match.
	Pattern *Text `json:"pattern,omitempty"`
	// The only values allowed.
	Enum []Literal `json:"enum,omitempty"`
	// Whether the full-text search covers the field.
	Search bool `json:"search,omitempty"`
	// Whether the string is stored encrypted (AES-256-GCM). It can be read, but not searched.
	Encrypt bool `json:"encrypt,omitempty"`
	// Whether the string is stored as a keyed hash (HMAC-SHA-256). It can be searched, but not read.
	Hash bool `json:"hash,omitempty"`

	// Members has those of Fields in the order of the file.
	Members []*Field `json:"-"`
	// Served says that the server sets the value of a file's document.
	Served bool `json:"-"`
	// AnyID says that an id can be any string.
	AnyID bool `json:"-"`
	// Hidden says that administrators alone see it.
	Hidden bool `json:"-"`
	// Rest says that it has the members of an open collection that are not declared.
	Rest bool `json:"-"`
}

// Rules is the section `rules` of a collection.
type Rules struct {
	// Which documents a caller may see.
	Read *Text `json:"read,omitempty"`
	// Which documents a caller may create.
	Create *Text `json:"create,omitempty"`
	// Which documents a caller may change, and into what.
	Update *Text `json:"update,omitempty"`
	// Which documents a caller may delete.
	Delete *Text `json:"delete,omitempty"`
}

// Set is the section `set` of a collection: expressions over auth, request and next.
type Set struct {
	// Set in new documents.
	Create map[string]*Text `json:"create,omitempty"`
	// Set in every change.
	Update map[string]*Text `json:"update,omitempty"`
}
