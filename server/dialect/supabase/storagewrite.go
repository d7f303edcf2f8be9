package supabase

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"path"
	"strings"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/files"
	"github.com/basalt-dev/basalt/rules"
	"github.com/basalt-dev/basalt/server/dialect"
)

// postObject is POST of /object/…: an upload, or one of the calls that begin like one.
func (d *Dialect) postObject(r *dialect.Request) (dialect.Response, error) {
	rest := r.Segment("*")
	kind, after, _ := strings.Cut(rest, "/")
	switch {
	case kind == "list":
		return d.listObjects(r, after)
	case kind == "list-v2":
		return d.listPages(r, after)
	case kind == "sign":
		return d.signObjects(r, after)
	case strings.HasPrefix(rest, "upload/sign/"):
		return d.signUpload(r, strings.TrimPrefix(rest, "upload/sign/"))
	case rest == "move":
		return d.moveObject(r)
	case rest == "copy":
		return d.copyObject(r)
	}
	return d.upload(r, rest, upserts(r), false)
}

func upserts(r *dialect.Request) bool { return r.Header("x-upsert") == "true" }

// putObject is PUT of /object/…: other bytes of an object, or an upload to a signed address.
func (d *Dialect) putObject(r *dialect.Request) (dialect.Response, error) {
	rest := r.Segment("*")
	if signed, ok := strings.CutPrefix(rest, "upload/sign/"); ok {
		return d.uploadSigned(r, signed)
	}
	return d.upload(r, rest, true, true)
}

// stored is the answer to an upload.
func stored(b *bucket, id, path string) (dialect.Response, error) {
	return asJSON(map[string]string{"Id": id, "Key": b.name + "/" + path})
}

// upload stores an object. upsert lets it replace one, and there says that there has to be one.
func (d *Dialect) upload(r *dialect.Request, rest string, upsert, there bool) (dialect.Response, error) {
	b, at, err := d.object(r, rest)
	if err != nil {
		return dialect.Response{}, err
	}
	id := ""
	if upsert {
		if id, err = d.seen(r.Context, r.Caller, b, at); err != nil {
			return dialect.Response{}, err
		}
		if there && id == "" {
			return dialect.Response{}, errNoObject
		}
	}
	body, a, err := d.sent(r, b, at)
	if err != nil {
		return dialect.Response{}, err
	}
	if id, err = d.store(r, r.Caller, b, id, a, body); err != nil {
		return dialect.Response{}, err
	}
	return stored(b, id, at)
}

// seen returns the id of the object of a path that a caller sees; empty for none, as for a caller who sees nothing.
func (d *Dialect) seen(ctx context.Context, caller crud.Caller, b *bucket, at string) (string, error) {
	id, err := d.Files.IDOf(ctx, d.Crud, caller, b.Collection, b.path(at))
	if code := fault.CodeOf(err); code == fault.Unauthenticated || code == fault.Forbidden {
		return "", nil
	}
	return id, err
}

// store receives a file, and makes or changes its document.
func (d *Dialect) store(r *dialect.Request, caller crud.Caller, b *bucket, id string, a *files.Announced, body io.Reader) (string, error) {
	var err error
	if id == "" {
		err = d.Files.MayCreate(r.Context, d.Crud, caller, b.Collection, a)
	} else if err = r.Count(b.Name, rules.Update, 1); err == nil {
		err = d.Files.MayReplace(r.Context, d.Crud, caller, b.Collection, id, a, files.Match{})
	}
	if err != nil {
		return "", err
	}
	arrived, err := d.Files.Receive(r.Whole, b.Collection, a, body)
	if err != nil {
		return "", err
	}
	ctx, cancel := r.Afresh()
	defer cancel()
	if id != "" {
		_, err = d.Files.Replace(ctx, d.Crud, caller, b.Collection, id, arrived, files.Match{})
		return id, err
	}
	created, err := d.Files.Create(ctx, d.Crud, caller, b.Collection, []*files.Arrived{arrived})
	if err != nil {
		return "", err
	}
	return created.Items[0].ID(), nil
}

// maxPart is how long a field of a form is beside its file.
const maxPart = 64 << 10

