package files

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"strings"
	"time"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// links are the links for one upload that were not used yet, and the files whose links for reading were revoked.
var links = db.Describe("_file_links",
	db.Column{Name: "id", Type: query.TypeID},
	db.Column{Name: "value", Type: query.TypeString},
	db.Column{Name: "expires", Type: query.TypeTime, Index: true},
)

const colValue, colExpires = 1, 2

// Collections returns the internal collections to sync to the databases of files.
func Collections() []*db.Collection { return []*db.Collection{links, quotaRows, leases} }

// Bounds are those of a file, beside the ones of its collection.
type Bounds struct {
	// Max is how many bytes it may have; 0 for no bound.
	Max int64 `json:"max,omitempty"`
	// Types are the media types that it may have; none for all.
	Types []string `json:"types,omitempty"`
}

// Grant is one upload that whoever has its link may make, with the rights of its maker.
type Grant struct {
	Collection string `json:"collection"`
	// Document is the id of the file whose bytes are replaced; empty to create one.
	Document string `json:"document,omitempty"`
	Bounds
	// Path, Name and Fields are those of the new document. A name that is not said is that of the file that is sent.
	Path   string                     `json:"path,omitempty"`
	Name   string                     `json:"name,omitempty"`
	Fields map[string]json.RawMessage `json:"fields,omitempty"`
	// Described says that whoever sends the file sets the fields of its metadata, in an address of another language of the API.
	Described bool `json:"described,omitempty"`

	Owner string          `json:"owner"`
	Auth  json.RawMessage `json:"auth,omitempty"`
	Admin bool            `json:"admin,omitempty"`

	id string // in the table
}

// UploadLink is an address for one upload, without a token.
type UploadLink struct {
	// ID names the link to whoever made it, to revoke it. It is no part of the address.
	ID string `json:"id"`
	Link
}

var errNoLink = fault.Errorf(fault.Forbidden, "this link is not valid: it was used, it was revoked, or it has expired")

func linkID(secret string) string {
	sum := sha256.Sum256([]byte("upload " + secret))
	return hex.EncodeToString(sum[:16])
}

// announced is what a grant says of the file.
func (g *Grant) announced() *Announced {
	return &Announced{Path: g.Path, Name: g.Name, Size: -1, Fields: g.Fields, grant: g}
}

// LinkUpload makes a link for one upload. The create rule, or the update rule of a file that is replaced, is asked now and
// again when the link is used.
func (s *Service) LinkUpload(ctx context.Context, docs *crud.Service, caller crud.Caller, c *Collection, g *Grant, lifetime time.Duration) (UploadLink, error) {
	if err := checkLifetime(lifetime); err != nil {
		return UploadLink{}, err
	}
	if g.Max < 0 || g.Max > c.Max {
		return UploadLink{}, fault.FieldErrorf("max", "range", "max is 1 to %d bytes, which is files.max of %s", c.Max, c.Name)
	}
	for _, t := range g.Types {
		if !ValidPattern(t) {
			return UploadLink{}, fault.FieldErrorf("types", "pattern", "%q is not a media type such as image/png or image/*", t)
		}
	}
	var err error
	if g.Document == "" {
		err = s.MayCreate(ctx, docs, caller, c, g.announced())
	} else {
		err = s.MayReplace(ctx, docs, caller, c, g.Document, g.announced(), Match{})
	}
	if err != nil {
		return UploadLink{}, err
	}
	g.Collection, g.Owner, g.Admin = c.Name, ownerOf(caller), caller.Admin
	if caller.Auth != nil {
		if g.Auth, err = json.Marshal(caller.Auth); err != nil {
			return UploadLink{}, err
		}
	}
	value, err := json.Marshal(g)
	if err != nil {
		return UploadLink{}, err
	}
	if len(value) > maxInfo {
		return UploadLink{}, fault.Errorf(fault.TooLarge, "the fields of a link have at most %d bytes together", maxInfo)
	}
	secret := rand.Text()
	expires := s.Now().Add(lifetime).UTC().Truncate(time.Second)
	row := query.Row{query.String(linkID(secret)), query.String(string(value)), query.Time(expires)}
	if err := c.Database.Insert(ctx, links, []query.Row{row}); err != nil {
		return UploadLink{}, fmt.Errorf("keeping a link: %w", err)
	}
	address := "/v1/files/" + url.PathEscape(c.Name)
	if g.Document != "" {
		address += "/" + url.PathEscape(g.Document)
	}
	return UploadLink{linkID(secret), Link{address + "?upload=" + secret, expires}}, nil
}

// Granted finds what a link for one upload grants, for a file of an id or a new one.
func (s *Service) Granted(ctx context.Context, c *Collection, secret, document string) (*Grant, error) {
	g, err := s.grantOf(ctx, c, linkID(secret))
	if err != nil {
		return nil, err
	}
	if g.Document != document {
		return nil, errNoLink
	}
	return g, nil
}

// GrantedUpload is Granted for an upload in pieces, of an id where it was begun. The link of one that is whole is used up, and
// still says to its client that it is.
func (s *Service) GrantedUpload(ctx context.Context, c *Collection, secret, id string) (*Grant, error) {
	g, err := s.grantOf(ctx, c, linkID(secret))
	if fault.CodeOf(err) != fault.Forbidden || !uploadID.MatchString(id) {
		return g, err
	}
	u := &Upload{ID: id}
	if ended := u.read(ctx, c, u.ended()); ended != nil || u.Announced.Link != linkID(secret) {
		return nil, err
	}
	return u.Granted, nil
}

