package basalt

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	// pieceSize is how large a file may be to be sent at once, and how large the pieces of a larger one are.
	pieceSize = 5 << 20
	// pieceTries is how often a piece is sent again.
	pieceTries = 5
	// slowest is how many bytes a slow connection is given a second for.
	slowest = 16 << 10
	// ending bounds how long it takes to tell the server that an upload is given up.
	ending = 5 * time.Second
)

// pieces sends a file by tus 1.0.
type pieces struct {
	client *Client
	as     string
	// link is the secret of the link for one upload that it comes by; empty for none.
	link string
	at   string // the path of the upload
}

// ask sends a request of the protocol, and returns the headers of the answer.
func (p *pieces) ask(ctx context.Context, method, path string, header map[string]string, body []byte) (http.Header, error) {
	if p.client.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, p.client.timeout+time.Duration(len(body)/slowest)*time.Second)
		defer cancel()
	}
	r := call{method: method, path: path, as: p.as, anonymous: p.link != "", header: http.Header{"Tus-Resumable": {"1.0.0"}}}
	if p.link != "" {
		r.query = url.Values{"upload": {p.link}}
	}
	for name, value := range header {
		r.header.Set(name, value)
	}
	var answer http.Header
	err := p.client.authorized(ctx, r, func(token string) error {
		r.raw = bytes.NewReader(body)
		resp, err := p.client.open(ctx, r, token)
		if err != nil {
			return err
		}
		answer = resp.Header
		return resp.Body.Close()
	})
	return answer, err
}

// send sends a file whose beginning has been read, and the id of its document. size is -1 where it is not known.
func (p *pieces) send(ctx context.Context, collection string, about Upload, begin []byte, rest io.Reader, size int64) (id string, err error) {
	known := map[string]string{"filename": about.Name, "filetype": about.Type, "path": about.Path}
	if about.Fields != nil {
		fields, err := json.Marshal(about.Fields)
		if err != nil {
			return "", fmt.Errorf("basalt: encoding the fields: %w", err)
		}
		known["fields"] = string(fields)
	}
	var metadata []string
	for name, value := range known {
		if value != "" {
			metadata = append(metadata, name+" "+base64.StdEncoding.EncodeToString([]byte(value)))
		}
	}
	header := map[string]string{"Upload-Metadata": strings.Join(metadata, ","), "Upload-Defer-Length": "1"}
	if size >= 0 {
		delete(header, "Upload-Defer-Length")
		header["Upload-Length"] = strconv.FormatInt(size, 10)
	}
	path := "/v1/files/" + url.PathEscape(collection) + "/tus"
	begun, err := p.ask(ctx, http.MethodPost, path, header, nil)
	if err != nil {
		return "", err
	}
	location, err := url.Parse(begun.Get("Location"))
	if err != nil || !strings.Contains(location.Path, "/tus/") {
		return "", errors.New("basalt: the answer has no Location: what has answered is not the server")
	}
	p.at = path + location.Path[strings.LastIndexByte(location.Path, '/'):]
	defer func() {
		if err != nil { // it was read once, and cannot go on
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), ending)
			defer cancel()
			_, ended := p.ask(last, http.MethodDelete, p.at, nil, nil)
			if ended != nil && CodeOf(ended) != NotFound {
				err = fmt.Errorf("%w (the server keeps what it has for a day: %w)", err, ended)
			}
		}
	}()
	return p.sendAll(ctx, io.MultiReader(bytes.NewReader(begin), rest), size)
}

func (p *pieces) sendAll(ctx context.Context, from io.Reader, size int64) (string, error) {
	buffer := make([]byte, pieceSize)
	for offset := int64(0); ; {
		n, err := io.ReadFull(from, buffer)
		last := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !last {
			return "", fmt.Errorf("basalt: reading the file: %w", err)
		}
		piece := buffer[:n]
		end := offset + int64(len(piece))
		if size >= 0 && (last && end != size || end > size) {
			return "", fmt.Errorf("basalt: the file has not the %d bytes that it had", size)
		}
		id, err := p.sendPiece(ctx, piece, offset, last, size < 0)
		if id != "" || err != nil {
			return id, err
		}
		if last {
			return "", errors.New("basalt: all of the file is there, and the server has made no document of it")
		}
		offset = end
	}
}