// sent returns the bytes that a request has, as they come, and what it says of them: the file of a form, or the body.
func (d *Dialect) sent(r *dialect.Request, b *bucket, at string) (io.Reader, *files.Announced, error) {
	a := &files.Announced{Path: b.path(at), Name: path.Base(at), Type: r.Header("Content-Type"), Size: r.Length, Fields: b.fields()}
	kind, params, err := mime.ParseMediaType(a.Type)
	if err == nil && kind == "multipart/form-data" {
		return fileOf(multipart.NewReader(r.Stream, params["boundary"]), a)
	}
	if encoded := r.Header("x-metadata"); encoded != "" {
		raw, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			return nil, nil, badRequest("x-metadata is JSON in base64")
		}
		if err := describe(a, raw); err != nil {
			return nil, nil, err
		}
	}
	return r.Stream, a, nil
}

// withMetadata is the fields of a file with its metadata.
func withMetadata(fields map[string]json.RawMessage, metadata []byte) map[string]json.RawMessage {
	out := map[string]json.RawMessage{"metadata": metadata}
	maps.Copy(out, fields)
	return out
}

// describe sets the metadata of a file.
func describe(a *files.Announced, raw []byte) error {
	if !json.Valid(raw) {
		return badRequest("metadata is not JSON")
	}
	a.Fields = withMetadata(a.Fields, raw)
	return nil
}

// formFile is the file of a form.
type formFile struct{ *multipart.Part }

// Read implements io.Reader. A form that is cut off is an error of the client.
func (f formFile) Read(p []byte) (int, error) {
	n, err := f.Part.Read(p)
	if err != nil && !errors.Is(err, io.EOF) && fault.CodeOf(err) == fault.Internal {
		err = files.ErrCut
	}
	return n, err
}

// fileOf returns the file of a form, and reads the fields before it.
func fileOf(form *multipart.Reader, a *files.Announced) (io.Reader, *files.Announced, error) {
	for range 16 {
		part, err := form.NextPart()
		if err != nil {
			break
		}
		if part.FileName() != "" {
			a.Type, a.Size = part.Header.Get("Content-Type"), -1
			return formFile{part}, a, nil
		}
		text, err := io.ReadAll(io.LimitReader(part, maxPart+1))
		if err != nil || len(text) > maxPart {
			break
		}
		if part.FormName() == "metadata" {
			if err := describe(a, text); err != nil {
				return nil, nil, err
			}
		}
	}
	return nil, nil, badRequest("the body is a form with one file, after at most 16 fields of up to 64 KiB")
}

// transfer is the body of a move or a copy.
type transfer struct {
	Bucket      string `json:"bucketId"`
	Source      string `json:"sourceKey"`
	Destination string `json:"destinationKey"`
	To          string `json:"destinationBucket"`
}

// transferOf reads which object goes where.
func (d *Dialect) transferOf(r *dialect.Request) (f *files.File, from, to *bucket, dest string, err error) {
	var t transfer
	if err = d.readJSON(r, &t); err != nil {
		return nil, nil, nil, "", err
	}
	if t.To == "" {
		t.To = t.Bucket
	}
	from, source, err := d.object(r, t.Bucket+"/"+strings.TrimPrefix(t.Source, "/"))
	if err != nil {
		return nil, nil, nil, "", err
	}
	if to, dest, err = d.object(r, t.To+"/"+strings.TrimPrefix(t.Destination, "/")); err != nil {
		return nil, nil, nil, "", err
	}
	f, err = d.file(r, r.Caller, from, source)
	return f, from, to, dest, unseen(err)
}

