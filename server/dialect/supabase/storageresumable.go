package supabase

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"path"
	"strconv"
	"strings"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/files"
	"github.com/basalt-dev/basalt/server/dialect"
)

// Uploads in pieces, by tus, as tus-js-client and Uppy send them: what is uploaded is in Upload-Metadata. At the address that
// ends with /sign, the token of a signed upload says who uploads.

const resumablePrefix = storagePrefix + "upload/resumable"

func resumable(method, path string, do func(*dialect.Request) (dialect.Response, error)) dialect.Route {
	return dialect.Route{Method: method, Path: resumablePrefix + path, Writes: method != http.MethodGet, Streams: method == http.MethodPost || method == http.MethodPatch,
		Do: func(r *dialect.Request) (dialect.Response, error) {
			answer, err := do(r)
			if err != nil {
				return resumableAnswer(err)
			}
			return answer, nil
		}}
}

// resumableAnswer is the answer to an error. Unlike those of other calls of storage it has the status itself, because that is
// what clients of tus go by.
func resumableAnswer(err error) (dialect.Response, error) {
	answer, err := storageAnswer(dialect.Response{}, err)
	if err != nil {
		return answer, err
	}
	var p storageProblem
	if json.Unmarshal(answer.Body, &p) == nil {
		if status, err := strconv.Atoi(p.Status); err == nil {
			answer.Status = status
		}
	}
	return answer, nil
}

// beginUpload is POST of /upload/resumable and /upload/resumable/sign.
func (d *Dialect) beginUpload(r *dialect.Request) (dialect.Response, error) {
	header := r.Header("Upload-Metadata")
	said := map[string]string{}
	for pair := range strings.SplitSeq(header, ",") {
		name, encoded, _ := strings.Cut(strings.TrimSpace(pair), " ")
		raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
		if err != nil {
			return dialect.Response{}, badRequest("Upload-Metadata has names, each followed by a value in base64")
		}
		said[name] = string(raw)
	}
	b, at, err := d.object(r, said["bucketName"]+"/"+strings.TrimPrefix(said["objectName"], "/"))
	if err != nil {
		return dialect.Response{}, err
	}
	caller, g, err := d.uploader(r, b, "")
	if err != nil {
		return dialect.Response{}, err
	}
	a := &files.Announced{Path: b.path(at), Name: path.Base(at), Fields: b.fields()}
	switch {
	case g != nil:
		if g.Path != b.path(at) && g.Document == "" {
			return dialect.Response{}, errToken
		}
		if g.Document != "" {
			if now, err := d.seen(r.Context, caller, b, at); err != nil || now != g.Document {
				return dialect.Response{}, errToken
			}
		}
		a = g.Announce(path.Base(at), "", -1)
	default:
		id, err := d.seen(r.Context, caller, b, at)
		if err == nil && id != "" && !upserts(r) {
			err = errExists
		}
		if err != nil {
			return dialect.Response{}, err
		}
		a.Replaces = id
	}
	a.Type, a.Metadata = said["contentType"], header
	if text := said["metadata"]; text != "" {
		if !json.Valid([]byte(text)) {
			return dialect.Response{}, badRequest("metadata is not JSON")
		}
		if g == nil {
			a.Fields = withMetadata(a.Fields, []byte(text))
		} else if err := g.Describe(a, withMetadata(nil, []byte(text))); err != nil {
			return dialect.Response{}, err
		}
	}
	return d.uploading(r, b, caller, &dialect.Upload{New: a}), nil
}

// signs reports whether a request is at the address for signed uploads.
func signs(r *dialect.Request) bool { return strings.HasPrefix(r.Path+"/", resumablePrefix+"/sign/") }

// uploader is who uploads, and the link that says so. id is that of an upload which was begun.
func (d *Dialect) uploader(r *dialect.Request, b *bucket, id string) (crud.Caller, *files.Grant, error) {
	if !signs(r) {
		return r.Caller, nil, nil
	}
	secret := r.Header("x-signature")
	if i := len(secret) - secretLength; i > 0 && secret[i-1] == ':' {
		secret = secret[i:]
	}
	g, err := d.Files.GrantedUpload(r.Context, b.Collection, secret, id)
	caller := r.Caller
	if err == nil {
		caller, err = d.Files.As(r.Context, g, r.Caller)
	}
	if fault.CodeOf(err) == fault.Forbidden {
		err = errToken
	}
	return caller, g, err
}

// uploading is the answer to a request of an upload in a bucket.
func (d *Dialect) uploading(r *dialect.Request, b *bucket, caller crud.Caller, u *dialect.Upload) dialect.Response {
	prefix := resumablePrefix + "/"
	if signs(r) {
		prefix += "sign/"
	}
	u.Of, u.Caller = b.Collection, caller
	u.Address = func(id string) string {
		return prefix + base64.RawURLEncoding.EncodeToString([]byte(b.name+"/"+id))
	}
	return dialect.Response{Upload: u, Failed: resumableAnswer}
}

var errNoUpload = storageProblem{"404", "not_found", "There is no such upload; it has ended, or it has expired", "NoSuchUpload"}

// goOn is HEAD, PATCH and DELETE of an upload that was begun.
func (d *Dialect) goOn(r *dialect.Request) (dialect.Response, error) {
	address := strings.TrimPrefix(r.Segment("*"), "sign/")
	raw, err := base64.RawURLEncoding.DecodeString(address)
	if err != nil {
		return dialect.Response{}, errNoUpload
	}
	i := strings.LastIndexByte(string(raw), '/')
	if i < 0 {
		return dialect.Response{}, errNoUpload
	}
	b, err := d.bucketOf(r, string(raw[:i]))
	if errors.Is(err, errNoBucket) {
		err = errNoUpload
	}
	if err != nil {
		return dialect.Response{}, err
	}
	id := string(raw[i+1:])
	caller, _, err := d.uploader(r, b, id)
	if err != nil {
		return dialect.Response{}, err
	}
	return d.uploading(r, b, caller, &dialect.Upload{ID: id}), nil
}
