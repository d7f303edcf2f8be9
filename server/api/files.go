package api

import (
	"context"
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/files"
)

// fileCalls are the calls of /v1/files.
type fileCalls struct {
	files *files.Service
	reads *reads
	docs  *crud.Service
	batch int    // files of one form
	body  int    // bytes of a form besides its files
	base  string // of addresses
}

// find returns the collection of the path, which has files.
func (f *fileCalls) find(r *request) (*files.Collection, error) {
	return f.files.Collection(r.collection())
}

// upload is POST /v1/files/{collection}: a form with files, or a file as it is.
func (f *fileCalls) upload(r *request, body *incoming) ([]byte, error) {
	c, err := f.find(r)
	if err != nil {
		return nil, err
	}
	if secret := r.query("upload"); secret != "" {
		return f.uploadGranted(r, c, secret, body)
	}
	kind, params, err := mime.ParseMediaType(r.header(fiber.HeaderContentType))
	if err == nil && kind == fiber.MIMEMultipartForm {
		return f.uploadForm(r, c, newForm(body, params["boundary"], f.body, c.FieldTypes))
	}
	a, err := announced(r, body)
	if err != nil {
		return nil, err
	}
	return f.create(r, c, a, body)
}

// announced reads what the address and the headers say of a file that is sent as it is.
func announced(r *request, body *incoming) (*files.Announced, error) {
	a := &files.Announced{Path: strings.Clone(r.query("path")), Name: strings.Clone(r.query("name")), Type: r.headerText(fiber.HeaderContentType), Size: body.length}
	if kind, _, err := mime.ParseMediaType(a.Type); err == nil && kind == fiber.MIMEMultipartForm {
		return nil, fault.Errorf(fault.UnsupportedMedia, "send the file as it is; forms are for POST /v1/files/{collection}")
	}
	if header := r.headerText("X-File-Name"); a.Name == "" && header != "" {
		name, err := url.PathUnescape(header)
		if err != nil {
			return nil, fault.FieldErrorf("X-File-Name", "form", "X-File-Name is a name, with %%-escapes where it is not ASCII")
		}
		a.Name = name
	}
	if !utf8.ValidString(a.Path + a.Name) {
		return nil, fault.FieldErrorf("name", "pattern", "a name is UTF-8")
	}
	if raw := r.query("fields"); raw != "" {
		if err := json.Unmarshal([]byte(raw), &a.Fields); err != nil {
			return nil, fault.FieldErrorf("fields", "type", "fields is a JSON object with the fields of the document")
		}
	}
	return a, nil
}

// create receives a file and makes its document.
func (f *fileCalls) create(r *request, c *files.Collection, a *files.Announced, body *incoming) ([]byte, error) {
	if err := f.files.MayCreate(r.context, f.docs, r.caller, c, a); err != nil {
		return nil, err
	}
	arrived, err := f.files.Receive(r.whole, c, a, body)
	if err != nil {
		return nil, err
	}
	return f.finish(r, c, []*files.Arrived{arrived})
}

// finish makes documents of what has arrived, and answers with them.
func (f *fileCalls) finish(r *request, c *files.Collection, all []*files.Arrived) ([]byte, error) {
	created, err := f.createOf(r, c, all)
	if err != nil {
		return nil, err
	}
	return created.AppendJSON(nil), nil
}

// createOf makes documents of what has arrived.
func (f *fileCalls) createOf(r *request, c *files.Collection, all []*files.Arrived) (crud.Created, error) {
	ctx, cancel := r.afresh()
	defer cancel()
	created, err := f.files.Create(ctx, f.docs, r.caller, c, all)
	if err == nil {
		r.status(http.StatusCreated)
		if len(all) == 1 {
			f.describe(r, c, created.Items[0])
		}
	}
	return created, err
}

// describe sets the headers for the file of a document.
func (f *fileCalls) describe(r *request, c *files.Collection, doc crud.Document) {
	r.setHeader(fiber.HeaderETag, files.Tag(doc))
	r.setHeader(fiber.HeaderLocation, f.base+filesPrefix+url.PathEscape(c.Name)+"/"+url.PathEscape(doc.ID()))
}

