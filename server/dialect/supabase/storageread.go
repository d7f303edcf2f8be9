package supabase

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/files"
	"github.com/basalt-dev/basalt/rules"
	"github.com/basalt-dev/basalt/server/dialect"
)

// getObject is GET and HEAD of /object/…: the bytes, or what is known of them.
func (d *Dialect) getObject(r *dialect.Request) (dialect.Response, error) {
	rest := r.Segment("*")
	kind, after, _ := strings.Cut(rest, "/")
	switch kind {
	case "public", "authenticated", "sign":
		return d.sendObject(r, kind, after, nil)
	case "info":
		for _, way := range []string{"public/", "authenticated/"} {
			if named, ok := strings.CutPrefix(after, way); ok && d.configuredBuckets[strings.TrimSuffix(way, "/")] == nil {
				after = named
				break
			}
		}
		return d.info(r, after)
	}
	return d.sendObject(r, "authenticated", rest, nil)
}

// renderObject is GET of /render/image/…: a picture of an image.
func (d *Dialect) renderObject(r *dialect.Request) (dialect.Response, error) {
	kind, rest, _ := strings.Cut(r.Segment("*"), "/")
	if kind != "public" && kind != "authenticated" && kind != "sign" {
		return dialect.Response{}, errNoObject
	}
	q, err := r.Query()
	if err != nil {
		return dialect.Response{}, err
	}
	picture, err := pictureOf(q.Get)
	if err != nil {
		return dialect.Response{}, err
	}
	return d.sendObject(r, kind, rest, picture)
}

// pictureOf translates the parameters of a transformation into those of a picture.
func pictureOf(get func(string) string) (url.Values, error) {
	out := url.Values{}
	for _, name := range []string{"width", "height", "quality"} {
		if v := get(name); v != "" {
			out.Set(name, v)
		}
	}
	switch resize := get("resize"); resize {
	case "", "cover":
		if out.Has("width") && out.Has("height") {
			out.Set("fit", "cover")
		}
	case "contain":
		out.Set("fit", "contain")
	default:
		return nil, badRequest("resize is cover or contain; fill would distort the image, and is not there")
	}
	switch format := get("format"); format {
	case "", "origin":
	default:
		out.Set("format", format)
	}
	return out, nil
}

// sendObject answers with the bytes of an object: as anyone where it is public, as the caller, or by the token of the address.
func (d *Dialect) sendObject(r *dialect.Request, kind, rest string, picture url.Values) (dialect.Response, error) {
	b, path, err := d.object(r, rest)
	if err != nil {
		return dialect.Response{}, err
	}
	if err := r.Count(b.Name, rules.Read, 1); err != nil {
		return dialect.Response{}, err
	}
	var f *files.File
	switch kind {
	case "public":
		if !b.Public {
			return dialect.Response{}, errNoBucket
		}
		f, err = d.file(r, anyone(r.Caller), b, path)
	case "sign":
		f, picture, err = d.followed(r, b, path, picture != nil)
	default:
		f, err = d.file(r, r.Caller, b, path)
	}
	if err != nil {
		return dialect.Response{}, unseen(err)
	}
	return dialect.Response{File: f, FileOf: b.Collection, Picture: picture, Failed: func(err error) (dialect.Response, error) { return storageAnswer(dialect.Response{}, err) }}, nil
}

// anyone is a caller without rights.
func anyone(caller crud.Caller) crud.Caller {
	caller.Auth, caller.Admin = nil, false
	return caller
}

// unseen makes what may not be read what is not there.
func unseen(err error) error {
	switch fault.CodeOf(err) {
	case fault.Unauthenticated, fault.Forbidden:
		return errNoObject
	}
	return err
}

// info is GET of /object/info/…
func (d *Dialect) info(r *dialect.Request, rest string) (dialect.Response, error) {
	b, path, err := d.object(r, rest)
	if err != nil {
		return dialect.Response{}, err
	}
	if err := r.Count(b.Name, rules.Read, 1); err != nil {
		return dialect.Response{}, err
	}
	f, err := d.file(r, r.Caller, b, path)
	if err != nil {
		return dialect.Response{}, unseen(err)
	}
	o, err := d.described(r, f)
	if err != nil {
		return dialect.Response{}, err
	}
	metadata := o.Metadata
	if len(metadata) == 0 || string(metadata) == "null" {
		metadata = json.RawMessage("{}")
	}
	return asJSON(map[string]any{
		"id": o.ID, "name": path, "bucket_id": b.name, "version": o.SHA256, "size": f.Size, "content_type": f.Type, "cache_control": "no-cache",
		"etag": f.ETag(), "metadata": metadata, "last_modified": o.Updated, "created_at": o.Created,
	})
}

// described is what the caller may see of the document of a file: of one whose bytes alone are public, its id.
func (d *Dialect) described(r *dialect.Request, f *files.File) (object, error) {
	doc, err := d.Files.Seen(r.Context, d.Crud, r.Caller, f)
	switch fault.CodeOf(err) {
	case fault.NotFound, fault.Forbidden, fault.Unauthenticated:
		return object{ID: f.ID}, nil
	}
	if err != nil {
		return object{}, err
	}
	return objectOf(doc)
}

// signedToken is what stands in the address of a signed object: the parameters of a link of the native API.
func signedToken(id string, link url.Values) string {
	link.Set("id", id)
	return base64.RawURLEncoding.EncodeToString([]byte(link.Encode()))
}

// followed finds the object of a signed address. One of a picture is good for that picture, and one of the file for the file.
func (d *Dialect) followed(r *dialect.Request, b *bucket, path string, rendered bool) (*files.File, url.Values, error) {
	q, err := r.Query()
	if err != nil {
		return nil, nil, err
	}
	raw, err := base64.RawURLEncoding.DecodeString(q.Get("token"))
	if err != nil || len(raw) == 0 {
		return nil, nil, errToken
	}
	link, err := url.ParseQuery(string(raw))
	if err != nil {
		return nil, nil, errToken
	}
	f, err := d.Files.Follow(r.Context, d.Crud, r.Caller, b.Collection, link.Get("id"), link)
	if fault.CodeOf(err) == fault.Forbidden {
		return nil, nil, errToken
	}
	if err != nil {
		return nil, nil, err
	}
	if !f.At(b.path(path)) {
		return nil, nil, errToken
	}
	picture := url.Values{}
	for _, name := range []string{"width", "height", "fit", "format", "quality"} {
		if link.Has(name) {
			picture.Set(name, link.Get(name))
		}
	}
	if len(picture) > 0 != rendered {
		return nil, nil, errToken
	}
	return f, picture, nil
}
