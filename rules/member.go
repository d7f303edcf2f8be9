package rules

import (
	"errors"
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/modules/syntax"
)

func (c *compiler) member(n *syntax.Member) node {
	if n.Method {
		fail(n, "methods cannot be called in a rule")
	}
	if parameter, ok := c.channelParameter(n); ok {
		return parameter
	}
	if root, name, ok := documentPath(n); ok {
		c.allowed(n, root)
		if ref, rest, through := strings.Cut(name, "."); through && c.target(c.scope.Shape, ref) != nil {
			return c.follow(n, c.document(n, root, ref), c.scope.Shape, ref, rest)
		}
		return c.document(n, root, name)
	}
	if id, ok := n.Node.(*syntax.Identifier); ok && id.Value == "roles" {
		return c.role(n)
	}
	base := c.node(n.Node)
	key := c.node(n.Property)
	if text, ok := key.(literal); ok {
		if name, ok := text.value.(string); ok {
			if inside, ok := c.inside(n, base, name); ok {
				return inside
			}
		}
	}
	if v, ok := base.(variable); ok {
		name, constant := key.(literal)
		text, isText := name.value.(string)
		switch {
		case v.name == "auth" && constant && isText && c.isProfile(text):
			return c.profile(n)
		case v.name == "auth" && constant && isText:
			return claim{text}
		case v.name == "request":
			if known := []string{"op", "time", "ip", "method"}; !constant || !isText || !slices.Contains(known, text) {
				if text == "auth" {
					fail(n.Property, "the caller is auth, not a member of request")
				}
				if text == "resource" || text == "data" || text == "body" {
					fail(n.Property, "the document that a write would store is next, not a member of request")
				}
				fail(n.Property, "request has the members %s", strings.Join(known, ", "))
			}
		}
	}
	return member{base, key}
}

// document returns a field of doc or next.
func (c *compiler) document(n *syntax.Member, root, name string) node {
	path, typ := c.path(n.Property, c.scope.Shape, name)
	if root == "doc" {
		c.mentionsDoc = true
		return c.docField(n, path, typ)
	}
	return nextField{index: c.scope.Shape.Index(path.Field), path: path, typ: typ}
}

// path resolves a field of a collection.
func (c *compiler) path(at syntax.Node, shape *query.Shape, name string) (query.Path, query.Type) {
	path, typ, err := shape.Path(name)
	if field, rest, _ := strings.Cut(name, "."); err != nil && shape.Index(field) >= 0 && (rest == "length" || rest == "size") {
		fail(at, "%s has no %s; write len(…)", field, rest)
	}
	if err != nil {
		var e *fault.Error
		errors.As(err, &e)
		fail(at, "%s", e.Fields[0].Detail)
	}
	return path, typ
}

// docField returns a field of doc, unless rules cannot use it.
func (c *compiler) docField(at syntax.Node, path query.Path, typ query.Type) node {
	if c.scope.Shape.Fields[c.scope.Shape.Index(path.Field)].Sealed {
		fail(at, "doc.%s is encrypted or hashed, so no rule can read it", path.Field)
	}
	return field{path, typ}
}

// inside returns the node of a member of a document or of a json field.
func (c *compiler) inside(n *syntax.Member, base node, name string) (node, bool) {
	switch b := base.(type) {
	case field:
		path, typ := c.path(n.Property, c.scope.Shape, b.path.String()+"."+name)
		return field{path, typ}, true
	case nextField:
		path, typ := c.path(n.Property, c.scope.Shape, b.path.String()+"."+name)
		return nextField{b.index, path, typ, b.parameter}, true
	case fetched:
		if b.path.Sub == "" && c.target(b.shape, b.path.Field) != nil {
			return c.follow(n, b, b.shape, b.path.Field, name), true
		}
		full := name
		if b.path.Field != "" {
			full = b.path.String() + "." + name
		}
		return c.fetchedField(n, b, full), true
	}
	return nil, false
}

// documentPath returns the dotted path of doc.a.b or next["a"]?.b, and which of the two it is.
func documentPath(n syntax.Node) (root, path string, ok bool) {
	switch n := n.(type) {
	case *syntax.Chain:
		return documentPath(n.Node)
	case *syntax.Member:
		key, isText := n.Property.(*syntax.String)
		if id, ok := n.Node.(*syntax.Identifier); ok && (id.Value == "doc" || id.Value == "next") {
			if !isText {
				fail(n.Property, "the field must be a string literal")
			}
			return id.Value, key.Value, true
		}
		root, path, ok := documentPath(n.Node)
		if ok && !isText {
			fail(n.Property, "a path into a document consists of names; elements of an array are reached with `in`")
		}
		if ok {
			return root, path + "." + key.Value, true
		}
	}
	return "", "", false
}
