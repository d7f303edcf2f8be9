package files

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash"
	"io"
	"time"

	"github.com/google/uuid"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
)

// Announced is what a client says of a file before its bytes.
type Announced struct {
	// Path and Name are empty where they are not said. Whole paths of a name are cut off.
	Path, Name string
	// Type is the media type, which only the rules hear of.
	Type string
	// Size is -1 where it is not known.
	Size int64
	// Fields are those of the document.
	Fields map[string]json.RawMessage
	// Metadata is how a client of tus has said all this.
	Metadata string `json:"-"`
	// Replaces is the id of the file that gets the bytes of an upload in pieces; empty for a new one.
	Replaces string `json:",omitempty"`
	// Link is the link that an upload in pieces comes by.
	Link string `json:",omitempty"`

	grant *Grant // of the link that it comes by; nil for none
	left  *int64 // of the quota; nil where it was not asked
}

// most is how many bytes the file may have.
func (a *Announced) most(c *Collection) int64 {
	if a.grant != nil && a.grant.Max > 0 {
		return min(c.Max, a.grant.Max)
	}
	return c.Max
}

// tooLarge is the error for a file of more bytes than most.
func (a *Announced) tooLarge(c *Collection) error {
	if most := a.most(c); most < c.Max {
		return fault.Errorf(fault.TooLarge, "the file is larger than %d bytes, which is the bound of this link", most)
	}
	return fault.Errorf(fault.TooLarge, "the file is larger than %d bytes, which is files.max of %s", c.Max, c.Name)
}

// fits refuses a media type that the collection, or the link, does not take.
func (a *Announced) fits(c *Collection, mediaType string) error {
	if !c.accepts(mediaType) {
		return c.refuseType(mediaType)
	}
	if a.grant != nil && !accepts(a.grant.Types, mediaType) {
		return refuseType(mediaType, "this link", a.grant.Types)
	}
	return nil
}

// document returns the document of a file as JSON, with values of the server.
func (a *Announced) document(served map[string]any) []byte {
	doc := make(map[string]any, len(a.Fields)+len(served)+2)
	for name, value := range a.Fields {
		switch name {
		case fieldType, fieldSize, fieldSHA256, "created", "updated", Charged, Pending:
		default:
			doc[name] = value
		}
	}
	if a.Path != "" {
		doc[fieldPath] = a.Path
	}
	if a.Name != "" {
		doc[fieldName] = a.Name
	}
	for name, value := range served {
		doc[name] = value
	}
	out, _ := json.Marshal(doc) // what cannot be encoded was refused by check
	return out
}

// check refuses what no file may be called, and what is too large.
func (a *Announced) check(c *Collection) error {
	a.Name, a.Type = baseName(a.Name), bare(a.Type)
	if a.Name == "" && a.Path != "" && a.Fields[fieldName] == nil {
		a.Name = baseName(a.Path)
	}
	for name, value := range a.Fields {
		if !json.Valid(value) {
			return fault.FieldErrorf(name, "type", "the value of %s is not JSON", fault.Clip(name))
		}
	}
	path, name := a.Path, a.Name
	for given, into := range map[string]*string{fieldPath: &path, fieldName: &name} {
		var text *string
		if raw := a.Fields[given]; raw != nil && json.Unmarshal(raw, &text) == nil && text != nil && *into == "" {
			*into = *text
		}
	}
	if err := checkNames(path, name); err != nil {
		return err
	}
	if a.Size > a.most(c) {
		return a.tooLarge(c)
	}
	return nil
}

// MayCreate asks the create rule before the bytes are there.
func (s *Service) MayCreate(ctx context.Context, docs *crud.Service, caller crud.Caller, c *Collection, a *Announced) error {
	err := s.rulesLetCreate(ctx, docs, caller, c, a)
	if err != nil && fault.CodeOf(err) != fault.Invalid { // of a form, other fields may follow
		return err
	}
	if err := c.makeRoom(ctx, docs, caller, a); err != nil {
		return err
	}
	return err
}

