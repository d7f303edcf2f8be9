package api

import (
	"context"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"hash"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/files"
	"github.com/basalt-dev/basalt/server/dialect"
)

// Uploads in pieces, by tus 1.0 (tus.io), with all its extensions but checksums that follow a piece.
const (
	tusVersion    = "1.0.0"
	tusExtensions = "creation,creation-with-upload,creation-defer-length,concatenation,termination,expiration,checksum"
	tusContent    = "application/offset+octet-stream"
	// documentHeader has the id of the document when an upload is whole.
	documentHeader = "X-Basalt-Document"
)

// tusChecksums are the algorithms of Upload-Checksum. They find bytes that were damaged on their way, and nothing more.
var tusChecksums = map[string]func() hash.Hash{"sha1": sha1.New, "sha256": sha256.New, "md5": md5.New}

// tusOptions is OPTIONS of /v1/files/{collection}/tus.
func (f *fileCalls) tusOptions(r *request) ([]byte, error) {
	c, err := f.find(r)
	if err != nil {
		return nil, err
	}
	r.setHeader("Tus-Resumable", tusVersion)
	r.setHeader("Tus-Version", tusVersion)
	r.setHeader("Tus-Extension", tusExtensions)
	r.setHeader("Tus-Max-Size", strconv.FormatInt(c.Max, 10))
	r.setHeader("Tus-Checksum-Algorithm", "sha1,sha256,md5")
	return nil, nil
}

// uploads is where the uploads of a request of tus are: of which collection, and at which addresses.
type uploads struct {
	of      *files.Collection
	address func(id string) string
	grant   *files.Grant // of the link that the request comes by; nil for none
	concat  bool         // whether several may become one
}

// tus checks the version of a request, and finds its uploads. By a link for one upload, which stays in the address, it is a
// request of who made that.
func (f *fileCalls) tus(r *request) (*uploads, error) {
	if err := tusSpoken(r); err != nil {
		return nil, err
	}
	c, err := f.find(r)
	if err != nil {
		return nil, err
	}
	u := &uploads{of: c, concat: true}
	query := ""
	if secret := strings.Clone(r.query("upload")); secret != "" {
		u.concat, query = false, "?"+url.Values{"upload": {secret}}.Encode()
		if u.grant, err = f.files.GrantedUpload(r.context, c, secret, r.segment("upload")); err != nil {
			return nil, err
		}
		if r.caller, err = f.files.As(r.context, u.grant, r.caller); err != nil {
			return nil, err
		}
	}
	u.address = func(id string) string { return f.base + filesPrefix + url.PathEscape(c.Name) + "/tus/" + id + query }
	return u, nil
}

// tusSpoken checks the version of a request.
func tusSpoken(r *request) error {
	r.setHeader("Tus-Resumable", tusVersion)
	if r.header("Tus-Resumable") != tusVersion {
		r.setHeader("Tus-Version", tusVersion)
		return fault.Errorf(fault.PreconditionFailed, "Tus-Resumable is %s", tusVersion)
	}
	return nil
}

// resumable answers a request of tus to a dialect.
func (f *fileCalls) resumable(r *request, body io.Reader, of *dialect.Upload) error {
	if err := tusSpoken(r); err != nil {
		return err
	}
	r.caller = of.Caller
	in, _ := body.(*incoming)
	u := &uploads{of: of.Of, address: of.Address}
	var err error
	switch method := r.method(); method {
	case http.MethodPost:
		err = f.begin(r, u, of.New, in)
	case http.MethodPatch:
		err = f.patch(r, u.of, of.ID, in)
		r.status(http.StatusNoContent)
	case http.MethodDelete:
		err = f.files.Abort(r.context, r.caller, u.of, of.ID)
		r.status(http.StatusNoContent)
	default:
		err = f.progress(r, u, of.ID)
	}
	return err
}

// tusNumber reads a header that is a number of bytes.
func tusNumber(r *request, name string) (int64, error) {
	n, err := strconv.ParseInt(r.header(name), 10, 64)
	if err != nil || n < 0 {
		return 0, fault.Errorf(fault.InvalidJSON, "%s is a number of bytes", name)
	}
	return n, nil
}

