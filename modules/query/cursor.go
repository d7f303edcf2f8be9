package query

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"strings"

	"github.com/basalt-dev/basalt/modules/fault"
)

// Cursors creates and opens page cursors. A cursor is the position in an ordering after which a page starts. It is
// encrypted and authenticated (AES-256-GCM), so clients can neither read nor forge it, and it is bound to its
// collection and ordering.
type Cursors struct{ aead cipher.AEAD }

// NewCursors returns the cursors of a 32-byte key. All nodes need the same key.
func NewCursors(key [32]byte) *Cursors {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic(err) // impossible: the type fixes the key length
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // impossible: AES has the block size that GCM wants
	}
	return &Cursors{aead}
}

// Make returns the cursor that continues after a row.
func (c *Cursors) Make(collection string, s *Shape, sort []SortKey, row Row) string {
	plain := make([]byte, 0, 96)
	for _, key := range sort {
		v := row[s.Index(key.Field)]
		plain = append(plain, byte(v.kind))
		plain = binary.AppendUvarint(plain, v.bits)
		plain = binary.AppendUvarint(plain, uint64(len(v.text)))
		plain = append(plain, v.text...)
	}
	nonce := make([]byte, c.aead.NonceSize(), c.aead.NonceSize()+len(plain)+c.aead.Overhead())
	rand.Read(nonce) // never fails since Go 1.24
	sealed := c.aead.Seal(nonce, nonce, plain, cursorScope(collection, sort))
	return base64.RawURLEncoding.EncodeToString(sealed)
}

// After returns the filters for what follows a cursor: one or two ranges of the ordering, of which the second comes whole
// after the first. If the cursor was not made for this collection and ordering with this key, the error is
// [fault.Invalid].
func (c *Cursors) After(collection string, s *Shape, sort []SortKey, cursor string) ([]Filter, error) {
	values, err := c.open(collection, sort, cursor)
	if err != nil {
		return nil, err
	}
	return after(s, sort, values), nil
}

// Before returns the filters for what comes before a cursor: ranges of the opposite ordering, as After does.
func (c *Cursors) Before(collection string, s *Shape, sort []SortKey, cursor string) ([]Filter, error) {
	values, err := c.open(collection, sort, cursor)
	if err != nil {
		return nil, err
	}
	return after(s, Reversed(sort), values), nil
}

// open returns the values of a cursor.
func (c *Cursors) open(collection string, sort []SortKey, cursor string) ([]Value, error) {
	bad := fault.FieldErrorf("after", "invalid_cursor", "the cursor is not one of this collection and sort order; start again without after")
	if len(cursor) > 64<<10 {
		return nil, bad
	}
	sealed, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || len(sealed) < c.aead.NonceSize() {
		return nil, bad
	}
	n := c.aead.NonceSize()
	plain, err := c.aead.Open(nil, sealed[:n], sealed[n:], cursorScope(collection, sort))
	if err != nil {
		return nil, bad
	}
	values := make([]Value, len(sort))
	for i := range sort {
		if len(plain) == 0 {
			return nil, bad
		}
		kind := Kind(plain[0])
		bits, n := binary.Uvarint(plain[1:])
		if n <= 0 || kind == KindJSON || kind > KindDecimal {
			return nil, bad
		}
		plain = plain[1+n:]
		size, n := binary.Uvarint(plain)
		if n <= 0 || size > uint64(len(plain)-n) {
			return nil, bad
		}
		values[i] = Value{kind, bits, string(plain[n : n+int(size)])}
		plain = plain[n+int(size):]
	}
	return values, nil
}

func cursorScope(collection string, sort []SortKey) []byte {
	var b strings.Builder
	b.WriteString(collection)
	for _, key := range sort {
		b.WriteByte('\n')
		if key.Desc {
			b.WriteByte('-')
		}
		if key.NullLargest {
			b.WriteByte('^')
		}
		b.WriteString(key.path().String())
	}
	return []byte(b.String())
}

// after means "later than these values in this ordering": later in the first field, or equal
// there and later in the rest. Null and not null in the first field are ranges of their own, and the condition on the
// first field alone is repeated, although it follows from the rest: so a database can seek in an index.
func after(s *Shape, sort []SortKey, values []Value) []Filter {
	var rest Filter = False
	for i := len(sort) - 1; i > 0; i-- {
		p := Path{Field: sort[i].Field}
		rest = Any(beyond(s, sort[i], values[i]), All(&Compare{p, Eq, values[i]}, rest))
	}
	first, v := sort[0], values[0]
	p := Path{Field: first.Field}
	isNull := &Compare{p, Eq, Null}
	equal := All(&Compare{p, Eq, v}, rest)
	switch {
	case v.IsNull() && first.NullsLast():
		return []Filter{equal}
	case v.IsNull():
		return []Filter{equal, Negate(isNull)}
	}
	later, notEarlier := Gt, Ge
	if first.Desc {
		later, notEarlier = Lt, Le
	}
	same := All(&Compare{p, notEarlier, v}, Any(&Compare{p, later, v}, equal))
	if first.NullsLast() && !s.Fields[s.Index(first.Field)].NotNull {
		return []Filter{same, isNull}
	}
	return []Filter{same}
}

// beyond is true for fields after a value.
func beyond(s *Shape, key SortKey, v Value) Filter {
	p := Path{Field: key.Field}
	isNull := &Compare{p, Eq, Null}
	later := &Compare{p, Gt, v}
	if key.Desc {
		later.Op = Lt
	}
	switch {
	case v.IsNull() && key.NullsLast():
		return False
	case v.IsNull():
		return Negate(isNull)
	case !key.NullsLast() || s.Fields[s.Index(key.Field)].NotNull:
		return later
	}
	return Any(later, isNull)
}

// MakeOffset returns the cursor of a position in an order that is not one of fields.
func (c *Cursors) MakeOffset(scope string, offset int) string {
	plain := binary.AppendUvarint(nil, uint64(offset))
	nonce := make([]byte, c.aead.NonceSize(), c.aead.NonceSize()+len(plain)+c.aead.Overhead())
	rand.Read(nonce) // never fails since Go 1.24
	return base64.RawURLEncoding.EncodeToString(c.aead.Seal(nonce, nonce, plain, []byte("offset\n"+scope)))
}

// Offset returns the position of a cursor that [Cursors.MakeOffset] made with the same scope.
func (c *Cursors) Offset(scope, cursor string) (int, error) {
	sealed, err := base64.RawURLEncoding.DecodeString(cursor)
	if n := c.aead.NonceSize(); err == nil && len(cursor) < 1000 && len(sealed) > n {
		if plain, err := c.aead.Open(nil, sealed[:n], sealed[n:], []byte("offset\n"+scope)); err == nil {
			if offset, n := binary.Uvarint(plain); n > 0 && offset < 1<<31 {
				return int(offset), nil
			}
		}
	}
	return 0, fault.FieldErrorf("after", "invalid_cursor", "the cursor is not one of this search; start again without after")
}
