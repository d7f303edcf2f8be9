package supabase

import (
	"encoding/json"
	"net/url"
	"path"
	"time"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/files"
	"github.com/basalt-dev/basalt/rules"
	"github.com/basalt-dev/basalt/server/dialect"
)

// uploadLifetime is how long an address for one upload is good.
const uploadLifetime = 2 * time.Hour

// signing is the body of a request for signed addresses.
type signing struct {
	ExpiresIn int64    `json:"expiresIn"`
	Paths     []string `json:"paths"`
	Transform *struct {
		Width, Height, Quality json.Number
		Resize, Format         string
	} `json:"transform"`
}

func (s *signing) picture() (url.Values, error) {
	t := s.Transform
	if t == nil {
		return nil, nil
	}
	given := map[string]string{"width": t.Width.String(), "height": t.Height.String(), "quality": t.Quality.String(), "resize": t.Resize, "format": t.Format}
	return pictureOf(func(name string) string { return given[name] })
}

// signedPath is an address of a list of them.
type signedPath struct {
	Error *string `json:"error"`
	Path  string  `json:"path"`
	URL   *string `json:"signedURL"`
}

// signObjects is POST of /object/sign/{bucket}/{path}, or of /object/sign/{bucket} for several.
func (d *Dialect) signObjects(r *dialect.Request, rest string) (dialect.Response, error) {
	b, at, err := d.place(r, rest)
	if err != nil {
		return dialect.Response{}, err
	}
	var asked signing
	if err := d.readJSON(r, &asked); err != nil {
		return dialect.Response{}, err
	}
	if asked.ExpiresIn < 1 || asked.ExpiresIn > int64(files.LongestLink/time.Second) || len(asked.Paths) > maxRemoved {
		return dialect.Response{}, badRequest("expiresIn is a number of seconds, up to ten years, and paths has at most 1000 of them")
	}
	if at != "" {
		signed, err := d.signed(r, b, at, &asked)
		if err != nil {
			return dialect.Response{}, unseen(err)
		}
		return asJSON(map[string]string{"signedURL": signed})
	}
	out := []signedPath{}
	for _, at := range asked.Paths {
		one := signedPath{Path: at}
		signed, err := d.signed(r, b, at, &asked)
		switch fault.CodeOf(err) {
		case fault.NotFound, fault.Forbidden, fault.Unauthenticated:
			hidden := "Either the object does not exist or you do not have access to it"
			one.Error = &hidden
		default:
			if err != nil {
				return dialect.Response{}, err
			}
			one.URL = &signed
		}
		out = append(out, one)
	}
	return asJSON(out)
}

// signed returns the address of an object that the caller may read. Clients encode it.
func (d *Dialect) signed(r *dialect.Request, b *bucket, at string, asked *signing) (string, error) {
	if err := r.Count(b.Name, rules.Read, 1); err != nil {
		return "", err
	}
	f, err := d.file(r, r.Caller, b, at)
	if err != nil {
		return "", err
	}
	picture, err := asked.picture()
	if err != nil {
		return "", err
	}
	kind := "/object/sign/"
	if len(picture) > 0 {
		kind = "/render/image/sign/"
	}
	link, err := d.Files.Signed(r.Context, r.Caller, f, time.Duration(asked.ExpiresIn)*time.Second, picture)
	if err != nil {
		return "", err
	}
	return kind + b.name + "/" + at + "?token=" + signedToken(f.ID, link), nil
}

// signUpload is POST of /object/upload/sign/{bucket}/{path}: an address for one upload, with the rights of the caller.
func (d *Dialect) signUpload(r *dialect.Request, rest string) (dialect.Response, error) {
	b, at, err := d.object(r, rest)
	if err != nil {
		return dialect.Response{}, err
	}
	g := &files.Grant{Path: b.path(at), Name: path.Base(at), Fields: b.fields(), Described: true}
	id, err := d.seen(r.Context, r.Caller, b, at)
	switch {
	case err != nil:
		return dialect.Response{}, err
	case id != "" && !upserts(r):
		return dialect.Response{}, errExists
	case id != "":
		g = &files.Grant{Document: id, Described: true}
	}
	l, err := d.Files.LinkUpload(r.Context, d.Crud, r.Caller, b.Collection, g, uploadLifetime)
	if err != nil {
		return dialect.Response{}, err
	}
	u, err := url.Parse(l.URL)
	if err != nil {
		return dialect.Response{}, err
	}
	secret := u.Query().Get("upload")
	if g.Document != "" {
		secret = g.Document + ":" + secret
	}
	address := (&url.URL{Path: "/object/upload/sign/" + b.name + "/" + at, RawQuery: url.Values{"token": {secret}}.Encode()}).String()
	return asJSON(map[string]string{"url": address, "token": secret})
}

// uploadSigned is PUT of /object/upload/sign/{bucket}/{path}?token=.
func (d *Dialect) uploadSigned(r *dialect.Request, rest string) (dialect.Response, error) {
	b, at, err := d.object(r, rest)
	if err != nil {
		return dialect.Response{}, err
	}
	q, err := r.Query()
	if err != nil {
		return dialect.Response{}, err
	}
	id, secret := "", q.Get("token")
	if i := len(secret) - secretLength; i > 0 && secret[i-1] == ':' {
		id, secret = secret[:i-1], secret[i:]
	}
	g, err := d.Files.Granted(r.Context, b.Collection, secret, id)
	if fault.CodeOf(err) == fault.Forbidden {
		return dialect.Response{}, errToken
	}
	if err != nil {
		return dialect.Response{}, err
	}
	caller, err := d.Files.As(r.Context, g, r.Caller)
	if fault.CodeOf(err) == fault.Forbidden {
		return dialect.Response{}, errToken
	}
	if err != nil {
		return dialect.Response{}, err
	}
	if id == "" && g.Path != b.path(at) {
		return dialect.Response{}, errToken
	}
	if id != "" {
		if now, err := d.seen(r.Context, caller, b, at); err != nil || now != id {
			return dialect.Response{}, errToken
		}
	}
	body, said, err := d.sent(r, b, at)
	if err != nil {
		return dialect.Response{}, err
	}
	a := g.Announce(said.Name, said.Type, said.Size)
	if err := g.Describe(a, said.Fields); err != nil {
		return dialect.Response{}, err
	}
	if _, err := d.store(r, caller, b, id, a, body); err != nil {
		return dialect.Response{}, err
	}
	return asJSON(map[string]string{"Key": b.name + "/" + at})
}

// secretLength is that of the secret of a link for one upload.
const secretLength = 26
