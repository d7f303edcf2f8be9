package files

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/files/storage"
)

const (
	// expiry is how long an upload in pieces may rest.
	expiry = 24 * time.Hour
	// maxParts is how many pieces an upload may have.
	maxParts = 10_000
	// infoName is the object beside the pieces that says whose they are.
	infoName = "info"
	maxInfo  = 64 << 10
)

// uploads are those in pieces that this node is working on.
type uploads struct {
	busyMu sync.Mutex
	busy   map[string]bool // guarded by busyMu
}

// Upload is a file that comes in pieces. It belongs to whoever began it.
type Upload struct {
	ID string `json:"-"`
	// Offset is how much of it is there.
	Offset int64 `json:"-"`

	Collection string    `json:"collection"`
	Owner      string    `json:"owner"`
	Length     int64     `json:"length"`
	Announced  Announced `json:"announced"`
	Begun      time.Time `json:"begun"`
	// Document is the id of the document when all is there.
	Document string `json:"document,omitempty"`

	parts  []storage.Object
	newest time.Time
}

// Expires is when what is there is removed.
func (u *Upload) Expires() time.Time { return u.newest.Add(expiry) }

func ownerOf(caller crud.Caller) string {
	sub, _ := caller.Auth["sub"].(string)
	switch {
	case caller.Auth != nil:
		return "user " + sub
	case caller.Admin:
		return "admin"
	}
	return "anyone"
}

// Begin begins an upload in pieces. The create rule is asked now, and again when all is there.
func (s *Service) Begin(ctx context.Context, docs *crud.Service, caller crud.Caller, c *Collection, a *Announced) (*Upload, error) {
	if err := s.MayCreate(ctx, docs, caller, c, a); err != nil {
		return nil, err
	}
	id := make([]byte, 16)
	rand.Read(id) // never fails since Go 1.24
	u := &Upload{ID: hex.EncodeToString(id), Collection: c.Name, Owner: ownerOf(caller), Length: a.Size, Announced: *a, Begun: s.Now(), newest: s.Now()}
	return u, s.saveUpload(ctx, c, u)
}

func (s *Service) saveUpload(ctx context.Context, c *Collection, u *Upload) error {
	info, err := json.Marshal(u)
	if err != nil {
		return err
	}
	if len(info) > maxInfo {
		return fault.Errorf(fault.TooLarge, "Upload-Metadata is too large")
	}
	return c.Store.Put(ctx, u.dir()+infoName, strings.NewReader(string(info)), int64(len(info)))
}

func (u *Upload) dir() string { return resuming + u.ID + "/" }

// part is the key of the piece that begins at an offset.
func (u *Upload) part(offset int64) string { return fmt.Sprintf("%s%019d", u.dir(), offset) }

var uploadID = regexp.MustCompile(`^[0-9a-f]{32}$`)

var errNoUpload = fault.Errorf(fault.NotFound, "there is no such upload; it has ended, or it has expired")

