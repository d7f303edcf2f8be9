package api

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/files"
	"github.com/basalt-dev/basalt/modules/files/images"
)

// linkBody is what a link is asked for with: how long it is good, and for reading the picture that it is to. With the
// method PUT it is for one upload, which has bounds.
type linkBody struct {
	Expires *string `json:"expires"`
	Method  string  `json:"method"`

	Width   json.Number `json:"width"`
	Height  json.Number `json:"height"`
	Quality json.Number `json:"quality"`
	Fit     string      `json:"fit"`
	Format  string      `json:"format"`

	Max    int64                      `json:"max"`
	Types  []string                   `json:"types"`
	Path   string                     `json:"path"`
	Name   string                     `json:"name"`
	Fields map[string]json.RawMessage `json:"fields"`
}

// readLink reads the body of a request for a link, which may be empty, and how long it is to be good.
func readLink(r *request) (asked linkBody, lifetime time.Duration, err error) {
	lifetime = time.Hour
	body := r.body()
	if len(body) == 0 {
		return asked, lifetime, nil
	}
	if err := json.Unmarshal(body, &asked); err != nil {
		return asked, 0, fault.Errorf(fault.InvalidJSON, "the body is a JSON object such as {\"expires\":\"1h\"}")
	}
	if asked.Expires != nil {
		if lifetime, err = time.ParseDuration(*asked.Expires); err != nil {
			return asked, 0, fault.FieldErrorf("expires", "form", "expires is a duration such as 15m or 1h")
		}
	}
	return asked, lifetime, nil
}

// picture returns the parameters of the address of the picture, none for the file itself.
func (b *linkBody) picture(allowed *images.Allowed) (url.Values, error) {
	out := url.Values{}
	for name, value := range map[string]string{"width": b.Width.String(), "height": b.Height.String(), "quality": b.Quality.String(), "fit": b.Fit, "format": b.Format} {
		if value != "" {
			out.Set(name, value)
		}
	}
	_, err := images.Parse(out.Get, allowed)
	return out, err
}

// upload is what a link for one upload grants.
func (b *linkBody) upload(document string) *files.Grant {
	return &files.Grant{Document: document, Bounds: files.Bounds{Max: b.Max, Types: b.Types}, Path: b.Path, Name: b.Name, Fields: b.Fields}
}

// link is POST /v1/files/{collection}/{id}/link: for reading the file, or for replacing its bytes once.
func (f *fileCalls) link(r *request) ([]byte, error) {
	c, err := f.find(r)
	if err != nil {
		return nil, err
	}
	asked, lifetime, err := readLink(r)
	if err != nil {
		return nil, err
	}
	switch asked.Method {
	case "", http.MethodGet:
	case http.MethodPut:
		if asked.Path != "" || asked.Name != "" || asked.Fields != nil {
			return nil, fault.FieldErrorf("path", "unknown_field", "a link that replaces bytes leaves the rest of the document as it is")
		}
		return f.linkUpload(r, c, asked.upload(r.id()), lifetime)
	default:
		return nil, fault.FieldErrorf("method", "enum", "method is GET, or PUT to replace the bytes once")
	}
	picture, err := asked.picture(c.Images)
	if err != nil {
		return nil, err
	}
	file, err := f.files.Get(r.context, f.docs, r.caller, c, r.id())
	if err != nil {
		return nil, err
	}
	l, err := f.files.Link(r.context, r.caller, file, lifetime, picture)
	if err != nil {
		return nil, err
	}
	return json.Marshal(l)
}

// linkNew is POST /v1/files/{collection}/link: for creating one file.
func (f *fileCalls) linkNew(r *request) ([]byte, error) {
	c, err := f.find(r)
	if err != nil {
		return nil, err
	}
	asked, lifetime, err := readLink(r)
	if err != nil {
		return nil, err
	}
	if !slices.Contains([]string{"", http.MethodPost, http.MethodPut}, asked.Method) {
		return nil, fault.FieldErrorf("method", "enum", "this link is for an upload; one for reading is made at /v1/files/%s/{id}/link", c.Name)
	}
	return f.linkUpload(r, c, asked.upload(""), lifetime)
}

