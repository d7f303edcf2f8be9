package files

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
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

// Upload is a file that comes in pieces. It belongs to whoever began it.
type Upload struct {
	ID string `json:"-"`
	// Offset is how much of it is there.
	Offset int64 `json:"-"`

	Collection string `json:"collection"`
	Owner      string `json:"owner"`
	// Length is -1 until the client has said it.
	Length    int64     `json:"length"`
	Announced Announced `json:"announced"`
	Begun     time.Time `json:"begun"`
	// Saved is when this was stored.
	Saved time.Time `json:"saved"`
	// Metadata is what the client has said, as it has said it.
	Metadata string `json:"metadata,omitempty"`
	// Partial says that it becomes a part of a document, with others.
	Partial bool `json:"partial,omitempty"`
	// Of are the partial ones that it was made of, for a document of several.
	Of []string `json:"of,omitempty"`
	// Granted is what the link grants that it comes by; nil for none.
	Granted *Grant `json:"granted,omitempty"`
	// Document is the id of the document when all is there.
	Document string `json:"document,omitempty"`

	parts  []storage.Object
	newest time.Time
}

// Expires is when what is there is removed.
func (u *Upload) Expires() time.Time { return u.newest.Add(expiry) }

// whole reports whether all of it is there.
func (u *Upload) whole() bool { return u.Length >= 0 && u.Offset >= u.Length }

func ownerOf(caller crud.Caller) string {
	switch {
	case caller.Auth != nil:
		return "user " + identityOf(caller.Auth)
	case caller.Admin:
		return "admin"
	}
	return "anyone"
}

// identityOf names a token's owner: its subject or key, of an issuer, and who acts for it. A token that has neither is its own.
func identityOf(auth map[string]any) string {
	parts := map[string]any{}
	for _, name := range []string{"iss", "sub", "key", "act"} {
		if v, ok := auth[name]; ok {
			parts[name] = v
		}
	}
	if parts["sub"] == nil && parts["key"] == nil {
		parts = auth
	}
	name, _ := json.Marshal(parts) // they came as JSON, and are in the order of their names
	return string(name)
}

// Begin begins an upload in pieces. The create rule is asked now, and again when all is there. A size that is not known is
// said later, by [Service.SetLength].
func (s *Service) Begin(ctx context.Context, docs *crud.Service, caller crud.Caller, c *Collection, a *Announced) (*Upload, error) {
	if a.grant != nil {
		a.Link, a.Replaces = a.grant.id, a.grant.Document
	}
	if err := s.rulesLetStore(ctx, docs, caller, c, a); err != nil {
		return nil, err
	}
	if _, err := s.fits(ctx, docs, caller, c, a.Size, ""); err != nil {
		return nil, err
	}
	u := s.newUpload(caller, c, a)
	return u, s.saveUpload(ctx, c, u)
}

// rulesLetStore asks the rule of what the upload becomes.
func (s *Service) rulesLetStore(ctx context.Context, docs *crud.Service, caller crud.Caller, c *Collection, a *Announced) error {
	if a.Replaces != "" {
		return s.MayReplace(ctx, docs, caller, c, a.Replaces, a, Match{})
	}
	return s.rulesLetCreate(ctx, docs, caller, c, a)
}

func (s *Service) newUpload(caller crud.Caller, c *Collection, a *Announced) *Upload {
	id := make([]byte, 16)
	rand.Read(id) // never fails since Go 1.24
	return &Upload{ID: uploadsOf(caller, c) + hex.EncodeToString(id), Collection: c.Name, Owner: ownerOf(caller), Length: a.Size, Metadata: a.Metadata, Announced: *a, Begun: s.Now(), newest: s.Now(), Granted: a.grant}
}

func (s *Service) saveUpload(ctx context.Context, c *Collection, u *Upload) error {
	u.Saved = s.Now()
	info, err := json.Marshal(u)
	if err != nil {
		return err
	}
	if len(info) > maxInfo {
		return fault.Errorf(fault.TooLarge, "Upload-Metadata is too large")
	}
	return c.Store.Put(ctx, u.info(), strings.NewReader(string(info)), int64(len(info)))
}

// dir is where the pieces are, and info the object that says whose they are: that is beside those of other uploads of
// the same owner that are under way, so that these can be counted. Of one that has its document it is elsewhere.
func (u *Upload) dir() string { return resuming + "pieces/" + u.ID + "/" }

func (u *Upload) info() string { return resuming + u.ID[:ownerDigits] + "/" + u.ID + "/" + infoName }

func (u *Upload) ended() string { return resuming + "ended/" + u.ID + "/" + infoName }

// read takes what was stored of an upload under a key.
func (u *Upload) read(ctx context.Context, c *Collection, key string) error {
	info, err := c.Store.Open(ctx, key, 0, maxInfo)
	if err != nil {
		return err
	}
	err = json.NewDecoder(info).Decode(u)
	if err = errors.Join(err, info.Close()); err != nil {
		return fmt.Errorf("reading the upload %s: %w", u.ID, err)
	}
	return nil
}

// part is the key of the piece that begins at an offset.
func (u *Upload) part(offset int64) string { return fmt.Sprintf("%s%019d", u.dir(), offset) }

var uploadID = regexp.MustCompile(`^[0-9a-f]{48}$`)

var errNoUpload = fault.Errorf(fault.NotFound, "there is no such upload; it has ended, or it has expired")

// Progress finds an upload of the caller, and makes its document where all is there and a node that was making it has
// stopped: a client which sees that all is there sends nothing more.
func (s *Service) Progress(ctx context.Context, docs *crud.Service, caller crud.Caller, c *Collection, id string) (*Upload, error) {
	u, err := s.Resume(ctx, caller, c, id)
	if err != nil || !u.whole() || u.Partial || u.Document != "" {
		return u, err
	}
	ctx, free, err := s.claim(ctx, c, id)
	if err != nil {
		return nil, err
	}
	defer free()
	if u, err = s.Resume(ctx, caller, c, id); err != nil || !u.whole() || u.Document != "" {
		return u, err
	}
	if err := s.complete(ctx, docs, caller, c, u); passes(err) { // the last piece is sent again
		return s.Resume(ctx, caller, c, id)
	} else if err != nil {
		return nil, err
	}
	return u, nil
}

// Resume finds an upload of the caller.
func (s *Service) Resume(ctx context.Context, caller crud.Caller, c *Collection, id string) (*Upload, error) {
	if !uploadID.MatchString(id) {
		return nil, errNoUpload
	}
	u := &Upload{ID: id}
	err := u.read(ctx, c, u.info())
	if errors.Is(err, fs.ErrNotExist) {
		err = u.read(ctx, c, u.ended())
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errNoUpload
	}
	if err != nil {
		return nil, err
	}
	u.newest = u.Saved
	err = c.Store.List(ctx, u.dir(), func(o storage.Object) error {
		if o.Stored.After(u.newest) {
			u.newest = o.Stored
		}
		u.parts = append(u.parts, o)
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
