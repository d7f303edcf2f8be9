package mongo

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo/options"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// sampleSize is how many documents of a collection are sampled.
const sampleSize = 200

// Introspect implements [db.Introspector]: it samples documents of each collection.
func (d *Driver) Introspect(ctx context.Context) ([]db.Table, error) {
	names, err := d.database.ListCollectionNames(ctx, bson.D{})
	if err != nil {
		return nil, fmt.Errorf("mongo: listing the collections: %w", clientError(ctx, err))
	}
	slices.Sort(names)
	var out []db.Table
	for _, name := range names {
		if strings.HasPrefix(name, "_basalt") || strings.HasPrefix(name, "system.") {
			continue
		}
		t, err := d.sample(ctx, name)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, nil
}

func (d *Driver) sample(ctx context.Context, name string) (db.Table, error) {
	t := db.Table{Name: name, Key: []string{"_id"}}
	cursor, err := d.database.Collection(name).Find(ctx, bson.D{}, options.Find().SetLimit(sampleSize))
	if err != nil {
		return t, fmt.Errorf("mongo: reading %s: %w", name, clientError(ctx, err))
	}
	defer cursor.Close(context.WithoutCancel(ctx)) // all results were read
	var fields sampled
	for cursor.Next(ctx) {
		t.Sampled++
		if err := fields.add(cursor.Current); err != nil {
			return t, err
		}
	}
	t.Fields = fields.described(t.Sampled, false)
	return t, clientError(ctx, cursor.Err())
}

// sampled are the fields of the documents that were looked at, or the members of objects in them.
type sampled struct {
	fields []*sampledField
	at     map[string]*sampledField
}

type sampledField struct {
	db.TableField
	seen    int
	objects int // of these
	members sampled
}

func (s *sampled) add(doc bson.Raw) error {
	elements, err := doc.Elements()
	if err != nil {
		return err
	}
	if s.at == nil {
		s.at = map[string]*sampledField{}
	}
	for _, e := range elements {
		v := e.Value()
		if v.Type == bson.TypeNull {
			continue
		}
		f := s.at[e.Key()]
		if f == nil {
			f = &sampledField{TableField: db.TableField{Name: e.Key(), Type: guess(v), Native: v.Type.String()}}
			s.at[e.Key()] = f
			s.fields = append(s.fields, f)
		}
		f.seen++
		f.Type = widest(f.Type, guess(v))
		if v.Type == bson.TypeArray {
			elements, err := v.Array().Values()
			f.Nulls = f.Nulls || err == nil && slices.ContainsFunc(elements, func(e bson.RawValue) bool { return e.Type == bson.TypeNull })
		}
		if v.Type == bson.TypeEmbeddedDocument {
			f.objects++
			if err := f.members.add(v.Document()); err != nil {
				return err
			}
		}
	}
	return nil
}

// memberName is what a declared member can be called.
var memberName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,62}$`)

// mostMembers is how many members are declared at most: objects with more are likely to have keys that are data.
const mostMembers = 50

// described returns the fields of so many documents, or the members of so many objects.
func (s *sampled) described(of int, inside bool) []db.TableField {
	var out []db.TableField
	for _, f := range s.fields {
		d := f.TableField
		d.Type = cmp.Or(d.Type, query.TypeJSON) // an array without elements
		d.Required = of > 0 && f.seen == of
		if inside {
			d.Type = member(d.Type)
		}
		if d.Type == query.TypeJSON && f.objects == f.seen && len(f.members.fields) <= mostMembers {
			for _, m := range f.members.described(f.objects, true) {
				if memberName.MatchString(m.Name) {
					d.Members = append(d.Members, m)
				} else {
					d.Unnamed = true
				}
			}
		}
		out = append(out, d)
	}
	return out
}

// member returns the type of a member of an object, which JSON has to have: the text of bytes, and the number of a decimal.
func member(t query.Type) query.Type {
	switch t {
	case query.TypeBytes:
		return query.TypeString
	case query.TypeDecimal:
		return query.TypeFloat
	case query.ListOf(query.TypeDecimal):
		return query.TypeJSON
	}
	return t
}

func guess(v bson.RawValue) query.Type {
	if v.Type == bson.TypeArray {
		return guessList(v)
	}
	if v.Type == bson.TypeEmbeddedDocument {
		return query.TypeJSON
	}
	if v.Type == bson.TypeDecimal128 {
		return query.TypeDecimal
	}
	if isUUID(v) {
		return query.TypeUUID
	}
	return map[query.Kind]query.Type{
		query.KindString: query.TypeString, query.KindInt: query.TypeInt, query.KindFloat: query.TypeFloat, query.KindBool: query.TypeBool,
		query.KindTime: query.TypeTime, query.KindBytes: query.TypeBytes,
	}[scalar(v).Kind()]
}

// guessList returns the type of an array: a list if its elements are of one type, empty if it has none.
func guessList(v bson.RawValue) query.Type {
	elements, err := v.Array().Values()
	if err != nil || len(elements) == 0 {
		return ""
	}
	of := guess(elements[0])
	for _, e := range elements {
		of = widest(of, guess(e))
	}
	if !query.IsElement(of) {
		return query.TypeJSON
	}
	return query.ListOf(of)
}

// widest returns the type that can hold the values of both.
func widest(a, b query.Type) query.Type {
	number := func(t query.Type) bool { return t == query.TypeInt || t == query.TypeFloat }
	switch {
	case a == b || b == "":
		return a
	case a == "":
		return b
	case (number(a) || a == query.TypeDecimal) && (number(b) || b == query.TypeDecimal) && (a == query.TypeDecimal || b == query.TypeDecimal):
		return query.TypeDecimal
	case number(a) && number(b):
		return query.TypeFloat
	}
	return query.TypeJSON
}
