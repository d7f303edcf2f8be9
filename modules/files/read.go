package files

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"slices"
	"time"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/files/images"
	"github.com/basalt-dev/basalt/modules/files/storage"
	"github.com/basalt-dev/basalt/modules/query"
)

// File is a file that a caller may read.
type File struct {
	ID string
	// Name is empty, and Updated zero, where the caller may not see it.
	Name, Type string
	Size       int64
	Updated    time.Time

	doc     crud.Document
	opened  bool // no rule was asked: the bytes are public, or a link is to them
	c       *Collection
	pending bool // its check has not said yes
	sum     string
	key     string         // of the bytes
	picture *images.Params // of what is asked for, nil for the file itself
	content []byte         // of a picture that was just made
}

// ETag is the strong entity tag of the bytes.
func (f *File) ETag() string {
	if f.picture != nil { // a link may be to the picture alone, so that its tag does not say the hash of the file
		sum := sha256.Sum256([]byte(f.sum + "." + f.picture.Key()))
		return tagOf(hex.EncodeToString(sum[:]))
	}
	return tagOf(f.sum)
}

func tagOf(sum string) string { return `"` + sum + `"` }

// HasTag reports whether the entity tag of the bytes is among some, of which * stands for any.
func (f *File) HasTag(tags []string) bool { return has(tags, f.ETag()) }

// Tag returns the entity tag of the bytes of a document.
func Tag(doc crud.Document) string {
	sum, _ := doc.Field(fieldSHA256)
	return tagOf(sum.Text())
}

// Get finds a file by its id, as the read rule lets a caller see it.
func (s *Service) Get(ctx context.Context, docs *crud.Service, caller crud.Caller, c *Collection, id string) (*File, error) {
	l, err := s.Look(docs, caller, c, id)
	if err != nil {
		return nil, err
	}
	return l.Find(ctx)
}

// Lookup is a file that a caller asks for by its id.
type Lookup struct {
	// Plan finds its document.
	Plan   *crud.Plan
	c      *Collection
	opened bool // no rule is asked
}

// Look prepares [Service.Get].
func (s *Service) Look(docs *crud.Service, caller crud.Caller, c *Collection, id string) (*Lookup, error) {
	plan, err := docs.Prepare(c.opened(caller), crud.Read{Collection: c.Name, Kind: crud.Get, ID: id})
	return &Lookup{plan, c, c.Public && !caller.Admin}, err
}

