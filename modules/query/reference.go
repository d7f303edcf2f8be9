package query

import (
	"strings"

	"github.com/basalt-dev/basalt/modules/fault"
)

// Reference is a related collection, as far as a filter may follow it: the target of a ref field, or the documents that
// refer to the document.
type Reference struct {
	Collection string
	// Shape has the fields of the collection, the id first.
	Shape *Shape
	// Link relates its documents to the document.
	Link Link
	// Permit restricts a filter over the collection to what the caller may see. It returns an error if the caller
	// may not use one of the fields.
	Permit func(Filter) (Filter, error)
	// Follow follows the references of that collection; nil follows none.
	Follow Follow
}

// Follow returns what a name leads to: a ref field to its target, and the name of a collection to the documents of it that
// refer here, as in `expand`. It is nil if the name cannot be followed.
type Follow func(name string) (*Reference, error)

// target is what a name in a filter resolves to: a path in the document, or in a document it refers to.
type target struct {
	path Path
	typ  Type
	// wrap turns a condition on the path into one on the document; nil leaves it unchanged.
	wrap func(Filter) (Filter, error)
}

func (t target) filter(f Filter, err error) (Filter, error) {
	if err != nil || t.wrap == nil {
		return f, err
	}
	return t.wrap(f)
}

// maxFollow is how many references a name may follow.
const maxFollow = 3

// resolve looks up a name such as `title`, `meta.color` or `author.team`.
func resolve(s *Shape, follow Follow, name string, depth int) (target, error) {
	field, rest, nested := strings.Cut(name, ".")
	if i := s.Index(field); nested && follow != nil && i >= 0 && s.Fields[i].Ref {
		if depth >= maxFollow {
			return target{}, fault.FieldErrorf(fault.Clip(name), "too_deep", "a name follows at most %d references", maxFollow)
		}
		ref, err := follow(field)
		if err != nil {
			return target{}, err
		}
		if ref != nil {
			inner, err := resolve(ref.Shape, ref.Follow, rest, depth+1)
			if err != nil {
				return target{}, err
			}
			return target{inner.path, inner.typ, func(f Filter) (Filter, error) {
				f, err := inner.filter(f, nil)
				if err != nil {
					return nil, err
				}
				return ref.through(f)
			}}, nil
		}
	}
	path, typ, err := s.Path(name)
	return target{path, typ, nil}, err
}

// some is true if there is a related document that the caller may see and that satisfies a filter.
func (r *Reference) some(f Filter) (Filter, error) {
	permitted, err := r.Permit(Spell(f, r.Shape, nil))
	if err != nil {
		return nil, err
	}
	return Lookup(r.Collection, permitted, r.Link), nil
}

// through is true if the document that a field refers to satisfies a filter. A document that is missing, or that
// the caller may not see, counts as a document of nulls.
func (r *Reference) through(f Filter) (Filter, error) {
	nothing := func(Filter, *Shape, Row) bool { return false }
	f = Spell(f, r.Shape, nil)
	if !Match(f, r.Shape, make(Row, len(r.Shape.Fields)), nothing) {
		permitted, err := r.Permit(f)
		if err != nil {
			return nil, err
		}
		return Lookup(r.Collection, permitted, r.Link), nil
	}
	permitted, err := r.Permit(Negate(f))
	if err != nil {
		return nil, err
	}
	return Negate(Lookup(r.Collection, permitted, r.Link)), nil
}
