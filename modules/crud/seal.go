package crud

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// Sealing is how a field is stored.
type Sealing uint8

// The ways to store a field.
const (
	Plain     Sealing = iota
	Encrypted         // AES-256-GCM: can be read, not searched
	Hashed            // HMAC-SHA-256: can be searched, not read
)

// Sealer encrypts and hashes fields. A value names its key, so old values stay readable after a key rotation. It
// is safe for concurrent use.
type Sealer struct {
	current string
	ids     []string // the current one first
	aeads   map[string]cipher.AEAD
	hashes  map[string][]byte
}

// NewSealer returns a sealer of keys by id, of any length; current is the id of the key for new values.
func NewSealer(keys map[string]string, current string) (*Sealer, error) {
	s := &Sealer{current: current, aeads: map[string]cipher.AEAD{}, hashes: map[string][]byte{}}
	for id, secret := range keys {
		block, err := aes.NewCipher(derive(secret, "encrypt"))
		if err != nil {
			return nil, fmt.Errorf("encryption key %s: %w", id, err)
		}
		if s.aeads[id], err = cipher.NewGCM(block); err != nil {
			return nil, fmt.Errorf("encryption key %s: %w", id, err)
		}
		s.hashes[id] = derive(secret, "hash")
		if id != current {
			s.ids = append(s.ids, id)
		}
	}
	if s.aeads[current] == nil {
		return nil, fmt.Errorf("there is no encryption key %q", current)
	}
	slices.Sort(s.ids)
	s.ids = append([]string{current}, s.ids...)
	return s, nil
}

func derive(secret, purpose string) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("basalt field " + purpose))
	return mac.Sum(nil)
}

// encrypt returns `id.nonce+ciphertext` in base64. The place binds it to its field.
func (s *Sealer) encrypt(place, text string) string {
	aead := s.aeads[s.current]
	nonce := make([]byte, aead.NonceSize())
	rand.Read(nonce) // never fails since Go 1.24
	return s.current + "." + base64.RawStdEncoding.EncodeToString(aead.Seal(nonce, nonce, []byte(text), []byte(place)))
}

func (s *Sealer) decrypt(place, sealed string) (string, error) {
	id, body, _ := strings.Cut(sealed, ".")
	aead := s.aeads[id]
	if aead == nil {
		return "", fmt.Errorf("%s is encrypted with a key that is not in encryption.keys", place)
	}
	raw, err := base64.RawStdEncoding.DecodeString(body)
	if err != nil || len(raw) < aead.NonceSize() {
		return "", fmt.Errorf("%s holds what is not encrypted", place)
	}
	text, err := aead.Open(nil, raw[:aead.NonceSize()], raw[aead.NonceSize():], []byte(place))
	if err != nil {
		return "", fmt.Errorf("%s cannot be decrypted: %w", place, err)
	}
	return string(text), nil
}

func (s *Sealer) hash(id, place, text string) string {
	mac := hmac.New(sha256.New, s.hashes[id])
	mac.Write([]byte(place + "\x00" + text))
	return id + "." + base64.RawStdEncoding.EncodeToString(mac.Sum(nil))
}

func place(c *Collection, field int) string { return c.name + "." + c.fields[field].Name }

// sealed returns a value in the form its field stores.
func (c *Collection) sealed(s *Sealer, field int, v query.Value) query.Value {
	switch {
	case v.IsNull():
	case c.fields[field].Sealing == Encrypted:
		return query.String(s.encrypt(place(c, field), v.Text()))
	case c.fields[field].Sealing == Hashed:
		return query.String(s.hash(s.current, place(c, field), v.Text()))
	}
	return v
}

func (a access) seal(stored *db.Collection, rows []query.Row) ([]query.Row, error) {
	c := a.service.collections[stored.Name]
	if !c.seals {
		return rows, nil
	}
	out := make([]query.Row, len(rows))
	for i, row := range rows {
		out[i] = slices.Clone(row)
		for field := range row {
			out[i][field] = c.sealed(a.service.Sealer, field, row[field])
		}
	}
	return out, nil
}

func (a access) sealAssignments(stored *db.Collection, set []db.Assignment) ([]db.Assignment, error) {
	c := a.service.collections[stored.Name]
	if !c.seals {
		return set, nil
	}
	out := slices.Clone(set)
	for i := range out {
		out[i].Value = c.sealed(a.service.Sealer, out[i].Field, out[i].Value)
	}
	return out, nil
}

// open decrypts the fields of rows that have just been read.
func (a access) open(stored *db.Collection, rows []query.Row) error {
	c := a.service.collections[stored.Name]
	if !c.seals {
		return nil
	}
	for _, row := range rows {
		for i := range row {
			if c.fields[i].Sealing != Encrypted || row[i].IsNull() {
				continue
			}
			text, err := a.service.Sealer.decrypt(place(c, i), row[i].Text())
			if err != nil {
				return err
			}
			row[i] = query.String(text)
		}
	}
	return nil
}

// sealedFilter returns a client's filter in which values compared with hashed fields are replaced by their hashes,
// by every key. It refuses conditions that a sealed field cannot answer.
func (o *operation) sealedFilter(f query.Filter) (query.Filter, error) {
	if !o.c.seals {
		return f, nil
	}
	each := func(terms []query.Filter) ([]query.Filter, error) {
		out := make([]query.Filter, len(terms))
		for i, t := range terms {
			var err error
			if out[i], err = o.sealedFilter(t); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	switch f := f.(type) {
	case *query.And:
		terms, err := each(f.Terms)
		return query.All(terms...), err
	case *query.Or:
		terms, err := each(f.Terms)
		return query.Any(terms...), err
	case *query.Not:
		term, err := o.sealedFilter(f.Term)
		if err != nil {
			return query.False, err
		}
		return query.Negate(term), nil
	case *query.Compare:
		if i := o.c.shape.Index(f.Path.Field); o.c.fields[i].Sealing == Hashed && f.Op == query.Eq {
			return query.OneOf(f.Path, o.hashes(i, f.Value)), nil
		}
	case *query.In:
		if i := o.c.shape.Index(f.Path.Field); o.c.fields[i].Sealing == Hashed {
			var all []query.Value
			for _, v := range f.Values {
				all = append(all, o.hashes(i, v)...)
			}
			return query.OneOf(f.Path, all), nil
		}
	}
	var err error
	query.Paths(f, func(p query.Path) {
		switch o.c.fields[o.c.shape.Index(p.Field)].Sealing {
		case Encrypted:
			err = fault.FieldErrorf(p.Field, "sealed", "%s is stored encrypted and cannot be looked for", p.Field)
		case Hashed:
			err = fault.FieldErrorf(p.Field, "sealed", "%s is stored as a hash and can only be compared with == and in", p.Field)
		}
	})
	return f, err
}

func (o *operation) hashes(field int, v query.Value) []query.Value {
	if v.IsNull() {
		return []query.Value{v}
	}
	return o.Hashes(o.c.name, field, v.Text())
}

// Hashes returns the stored forms of a string in a hashed field, by every key.
func (s *Service) Hashes(collection string, field int, text string) []query.Value {
	out := make([]query.Value, 0, len(s.Sealer.ids))
	for _, id := range s.Sealer.ids {
		out = append(out, query.String(s.Sealer.hash(id, place(s.collections[collection], field), text)))
	}
	return out
}