// moveObject is POST of /object/move: another path under the update rule, or a copy to another bucket and a delete.
func (d *Dialect) moveObject(r *dialect.Request) (dialect.Response, error) {
	f, from, to, dest, err := d.transferOf(r)
	if err != nil {
		return dialect.Response{}, err
	}
	id := f.ID
	if from.name == to.name {
		if err := r.Count(from.Name, rules.Update, 1); err != nil {
			return dialect.Response{}, err
		}
		body, err := json.Marshal(map[string]string{"path": to.path(dest), "name": path.Base(dest)})
		if err != nil {
			return dialect.Response{}, err
		}
		if _, err := d.Crud.Update(r.Context, r.Caller, crud.Target{Collection: from.Name, ID: f.ID}, body); err != nil {
			return dialect.Response{}, err
		}
	} else {
		if id, err = d.copyTo(r, f, to, "", dest); err != nil {
			return dialect.Response{}, err
		}
		if err := d.delete(r, from, f.ID); err != nil { // it stays where it is
			undo := r.Caller
			undo.Admin = true
			return dialect.Response{}, errors.Join(err, d.Files.Delete(r.Whole, d.Crud, undo, to.Collection, id, files.Match{}))
		}
	}
	return asJSON(map[string]string{"message": "Successfully moved", "Id": id, "Key": to.name + "/" + dest})
}

// copyObject is POST of /object/copy.
func (d *Dialect) copyObject(r *dialect.Request) (dialect.Response, error) {
	f, _, to, dest, err := d.transferOf(r)
	if err != nil {
		return dialect.Response{}, err
	}
	id := ""
	if upserts(r) {
		if id, err = d.seen(r.Context, r.Caller, to, dest); err != nil {
			return dialect.Response{}, err
		}
	}
	if id, err = d.copyTo(r, f, to, id, dest); err != nil {
		return dialect.Response{}, err
	}
	return stored(to, id, dest)
}

// copyTo stores the bytes and the metadata of a file under another path.
func (d *Dialect) copyTo(r *dialect.Request, f *files.File, to *bucket, id, dest string) (_ string, err error) {
	o, err := d.described(r, f)
	if err != nil {
		return "", err
	}
	a := &files.Announced{Path: to.path(dest), Name: path.Base(dest), Type: f.Type, Size: f.Size, Fields: to.fields()}
	if len(o.Metadata) > 0 && string(o.Metadata) != "null" {
		a.Fields = withMetadata(a.Fields, o.Metadata)
	}
	body, err := f.Open(r.Whole, 0, f.Size)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, body.Close()) }()
	return d.store(r, r.Caller, to, id, a, body)
}

func (d *Dialect) delete(r *dialect.Request, b *bucket, id string) error {
	if err := r.Count(b.Name, rules.Delete, 1); err != nil {
		return err
	}
	return d.Files.Delete(r.Context, d.Crud, r.Caller, b.Collection, id, files.Match{})
}

// maxRemoved is how many objects one call removes.
const maxRemoved = 1000

// deleteObject is DELETE of /object/{bucket}, with a list of paths, or of /object/{bucket}/{path}. What the caller may not
// delete is left, as rows are.
func (d *Dialect) deleteObject(r *dialect.Request) (dialect.Response, error) {
	b, at, err := d.place(r, r.Segment("*"))
	if err != nil {
		return dialect.Response{}, err
	}
	if at != "" {
		removed, err := d.removeAll(r, b, []string{at})
		if err == nil && len(removed) == 0 {
			err = errNoObject
		}
		if err != nil {
			return dialect.Response{}, err
		}
		return done("Successfully deleted")
	}
	var asked struct{ Prefixes []string }
	if err := d.readJSON(r, &asked); err != nil {
		return dialect.Response{}, err
	}
	if len(asked.Prefixes) == 0 || len(asked.Prefixes) > maxRemoved {
		return dialect.Response{}, badRequest("prefixes has 1 to 1000 paths")
	}
	removed, err := d.removeAll(r, b, asked.Prefixes)
	if err != nil {
		return dialect.Response{}, err
	}
	return asJSON(removed)
}

func (d *Dialect) removeAll(r *dialect.Request, b *bucket, paths []string) ([]listed, error) {
	out := []listed{}
	for _, at := range paths {
		f, err := d.file(r, r.Caller, b, strings.Trim(at, "/"))
		var o object
		if err == nil {
			o, err = d.described(r, f)
		}
		if err == nil {
			err = d.delete(r, b, f.ID)
		}
		switch fault.CodeOf(err) {
		case fault.NotFound, fault.Forbidden, fault.Unauthenticated:
			continue
		}
		if err != nil {
			return nil, err
		}
		one := o.listed(at)
		one.Bucket = b.name
		out = append(out, one)
	}
	return out, nil
}
