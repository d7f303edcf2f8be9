// Package schema describes the fields of a JSON object and validates one against them: a document, the parameters of
// a function or an event, the body of a request. It reports all problems together, each with its field.
//
// It is not for deciding who may set a field, or for storing anything: package crud does that.
package schema

import (
	"fmt"
	"regexp"
	"unicode/utf8"

	"github.com/basalt-dev/basalt/modules/query"
)

// Field is what is required of the values of one field.
type Field struct {
	Name     string
	Type     query.Type
	Required bool
	// Default is the value of a field that is not given, DefaultNow the time of the request.
	Default    query.Value
	DefaultNow bool
	// Min and Max limit a number's value or a string's length; null means no limit.
	Min, Max query.Value
	Pattern  *regexp.Regexp
	Enum     []query.Value
	// Nulls says that elements of a list may be null.
	Nulls bool
	// Inside has the declared members of a json field; nil where any may be there.
	Inside *Object
}

// Fit returns the value in the form the field stores. It reports false if the type is wrong.
func (f *Field) Fit(v query.Value) (query.Value, bool) {
	if f.Type.IsList() && !v.IsNull() {
		return f.fitList(v)
	}
	v, ok := query.Coerce(f.Type, v)
	switch {
	case !ok || v.IsNull():
		return v, ok
	case !v.Ordinary():
		return v, false
	case f.Type == query.TypeFloat:
		return query.Float(v.Float()), true
	case f.declares():
		var p Problems
		return f.Read(f.Name, v, &p)
	case f.Type == query.TypeJSON:
		return v.Rounded(), true
	case f.Type == query.TypeInt && v.Kind() == query.KindFloat:
		const exact = 1 << 53
		whole := int64(v.Float())
		return query.Int(whole), v.Float() > -exact && v.Float() < exact && float64(whole) == v.Float()
	}
	return v, true
}

func (f *Field) fitList(v query.Value) (query.Value, bool) {
	items := v.Elements()
	for i, e := range items {
		if e.IsNull() && f.Nulls {
			continue
		}
		fit, ok := f.Element().Fit(e)
		if ok {
			items[i], ok = query.AsElement(f.Type.Element(), fit)
		}
		if !ok {
			return query.Null, false
		}
	}
	return query.MakeArray(items), items != nil
}

// Element is what is required of an element of a list.
func (f *Field) Element() *Field {
	return &Field{Name: f.Name, Type: f.Type.Element(), Pattern: f.Pattern, Enum: f.Enum}
}

// Expected describes a valid value of the field.
func (f *Field) Expected() string {
	if f.Type.IsList() && f.Nulls {
		return "an array, each element of which is null or " + f.Element().Expected()
	}
	if f.Type.IsList() {
		return "an array, each element of which is " + f.Element().Expected()
	}
	switch f.Type {
	case query.TypeID, query.TypeRef:
		return "a string"
	case query.TypeInt:
		return "a whole number within 64 bits"
	case query.TypeFloat:
		return "a number"
	case query.TypeDecimal:
		return `a number, or text like "19.99", with at most 300 digits before the point and 300 after it`
	case query.TypeBool:
		return "true or false"
	case query.TypeTime:
		return `a time, as RFC 3339 text like "2026-01-31T12:00:00Z"`
	case query.TypeDate:
		return `a date, as text like "2026-01-31"`
	case query.TypeUUID:
		return `a uuid, as text like "0191e7a0-0000-7000-8000-000000000001"`
	case query.TypeBytes:
		return "bytes, as base64 text"
	case query.TypeString:
		return "a string"
	}
	if f.declares() {
		return "an object"
	}
	return "a " + string(f.Type)
}

// Check returns the problem with a value of the field's kind; an empty code means none.
func (f *Field) Check(v query.Value) (code, detail string) {
	if v.IsNull() {
		if f.Required {
			return "required", "this field needs a value"
		}
		return "", ""
	}
	if f.Type.IsList() {
		return f.checkList(v)
	}
	measured, unit := v, ""
	switch v.Kind() {
	case query.KindString:
		measured, unit = query.Int(int64(utf8.RuneCountInString(v.Text()))), " characters long"
	case query.KindBytes:
		measured, unit = query.Int(int64(len(v.Text()))), " bytes long"
	}
	if code, detail := f.bounds(measured, unit); code != "" {
		return code, detail
	}
	if f.Pattern != nil && !f.Pattern.MatchString(v.Text()) {
		return "pattern", "does not match the pattern " + f.Pattern.String()
	}
	if len(f.Enum) > 0 && !f.allows(v) {
		return "enum", "has to be one of " + string(query.MakeArray(f.Enum).AppendJSON(nil))
	}
	return "", ""
}

func (f *Field) bounds(measured query.Value, unit string) (code, detail string) {
	if order, ok := measured.Compare(f.Min); ok && order < 0 {
		return "min", "has to be at least " + string(f.Min.AppendJSON(nil)) + unit
	}
	if order, ok := measured.Compare(f.Max); ok && order > 0 {
		return "max", "has to be at most " + string(f.Max.AppendJSON(nil)) + unit
	}
	return "", ""
}

// checkList checks the number of elements, and each of them.
func (f *Field) checkList(v query.Value) (code, detail string) {
	items := query.Typed(f.Type.Element(), v)
	if code, detail = f.bounds(query.Int(int64(len(items))), " elements long"); code != "" || f.Pattern == nil && f.Enum == nil {
		return code, detail
	}
	for i, e := range items {
		if code, detail = f.Element().Check(e); code != "" {
			return code, fmt.Sprintf("element %d %s", i, detail)
		}
	}
	return "", ""
}

func (f *Field) allows(v query.Value) bool {
	for _, e := range f.Enum {
		if e.Equal(v) {
			return true
		}
	}
	return false
}
