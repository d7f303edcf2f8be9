package supabase

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/files"
	"github.com/basalt-dev/basalt/server/dialect"
)

// The calls of supabase.storage: collections of files are the buckets, and the path of a file is the name of its object.

const storagePrefix = "/storage/v1/"

// storageProblem is an error in the form of Supabase Storage, whose status is 400 for all that a client can do wrong; the
// real one is in the body.
type storageProblem struct {
	Status  string `json:"statusCode"`
	Error_  string `json:"error"`
	Message string `json:"message"`
	Code    string `json:"code"`
}

// Error implements error.
func (p storageProblem) Error() string { return p.Message }

func (p storageProblem) response() dialect.Response {
	body, _ := json.Marshal(p)
	return dialect.JSON(http.StatusBadRequest, body)
}

var (
	errNoObject = storageProblem{"404", "not_found", "Object not found", "NoSuchKey"}
	errNoBucket = storageProblem{"404", "Bucket not found", "Bucket not found", "NoSuchBucket"}
	errExists   = storageProblem{"409", "Duplicate", "The resource already exists", "KeyAlreadyExists"}
	errToken    = storageProblem{"400", "InvalidJWT", "The token of this address is not valid", "InvalidJWT"}
	errTooLarge = storageProblem{"413", "Payload too large", "The object exceeded the maximum allowed size", "EntityTooLarge"}
)

func badRequest(message string) storageProblem {
	return storageProblem{"400", "invalid_request", message, "InvalidRequest"}
}

// storageProblemOf is an error of a module in the form of Supabase Storage.
func storageProblemOf(e *fault.Error) (storageProblem, bool) {
	switch e.Code {
	case fault.NotFound:
		return errNoObject, true
	case fault.Conflict:
		return errExists, true
	case fault.Unauthenticated, fault.Forbidden:
		return storageProblem{"403", "Unauthorized", "new row violates row-level security policy", "AccessDenied"}, true
	case fault.TooLarge:
		return errTooLarge, true
	case fault.UnsupportedMedia:
		return storageProblem{"415", "invalid_mime_type", e.Error(), "InvalidMimeType"}, true
	case fault.Invalid, fault.InvalidJSON:
		return badRequest(e.Error()), true
	}
	return storageProblem{}, false
}

// storageRoutes are the calls of supabase.storage. Those of the objects branch in their handlers, because a bucket may have
// any name.
func (d *Dialect) storageRoutes() []dialect.Route {
	if d.Files == nil {
		return nil
	}
	object := storagePrefix + "object/*"
	route := func(method, path string, do func(*dialect.Request) (dialect.Response, error)) dialect.Route {
		return dialect.Route{Method: method, Path: path, Writes: method != http.MethodGet, Streams: path == object && (method == http.MethodPost || method == http.MethodPut),
			Do: func(r *dialect.Request) (dialect.Response, error) { return storageAnswer(do(r)) }}
	}
	bucket := storagePrefix + "bucket"
	return []dialect.Route{
		route(http.MethodGet, bucket, d.buckets),
		route(http.MethodPost, bucket, d.makeBucket),
		route(http.MethodGet, bucket+"/:bucket", d.getBucket),
		route(http.MethodPut, bucket+"/:bucket", d.changeBucket),
		route(http.MethodDelete, bucket+"/:bucket", d.deleteBucket),
		route(http.MethodPost, bucket+"/:bucket/empty", d.emptyBucket),
		route(http.MethodGet, object, d.getObject),
		route(http.MethodPost, object, d.postObject),
		route(http.MethodPut, object, d.putObject),
		route(http.MethodDelete, object, d.deleteObject),
		route(http.MethodGet, storagePrefix+"render/image/*", d.renderObject),
		resumable(http.MethodPost, "", d.beginUpload),
		resumable(http.MethodPost, "/sign", d.beginUpload),
		resumable(http.MethodPatch, "/*", d.goOn),
		resumable(http.MethodGet, "/*", d.goOn), // which is HEAD
		resumable(http.MethodDelete, "/*", d.goOn),
	}
}

// storageAnswer is the response of a call, with errors in the form of Supabase Storage. Unexpected ones are left to the
// server, which logs them.
func storageAnswer(r dialect.Response, err error) (dialect.Response, error) {
	if err == nil {
		return r, nil
	}
	var p storageProblem
	if errors.As(err, &p) {
		return p.response(), nil
	}
	var e *fault.Error
	if errors.As(err, &e) {
		p, known := storageProblemOf(e)
		if t := (*files.RefusedType)(nil); errors.As(err, &t) {
			p.Message = "mime type " + t.Type + " is not supported"
		}
		if known {
			return p.response(), nil
		}
	}
	return r, err
}

// place splits what follows a prefix into the bucket and the path of the object, which may be empty.
func (d *Dialect) place(r *dialect.Request, rest string) (b *bucket, path string, err error) {
	name, path, _ := strings.Cut(rest, "/")
	b, err = d.bucketOf(r, name)
	return b, path, err
}

// object is place for one that has to be named.
func (d *Dialect) object(r *dialect.Request, rest string) (*bucket, string, error) {
	b, path, err := d.place(r, rest)
	if err != nil {
		return nil, "", err
	}
	if wrong := files.CheckPath(b.path(path)); path == "" || wrong != "" {
		return nil, "", storageProblem{"400", "InvalidKey", "Invalid key: " + fault.Clip(path) + ": " + wrong, "InvalidKey"}
	}
	return b, path, nil
}

// readJSON decodes the body of a request that is JSON, whether it streams or not.
func (d *Dialect) readJSON(r *dialect.Request, into any) error {
	body := r.Body
	if r.Stream != nil {
		var err error
		limit := int64(d.Config.Limits.Body)
		if body, err = io.ReadAll(io.LimitReader(r.Stream, limit+1)); err != nil {
			return err
		}
		if int64(len(body)) > limit {
			return fault.Errorf(fault.TooLarge, "the body is larger than limits.body")
		}
	}
	if err := json.Unmarshal(body, into); err != nil {
		return badRequest("the body is not the JSON object that this call takes")
	}
	return nil
}

// asJSON answers with a value.
func asJSON(v any) (dialect.Response, error) {
	body, err := json.Marshal(v)
	return dialect.JSON(http.StatusOK, body), err
}

// done answers with a message.
func done(message string) (dialect.Response, error) {
	return asJSON(map[string]string{"message": message})
}
