package files

import (
	"context"
	"crypto/subtle"
	"errors"
	"hash"
	"io"
	"math"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/files/storage"
)

// Sum is a checksum of a piece that the client has sent.
type Sum struct {
	Hash hash.Hash
	Want []byte
}

// piece reads a piece, of which the rest of the upload is the most. What has come before the connection broke is kept.
type piece struct {
	from io.Reader
	room int64
	n    int64
	sum  *Sum
	cut  error
	// tooMuch is the error for more than there is room for.
	tooMuch error
}

func (p *piece) Read(b []byte) (int, error) {
	n, err := p.from.Read(b)
	if int64(n) > p.room-p.n {
		p.cut = p.tooMuch
		return 0, p.cut
	}
	p.n += int64(n)
	if p.sum != nil {
		p.sum.Hash.Write(b[:n])
	}
	if err != nil && !errors.Is(err, io.EOF) {
		p.cut, err = err, io.EOF
	}
	return n, err
}

// Append adds a piece to an upload of the caller. With the last one the document is made.
func (s *Service) Append(ctx context.Context, docs *crud.Service, caller crud.Caller, c *Collection, id string, offset int64, from io.Reader, sum *Sum) (*Upload, error) {
	ctx, free, err := s.claim(ctx, c, id)
	if err != nil {
		return nil, err
	}
	defer free()
	u, err := s.Resume(ctx, caller, c, id)
	switch {
	case err != nil:
		return nil, err
	case len(u.Of) > 0:
		return nil, fault.Errorf(fault.Forbidden, "this upload was made of others, and does not take pieces")
	case offset != u.Offset:
		return nil, fault.Errorf(fault.Conflict, "Upload-Offset is %d, and %d bytes are there", offset, u.Offset)
	case u.Document != "" || u.Partial && u.whole():
		return u, nil
	case len(u.parts) >= maxParts:
		return nil, fault.Errorf(fault.TooLarge, "an upload has at most %d pieces; send larger ones", maxParts)
	}
	left := int64(math.MaxInt64)
	if u.Length < 0 && c.Quota > 0 {
		if left, err = s.fits(ctx, docs, caller, c, u.Offset, u.ID); err != nil {
			return nil, err
		}
	}
	if err := s.addPiece(ctx, c, u, from, sum, left); err != nil {
		return nil, err
	}
	if !u.whole() || u.Partial {
		return u, nil
	}
	return u, s.complete(ctx, docs, caller, c, u)
}

// addPiece stores a piece. left is how many bytes a quota has room for, beside those that are there.
func (s *Service) addPiece(ctx context.Context, c *Collection, u *Upload, from io.Reader, sum *Sum, left int64) error {
	p := &piece{from: from, room: u.Length - u.Offset, sum: sum, tooMuch: fault.Errorf(fault.TooLarge, "this is more than Upload-Length announced")}
	if u.Length < 0 {
		p.room, p.tooMuch = c.Max-u.Offset, u.Announced.tooLarge(c)
		if left < p.room {
			p.room, p.tooMuch = left, fault.Errorf(fault.TooLarge, "this is more than is left of files.quota of %s, which is %d", c.Name, c.Quota)
		}
	}
	key := u.part(u.Offset)
	kept := held(ctx) // of a client that is gone, too
	if err := c.Store.Put(kept, key, p, -1); err != nil {
		if p.cut != nil {
			return p.cut
		}
		return err
	}
	wrong := sum != nil && (p.cut != nil || subtle.ConstantTimeCompare(sum.Hash.Sum(nil), sum.Want) != 1)
	if p.n == 0 || wrong {
		if err := c.Store.Delete(kept, key); err != nil {
			return err
		}
	}
	switch {
	case p.cut != nil:
		return p.cut
	case wrong:
		return fault.Errorf(fault.ChecksumMismatch, "the checksum of this piece does not match; send it again")
	case p.n > 0:
		u.parts = append(u.parts, storage.Object{Key: key, Size: p.n})
		u.Offset += p.n
		u.newest = s.Now()
	}
	return nil
}

// SetLength says how long an upload is that was begun without a length. It does not change later.
func (s *Service) SetLength(ctx context.Context, docs *crud.Service, caller crud.Caller, c *Collection, id string, length int64) error {
	ctx, free, err := s.claim(ctx, c, id)
	if err != nil {
		return err
	}
	defer free()
	u, err := s.Resume(ctx, caller, c, id)
	switch {
	case err != nil:
		return err
	case u.Length == length:
		return nil
	case u.Length >= 0:
		return fault.Errorf(fault.InvalidJSON, "Upload-Length was %d, and does not change", u.Length)
	case length < u.Offset:
		return fault.Errorf(fault.InvalidJSON, "Upload-Length is %d, and %d bytes are there", length, u.Offset)
	}
	u.Length, u.Announced.Size = length, length
	if err := s.mayGoOn(ctx, docs, caller, c, u); err != nil {
		return err
	}
	if _, err := s.fits(ctx, docs, caller, c, length, u.ID); err != nil {
		return err
	}
	return s.saveUpload(ctx, c, u)
}

func (s *Service) mayGoOn(ctx context.Context, docs *crud.Service, caller crud.Caller, c *Collection, u *Upload) error {
	if u.Partial {
		return s.mayBeginPart(ctx, docs, caller, c, &u.Announced)
	}
	if err := s.regrant(ctx, c, &u.Announced); err != nil {
		return err
	}
	return s.rulesLetStore(ctx, docs, caller, c, &u.Announced)
}

// Abort ends an upload of the caller and removes its pieces.
func (s *Service) Abort(ctx context.Context, caller crud.Caller, c *Collection, id string) error {
	ctx, free, err := s.claim(ctx, c, id)
	if err != nil {
		return err
	}
	defer free()
	u, err := s.Resume(ctx, caller, c, id)
	if err != nil {
		return err
	}
	return s.removeUpload(ctx, c, u)
}

func (s *Service) removeUpload(ctx context.Context, c *Collection, u *Upload) error {
	err := s.removeParts(ctx, c, u)
	return errors.Join(err, c.Store.Delete(ctx, u.info()), c.Store.Delete(ctx, u.ended()))
}

func (s *Service) removeParts(ctx context.Context, c *Collection, u *Upload) error {
	var errs []error
	for _, o := range u.parts {
		errs = append(errs, c.Store.Delete(ctx, o.Key))
	}
	return errors.Join(errs...)
}