// Find finds it.
func (l *Lookup) Find(ctx context.Context) (*File, error) {
	result, err := l.Plan.Run(ctx)
	if err == nil && len(result.Documents) == 0 {
		err = crud.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	f, err := l.c.fileOf(result.Documents[0])
	if err == nil && f.pending {
		err = crud.ErrNotFound
	}
	if err == nil && l.opened {
		f.open()
	}
	return f, err
}

// Kind is equal for lookups whose file is the same wherever their plans are: whoever reads public bytes sees less of it than an
// administrator.
func (l *Lookup) Kind() string {
	if l.opened {
		return "public file"
	}
	return "file"
}

// record is what a cache keeps of a file that was found.
type record struct {
	ID, Name, Type, Sum string
	Size                int64
	Updated             time.Time
}

// Record is what [Lookup.Recall] makes the file of again, all but its document.
func (f *File) Record() ([]byte, error) {
	return json.Marshal(record{f.ID, f.Name, f.Type, f.sum, f.Size, f.Updated})
}

// Recall returns the file of a record.
func (l *Lookup) Recall(from []byte) (*File, error) {
	var r record
	if err := json.Unmarshal(from, &r); err != nil {
		return nil, err
	}
	return &File{ID: r.ID, Name: r.Name, Type: r.Type, Size: r.Size, Updated: r.Updated, c: l.c, sum: r.Sum, key: l.c.key(r.Sum), opened: l.opened}, nil
}

// opened is who reads the bytes: whoever it is, where they are public.
func (c *Collection) opened(caller crud.Caller) crud.Caller {
	caller.Admin = caller.Admin || c.Public
	return caller
}

// open hides what has a rule, because none was asked.
func (f *File) open() {
	f.opened = true
	if f.c.Hides[fieldName] {
		f.Name = ""
	}
	if f.c.Hides[fieldUpdated] {
		f.Updated = time.Time{}
	}
}

// Value is that of a field of the document, as the caller sees it.
func (f *File) Value(field string) query.Value {
	v, _ := f.doc.Field(field)
	return v
}

// At reports whether a file is the one of a path.
func (f *File) At(path string) bool {
	at, _ := f.doc.Field(fieldPath)
	return at.Text() == path
}

// Seen is the document of a file as the rules let a caller see it. Whoever may read bytes that are public, or that a link is
// to, need not see it.
func (s *Service) Seen(ctx context.Context, docs *crud.Service, caller crud.Caller, f *File) (crud.Document, error) {
	if !f.opened {
		return f.doc, nil
	}
	result, err := docs.Read(ctx, caller, crud.Read{Collection: f.c.Name, Kind: crud.Get, ID: f.ID})
	if err == nil && len(result.Documents) == 0 {
		err = crud.ErrNotFound
	}
	if err != nil {
		return crud.Document{}, err
	}
	return result.Documents[0], nil
}

// GetPath finds a file by its path.
func (s *Service) GetPath(ctx context.Context, docs *crud.Service, caller crud.Caller, c *Collection, path string) (*File, error) {
	f, err := s.findPath(ctx, docs, c.opened(caller), c, path)
	if err == nil && c.Public && !caller.Admin {
		f.open()
	}
	return f, err
}

// findPath is [Service.GetPath] for the rules of every collection.
func (s *Service) findPath(ctx context.Context, docs *crud.Service, caller crud.Caller, c *Collection, path string) (*File, error) {
	if CheckPath(path) != "" {
		return nil, crud.ErrNotFound
	}
	body, err := json.Marshal(map[string]any{"where": map[string]any{fieldPath: map[string]any{"$eq": path}}, "limit": 1})
	if err != nil {
		return nil, err
	}
	return s.find(ctx, docs, caller, c, crud.Read{Collection: c.Name, Body: body})
}

// IDOf returns the id of the file that a caller sees under a path, empty for none.
func (s *Service) IDOf(ctx context.Context, docs *crud.Service, caller crud.Caller, c *Collection, path string) (string, error) {
	f, err := s.findPath(ctx, docs, caller, c, path)
	if fault.CodeOf(err) == fault.NotFound {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return f.ID, nil
}

// find finds a file whose bytes may be read as far as its check says.
func (s *Service) find(ctx context.Context, docs *crud.Service, caller crud.Caller, c *Collection, read crud.Read) (*File, error) {
	f, err := s.findAny(ctx, docs, caller, c, read)
	if err == nil && f.pending {
		return nil, crud.ErrNotFound
	}
	return f, err
}

// findAny is find for the check itself.
func (s *Service) findAny(ctx context.Context, docs *crud.Service, caller crud.Caller, c *Collection, read crud.Read) (*File, error) {
	result, err := docs.Read(ctx, caller, read)
	if err != nil {
		return nil, err
	}
	if len(result.Documents) == 0 {
		return nil, crud.ErrNotFound
	}
	return c.fileOf(result.Documents[0])
}

func (c *Collection) fileOf(doc crud.Document) (*File, error) {
	f := &File{doc: doc, ID: doc.ID(), Type: "application/octet-stream", c: c}
	sum, _ := doc.Field(fieldSHA256)
	if len(sum.Text()) != hashLength {
		return nil, fault.Errorf(fault.NotFound, "this document has no bytes")
	}
	f.sum, f.key = sum.Text(), c.key(sum.Text())
	if name, shown := doc.Field(fieldName); shown {
		f.Name = name.Text()
	}
	if t, shown := doc.Field(fieldType); shown && t.Text() != "" {
		f.Type = t.Text()
	}
	size, _ := doc.Field(fieldSize)
	f.Size = size.Int()
	if updated, shown := doc.Field(fieldUpdated); shown {
		f.Updated = updated.Time()
	}
	if c.Checked {
		pending, _ := doc.Field(Pending)
		f.pending = pending.Bool()
	}
	return f, nil
}

// Open reads a part of the bytes.
func (f *File) Open(ctx context.Context, offset, length int64) (io.ReadCloser, error) {
	if f.content != nil {
		return io.NopCloser(bytes.NewReader(f.content[offset : offset+length])), nil
	}
	if fixed, ok := f.c.Store.Storage.(storage.Fixed); ok { // the key is the hash of the bytes
		return fixed.OpenFixed(ctx, f.key, offset, length)
	}
	return f.c.Store.Open(ctx, f.key, offset, length)
}

// longestRedirect is how long an address of the storage is good: for the client to follow it.
const longestRedirect = time.Minute

// MayRedirect reports whether the storage may send the bytes itself.
func (f *File) MayRedirect() bool {
	return f.c.Redirect && f.picture == nil && f.Size > 0 &&
		!f.c.Hides[fieldSHA256] && !f.c.Hides[fieldUpdated] // the storage would say them: its key is the hash
}

// Redirect returns the address where the storage itself sends the bytes, good until a time at most, and shortly; empty where
// this server sends them.
func (f *File) Redirect(ctx context.Context, now, until time.Time, mediaType, disposition string) (string, error) {
	storage, ok := f.c.Store.Storage.(storage.Presigner)
	lifetime := longestRedirect
	if left := until.Sub(now); !until.IsZero() && left < lifetime {
		lifetime = left.Truncate(time.Second)
	}
	if !ok || !f.MayRedirect() || lifetime < time.Second {
		return "", nil
	}
	return storage.Presign(ctx, f.key, lifetime, mediaType, disposition)
}

// Match is the condition of a change: the entity tags of If-Match and If-None-Match, empty for none.
type Match struct{ If, IfNone []string }

// document is the condition on the stored document.
func (m Match) document(doc crud.Document) error {
	switch tag := Tag(doc); {
	case len(m.If) > 0 && !has(m.If, tag):
		return fault.Errorf(fault.PreconditionFailed, "the file has changed; read it again")
	case len(m.IfNone) > 0 && has(m.IfNone, tag):
		return fault.Errorf(fault.PreconditionFailed, "the file exists already")
	}
	return nil
}

// Missing is the condition where there is no document.
func (m Match) Missing() error {
	if len(m.If) > 0 {
		return fault.Errorf(fault.PreconditionFailed, "there is no file to replace")
	}
	return nil
}

func has(tags []string, tag string) bool {
	return slices.ContainsFunc(tags, func(t string) bool { return t == "*" || t == tag })
}

// Delete deletes a file, and lets go of its bytes.
func (s *Service) Delete(ctx context.Context, docs *crud.Service, caller crud.Caller, c *Collection, id string, match Match) error {
	if len(match.If) > 0 {
		f, err := s.find(ctx, docs, caller, c, crud.Read{Collection: c.Name, Kind: crud.Get, ID: id})
		if err != nil {
			return err
		}
		if err := match.document(f.doc); err != nil {
			return err
		}
	}
	return docs.Delete(ctx, caller, crud.Target{Collection: c.Name, ID: id})
}