// tusCreate is POST of /v1/files/{collection}/tus.
func (f *fileCalls) tusCreate(r *request, body *incoming) ([]byte, error) {
	u, err := f.tus(r)
	if err != nil {
		return nil, err
	}
	a, err := tusMetadata(r.headerText("Upload-Metadata"))
	if err != nil {
		return nil, err
	}
	if u.grant != nil {
		if a.Path != "" || a.Fields != nil {
			return nil, files.ErrGrantedFields
		}
		granted := u.grant.Announce(a.Name, a.Type, a.Size)
		granted.Metadata = a.Metadata
		a = granted
	}
	return []byte{}, f.begin(r, u, a, body)
}

// begin begins an upload of what a client has announced.
func (f *fileCalls) begin(r *request, in *uploads, a *files.Announced, body *incoming) (err error) {
	c := in.of
	kind, of, _ := strings.Cut(r.headerText("Upload-Concat"), ";")
	begin := f.files.Begin
	switch {
	case kind == "":
	case !in.concat:
		return fault.Errorf(fault.InvalidJSON, "uploads at this address cannot be put together of others")
	case kind == "partial":
		begin = f.files.BeginPart
	case kind == "final":
		return f.tusFinal(r, in, a, of)
	default:
		return fault.Errorf(fault.InvalidJSON, "Upload-Concat is partial, or final; and the addresses of partial uploads")
	}
	if a.Size, err = tusLength(r); err != nil {
		return err
	}
	u, err := begin(r.context, f.docs, r.caller, c, a)
	if err != nil {
		return err
	}
	if a.Size == 0 || r.header(fiber.HeaderContentType) == tusContent {
		id := u.ID
		if u, err = f.append(r, c, id, 0, body); err != nil {
			ended := f.files.Abort(context.WithoutCancel(r.whole), r.caller, c, id) // its client does not know where it is
			if fault.CodeOf(ended) == fault.NotFound {
				ended = nil
			}
			return errors.Join(err, ended)
		}
	}
	tusBegun(r, in, u)
	return nil
}

// tusLength reads Upload-Length of a new upload; -1 where it follows with a piece.
func tusLength(r *request) (int64, error) {
	switch deferred := r.header("Upload-Defer-Length"); {
	case deferred == "":
		return tusNumber(r, "Upload-Length")
	case deferred != "1" || r.header("Upload-Length") != "":
		return 0, fault.Errorf(fault.InvalidJSON, "Upload-Defer-Length is 1, without Upload-Length")
	}
	return -1, nil
}

// tusFinal makes a document of partial uploads, whose addresses have spaces between.
func (f *fileCalls) tusFinal(r *request, in *uploads, a *files.Announced, of string) error {
	c := in.of
	if r.header("Upload-Length") != "" || r.header("Upload-Defer-Length") != "" {
		return fault.Errorf(fault.InvalidJSON, "the length of Upload-Concat: final is that of its parts; leave Upload-Length out")
	}
	var ids []string
	for address := range strings.FieldsSeq(of) {
		u, err := url.Parse(address)
		if err != nil {
			return fault.Errorf(fault.InvalidJSON, "Upload-Concat has addresses of partial uploads")
		}
		before, id, ok := strings.Cut(u.Path, filesPrefix+c.Name+"/tus/")
		if !ok || strings.Contains(before, filesPrefix) {
			return fault.Errorf(fault.InvalidJSON, "Upload-Concat has addresses of partial uploads of %s", c.Name)
		}
		ids = append(ids, id)
	}
	u, err := f.files.Concatenate(r.whole, f.docs, r.caller, c, a, ids)
	if err != nil {
		return err
	}
	tusBegun(r, in, u)
	return nil
}

// tusBegun says where an upload is that was begun.
func tusBegun(r *request, in *uploads, u *files.Upload) {
	tusTell(r, u)
	r.setHeader(fiber.HeaderLocation, in.address(u.ID))
	r.status(http.StatusCreated)
}

// tusTell says how far an upload is.
func tusTell(r *request, u *files.Upload) {
	r.setHeader("Upload-Offset", strconv.FormatInt(u.Offset, 10))
	if u.Document != "" {
		r.setHeader(documentHeader, u.Document)
		return
	}
	r.setHeader("Upload-Expires", u.Expires().UTC().Format(http.TimeFormat))
}

