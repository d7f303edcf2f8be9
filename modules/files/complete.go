package files

import (
	"context"
	"errors"
	"io"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/files/storage"
)

// complete makes the document of an upload that is whole.
func (s *Service) complete(ctx context.Context, docs *crud.Service, caller crud.Caller, c *Collection, u *Upload) error {
	id, err := s.documentOf(ctx, docs, caller, c, &u.Announced, u.parts)
	after := held(ctx)
	switch {
	case err == nil:
	case passes(err) && len(u.parts) > 0: // the client asks how much is there, and sends the rest again
		return errors.Join(err, c.Store.Delete(after, u.parts[len(u.parts)-1].Key))
	default:
		return errors.Join(err, s.removeUpload(after, c, u))
	}
	u.Document = id
	return errors.Join(s.endUpload(after, c, u), s.removeParts(after, c, u)) // a client that has missed the answer asks for the offset
}

// documentOf makes a document of pieces, one after the other.
func (s *Service) documentOf(ctx context.Context, docs *crud.Service, caller crud.Caller, c *Collection, a *Announced, pieces []storage.Object) (id string, err error) {
	if err := s.regrant(ctx, c, a); err != nil {
		return "", err
	}
	whole := &parts{ctx: ctx, store: c.Store, left: pieces}
	arrived, err := s.Receive(ctx, c, a, whole)
	if err = errors.Join(err, whole.Close()); err != nil {
		return "", err
	}
	if a.Replaces != "" {
		_, err := s.Replace(ctx, docs, caller, c, a.Replaces, arrived, Match{})
		return a.Replaces, err
	}
	created, err := s.Create(ctx, docs, caller, c, []*Arrived{arrived})
	if err != nil {
		return "", err
	}
	return created.Items[0].ID(), nil
}

// regrant finds the link that an upload comes by, which may have been used or revoked since.
func (s *Service) regrant(ctx context.Context, c *Collection, a *Announced) (err error) {
	if a.Link != "" && a.grant == nil {
		a.grant, err = s.grantOf(ctx, c, a.Link)
	}
	return err
}

// passes reports whether an error is not of what was sent.
func passes(err error) bool {
	switch fault.CodeOf(err) {
	case fault.Internal, fault.Unavailable, fault.Timeout, fault.RateLimited:
		return true
	}
	return false
}

// parts reads the pieces of an upload, one after the other.
type parts struct {
	ctx   context.Context
	store *Store
	left  []storage.Object
	open  io.ReadCloser
}

func (p *parts) Read(b []byte) (int, error) {
	for {
		if p.open == nil {
			if len(p.left) == 0 {
				return 0, io.EOF
			}
			var err error
			if p.open, err = p.store.Open(p.ctx, p.left[0].Key, 0, p.left[0].Size); err != nil {
				return 0, err
			}
			p.left = p.left[1:]
		}
		n, err := p.open.Read(b)
		if errors.Is(err, io.EOF) {
			err = p.Close()
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// Close closes the piece that is open.
func (p *parts) Close() error {
	if p.open == nil {
		return nil
	}
	err := p.open.Close()
	p.open = nil
	return err
}
