package files

import (
	"context"
	"errors"
	"slices"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/files/storage"
)

// maxConcatenated is how many partial uploads become one document at most.
const maxConcatenated = 100

// BeginPart begins an upload that becomes a part of a document. Whether its client may create any document is asked now, and
// the create rule when the parts are put together.
func (s *Service) BeginPart(ctx context.Context, docs *crud.Service, caller crud.Caller, c *Collection, a *Announced) (*Upload, error) {
	if err := s.mayBeginPart(ctx, docs, caller, c, a); err != nil {
		return nil, err
	}
	if _, err := s.fits(ctx, docs, caller, c, a.Size, ""); err != nil {
		return nil, err
	}
	u := s.newUpload(caller, c, a)
	u.Partial = true
	return u, s.saveUpload(ctx, c, u)
}

// mayBeginPart asks the create rule without knowing anything of the document.
func (s *Service) mayBeginPart(ctx context.Context, docs *crud.Service, caller crud.Caller, c *Collection, a *Announced) error {
	if err := a.check(c); err != nil {
		return err
	}
	var unknown []string
	for _, f := range c.Stored.Shape.Fields {
		unknown = append(unknown, f.Name)
	}
	err := docs.MayCreate(ctx, serving(caller), c.Name, []byte("{}"), unknown...)
	if fault.CodeOf(err) == fault.Invalid { // required fields follow
		return nil
	}
	return err
}

// Concatenate makes a document of partial uploads of the caller that are whole, in the order of their ids. A refusal leaves
// them as they are.
func (s *Service) Concatenate(ctx context.Context, docs *crud.Service, caller crud.Caller, c *Collection, a *Announced, ids []string) (*Upload, error) {
	if len(ids) == 0 || len(ids) > maxConcatenated {
		return nil, fault.Errorf(fault.InvalidJSON, "Upload-Concat has 1 to %d partial uploads", maxConcatenated)
	}
	inOrder := slices.Sorted(slices.Values(ids)) // two that claim the same do not wait for each other
	if len(slices.Compact(slices.Clone(inOrder))) < len(ids) {
		return nil, fault.Errorf(fault.InvalidJSON, "Upload-Concat has an upload twice")
	}
	for _, id := range inOrder {
		var free func()
		var err error
		if ctx, free, err = s.claim(ctx, c, id); err != nil {
			return nil, err
		}
		defer free()
	}
	some, pieces, err := s.partsOf(ctx, caller, c, a, ids)
	if err != nil {
		return nil, err
	}
	if err := s.MayCreate(ctx, docs, caller, c, a); err != nil {
		return nil, err
	}
	u := s.newUpload(caller, c, a)
	u.Of = ids
	if u.Document, err = s.documentOf(ctx, docs, caller, c, a, pieces); err != nil {
		return nil, err
	}
	u.Offset = u.Length
	after := held(ctx)
	err = s.endUpload(after, c, u)
	for _, part := range some {
		err = errors.Join(err, s.removeUpload(after, c, part))
	}
	return u, err
}

// partsOf finds partial uploads and their pieces, and sets the size of the file that they are together.
func (s *Service) partsOf(ctx context.Context, caller crud.Caller, c *Collection, a *Announced, ids []string) (some []*Upload, pieces []storage.Object, err error) {
	a.Size = 0
	for _, id := range ids {
		u, err := s.Resume(ctx, caller, c, id)
		switch {
		case err != nil:
			return nil, nil, err
		case !u.Partial:
			return nil, nil, fault.Errorf(fault.InvalidJSON, "the upload %s was not begun with Upload-Concat: partial", id)
		case u.Owner != ownerOf(caller): // an administrator sees those of others
			return nil, nil, errNoUpload
		case !u.whole():
			return nil, nil, fault.Errorf(fault.Conflict, "the partial upload %s is not whole", id)
		}
		some, pieces = append(some, u), append(pieces, u.parts...)
		if a.Size += u.Length; a.Size > a.most(c) {
			return nil, nil, a.tooLarge(c)
		}
	}
	return some, pieces, nil
}
