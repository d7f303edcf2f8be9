package files

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"maps"
	"net/url"
	"strconv"
	"time"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/files/images"
)

// MaxLink is how long a link may be good for.
const MaxLink = 7 * 24 * time.Hour

// Link is an address that is good without a token for some time. It is of the bytes that the file has: when they are
// replaced, or the document goes, the link leads nowhere.
type Link struct {
	URL     string    `json:"url"`
	Expires time.Time `json:"expires"`
}

// Link signs a link to a file that a caller may read. picture has the parameters of a picture that the link is to; it is
// empty for the file itself.
func (s *Service) Link(ctx context.Context, caller crud.Caller, f *File, lifetime time.Duration, picture url.Values) (Link, error) {
	if err := checkLifetime(lifetime); err != nil {
		return Link{}, err
	}
	return s.linkTo(ctx, caller, f, lifetime, picture)
}

// LongestLink is how long an address of another language of the API may be good.
const LongestLink = 10 * 365 * 24 * time.Hour

// Signed is Link for such a language, whose addresses are its own: it returns the parameters that [Service.Follow] takes.
func (s *Service) Signed(ctx context.Context, caller crud.Caller, f *File, lifetime time.Duration, picture url.Values) (url.Values, error) {
	if lifetime < time.Second || lifetime > LongestLink {
		return nil, fault.FieldErrorf("expires", "range", "a link is good for a second to ten years")
	}
	if _, err := images.Parse(picture.Get, f.c.Images); err != nil {
		return nil, err
	}
	q, _, err := s.signed(ctx, caller, f, lifetime, picture)
	return q, err
}

// linkTo is Link for any lifetime.
func (s *Service) linkTo(ctx context.Context, caller crud.Caller, f *File, lifetime time.Duration, more url.Values) (Link, error) {
	q, expires, err := s.signed(ctx, caller, f, lifetime, more)
	return Link{fmt.Sprintf("/v1/files/%s/%s?%s", url.PathEscape(f.c.Name), url.PathEscape(f.ID), q.Encode()), expires}, err
}

// signed returns the parameters of a link.
func (s *Service) signed(ctx context.Context, caller crud.Caller, f *File, lifetime time.Duration, more url.Values) (url.Values, time.Time, error) {
	expires := s.Now().Add(lifetime).UTC().Truncate(time.Second)
	q := url.Values{"expires": {strconv.FormatInt(expires.Unix(), 10)}, "version": {s.version(f.sum)}, "made": {strconv.FormatInt(s.Now().UnixMicro(), 10)}}
	maps.Copy(q, more)
	if err := s.tellMaker(ctx, caller, q); err != nil {
		return nil, expires, err
	}
	q.Set("signature", s.sign(f.c.Name, f.ID, q))
	return q, expires, nil
}

func checkLifetime(lifetime time.Duration) error {
	if lifetime < time.Second || lifetime > MaxLink {
		return fault.FieldErrorf("expires", "range", "expires is 1s to 168h, as in \"1h\"")
	}
	return nil
}

// sign returns the signature of a link's parameters.
func (s *Service) sign(collection, id string, q url.Values) string {
	parts := []string{"link", collection, id, q.Get("expires"), q.Get("made"), q.Get("version")}
	for _, name := range append([]string{"check", byMaker}, images.Names()...) {
		if q.Has(name) {
			parts = append(parts, name, q.Get(name))
		}
	}
	return s.mac(parts...)
}

// version names bytes without saying their hash.
func (s *Service) version(sum string) string { return s.mac("version", sum)[:16] }

func (s *Service) mac(parts ...string) string {
	return base64.RawURLEncoding.EncodeToString(s.sum(parts...))
}

func (s *Service) sum(parts ...string) []byte {
	mac := hmac.New(sha256.New, s.Key)
	for _, part := range parts { // each with its length, so that no part of a client's is taken for two
		mac.Write(binary.AppendUvarint(nil, uint64(len(part))))
		mac.Write([]byte(part))
	}
	return mac.Sum(nil)
}

var (
	errLinkInvalid = fault.Errorf(fault.Forbidden, "this link is not valid")
	errLinkRevoked = fault.Errorf(fault.Forbidden, "this link was revoked")
)

// Follow finds the file of a link, without asking the rules.
func (s *Service) Follow(ctx context.Context, docs *crud.Service, caller crud.Caller, c *Collection, id string, q url.Values) (*File, error) {
	expires, err := strconv.ParseInt(q.Get("expires"), 10, 64)
	switch {
	case err != nil || !hmac.Equal([]byte(q.Get("signature")), []byte(s.sign(c.Name, id, q))):
		return nil, errLinkInvalid
	case !s.Now().Before(time.Unix(expires, 0)):
		return nil, fault.Errorf(fault.Forbidden, "this link has expired")
	}
	made, err := strconv.ParseInt(q.Get("made"), 10, 64)
	if err != nil {
		return nil, errLinkInvalid
	}
	if err := s.checkMaker(ctx, q); err != nil {
		return nil, err
	}
	if err := s.checkRevoked(ctx, c, id, time.UnixMicro(made)); err != nil {
		return nil, err
	}
	caller.Auth, caller.Admin = nil, true
	f, err := s.findAny(ctx, docs, caller, c, crud.Read{Collection: c.Name, Kind: crud.Get, ID: id})
	if err == nil && f.pending && !q.Has("check") {
		err = crud.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	if q.Get("version") != s.version(f.sum) {
		return nil, fault.Errorf(fault.NotFound, "the file of this link has been replaced")
	}
	f.open()
	return f, nil
}