// Resume finds an upload of the caller.
func (s *Service) Resume(ctx context.Context, caller crud.Caller, c *Collection, id string) (*Upload, error) {
	if !uploadID.MatchString(id) {
		return nil, errNoUpload
	}
	u := &Upload{ID: id}
	info, err := c.Store.Open(ctx, u.dir()+infoName, 0, maxInfo)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errNoUpload
	}
	if err != nil {
		return nil, err
	}
	err = json.NewDecoder(info).Decode(u)
	if err = errors.Join(err, info.Close()); err != nil {
		return nil, fmt.Errorf("reading the upload %s: %w", id, err)
	}
	err = c.Store.List(ctx, u.dir(), func(o storage.Object) error {
		if o.Stored.After(u.newest) {
			u.newest = o.Stored
		}
		if path.Base(o.Key) != infoName {
			u.parts = append(u.parts, o)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(u.parts, func(a, b storage.Object) int { return strings.Compare(a.Key, b.Key) })
	for i, o := range u.parts {
		if o.Key != u.part(u.Offset) { // two nodes have stored pieces that overlap: what follows is sent again
			u.parts = u.parts[:i]
			break
		}
		u.Offset += o.Size
	}
	if u.Document != "" {
		u.Offset = u.Length
	}
	mine := subtle.ConstantTimeCompare([]byte(u.Owner), []byte(ownerOf(caller))) == 1
	if u.Collection != c.Name || !mine && !caller.Admin || s.Now().After(u.Expires()) {
		return nil, errNoUpload
	}
	return u, nil
}

// Sum is a checksum of a piece that the client has sent.
type Sum struct {
	Hash hash.Hash
	Want []byte
}

// claim lets one request at a time work on an upload.
func (s *Service) claim(id string) (free func(), err error) {
	s.busyMu.Lock()
	defer s.busyMu.Unlock()
	if s.busy[id] {
		return nil, fault.Retry(fault.Locked, time.Second, "another request is working on this upload")
	}
	s.busy[id] = true
	return func() {
		s.busyMu.Lock()
		defer s.busyMu.Unlock()
		delete(s.busy, id)
	}, nil
}

// piece reads a piece, of which the rest of the upload is the most. What has come before the connection broke is kept.
type piece struct {
	from io.Reader
	room int64
	n    int64
	sum  *Sum
	cut  error
}

func (p *piece) Read(b []byte) (int, error) {
	n, err := p.from.Read(b)
	if int64(n) > p.room-p.n {
		p.cut = fault.Errorf(fault.TooLarge, "this is more than Upload-Length said")
		return 0, p.cut
	}
	p.n += int64(n)
	if p.sum != nil {
		p.sum.Hash.Write(b[:n])
	}
	if err != nil && !errors.Is(err, io.EOF) {
		p.cut, err = err, io.EOF
	}
	return n, err
}

// Append adds a piece to an upload of the caller. With the last one the document is made.
func (s *Service) Append(ctx context.Context, docs *crud.Service, caller crud.Caller, c *Collection, id string, offset int64, from io.Reader, sum *Sum) (*Upload, error) {
	free, err := s.claim(id)
	if err != nil {
		return nil, err
	}
	defer free()
	u, err := s.Resume(ctx, caller, c, id)
	switch {
	case err != nil:
		return nil, err
	case offset != u.Offset:
		return nil, fault.Errorf(fault.Conflict, "Upload-Offset is %d, and %d bytes are there", offset, u.Offset)
	case u.Document != "":
		return u, nil
	case len(u.parts) >= maxParts:
		return nil, fault.Errorf(fault.TooLarge, "an upload has at most %d pieces; send larger ones", maxParts)
	}
	if err := s.addPiece(ctx, c, u, from, sum); err != nil {
		return nil, err
	}
	if u.Offset < u.Length {
		return u, nil
	}
	return u, s.complete(ctx, docs, caller, c, u)
}

func (s *Service) addPiece(ctx context.Context, c *Collection, u *Upload, from io.Reader, sum *Sum) error {
	p := &piece{from: from, room: u.Length - u.Offset, sum: sum}
	key := u.part(u.Offset)
	kept := context.WithoutCancel(ctx) // of a client that is gone, too
	if err := c.Store.Put(kept, key, p, -1); err != nil {
		if p.cut != nil {
			return p.cut
		}
		return err
	}
	wrong := sum != nil && (p.cut != nil || subtle.ConstantTimeCompare(sum.Hash.Sum(nil), sum.Want) != 1)
	if p.n == 0 || wrong {
		if err := c.Store.Delete(kept, key); err != nil {
			return err
		}
	}
	switch {
	case p.cut != nil:
		return p.cut
	case wrong:
		return fault.Errorf(fault.ChecksumMismatch, "the checksum of this piece is another; send it again")
	case p.n > 0:
		u.parts = append(u.parts, storage.Object{Key: key, Size: p.n})
		u.Offset += p.n
		u.newest = s.Now()
	}
	return nil
}

// Abort ends an upload of the caller and removes its pieces.
func (s *Service) Abort(ctx context.Context, caller crud.Caller, c *Collection, id string) error {
	free, err := s.claim(id)
	if err != nil {
		return err
	}
	defer free()
	u, err := s.Resume(ctx, caller, c, id)
	if err != nil {
		return err
	}
	return s.removeUpload(ctx, c, u)
}

func (s *Service) removeUpload(ctx context.Context, c *Collection, u *Upload) error {
	err := s.removeParts(ctx, c, u)
	return errors.Join(err, c.Store.Delete(ctx, u.dir()+infoName))
}

func (s *Service) removeParts(ctx context.Context, c *Collection, u *Upload) error {
	var errs []error
	for _, o := range u.parts {
		errs = append(errs, c.Store.Delete(ctx, o.Key))
	}
	return errors.Join(errs...)
}

// complete makes the document of an upload that is whole.
func (s *Service) complete(ctx context.Context, docs *crud.Service, caller crud.Caller, c *Collection, u *Upload) error {
	whole := &parts{ctx: ctx, store: c.Store, left: u.parts}
	a, err := s.Receive(ctx, c, &u.Announced, whole)
	err = errors.Join(err, whole.Close())
	var created crud.Created
	if err == nil {
		created, err = s.Create(ctx, docs, caller, c, []*Arrived{a})
	}
	after := context.WithoutCancel(ctx)
	switch {
	case err == nil:
	case passes(err) && len(u.parts) > 0: // the client asks how much is there, and sends the rest again
		return errors.Join(err, c.Store.Delete(after, u.parts[len(u.parts)-1].Key))
	default:
		return errors.Join(err, s.removeUpload(after, c, u))
	}
	u.Document = created.Items[0].ID()
	return errors.Join(s.saveUpload(after, c, u), s.removeParts(after, c, u)) // a client that has missed the answer asks for the offset
}

// passes reports whether an error is not of what was sent.
func passes(err error) bool {
	switch fault.CodeOf(err) {
	case fault.Internal, fault.Unavailable, fault.Timeout, fault.RateLimited:
		return true
	}
	return false
}

// parts reads the pieces of an upload, one after the other.
type parts struct {
	ctx   context.Context
	store *Store
	left  []storage.Object
	open  io.ReadCloser
}

func (p *parts) Read(b []byte) (int, error) {
	for {
		if p.open == nil {
			if len(p.left) == 0 {
				return 0, io.EOF
			}
			var err error
			if p.open, err = p.store.Open(p.ctx, p.left[0].Key, 0, p.left[0].Size); err != nil {
				return 0, err
			}
			p.left = p.left[1:]
		}
		n, err := p.open.Read(b)
		if errors.Is(err, io.EOF) {
			err = p.Close()
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// Close closes the piece that is open.
func (p *parts) Close() error {
	if p.open == nil {
		return nil
	}
	err := p.open.Close()
	p.open = nil
	return err
}