func (s *Service) grantOf(ctx context.Context, c *Collection, id string) (*Grant, error) {
	rows, err := c.Database.Find(db.ReadPrimary(ctx), links, db.Find{Query: query.Query{Where: links.ByKey(id), Limit: 1}})
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 || !s.Now().Before(rows[0][colExpires].Time()) {
		return nil, errNoLink
	}
	if !strings.HasPrefix(rows[0][colValue].Text(), "{") { // it says since when links for reading are revoked
		return nil, errNoLink
	}
	g := &Grant{id: id}
	if err := json.Unmarshal([]byte(rows[0][colValue].Text()), g); err != nil {
		return nil, fmt.Errorf("reading a link: %w", err)
	}
	if g.Collection != c.Name {
		return nil, errNoLink
	}
	return g, nil
}

// As returns the caller of a request that comes by a link: its maker with the claims of now, from where the request is. A
// link ends with the account or the key of its maker.
func (s *Service) As(ctx context.Context, g *Grant, from crud.Caller) (crud.Caller, error) {
	from.Admin, from.Auth = g.Admin, nil
	if g.Auth == nil {
		return from, nil
	}
	earlier, err := query.ParseJSON(g.Auth, 32)
	if err != nil {
		return from, fmt.Errorf("reading a link: %w", err)
	}
	claims, _ := earlier.Any().(map[string]any)
	admin := false
	from.Auth, admin, err = s.Maker(ctx, claims)
	from.Admin = g.Admin && admin
	if fault.CodeOf(err) == fault.Unauthenticated {
		err = errNoLink
	}
	return from, err
}

// Announce returns what is known of the file of an upload by a link. A client may say what its file is called where the link
// does not.
func (g *Grant) Announce(name, mediaType string, size int64) *Announced {
	a := g.announced()
	if a.Name == "" && a.Path == "" {
		a.Name = name
	}
	a.Type, a.Size = mediaType, size
	return a
}

// ErrGrantedFields refuses to set by a link what its maker alone sets.
var ErrGrantedFields = fault.Errorf(fault.Invalid, "this link is for the bytes of one file; its path and fields are those that the link was made with")

// Describe sets the fields that whoever sends the file has given.
func (g *Grant) Describe(a *Announced, fields map[string]json.RawMessage) error {
	if len(fields) == 0 {
		return nil
	}
	if !g.Described {
		return ErrGrantedFields
	}
	a.Fields = maps.Clone(fields)
	maps.Copy(a.Fields, g.Fields)
	return nil
}

// spend takes a link away in the transaction of its upload, so that it is good once.
func (g *Grant) spend(ctx context.Context, store db.Store) error {
	n, err := store.Delete(ctx, links, links.ByKey(g.id))
	if err == nil && n != 1 {
		err = errNoLink
	}
	return err
}

// RevokeUpload ends a link for an upload, for whoever made it.
func (s *Service) RevokeUpload(ctx context.Context, caller crud.Caller, c *Collection, id string) error {
	g, err := s.grantOf(ctx, c, id)
	switch {
	case fault.CodeOf(err) == fault.Forbidden:
		return crud.ErrNotFound
	case err != nil:
		return err
	case !caller.Admin && (caller.Auth == nil || subtle.ConstantTimeCompare([]byte(g.Owner), []byte(ownerOf(caller))) != 1):
		return crud.ErrNotFound
	}
	_, err = c.Database.Delete(ctx, links, links.ByKey(id))
	return err
}

// revoked is the id of the row that says since when links for reading a file are revoked.
func revoked(c *Collection, id string) string {
	sum := sha256.Sum256([]byte("revoked " + c.Name + "\x00" + id))
	return hex.EncodeToString(sum[:16])
}

// RevokeLinks ends the links for reading a file that were made until now, for whoever may change it.
func (s *Service) RevokeLinks(ctx context.Context, docs *crud.Service, caller crud.Caller, c *Collection, id string) error {
	if err := docs.MayUpdate(ctx, caller, crud.Target{Collection: c.Name, ID: id}, []byte("{}"), Match{}.document); err != nil {
		return err
	}
	now := s.Now()
	row := query.Row{query.String(revoked(c, id)), query.String(now.UTC().Format(time.RFC3339Nano)), query.Time(now.Add(LongestLink))}
	err := c.Database.Insert(ctx, links, []query.Row{row})
	if fault.CodeOf(err) == fault.Conflict {
		set := []db.Assignment{{Field: colValue, Value: row[colValue]}, {Field: colExpires, Value: row[colExpires]}}
		_, _, err = c.Database.Update(ctx, links, db.Update{Where: links.ByKey(revoked(c, id)), Set: set})
	}
	return err
}

// checkRevoked refuses a link for reading that was made before the links of its file were revoked.
func (s *Service) checkRevoked(ctx context.Context, c *Collection, id string, made time.Time) error {
	rows, err := c.Database.Find(db.ReadPrimary(ctx), links, db.Find{Query: query.Query{Where: links.ByKey(revoked(c, id)), Limit: 1}})
	if err != nil || len(rows) == 0 {
		return err
	}
	since, err := time.Parse(time.RFC3339Nano, rows[0][colValue].Text())
	if err != nil {
		return fmt.Errorf("reading since when links are revoked: %w", err)
	}
	if !made.After(since) {
		return errLinkRevoked
	}
	return nil
}

// pruneLinks removes links that have expired.
func (s *Service) pruneLinks(ctx context.Context) error {
	seen := map[db.Driver]bool{}
	for _, c := range s.Collections {
		if seen[c.Database] {
			continue
		}
		seen[c.Database] = true
		where := &query.Compare{Path: query.Path{Field: "expires"}, Op: query.Lt, Value: query.Time(s.Now())}
		_, err := c.Database.Delete(ctx, links, where)
		if err = errors.Join(err, s.pruneLeases(ctx, c.Database)); err != nil {
			return err
		}
	}
	return nil
}
