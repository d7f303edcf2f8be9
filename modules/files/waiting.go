package files

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"path"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/files/storage"
)

const (
	// maxWaiting is how many uploads of one owner may be under way in a collection.
	maxWaiting = 100
	// ownerDigits is how many digits at the beginning of an upload's id are those of its owner.
	ownerDigits = 16
)

// uploadsOf names the uploads of a caller in a collection.
func uploadsOf(caller crud.Caller, c *Collection) string {
	sum := sha256.Sum256([]byte(c.Name + "\x00" + ownerOf(caller))) // no name has a zero
	return hex.EncodeToString(sum[:ownerDigits/2])
}

// uploadOf is the id of the upload that an object is of.
func uploadOf(key string) string { return path.Base(path.Dir(key)) }

// fits refuses an upload in pieces where too many are under way, or all of them would have more bytes than a quota. Two
// that begin at once may both pass; the quota is exact when the documents are made. Callers without an account share one
// name, and are not counted. It returns how many bytes more would fit.
func (s *Service) fits(ctx context.Context, docs *crud.Service, caller crud.Caller, c *Collection, size int64, but string) (left int64, err error) {
	if caller.Admin || caller.Auth == nil {
		left, err = c.room(ctx, docs, caller, size)
		return left - max(size, 0), err
	}
	n, bytes, err := c.waiting(ctx, uploadsOf(caller, c), but)
	switch {
	case err != nil:
		return 0, err
	case n >= maxWaiting:
		return 0, fault.Errorf(fault.RateLimited, "%d uploads to %s are under way; finish or delete one, or wait until they expire", n, c.Name)
	}
	left, err = c.room(ctx, docs, caller, max(size, 0)+bytes)
	return left - max(size, 0) - bytes, err
}

// waiting counts the uploads of an owner that are under way, without one, and the bytes that they will have: where that is
// not known yet, those that are there. Bytes are counted only where there is a quota.
func (c *Collection) waiting(ctx context.Context, owner, but string) (n int, bytes int64, err error) {
	var ids []string
	err = c.Store.List(ctx, resuming+owner+"/", func(o storage.Object) error {
		if id := uploadOf(o.Key); id != but {
			ids = append(ids, id)
		}
		return nil
	})
	if err != nil || c.Quota == 0 || len(ids) >= maxWaiting {
		return len(ids), 0, err
	}
	for _, id := range ids {
		u := &Upload{ID: id}
		if err = u.read(ctx, c, u.info()); errors.Is(err, fs.ErrNotExist) { // it has ended meanwhile
			continue
		} else if err != nil {
			return 0, 0, err
		}
		if bytes += max(u.Length, 0); u.Length >= 0 {
			continue
		}
		err = c.Store.List(ctx, u.dir(), func(o storage.Object) error { bytes += o.Size; return nil })
		if err != nil {
			return 0, 0, err
		}
	}
	return len(ids), bytes, nil
}

// endUpload keeps what an upload has become for clients that ask again. It is not under way any more.
func (s *Service) endUpload(ctx context.Context, c *Collection, u *Upload) error {
	if err := s.saveUpload(ctx, c, u); err != nil {
		return err
	}
	return c.Store.Move(ctx, u.info(), u.ended())
}