func (f *fileCalls) uploadForm(r *request, c *files.Collection, body *form) (_ []byte, err error) {
	var all []*files.Arrived
	defer func() {
		if err != nil {
			for _, a := range all {
				f.files.Drop(r.whole, a)
			}
		}
	}()
	for {
		part, err := body.next()
		if err != nil {
			return nil, err
		}
		if part == nil {
			break
		}
		if len(all) == f.batch {
			return nil, fault.Errorf(fault.Invalid, "a form has at most %d files (limits.batch)", f.batch)
		}
		a := body.announce(part)
		if len(all) > 0 {
			a.Share(all[0])
		}
		ctx, cancel := r.afresh()
		err = f.files.MayCreate(ctx, f.docs, r.caller, c, a)
		cancel()
		if err != nil && fault.CodeOf(err) != fault.Invalid { // fields may follow
			return nil, err
		}
		arrived, err := f.files.Receive(r.whole, c, a, part)
		if err != nil {
			return nil, body.wrong(err)
		}
		all = append(all, arrived)
	}
	if len(all) == 0 {
		return nil, fault.Errorf(fault.Invalid, "the form has no file; a file is a part with a filename")
	}
	return f.finish(r, c, all)
}

// put is PUT /v1/files/{collection}?path=: it creates a file, or replaces the one of the path.
func (f *fileCalls) put(r *request, body *incoming) ([]byte, error) {
	c, err := f.find(r)
	if err != nil {
		return nil, err
	}
	if secret := r.query("upload"); secret != "" {
		return f.uploadGranted(r, c, secret, body)
	}
	a, err := announced(r, body)
	if err != nil {
		return nil, err
	}
	if wrong := files.CheckPath(a.Path); wrong != "" {
		return nil, fault.FieldErrorf("path", "pattern", "%s", wrong)
	}
	id, err := f.files.IDOf(r.context, f.docs, r.caller, c, a.Path)
	switch match := r.match(); {
	case fault.CodeOf(err) == fault.Unauthenticated, fault.CodeOf(err) == fault.Forbidden: // who may read nothing may create
		id = ""
		fallthrough
	case err == nil && id == "":
		if err := match.Missing(); err != nil {
			return nil, err
		}
		return f.create(r, c, a, body)
	case err != nil:
		return nil, err
	}
	return f.replace(r, c, id, a, body)
}

// putID is PUT /v1/files/{collection}/{id}: it replaces the bytes.
func (f *fileCalls) putID(r *request, body *incoming) ([]byte, error) {
	c, err := f.find(r)
	if err != nil {
		return nil, err
	}
	if secret := r.query("upload"); secret != "" {
		return f.uploadGranted(r, c, secret, body)
	}
	a, err := announced(r, body)
	if err != nil {
		return nil, err
	}
	return f.replace(r, c, r.id(), a, body)
}

func (f *fileCalls) replace(r *request, c *files.Collection, id string, a *files.Announced, body *incoming) ([]byte, error) {
	match := r.match()
	if err := f.files.MayReplace(r.context, f.docs, r.caller, c, id, a, match); err != nil {
		return nil, err
	}
	arrived, err := f.files.Receive(r.whole, c, a, body)
	if err != nil {
		return nil, err
	}
	doc, err := f.replaceWith(r, c, id, arrived, match)
	if err != nil {
		return nil, err
	}
	return doc.AppendJSON(nil), nil
}

// replaceWith gives a document the bytes that have arrived.
func (f *fileCalls) replaceWith(r *request, c *files.Collection, id string, arrived *files.Arrived, match files.Match) (crud.Document, error) {
	ctx, cancel := r.afresh()
	defer cancel()
	doc, err := f.files.Replace(ctx, f.docs, r.caller, c, id, arrived, match)
	if err == nil {
		r.status(http.StatusOK)
		f.describe(r, c, doc)
	}
	return doc, err
}

// match reads If-Match and If-None-Match.
func (r *request) match() files.Match {
	return files.Match{If: tags(r.headerText(fiber.HeaderIfMatch)), IfNone: tags(r.headerText(fiber.HeaderIfNoneMatch))}
}

func tags(header string) (out []string) {
	for t := range strings.SplitSeq(header, ",") {
		if t = strings.TrimPrefix(strings.TrimSpace(t), "W/"); t != "" {
			out = append(out, t)
		}
	}
	return out
}

// remove is DELETE /v1/files/{collection}/{id}.
func (f *fileCalls) remove(r *request, docs *crud.Service) ([]byte, error) {
	c, err := f.find(r)
	if err != nil {
		return nil, err
	}
	return nil, f.files.Delete(r.context, docs, r.caller, c, r.id(), r.match())
}

// afresh returns the context of the request with a whole limits.timeout before it: receiving a file may have taken longer.
func (r *request) afresh() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.context), r.timeout)
	stop := context.AfterFunc(r.whole, cancel)
	return ctx, func() { stop(); cancel() }
}
