package mongo

import (
	"strings"

	"go.mongodb.org/mongo-driver/bson"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// What is not declared in an open collection stands in the document itself, as other programs have it.

// isRest reports whether a stored name is one of what is not declared. Names that no path can have are left alone.
func isRest(c *db.Collection, name string) bool {
	return fieldOf(c, name) < 0 && c.Shape.Index(name) < 0 && !strings.HasPrefix(name, "_basalt") && query.IsKey(name)
}

// missing is a name that no document has. It stands for a name that is the stored one of a field, or of Basalt itself: as a
// member that is not declared it is not there.
const missing = "_basalt_nothing"

// appendRest appends the members that are not declared to a document.
func appendRest(doc bson.D, v query.Value) (bson.D, error) {
	members, err := native(v)
	if err != nil {
		return nil, err
	}
	rest, _ := members.(bson.D)
	return append(doc, rest...), nil
}

// rest returns what is not declared in a document, null for nothing.
func rest(c *db.Collection, elements []bson.RawElement) query.Value {
	var text []byte
	for _, e := range elements {
		if isRest(c, e.Key()) {
			text = append(query.String(e.Key()).AppendJSON(append(text, ',')), ':')
			text = orNull(appendJSON(text, e.Value()), len(text))
		}
	}
	if text == nil {
		return query.Null
	}
	text[0] = '{'
	return query.RawJSON(string(append(text, '}')))
}

// orNull appends null where nothing has been appended since.
func orNull(dst []byte, since int) []byte {
	if len(dst) > since {
		return dst
	}
	return append(dst, "null"...)
}

// setRest appends what makes one object of another to the $set and $unset of an update. What has not changed is not
// written: it may be of a type that JSON does not have.
func setRest(set, gone bson.D, at string, before, after query.Value) (bson.D, bson.D, error) {
	was, is := membersOf(before), membersOf(after)
	var failed error
	after.Members(func(key string, v query.Value) bool {
		old, had := was[key]
		path := at + key
		switch {
		case had && old.Equal(v):
		case had && isObject(old) && isObject(v) && plainKeys(old) && plainKeys(v):
			set, gone, failed = setRest(set, gone, path+".", old, v)
		default:
			var b any
			if b, failed = native(v); failed == nil {
				set = append(set, bson.E{Key: path, Value: b})
			}
		}
		return failed == nil
	})
	before.Members(func(key string, _ query.Value) bool {
		if _, stays := is[key]; !stays {
			gone = append(gone, bson.E{Key: at + key, Value: ""})
		}
		return true
	})
	return set, gone, failed
}

func membersOf(v query.Value) map[string]query.Value {
	out := map[string]query.Value{}
	v.Members(func(key string, member query.Value) bool {
		out[key] = member
		return true
	})
	return out
}

func isObject(v query.Value) bool { return v.Kind() == query.KindJSON && v.Text()[0] == '{' }

// plainKeys reports whether all keys of an object can stand in a path, and there are some.
func plainKeys(v query.Value) bool {
	some, plain := false, true
	v.Members(func(key string, _ query.Value) bool {
		some, plain = true, key != "" && key[0] != '$' && !strings.Contains(key, ".") && !number(key)
		return plain
	})
	return some && plain
}

// number reports whether a key could be the place of an element.
func number(key string) bool { return strings.Trim(key, "0123456789") == "" }

// unchanged appends that what is not declared, and what a change makes of it, is as it was read.
func unchanged(all bson.A, c *db.Collection, raw bson.Raw, set []db.Assignment) bson.A {
	elements, err := raw.Elements()
	if err != nil {
		return append(all, never)
	}
	there := map[string]bool{}
	for _, e := range elements {
		if isRest(c, e.Key()) {
			there[e.Key()] = true
			all = append(all, one(e.Key(), one("$eq", e.Value())))
		}
	}
	for _, a := range set {
		if a.Field != c.Shape.Rest() {
			continue
		}
		a.Value.Members(func(key string, _ query.Value) bool {
			if !there[key] {
				all = append(all, one(key, one("$exists", false)))
			}
			return true
		})
	}
	return all
}
