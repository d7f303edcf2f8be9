package crud

import (
	"strconv"

	"github.com/cespare/xxhash/v2"

	"github.com/basalt-dev/basalt/modules/query"
)

// Document is one document as its caller may see it. The zero Document is encoded as null.
type Document struct {
	c      *Collection
	row    query.Row
	fields []int // what is shown, nil for everything
}

// AppendJSON appends the document.
func (d Document) AppendJSON(dst []byte) []byte {
	if d.c == nil {
		return append(dst, "null"...)
	}
	dst = append(dst, '{')
	if d.fields == nil {
		for i, v := range d.row {
			dst = d.appendMember(dst, i, i, v)
		}
	} else {
		for n, i := range d.fields {
			dst = d.appendMember(dst, n, i, d.row[i])
		}
	}
	return append(dst, '}')
}

func (d Document) appendMember(dst []byte, n, i int, v query.Value) []byte {
	if n > 0 {
		dst = append(dst, ',')
	}
	dst = append(dst, d.c.names[i]...)
	return v.AppendJSON(dst)
}

// ETag returns the strong entity tag of the whole document, whatever part of it is shown. Equal
// tags mean equal documents, to the odds of a 64-bit hash.
func (d Document) ETag() string {
	var buffer [512]byte
	whole := Document{d.c, d.row, nil}
	sum := xxhash.Sum64(whole.AppendJSON(buffer[:0]))
	return `"` + strconv.FormatUint(sum, 36) + `"`
}

// Page is one page of a list.
type Page struct {
	Items []Document
	// Next is the cursor of the page after this, empty at the end.
	Next string
	// Total is how many documents the query has over all pages, -1 when that was not asked.
	Total int64
}

// AppendJSON appends the page.
func (p Page) AppendJSON(dst []byte) []byte {
	dst = appendItems(append(dst, '{'), p.Items)
	dst = append(dst, `,"next":`...)
	if p.Next == "" {
		dst = append(dst, "null"...)
	} else {
		dst = query.String(p.Next).AppendJSON(dst)
	}
	if p.Total >= 0 {
		dst = append(dst, `,"total":`...)
		dst = strconv.AppendInt(dst, p.Total, 10)
	}
	return append(dst, '}')
}

func appendItems(dst []byte, items []Document) []byte {
	dst = append(dst, `"items":[`...)
	for i, d := range items {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = d.AppendJSON(dst)
	}
	return append(dst, ']')
}

// ID returns the document's id.
func (d Document) ID() string { return d.row[key].Text() }