// sendPiece sends a piece, and what the server has not got of it again. With the last one it returns the id of the document;
// tells is whether it says how long the file is.
func (p *pieces) sendPiece(ctx context.Context, piece []byte, begin int64, last, tells bool) (id string, err error) {
	end := begin + int64(len(piece))
	offset := begin
	unsure := false
	for n := 0; ; {
		var answer http.Header
		if unsure {
			answer, err = p.ask(ctx, http.MethodHead, p.at, nil, nil)
		} else {
			header := map[string]string{"Upload-Offset": strconv.FormatInt(offset, 10), "Content-Type": "application/offset+octet-stream"}
			if last && tells {
				header["Upload-Length"] = strconv.FormatInt(end, 10)
			}
			answer, err = p.ask(ctx, http.MethodPatch, p.at, header, piece[offset-begin:])
		}
		if err == nil {
			if id := answer.Get("X-Basalt-Document"); id != "" {
				return id, nil
			}
			if offset, err = strconv.ParseInt(answer.Get("Upload-Offset"), 10, 64); err != nil || offset < begin || offset > end {
				return "", fmt.Errorf("basalt: the server has %q bytes of the file, and %d were sent", answer.Get("Upload-Offset"), end)
			}
			if offset == end && (!last || !unsure) {
				return "", nil
			}
			unsure = false
			if n++; n > pieceTries {
				return "", errors.New("basalt: the server takes no more of the file")
			}
			continue
		}
		wait, passing := again(err, n)
		var e *Error
		if errors.As(err, &e) && (e.Code == Locked || e.Status == http.StatusConflict && len(e.Fields) == 0) {
			passing = true
		}
		if n++; !passing || n > pieceTries || ctx.Err() != nil {
			return "", err
		}
		unsure = true
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return "", err
		}
	}
}

// measured returns how much there is to read, -1 where that is not known.
func measured(from io.Reader) int64 {
	if r, ok := from.(interface{ Len() int }); ok {
		return int64(r.Len())
	}
	if s, ok := from.(io.Seeker); ok {
		if at, err := s.Seek(0, io.SeekCurrent); err == nil {
			if end, err := s.Seek(0, io.SeekEnd); err == nil {
				if _, err := s.Seek(at, io.SeekStart); err == nil {
					return end - at
				}
			}
		}
	}
	return -1
}

// large reads the beginning of a file, and reports whether it goes in pieces.
func large(from io.Reader) (begin []byte, size int64, is bool, err error) {
	if size = measured(from); size >= 0 {
		return nil, size, size > pieceSize, nil
	}
	begin, err = io.ReadAll(io.LimitReader(from, pieceSize+1))
	if err != nil {
		return nil, -1, false, fmt.Errorf("basalt: reading the file: %w", err)
	}
	return begin, -1, len(begin) > pieceSize, nil
}

// Receipt is what is known of a file to whoever has sent it by a link.
type Receipt struct {
	// ID is that of its document.
	ID string `json:"id"`
}

// UploadByLink stores a file by a link of [Query.UploadLink], without a token, in pieces where it is large. Of about, it takes
// Name and Type alone: the link says the rest.
func UploadByLink(ctx context.Context, link string, from io.Reader, about Upload, options ...Option) (Receipt, error) {
	u, err := url.Parse(link)
	if err != nil {
		return Receipt{}, fmt.Errorf("basalt: %w", err)
	}
	before, after, ok := strings.Cut(u.EscapedPath(), "/v1/files/")
	secret := u.Query().Get("upload")
	if !ok || secret == "" {
		return Receipt{}, errors.New("basalt: this is not a link for an upload, as UploadLink makes them")
	}
	client := New(u.Scheme+"://"+u.Host+before, options...)
	collection, document, replaces := strings.Cut(after, "/")
	if collection, err = url.PathUnescape(collection); err != nil {
		return Receipt{}, fmt.Errorf("basalt: %w", err)
	}
	about = Upload{Name: about.Name, Type: about.Type}
	begin, size, pieced, err := large(from)
	if err != nil {
		return Receipt{}, err
	}
	if pieced {
		id, err := (&pieces{client: client, link: secret}).send(ctx, collection, about, begin, from, size)
		return Receipt{ID: id}, err
	}
	r := call{method: http.MethodPost, path: "/v1/files/" + after, query: url.Values{"upload": {secret}}, anonymous: true}
	if replaces && document != "" {
		r.method = http.MethodPut
	}
	if about.Name != "" {
		r.query.Set("name", about.Name)
	}
	var out Receipt
	return out, client.sendFile(ctx, r, io.MultiReader(bytes.NewReader(begin), from), about.Type, &out)
}
