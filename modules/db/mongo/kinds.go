package mongo

import (
	"bytes"
	"context"
	"strings"

	"github.com/google/uuid"
	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
	"go.mongodb.org/mongo-driver/mongo/options"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// Other programs keep ids, and references to them, as ObjectIDs or as binary uuids, and Basalt shows their text. What it
// writes into such a column is of the same kind, so that those programs find it.

// kind is what the strings of a column are stored as.
type kind uint8

const (
	texts     kind = iota
	objectIDs      // where the text is that of one
	uuids          // binary, of subtype 4
)

// kinds are those of the columns of a collection that are not texts, by their dotted path.
type kinds map[string]kind

// kindsOf returns the kinds that [Driver.Sync] has found.
func (d *Driver) kindsOf(c *db.Collection) kinds {
	if found, ok := d.kinds.Load(c); ok {
		return found.(kinds)
	}
	return nil
}

// kindSample is how many of the newest documents are looked at.
const kindSample = 100

// learnKinds looks at documents of the collections. A reference without a value in them is of the kind of the key that it
// points to.
func (d *Driver) learnKinds(ctx context.Context, collections []*db.Collection) error {
	found := make([]kinds, len(collections))
	keys := map[string]kind{}
	for i, c := range collections {
		var err error
		if found[i], err = d.sampleKinds(ctx, c); err != nil {
			return err
		}
		keys[c.Name] = found[i][c.KeyPath().Field]
		if err := d.learnKeys(ctx, c, found[i]); err != nil {
			return err
		}
	}
	for i, c := range collections {
		for _, f := range c.Shape.Fields {
			if _, seen := found[i][f.Name]; !seen && f.To != "" && keys[f.To] != texts {
				found[i][f.Name] = keys[f.To]
			}
		}
		d.kinds.Store(c, found[i])
	}
	return nil
}

func (d *Driver) sampleKinds(ctx context.Context, c *db.Collection) (kinds, error) {
	out := kinds{}
	newest := options.Find().SetSort(bson.D{{Key: "_id", Value: -1}}).SetLimit(kindSample)
	cursor, err := d.database.Collection(c.Table).Find(ctx, bson.D{}, newest)
	if err != nil {
		return nil, clientError(ctx, err)
	}
	defer cursor.Close(context.WithoutCancel(ctx)) // all results were read
	for cursor.Next(ctx) {
		elements, err := cursor.Current.Elements()
		if err != nil {
			return nil, err
		}
		for _, e := range elements {
			if i := fieldOf(c, e.Key()); i >= 0 {
				out.note(c.Shape.Fields[i].Name, &c.Shape.Fields[i], e.Value())
			}
		}
	}
	return out, clientError(ctx, cursor.Err())
}

// note remembers the kind of a value, unless a newer document has one.
func (k kinds) note(path string, f *query.Field, v bson.RawValue) {
	switch {
	case f.Inside != nil && v.Type == bson.TypeEmbeddedDocument:
		elements, err := v.Document().Elements()
		for _, e := range elements {
			if i := f.Inside.Index(e.Key()); err == nil && i >= 0 {
				k.note(path+"."+e.Key(), &f.Inside.Fields[i], e.Value())
			}
		}
	case f.Type.IsList() && v.Type == bson.TypeArray:
		values, err := v.Array().Values()
		for _, e := range values {
			if err == nil {
				k.note(path, &query.Field{Type: f.Type.Element()}, e)
			}
		}
	case f.Type.Kind() == query.KindString:
		if _, seen := k[path]; seen {
			return
		}
		switch {
		case v.Type == bson.TypeString:
			k[path] = texts
		case v.Type == bson.TypeObjectID:
			k[path] = objectIDs
		case isUUID(v):
			k[path] = uuids
		}
	}
}

// stored returns a string as a column keeps it.
func (k kind) stored(text string) any {
	switch k {
	case objectIDs:
		if isObjectID(text) {
			id, _ := primitive.ObjectIDFromHex(text)
			return id
		}
	case uuids:
		if b, ok := binaryUUID(text); ok {
			return b
		}
	}
	return text
}

// NewID implements [db.Identifier]: where the keys are ObjectIDs, a new one is.
func (d *Driver) NewID(c *db.Collection) string {
	if d.kindsOf(c)[c.KeyPath().Field] == objectIDs {
		return primitive.NewObjectID().Hex()
	}
	return ""
}

// forms returns all that a string may be stored as in a column that holds ids.
func forms(text string, ids bool) bson.A {
	out := bson.A{text}
	if isObjectID(text) {
		id, _ := primitive.ObjectIDFromHex(text)
		out = append(out, id)
	}
	if b, ok := binaryUUID(text); ok && ids {
		out = append(out, b)
	}
	return out
}

// holdsUUIDs reports whether binary uuids are shown in a field of the type.
func holdsUUIDs(t query.Type) bool {
	if t.IsList() {
		t = t.Element()
	}
	return t == query.TypeUUID || t == query.TypeID || t == query.TypeRef
}

func isUUID(v bson.RawValue) bool {
	if v.Type != bson.TypeBinary {
		return false
	}
	subtype, data := v.Binary()
	return subtype == bson.TypeBinaryUUID && len(data) == 16
}

func uuidOf(v bson.RawValue) query.Value {
	_, data := v.Binary()
	return query.String(uuid.UUID(data).String())
}

// binaryUUID returns a uuid in its canonical spelling as binary.
func binaryUUID(text string) (primitive.Binary, bool) {
	id, err := uuid.Parse(text)
	if err != nil || id.String() != text {
		return primitive.Binary{}, false
	}
	return primitive.Binary{Subtype: bson.TypeBinaryUUID, Data: id[:]}, true
}

// anyUUID is the condition that a value is a binary uuid: binaries sort by length, subtype and bytes.
var anyUUID = bson.D{{Key: "$gte", Value: primitive.Binary{Subtype: bson.TypeBinaryUUID, Data: make([]byte, 16)}}, {Key: "$lte", Value: primitive.Binary{Subtype: bson.TypeBinaryUUID, Data: bytes.Repeat([]byte{0xff}, 16)}}}

// The layouts of the texts of ids: x is a hexadecimal digit in lower case.
var layouts = map[kind]string{objectIDs: strings.Repeat("x", 24), uuids: "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"}

const digits = "0123456789abcdef"

// least returns the smallest id of a layout whose text is not below s. It reports false if there is none.
func least(s, layout string) (string, bool) {
	var out []byte
	for i := range len(layout) {
		if i == len(s) {
			return fill(out, layout), true
		}
		c := s[i]
		if c == '-' && layout[i] == '-' || layout[i] == 'x' && strings.IndexByte(digits, c) >= 0 {
			out = append(out, c)
			continue
		}
		if d := above(layout[i], c); d != 0 {
			return fill(append(out, d), layout), true
		}
		return next(out, layout)
	}
	if len(s) > len(layout) {
		return next(out, layout)
	}
	return string(out), true
}

// above returns the smallest character at a place of a layout that is above c, 0 if there is none.
func above(place, c byte) byte {
	if place == '-' && c < '-' {
		return '-'
	}
	for i := range len(digits) {
		if place == 'x' && digits[i] > c {
			return digits[i]
		}
	}
	return 0
}

// next returns the smallest id above all that begin so.
func next(out []byte, layout string) (string, bool) {
	for i := len(out) - 1; i >= 0; i-- {
		if d := above(layout[i], out[i]); d != 0 {
			return fill(append(out[:i], d), layout), true
		}
	}
	return "", false
}

func fill(out []byte, layout string) string {
	rest := strings.ReplaceAll(layout[len(out):], "x", "0")
	return string(out) + rest
}

// ordered returns the condition that an id of a kind compares with a text; nil if none does.
func (k kind) ordered(op query.CompareOp, text string) bson.D {
	bound, there := least(text, layouts[k])
	below := op == query.Lt || op == query.Le
	if !there {
		if below {
			return one("$gte", k.stored(fill(nil, layouts[k])))
		}
		return nil
	}
	switch {
	case bound == text:
	case op == query.Le:
		op = query.Lt
	case op == query.Gt:
		op = query.Ge
	}
	return one(operators[op], k.stored(bound))
}