// rulesLetCreate is MayCreate without the quota.
func (s *Service) rulesLetCreate(ctx context.Context, docs *crud.Service, caller crud.Caller, c *Collection, a *Announced) error {
	if err := a.check(c); err != nil {
		return err
	}
	served, unknown := map[string]any{}, []string{fieldSHA256}
	if a.Size >= 0 {
		served[fieldSize] = a.Size
	} else {
		unknown = append(unknown, fieldSize)
	}
	if a.Type != "" {
		served[fieldType] = a.Type
	} else {
		unknown = append(unknown, fieldType)
	}
	return docs.MayCreate(ctx, serving(caller), c.Name, a.document(served), unknown...)
}

// MayReplace asks the update rule before the bytes are there.
func (s *Service) MayReplace(ctx context.Context, docs *crud.Service, caller crud.Caller, c *Collection, id string, a *Announced, match Match) error {
	if err := a.check(c); err != nil {
		return err
	}
	served := map[string]any{fieldType: a.Type, fieldSHA256: ""}
	if a.Size >= 0 {
		served[fieldSize] = a.Size
	}
	return docs.MayUpdate(ctx, serving(caller), crud.Target{Collection: c.Name, ID: id}, a.document(served), match.document)
}

// Arrived is a file that is stored and has no document yet.
type Arrived struct {
	Announced
	collection *Collection
	key, sum   string
	size       int64
	mediaType  string
}

// inspector passes bytes on, and counts and hashes them. It ends with an error when there are too many.
type inspector struct {
	from io.Reader
	c    *Collection
	a    *Announced
	hash hash.Hash
	n    int64
	err  error // other than the end
}

func (i *inspector) Read(p []byte) (int, error) {
	n, err := i.from.Read(p)
	i.hash.Write(p[:n])
	if i.n += int64(n); i.n > i.a.most(i.c) {
		err = i.a.tooLarge(i.c)
	} else if left := i.a.left; left != nil && i.n > *left {
		err = i.c.overQuota(i.c.Quota - *left + i.n)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		i.err = err
	}
	return n, err
}

// Receive stores the bytes of a file. It holds no more of them than a buffer. The caller makes a document of what has
// arrived, or calls Drop.
func (s *Service) Receive(ctx context.Context, c *Collection, a *Announced, from io.Reader) (*Arrived, error) {
	out := &Arrived{Announced: *a, collection: c, key: arrived + uuid.NewString()}
	in := &inspector{from: from, c: c, a: a, hash: sha256.New()}
	head := make([]byte, sniffed)
	n, err := io.ReadFull(in, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, err
	}
	out.mediaType = c.typeOf(head[:n], a.Type)
	if err := a.fits(c, out.mediaType); err != nil {
		s.Observe("refused")
		return nil, err
	}
	if err := c.Store.Put(ctx, out.key, io.MultiReader(bytes.NewReader(head[:n]), in), a.Size); err != nil {
		return nil, cmp.Or(in.err, err)
	}
	if a.left != nil {
		*a.left -= in.n
	}
	out.size, out.sum = in.n, hex.EncodeToString(in.hash.Sum(nil))
	return out, nil
}

// ErrCut is the error of a body that ended before its end. A reader that was cut off returns it.
var ErrCut = fault.Errorf(fault.InvalidJSON, "the upload ended before all of it was there")

// Drop removes what has arrived and will have no document.
func (s *Service) Drop(ctx context.Context, a *Arrived) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := a.collection.Store.Delete(ctx, a.key); err != nil {
		s.Log.Warn("a file that was refused is still stored; the sweeper removes it", "error", err.Error())
	}
}

// place gives what has arrived the keys of its content. From then on, until unpin is called, no one removes it.
func (s *Service) place(ctx context.Context, c *Collection, all []*Arrived) (unpin func(), err error) {
	unpin = c.Store.pin(all)
	for _, a := range all {
		if err := c.Store.Move(ctx, a.key, c.key(a.sum)); err != nil {
			unpin()
			for _, a := range all {
				s.Drop(ctx, a)
			}
			s.giveUp(c, all...)
			return nil, err
		}
	}
	return unpin, nil
}

