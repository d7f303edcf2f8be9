package basalt

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"time"
)

// Upload describes a file to upload.
type Upload struct {
	// Path is where the file is among others, such as "trips/sea.png", over the one that is there; empty for nowhere.
	Path string
	// Name is how the file is called; the end of Path when it is empty.
	Name string
	// Type is the media type that is declared. The server detects the type from the content.
	Type string
	// Fields are those of the document.
	Fields map[string]any
}

// Upload stores a file in a collection of files, and returns its document. It is read once, as it goes. One of more than 5 MiB
// that has no Path goes in pieces, of which those that break off are sent again; everything else is sent once.
func (q Query[T]) Upload(ctx context.Context, from io.Reader, about Upload) (doc T, err error) {
	if about.Path == "" {
		begin, size, pieced, err := large(from)
		if err != nil {
			return doc, err
		}
		if pieced {
			p := &pieces{client: q.client, as: q.client.Auth.userID()}
			id, err := p.send(ctx, q.name, about, begin, from, size)
			if err != nil {
				return doc, err
			}
			return q.Doc(id).Get(ctx)
		}
		if begin != nil {
			from = bytes.NewReader(begin)
		}
	}
	params := url.Values{}
	for name, value := range map[string]string{"path": about.Path, "name": about.Name} {
		if value != "" {
			params.Set(name, value)
		}
	}
	if about.Fields != nil {
		fields, err := json.Marshal(about.Fields)
		if err != nil {
			return doc, fmt.Errorf("basalt: encoding the fields: %w", err)
		}
		params.Set("fields", string(fields))
	}
	method := http.MethodPost
	if about.Path != "" {
		method = http.MethodPut
	}
	r := call{method: method, path: q.filePath(""), query: params, as: q.client.Auth.userID()}
	return doc, q.client.sendFile(ctx, r, from, about.Type, &doc)
}

// sendFile sends a file as it is, and decodes what was made of it.
func (c *Client) sendFile(ctx context.Context, r call, from io.Reader, mediaType string, doc any) error {
	if mediaType == "" {
		mediaType = "application/octet-stream"
	}
	r.header, r.raw = http.Header{"Content-Type": {mediaType}}, from
	token := ""
	if !r.anonymous {
		var err error
		if token, err = c.Auth.tokenOf(ctx, r.as, false); err != nil {
			return err
		}
	}
	resp, err := c.open(ctx, r, token)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("basalt: reading the answer: %w", err)
	}
	if err := aDocument.check(resp, answer); err != nil {
		return err
	}
	if err := json.Unmarshal(answer, doc); err != nil {
		return fmt.Errorf("basalt: decoding the answer: %w", err)
	}
	return nil
}

// Picture is a picture that the server makes of an image, where the collection has `files: { images: {} }`.
type Picture struct {
	// Width and Height are of the box that it fits in, in pixels; 0 for any. It is never larger than the image.
	Width, Height int
	// Fit is contain or cover; empty for contain.
	Fit string
	// Format is jpeg or png; empty for jpeg, or png for what is transparent.
	Format string
	// Quality is that of jpeg, 1 to 100; 0 for the server's own.
	Quality int
}

// values returns the parameters of the picture that an address is of, none for the file itself.
func (p Picture) values() map[string]any {
	out := map[string]any{}
	for name, value := range map[string]int{"width": p.Width, "height": p.Height, "quality": p.Quality} {
		if value != 0 {
			out[name] = value
		}
	}
	for name, value := range map[string]string{"fit": p.Fit, "format": p.Format} {
		if value != "" {
			out[name] = value
		}
	}
	return out
}

// bytesPath is the path of the bytes of a file, or of a picture of it.
func (q Query[T]) bytesPath(id string, of []Picture) string {
	values := url.Values{}
	for _, p := range of {
		for name, value := range p.values() {
			values.Set(name, fmt.Sprint(value))
		}
	}
	path := q.filePath("/" + url.PathEscape(id))
	if len(values) > 0 {
		path += "?" + values.Encode()
	}
	return path
}