func (f *fileCalls) linkUpload(r *request, c *files.Collection, g *files.Grant, lifetime time.Duration) ([]byte, error) {
	l, err := f.files.LinkUpload(r.context, f.docs, r.caller, c, g, lifetime)
	if err != nil {
		return nil, err
	}
	return json.Marshal(l)
}

// unlink is DELETE /v1/files/{collection}/link/{link}: it revokes a link for an upload.
func (f *fileCalls) unlink(r *request) ([]byte, error) {
	c, err := f.find(r)
	if err != nil {
		return nil, err
	}
	return nil, f.files.RevokeUpload(r.context, r.caller, c, r.segment("link"))
}

// unlinkAll is DELETE /v1/files/{collection}/{id}/link: it revokes the links for reading a file.
func (f *fileCalls) unlinkAll(r *request) ([]byte, error) {
	c, err := f.find(r)
	if err != nil {
		return nil, err
	}
	return nil, f.files.RevokeLinks(r.context, f.docs, r.caller, c, r.id())
}

// uploadGranted receives the one file of a link, with the rights of who made it: a file as it is, or a form with it alone.
func (f *fileCalls) uploadGranted(r *request, c *files.Collection, secret string, body *incoming) ([]byte, error) {
	g, err := f.files.Granted(r.context, c, secret, r.id())
	if err != nil {
		return nil, err
	}
	if r.caller, err = f.files.As(r.context, g, r.caller); err != nil {
		return nil, err
	}
	kind, params, err := mime.ParseMediaType(r.header(fiber.HeaderContentType))
	if err == nil && kind == fiber.MIMEMultipartForm {
		return f.grantedForm(r, c, g, newForm(body, params["boundary"], f.body, c.FieldTypes))
	}
	said, err := announced(r, body)
	if err != nil {
		return nil, err
	}
	if said.Path != "" || said.Fields != nil {
		return nil, files.ErrGrantedFields
	}
	arrived, err := f.receiveGranted(r, c, g, g.Announce(said.Name, said.Type, said.Size), body)
	if err != nil {
		return nil, err
	}
	return f.storeGranted(r, c, g, arrived)
}

func (f *fileCalls) grantedForm(r *request, c *files.Collection, g *files.Grant, body *form) ([]byte, error) {
	part, err := body.next()
	if err != nil {
		return nil, err
	}
	if part == nil || len(body.fields) > 0 {
		return nil, files.ErrGrantedFields
	}
	said := body.announce(part)
	arrived, err := f.receiveGranted(r, c, g, g.Announce(said.Name, said.Type, said.Size), part)
	if err != nil {
		return nil, body.wrong(err)
	}
	more, err := body.next()
	if err == nil && (more != nil || len(body.fields) > 0) {
		err = files.ErrGrantedFields
	}
	if err != nil {
		f.files.Drop(r.whole, arrived)
		return nil, err
	}
	return f.storeGranted(r, c, g, arrived)
}

// receiveGranted asks the rule, and receives the bytes.
func (f *fileCalls) receiveGranted(r *request, c *files.Collection, g *files.Grant, a *files.Announced, from io.Reader) (*files.Arrived, error) {
	var err error
	if g.Document == "" {
		err = f.files.MayCreate(r.context, f.docs, r.caller, c, a)
	} else {
		err = f.files.MayReplace(r.context, f.docs, r.caller, c, g.Document, a, files.Match{})
	}
	if err != nil {
		return nil, err
	}
	return f.files.Receive(r.whole, c, a, from)
}

// storeGranted makes or changes the document. The answer says what was sent, and nothing else of the document: whoever has
// the link need not be allowed to read it.
func (f *fileCalls) storeGranted(r *request, c *files.Collection, g *files.Grant, arrived *files.Arrived) ([]byte, error) {
	id := g.Document
	if id != "" {
		if _, err := f.replaceWith(r, c, id, arrived, files.Match{}); err != nil {
			return nil, err
		}
	} else {
		created, err := f.createOf(r, c, []*files.Arrived{arrived})
		if err != nil {
			return nil, err
		}
		id = created.Items[0].ID()
	}
	return json.Marshal(arrived.Receipt(id))
}