// Create makes the documents of files that have arrived, all or none.
func (s *Service) Create(ctx context.Context, docs *crud.Service, caller crud.Caller, c *Collection, all []*Arrived) (crud.Created, error) {
	unpin, err := s.place(ctx, c, all)
	if err != nil {
		return crud.Created{}, err
	}
	body := []byte{'['}
	for i, a := range all {
		if i > 0 {
			body = append(body, ',')
		}
		body = append(body, a.document(a.served())...)
	}
	if body = append(body, ']'); len(all) == 1 {
		body = body[1 : len(body)-1]
	}
	var created crud.Created
	err = c.storing(ctx, docs, all[0].grant, func(docs *crud.Service, store db.Store) error {
		if created, err = docs.Create(ctx, serving(caller), c.Name, body); err != nil || c.Quota == 0 {
			return err
		}
		key, err := c.chargedTo(docs, caller)
		if err != nil || key.IsNull() {
			return err
		}
		return c.charge(ctx, store, key)
	})
	unpin()
	if err != nil {
		s.giveUp(c, all...)
		return created, err
	}
	s.Observe("received")
	for i, a := range all {
		s.received(c, created.Items[i].ID(), a.sum)
	}
	return created, nil
}

// storing runs what stores documents, in one transaction with what has to happen with it: a link is used up, and a quota is
// counted.
func (c *Collection) storing(ctx context.Context, docs *crud.Service, g *Grant, f func(*crud.Service, db.Store) error) error {
	if c.Quota == 0 && g == nil {
		return f(docs, nil)
	}
	if g != nil && !docs.Atomic(c.Name) { // the other order would let it be used twice
		if err := g.spend(ctx, c.Database); err != nil {
			return err
		}
		g = nil
	}
	return docs.Transaction(ctx, c.Name, func(docs *crud.Service, store db.Store) error {
		if g != nil {
			if err := g.spend(ctx, store); err != nil {
				return err
			}
		}
		return f(docs, store)
	})
}

// Receipt is what is known of a file to whoever has sent it.
type Receipt struct {
	ID     string `json:"id"`
	Name   string `json:"name,omitempty"`
	Type   string `json:"type"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// Receipt is that of a file which has become the document of an id.
func (a *Arrived) Receipt(id string) Receipt { return Receipt{id, a.Name, a.mediaType, a.size, a.sum} }

func (a *Arrived) served() map[string]any {
	out := map[string]any{fieldType: a.mediaType, fieldSize: a.size, fieldSHA256: a.sum}
	if a.collection.Checked {
		out[Pending] = true
	}
	return out
}

// Replace gives a document other bytes.
func (s *Service) Replace(ctx context.Context, docs *crud.Service, caller crud.Caller, c *Collection, id string, a *Arrived, match Match) (crud.Document, error) {
	unpin, err := s.place(ctx, c, []*Arrived{a})
	if err != nil {
		return crud.Document{}, err
	}
	var doc crud.Document
	err = c.storing(ctx, docs, a.grant, func(docs *crud.Service, store db.Store) error {
		before := int64(0)
		doc, err = docs.UpdateIf(ctx, serving(caller), crud.Target{Collection: c.Name, ID: id}, a.document(a.served()), func(doc crud.Document) error {
			size, _ := doc.Field(fieldSize)
			before = size.Int()
			return match.document(doc)
		})
		if err != nil || c.Quota == 0 || caller.Admin {
			return err
		}
		return c.chargeReplaced(ctx, docs, store, caller, doc, a.size > before)
	})
	unpin()
	if err != nil {
		s.giveUp(c, a)
		return doc, err
	}
	s.Observe("received")
	s.received(c, id, a.sum)
	return doc, nil
}

// giveUp releases bytes of which no document was made.
func (s *Service) giveUp(c *Collection, all ...*Arrived) {
	for _, a := range all {
		s.Note(c.Name, a.sum)
	}
	s.Flush()
}
