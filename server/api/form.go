package api

import (
	"encoding/json"
	"errors"
	"io"
	"math"
	"mime/multipart"
	"slices"
	"unicode/utf8"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/files"
	"github.com/basalt-dev/basalt/modules/query"
)

// form is a multipart/form-data body: fields of documents, and files, as they come.
type form struct {
	reader *multipart.Reader
	gauge  *gauge
	most   int // bytes of all that is not a file
	fields map[string]json.RawMessage
	types  map[string]query.Type
}

// gauge ends a reader when what it may read is used up.
type gauge struct {
	io.Reader
	left int64
	err  error // of the reader
}

func (g *gauge) Read(p []byte) (int, error) {
	if g.left <= 0 {
		g.err = fault.Errorf(fault.TooLarge, "the form has more besides its files than limits.body")
		return 0, g.err
	}
	n, err := g.Reader.Read(p[:min(int64(len(p)), g.left)])
	g.left -= int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		g.err = err
	}
	return n, err
}

func newForm(body io.Reader, boundary string, most int, types map[string]query.Type) *form {
	g := &gauge{Reader: body, left: int64(most)}
	return &form{multipart.NewReader(g, boundary), g, most, map[string]json.RawMessage{}, types}
}

// next returns the next file, after the fields before it; nil at the end.
func (f *form) next() (*multipart.Part, error) {
	for f.gauge.left = int64(f.most); ; {
		p, err := f.reader.NextPart()
		if errors.Is(err, io.EOF) && f.gauge.err == nil {
			return nil, nil
		}
		if err != nil {
			return nil, f.wrong(err)
		}
		if p.FileName() != "" {
			f.gauge.left = math.MaxInt64 // a file has its own limit
			return p, nil
		}
		text, err := io.ReadAll(p)
		if err != nil {
			return nil, f.wrong(err)
		}
		if err := f.set(p.FormName(), string(text)); err != nil {
			return nil, err
		}
	}
}

// wrong is the error for a form that cannot be read.
func (f *form) wrong(err error) error {
	if f.gauge.err != nil {
		return f.gauge.err
	}
	if fault.CodeOf(err) != fault.Internal {
		return err
	}
	return fault.Errorf(fault.InvalidJSON, "the body is not multipart/form-data, or it ended before its last boundary")
}

// set sets a field of the documents: texts of numbers, booleans and JSON by the type of the field.
func (f *form) set(name, text string) error {
	switch {
	case name == "" || !utf8.ValidString(name+text):
		return fault.Errorf(fault.Invalid, "a field of the form has no name, or is not UTF-8")
	case f.fields[name] != nil:
		return fault.FieldErrorf(name, "duplicate", "the field %s appears twice", fault.Clip(name))
	}
	typed := []query.Type{query.TypeInt, query.TypeFloat, query.TypeBool, query.TypeJSON}
	if (slices.Contains(typed, f.types[name]) || f.types[name].IsList()) && json.Valid([]byte(text)) {
		f.fields[name] = json.RawMessage(text)
		return nil
	}
	encoded, err := json.Marshal(text)
	f.fields[name] = encoded
	return err
}

// announce returns what a part of a form declares about its file.
func (f *form) announce(p *multipart.Part) *files.Announced {
	return &files.Announced{Name: p.FileName(), Type: p.Header.Get("Content-Type"), Size: -1, Fields: f.fields}
}
