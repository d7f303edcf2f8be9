package files

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"

	"github.com/basalt-dev/basalt/modules/files/storage"
)

// Transfer is what was done to move the bytes of files from one storage to another.
type Transfer struct {
	// Files and Bytes were copied, and There were there already.
	Files, Bytes, There int64
	// Removed were removed from the first storage, and Left are in both.
	Removed, Left int64
	// Damaged are keys in the first storage whose bytes do not fit their hash. They are not copied.
	Damaged []string
}

// errDamaged is the error for bytes that do not fit the hash in their key.
var errDamaged = errors.New("the bytes do not fit their hash")

// Transfer copies the bytes that documents of a collection have from one storage to another, each compared with its hash on
// the way; what is there already is left out, so that it goes on where it was interrupted. When the collection is kept in the
// second one, what has a copy there is removed from the first. report is called after each.
func (s *Service) Transfer(ctx context.Context, c *Collection, from, to *Store, out *Transfer, report func()) error {
	var some []storage.Object
	move := func() error {
		sums := make([]string, len(some))
		for i, o := range some {
			sums[i] = c.sumOf(o.Key)
		}
		had, err := c.has(ctx, sums)
		if err != nil {
			return err
		}
		for i, o := range some {
			if err := s.transferOne(ctx, c, from, to, o, sums[i], had[sums[i]], out); err != nil {
				return fmt.Errorf("%s: %w", o.Key, err)
			}
			report()
		}
		some = some[:0]
		return nil
	}
	err := from.List(ctx, c.prefix(), func(o storage.Object) error {
		if c.sumOf(o.Key) == "" {
			return nil
		}
		if some = append(some, o); len(some) < batch {
			return nil
		}
		return move()
	})
	if err == nil && len(some) > 0 {
		err = move()
	}
	if err != nil || c.Store != to {
		return err
	}
	return from.List(ctx, pictured+c.Name+"/", func(o storage.Object) error { return from.Delete(ctx, o.Key) }) // they are made again
}

func (s *Service) transferOne(ctx context.Context, c *Collection, from, to *Store, o storage.Object, sum string, had bool, out *Transfer) error {
	moved := c.Store == to
	if !had { // the sweeper of the first storage removes it, as long as that is in use
		if moved && s.Now().Sub(o.Stored) > Grace {
			out.Removed++
			return from.Delete(ctx, o.Key)
		}
		return nil
	}
	there, err := to.Stat(ctx, o.Key)
	switch {
	case err == nil && there.Size == o.Size:
		out.There++
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	default:
		err := copyVerified(ctx, from, to, o, sum)
		if errors.Is(err, errDamaged) {
			out.Damaged = append(out.Damaged, o.Key)
			return nil
		}
		if err != nil {
			return err
		}
		out.Files++
		out.Bytes += o.Size
	}
	if !moved {
		out.Left++
		return nil
	}
	out.Removed++
	return from.Delete(ctx, o.Key)
}

// copyVerified copies an object whose SHA-256 is known, whole and right or not at all.
func copyVerified(ctx context.Context, from, to *Store, o storage.Object, sum string) error {
	var in io.ReadCloser = io.NopCloser(bytes.NewReader(nil))
	if o.Size > 0 {
		opened, err := from.Open(ctx, o.Key, 0, o.Size)
		if err != nil {
			return err
		}
		in = opened
	}
	err := to.Put(ctx, o.Key, &verifying{in, sha256.New(), sum, o.Size}, o.Size)
	return errors.Join(err, in.Close())
}

// verifying ends with an error where what was read does not have a SHA-256. Not every reader of it asks for its end.
type verifying struct {
	io.Reader
	hash hash.Hash
	sum  string
	left int64
}

// Read implements io.Reader.
func (v *verifying) Read(p []byte) (int, error) {
	n, err := v.Reader.Read(p)
	v.hash.Write(p[:n])
	v.left -= int64(n)
	if (v.left <= 0 || errors.Is(err, io.EOF)) && hex.EncodeToString(v.hash.Sum(nil)) != v.sum {
		return 0, errDamaged
	}
	return n, err
}
