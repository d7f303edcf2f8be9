package graphql

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// Connections and global ids, as Relay specifies them: https://relay.dev/docs/guides/graphql-server-specification/. The
// member id is that of Hasura, so that the global one has another name.

const (
	nodeType = "Node"
	nodeID   = "nodeId"
)

// tagName is the entity tag of a document, which ifMatch takes.
const tagName = "_etag"

// allFields are the places of all fields, of which a tag is made.
func (c *collection) allFields() []int {
	out := make([]int, len(c.fields))
	for i := range out {
		out[i] = i
	}
	return out
}

// isNode reports whether the documents of the collection have a global id.
func (c *collection) isNode() bool { m := c.members[nodeID]; return m != nil && m.node }

// globalID is the id of a document among those of all collections.
func (c *collection) globalID(id string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(c.typ + ":" + id))
}

// node answers a document by its global id; null where there is none that the caller may see.
func (e *executor) node(s *selected) (result, error) {
	given, _ := s.argument("id", e.vars).(string)
	plain, err := base64.RawURLEncoding.DecodeString(given)
	typ, id, ok := strings.Cut(string(plain), ":")
	at := slices.IndexFunc(e.model.nodes, func(c *collection) bool { return c.typ == typ })
	if err != nil || !ok || at < 0 {
		return null, nil
	}
	c := e.model.nodes[at]
	if err := e.count(c, rules.Read); err != nil {
		return nil, err
	}
	return e.byID(s, c, id)
}

// connection is what is selected of one.
type connection struct {
	parts []part
	nodes *level
	ask   *ask
	found crud.Result
	out   *loaded
	// beyond says that there is something on the side that the page was not read to.
	beyond bool
}

// connection answers a page of documents with cursors.
func (e *executor) connection(s *selected, c *collection) (result, error) {
	a, err := e.askOf(c, s)
	if err != nil {
		return nil, err
	}
	cn := &connection{ask: a, beyond: a.after != nil}
	if cn.parts, err = e.connectionParts(cn, c, s); err != nil {
		return nil, err
	}
	if cn.nodes == nil {
		cn.nodes = &level{c: c}
	}
	read, err := a.read(cn.nodes)
	if err != nil {
		return nil, err
	}
	if cn.found, err = e.run(read); err != nil {
		return nil, err
	}
	if cn.out, err = e.load(cn.nodes, cn.found.Documents); err != nil {
		return nil, err
	}
	return cn.append(nil, cn.parts, 0, e.answer), nil
}

func (e *executor) connectionParts(cn *connection, c *collection, s *selected) (out []part, err error) {
	for _, sub := range collect(s.sets, e.vars) {
		p := part{key: append(query.String(sub.key).AppendJSON(nil), ':'), kind: sub.field.Name}
		switch p.kind {
		case "__typename":
			p.constant = query.String(sub.field.ObjectDefinition.Name).AppendJSON(nil)
		case "node":
			if cn.nodes != nil {
				return nil, fault.FieldErrorf(sub.key, "twice", "select node once")
			}
			if cn.nodes, err = e.levelOf(c, sub, cn.ask.limit); err != nil {
				err = e.within(sub.key, err)
			}
		case "totalCount":
			cn.ask.count = true
		default:
			p.inner, err = e.connectionParts(cn, c, sub)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// append writes what is selected of the connection; at is the place of an edge.
func (cn *connection) append(dst []byte, parts []part, at, limit int) []byte {
	docs := cn.found.Documents
	cursor := func(i int) {
		if i < 0 || i >= len(docs) {
			dst = append(dst, null...)
			return
		}
		dst = query.String(cn.found.Cursor(i)).AppendJSON(dst)
	}
	dst = append(dst, '{')
	for i, p := range parts {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, p.key...)
		switch p.kind {
		case "edges":
			dst = append(dst, '[')
			for n := range docs {
				if n > 0 {
					dst = append(dst, ',')
				}
				if dst = cn.append(dst, p.inner, n, limit); len(dst) > limit {
					return dst
				}
			}
			dst = append(dst, ']')
		case "pageInfo":
			dst = cn.append(dst, p.inner, at, limit)
		case "node":
			dst = cn.out.append(dst, at, limit)
		case "cursor":
			cursor(at)
		case "startCursor":
			cursor(min(0, len(docs)-1))
		case "endCursor":
			cursor(len(docs) - 1)
		case "hasNextPage", "hasPreviousPage":
			if (p.kind == "hasNextPage") == cn.ask.backward {
				dst = strconv.AppendBool(dst, cn.beyond)
			} else {
				dst = strconv.AppendBool(dst, cn.found.Next() != "")
			}
		case "totalCount":
			dst = strconv.AppendInt(dst, cn.found.Total(), 10)
		default:
			dst = append(dst, p.constant...)
		}
	}
	return append(dst, '}')
}