// tusMetadata reads Upload-Metadata: pairs of a name and a value in base64. Beside the names of tus clients it knows path, and
// fields, which is a JSON object.
func tusMetadata(header string) (*files.Announced, error) {
	a := &files.Announced{Metadata: header}
	for pair := range strings.SplitSeq(header, ",") {
		name, encoded, _ := strings.Cut(strings.TrimSpace(pair), " ")
		if name == "" {
			continue
		}
		raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
		if err != nil || !utf8.Valid(raw) {
			return nil, fault.Errorf(fault.InvalidJSON, "Upload-Metadata has names, each followed by a value in base64")
		}
		switch value := string(raw); name {
		case "filename", "name":
			a.Name = value
		case "filetype", "type", "contentType":
			a.Type = value
		case "path", "relativePath":
			if value != "null" && value != "" {
				a.Path = value
			}
		case "fields":
			if err := json.Unmarshal(raw, &a.Fields); err != nil {
				return nil, fault.Errorf(fault.InvalidJSON, "fields in Upload-Metadata must be a JSON object")
			}
		}
	}
	return a, nil
}

// append adds the body to an upload.
func (f *fileCalls) append(r *request, c *files.Collection, id string, offset int64, body *incoming) (*files.Upload, error) {
	sum, err := tusSum(r.headerText("Upload-Checksum"))
	if err != nil {
		return nil, err
	}
	return f.files.Append(r.whole, f.docs, r.caller, c, id, offset, body, sum)
}

func tusSum(header string) (*files.Sum, error) {
	if header == "" {
		return nil, nil
	}
	algorithm, encoded, _ := strings.Cut(header, " ")
	want, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || tusChecksums[algorithm] == nil {
		return nil, fault.Errorf(fault.InvalidJSON, "Upload-Checksum is sha1, sha256 or md5, followed by the checksum in base64")
	}
	return &files.Sum{Hash: tusChecksums[algorithm](), Want: want}, nil
}

// tusPatch is PATCH of /v1/files/{collection}/tus/{upload}.
func (f *fileCalls) tusPatch(r *request, body *incoming) ([]byte, error) {
	u, err := f.tus(r)
	if err != nil {
		return nil, err
	}
	return nil, f.patch(r, u.of, r.segment("upload"), body)
}

// patch adds a piece to an upload.
func (f *fileCalls) patch(r *request, c *files.Collection, id string, body *incoming) error {
	if r.header(fiber.HeaderContentType) != tusContent {
		return fault.Errorf(fault.UnsupportedMedia, "the Content-Type of a piece is %s", tusContent)
	}
	offset, err := tusNumber(r, "Upload-Offset")
	if err != nil {
		return err
	}
	if r.header("Upload-Length") != "" {
		length, err := tusNumber(r, "Upload-Length")
		if err == nil {
			err = f.files.SetLength(r.context, f.docs, r.caller, c, id, length)
		}
		if err != nil {
			return err
		}
	}
	u, err := f.append(r, c, id, offset, body)
	if err != nil {
		return err
	}
	tusTell(r, u)
	return nil
}

// tusHead is HEAD of /v1/files/{collection}/tus/{upload}.
func (f *fileCalls) tusHead(r *request, _ *crud.Service) ([]byte, error) {
	in, err := f.tus(r)
	if err != nil {
		return nil, err
	}
	return []byte{}, f.progress(r, in, r.segment("upload"))
}

// progress says how much of an upload is there.
func (f *fileCalls) progress(r *request, in *uploads, id string) error {
	u, err := f.files.Progress(context.WithoutCancel(r.context), f.docs, r.caller, in.of, id)
	if err != nil {
		return err
	}
	tusTell(r, u)
	if u.Length < 0 {
		r.setHeader("Upload-Defer-Length", "1")
	} else {
		r.setHeader("Upload-Length", strconv.FormatInt(u.Length, 10))
	}
	if u.Metadata != "" {
		r.setHeader("Upload-Metadata", u.Metadata)
	}
	switch {
	case u.Partial:
		r.setHeader("Upload-Concat", "partial")
	case len(u.Of) > 0:
		addresses := make([]string, len(u.Of))
		for i, id := range u.Of {
			addresses[i] = in.address(id)
		}
		r.setHeader("Upload-Concat", "final;"+strings.Join(addresses, " "))
	}
	r.setHeader(fiber.HeaderCacheControl, "no-store")
	r.status(http.StatusOK)
	return nil
}

// tusDelete is DELETE of /v1/files/{collection}/tus/{upload}.
func (f *fileCalls) tusDelete(r *request) ([]byte, error) {
	u, err := f.tus(r)
	if err != nil {
		return nil, err
	}
	return nil, f.files.Abort(r.context, r.caller, u.of, r.segment("upload"))
}