// Download returns the bytes of a file, or of a picture of it, which the caller closes.
func (q Query[T]) Download(ctx context.Context, id string, of ...Picture) (io.ReadCloser, error) {
	r := call{method: http.MethodGet, path: q.bytesPath(id, of), as: q.client.Auth.userID()}
	var body io.ReadCloser
	err := q.client.authorized(ctx, r, func(token string) error {
		resp, err := q.client.open(ctx, r, token)
		if err == nil {
			body = resp.Body
		}
		return err
	})
	return body, err
}

// URL is the address of a file, or of a picture of it, for callers who need no token to read it.
func (q Query[T]) URL(id string, of ...Picture) string { return q.client.base + q.bytesPath(id, of) }

// Link makes an address of a file, or of a picture of it, that is good without a token for some time, up to a week. It
// outlives a sign-out; a new password of its maker, or signing out everywhere, ends it.
func (q Query[T]) Link(ctx context.Context, id string, lifetime time.Duration, of ...Picture) (address string, expires time.Time, err error) {
	var link struct {
		URL     string    `json:"url"`
		Expires time.Time `json:"expires"`
	}
	body := map[string]any{"expires": lifetime.String()}
	for _, p := range of {
		maps.Copy(body, p.values())
	}
	_, err = q.client.do(ctx, call{method: http.MethodPost, path: q.filePath("/" + url.PathEscape(id) + "/link"), body: body, due: due{members: []string{"url", "expires"}}}, &link)
	return q.client.base + link.URL, link.Expires, err
}

// UploadLink is an address that is good without a token for one upload.
type UploadLink struct {
	// ID names the link for RevokeUploadLink.
	ID      string    `json:"id"`
	URL     string    `json:"url"`
	Expires time.Time `json:"expires"`
}

// UploadBounds is what a link for one upload takes.
type UploadBounds struct {
	// Document is the id of the file whose bytes it replaces; empty for a new file.
	Document string
	// Max is how many bytes the file may have, and Types are the media types it may have, such as image/*; empty for those of
	// the collection.
	Max   int64
	Types []string
	// Path, Name and Fields are those of a new file.
	Path, Name string
	Fields     map[string]any
}

// UploadLink makes an address for one upload: a PUT or POST of a file as it is. The rules are asked as the caller, now and
// when it is used.
func (q Query[T]) UploadLink(ctx context.Context, lifetime time.Duration, bounds UploadBounds) (link UploadLink, err error) {
	body := map[string]any{"expires": lifetime.String()}
	path := "/link"
	if bounds.Document != "" {
		path = "/" + url.PathEscape(bounds.Document) + path
		body["method"] = http.MethodPut
	}
	if bounds.Max > 0 {
		body["max"] = bounds.Max
	}
	if bounds.Types != nil {
		body["types"] = bounds.Types
	}
	for name, value := range map[string]string{"path": bounds.Path, "name": bounds.Name} {
		if value != "" {
			body[name] = value
		}
	}
	if bounds.Fields != nil {
		body["fields"] = bounds.Fields
	}
	_, err = q.client.do(ctx, call{method: http.MethodPost, path: q.filePath(path), body: body, due: due{members: []string{"id", "url", "expires"}}}, &link)
	link.URL = q.client.base + link.URL
	return link, err
}

// RevokeUploadLink ends a link of UploadLink, by its id.
func (q Query[T]) RevokeUploadLink(ctx context.Context, id string) error {
	_, err := q.client.do(ctx, call{method: http.MethodDelete, path: q.filePath("/link/" + url.PathEscape(id)), due: nothing}, nil)
	return err
}

// RevokeLinks ends the links for reading a file that were made until now.
func (q Query[T]) RevokeLinks(ctx context.Context, id string) error {
	_, err := q.client.do(ctx, call{method: http.MethodDelete, path: q.filePath("/" + url.PathEscape(id) + "/link"), due: nothing}, nil)
	return err
}

func (q Query[T]) filePath(rest string) string { return "/v1/files/" + url.PathEscape(q.name) + rest }
