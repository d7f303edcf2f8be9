package crud

import (
	"math"
	"strconv"

	"github.com/cespare/xxhash/v2"

	"github.com/basalt-dev/basalt/modules/query"
)

// Document is a document as its caller may see it. The zero Document is encoded as null.
type Document struct {
	c      *Collection
	row    query.Row
	fields []int // selected fields, nil for all
	// members are the selected ones of those that are not declared, nil for all.
	members []string
	// masked is true for each field that is left out; nil leaves out none.
	masked []bool
	// expanded has the expanded related documents.
	expanded []expanded
	// snippets are those of a search; nil where none were asked for.
	snippets []snippet
}

// AppendJSON appends the document.
func (d Document) AppendJSON(dst []byte) []byte { return d.append(dst, math.MaxInt) }

// append appends the document. It stops somewhere once dst exceeds a limit, by at most one value; the caller must
// check the length.
func (d Document) append(dst []byte, limit int) []byte {
	if d.c == nil {
		return append(dst, "null"...)
	}
	dst = append(dst, '{')
	start := len(dst)
	if d.fields == nil {
		for i := range d.row {
			dst = d.appendMember(dst, start, i)
		}
	} else {
		for _, i := range d.fields {
			dst = d.appendMember(dst, start, i)
		}
	}
	if d.expanded != nil {
		if len(dst) > start {
			dst = append(dst, ',')
		}
		dst = d.appendExpanded(dst, limit)
	}
	if d.snippets != nil {
		if len(dst) > start {
			dst = append(dst, ',')
		}
		dst = d.appendSnippets(dst)
	}
	return append(dst, '}')
}

// Expanded reports whether the document contains related ones, which its ETag does not cover.
func (d Document) Expanded() bool { return d.expanded != nil }

func (d Document) appendMember(dst []byte, start, i int) []byte {
	if d.masked != nil && d.masked[i] {
		return dst
	}
	if i == d.c.rest {
		return d.appendRest(dst, start)
	}
	if len(dst) > start {
		dst = append(dst, ',')
	}
	dst = append(dst, d.c.names[i]...)
	return d.c.appendValue(dst, i, d.row[i])
}

// appendValue appends a value of a field.
func (c *Collection) appendValue(dst []byte, field int, v query.Value) []byte {
	if c.fields[field].Type == decimals && v.Kind() == query.KindJSON && (c.quoted == nil || !c.quoted[field]) {
		return appendNumbers(dst, v)
	}
	if c.quoted == nil || !c.quoted[field] || v.Kind() != query.KindDecimal || !v.Ordinary() {
		return v.AppendJSON(dst)
	}
	return append(v.AppendJSON(append(dst, '"')), '"')
}

// Value returns the value of a field, and whether the caller may see it. It is null otherwise, and in the zero Document.
func (d *Document) Value(field int) (v query.Value, shown bool) {
	if d.c == nil || d.masked != nil && d.masked[field] {
		return query.Null, false
	}
	if field == d.c.rest {
		return d.c.undeclared(d.row[field]), true
	}
	return d.row[field], true
}

// AppendField appends the value of a field as JSON; null where the caller may not see it.
func (d *Document) AppendField(dst []byte, field int) []byte {
	v, shown := d.Value(field)
	if !shown {
		return append(dst, "null"...)
	}
	return d.c.appendValue(dst, field, v)
}

// decimals is the type of lists whose elements are strings, and are sent as numbers.
var decimals = query.ListOf(query.TypeDecimal)

func appendNumbers(dst []byte, list query.Value) []byte {
	dst = append(dst, '[')
	for i, e := range query.Typed(query.TypeDecimal, list) {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = e.AppendJSON(dst)
	}
	return append(dst, ']')
}

// Encode returns the document and its ETag. If all fields are shown, one encoding serves both.
func (d Document) Encode(dst []byte) (body []byte, tag Tag) {
	body = d.AppendJSON(dst)
	if d.fields == nil && d.expanded == nil && d.snippets == nil {
		return body, tagOf(body[len(dst):])
	}
	return body, d.tag()
}

// Tag is a strong entity tag. The zero value is none.
type Tag struct {
	sum   uint64
	known bool
}

func tagOf(body []byte) Tag { return Tag{xxhash.Sum64(body), true} }

// Append appends the tag as the header ETag has it; nothing where there is none.
func (t Tag) Append(dst []byte) []byte {
	if !t.known {
		return dst
	}
	return append(strconv.AppendUint(append(dst, '"'), t.sum, 36), '"')
}

// String returns the tag as the header ETag has it, empty where there is none.
func (t Tag) String() string {
	var buffer [16]byte
	return string(t.Append(buffer[:0]))
}

// ETag returns the strong entity tag of everything the caller may see of the document, whatever fields are
// selected. Equal tags mean equal documents, up to collisions of a 64-bit hash.
func (d Document) ETag() string { return d.tag().String() }

func (d Document) tag() Tag {
	var buffer [512]byte
	whole := Document{c: d.c, row: d.row, masked: d.masked}
	return tagOf(whole.AppendJSON(buffer[:0]))
}

// page is one page of a list.
type page struct {
	items []Document
	next  string
	total int64
}

func (p page) append(dst []byte, limit int) []byte {
	dst = appendItems(append(dst, '{'), p.items, limit)
	dst = append(dst, `,"next":`...)
	if p.next == "" {
		dst = append(dst, "null"...)
	} else {
		dst = query.String(p.next).AppendJSON(dst)
	}
	if p.total >= 0 {
		dst = append(dst, `,"total":`...)
		dst = strconv.AppendInt(dst, p.total, 10)
	}
	return append(dst, '}')
}

func appendItems(dst []byte, items []Document, limit int) []byte {
	dst = append(dst, `"items":[`...)
	for i, d := range items {
		if len(dst) > limit {
			break
		}
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = d.append(dst, limit)
	}
	return append(dst, ']')
}

// ID returns the document's id.
func (d Document) ID() string { return d.c.stored.ID(d.row) }
