package query

import (
	"crypto/sha256"
	"slices"
	"strconv"
)

// Canonical returns the string shared by all filters that are equal up to the order and repetition of terms. It is
// for keys and tests, and stable across processes and releases of one major version.
func Canonical(f Filter) string { return string(f.appendCanonical(nil)) }

// Hash returns the SHA-256 of the canonical form.
func Hash(f Filter) [32]byte { return sha256.Sum256(f.appendCanonical(nil)) }

// Equal reports whether two filters have the same canonical form.
func Equal(a, b Filter) bool { return Canonical(a) == Canonical(b) }

func (f Const) appendCanonical(dst []byte) []byte { return strconv.AppendBool(dst, bool(f)) }

func (f *And) appendCanonical(dst []byte) []byte { return appendTerms(dst, "and", f.Terms) }

func (f *Or) appendCanonical(dst []byte) []byte { return appendTerms(dst, "or", f.Terms) }

func appendTerms(dst []byte, name string, terms []Filter) []byte {
	texts := make([]string, len(terms))
	for i, t := range terms {
		texts[i] = Canonical(t)
	}
	slices.Sort(texts)
	texts = slices.Compact(texts)
	if len(texts) == 1 {
		return append(dst, texts[0]...)
	}
	dst = append(append(dst, name...), '(')
	for i, t := range texts {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, t...)
	}
	return append(dst, ')')
}

func (f *Not) appendCanonical(dst []byte) []byte {
	return append(f.Term.appendCanonical(append(dst, "not("...)), ')')
}

func (f *Compare) appendCanonical(dst []byte) []byte {
	return appendValue(append(appendPath(dst, f.Path), f.Op.String()...), f.Value)
}

func (f *CompareFields) appendCanonical(dst []byte) []byte {
	return appendPath(append(appendPath(dst, f.Left), f.Op.String()...), f.Right)
}

func (f *In) appendCanonical(dst []byte) []byte {
	texts := make([]string, len(f.Values))
	for i, v := range f.Values {
		texts[i] = string(appendValue(nil, v))
	}
	slices.Sort(texts)
	dst = append(appendPath(dst, f.Path), " in["...)
	for i, t := range slices.Compact(texts) {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, t...)
	}
	return append(dst, ']')
}

func (f *Text) appendCanonical(dst []byte) []byte {
	dst = append(appendPath(dst, f.Path), ' ')
	return appendValue(append(append(dst, f.Op.String()...), ' '), String(f.Text))
}

func (f *Has) appendCanonical(dst []byte) []byte {
	return appendValue(append(appendPath(dst, f.Path), " has "...), f.Value)
}

func (f *Length) appendCanonical(dst []byte) []byte {
	dst = append(appendPath(append(dst, "len("...), f.Path), ')')
	return strconv.AppendInt(append(dst, f.Op.String()...), f.Value, 10)
}

func appendPath(dst []byte, p Path) []byte { return appendQuote(dst, p.String()) }

// appendValue marks the kinds that share a JSON form, so that a time and the equal string stay distinct.
func appendValue(dst []byte, v Value) []byte {
	switch v.kind {
	case KindTime:
		dst = append(dst, 't')
	case KindDate:
		dst = append(dst, 'd')
	case KindDecimal:
		dst = append(dst, 'n')
	case KindBytes:
		dst = append(dst, 'b')
	case KindFloat:
		return appendCanonicalJSON(dst, v)
	}
	return v.AppendJSON(dst)
}
