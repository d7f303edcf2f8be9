package files

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"path"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/files/images"
	"github.com/basalt-dev/basalt/modules/files/storage"
)

const (
	// pictureTime bounds the making of one picture.
	pictureTime = time.Minute
	// waiting is how many pictures wait until they are made, before further ones are refused.
	waiting = 64
	// kept is how many pictures of one image are kept.
	kept = 100
)

// pictures are the pictures that are being made. Few are made at once, so that requests go on.
type pictures struct {
	making singleflight.Group
	slots  chan struct{}
	queued atomic.Int32
}

func (p *pictures) begin() { p.slots = make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2)) }

// As is the file as a picture that is asked for, which [Service.Picture] makes.
func (f *File) As(p *images.Params) *File {
	out := *f
	out.picture = p
	return &out
}

// pictured is the prefix of the keys of the pictures of a hash.
func (c *Collection) pictured(sum string) string {
	return pictured + c.Name + "/" + sum[:2] + "/" + sum[2:4] + "/" + sum + "/"
}

// extensions are those of the types that pictures have.
var extensions = map[string]string{"image/jpeg": "jpeg", "image/png": "png"}

// Picture finds the picture that a file of [File.As] is, or makes it.
func (s *Service) Picture(ctx context.Context, f *File) (*File, error) {
	key := f.c.pictured(f.sum) + f.picture.Key()
	if found, err := s.keptPicture(ctx, f, key); found != nil || err != nil {
		return found, err
	}
	done := s.making.DoChan(key, func() (any, error) { return s.makePicture(f, key) })
	select {
	case r := <-done:
		if r.Err != nil {
			return nil, r.Err
		}
		made := r.Val.(*images.Picture)
		out := f.pictureOf(made.Type, int64(len(made.Content)))
		out.content = made.Content
		return out, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// keptPicture returns the picture that was made before, nil for none.
func (s *Service) keptPicture(ctx context.Context, f *File, key string) (*File, error) {
	for mediaType, extension := range extensions {
		object, err := f.c.Store.Stat(ctx, key+"."+extension)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return nil, err
		}
		out := f.pictureOf(mediaType, object.Size)
		out.key = object.Key
		return out, nil
	}
	return nil, nil
}

// pictureOf is a file with the type, size and name of its picture.
func (f *File) pictureOf(mediaType string, size int64) *File {
	out := *f
	out.Type, out.Size = mediaType, size
	if out.Name != "" {
		out.Name = strings.TrimSuffix(f.Name, path.Ext(f.Name)) + "." + strings.Replace(extensions[mediaType], "jpeg", "jpg", 1)
	}
	return &out
}

// makePicture makes a picture when its turn comes, and keeps it.
func (s *Service) makePicture(f *File, key string) (*images.Picture, error) {
	ctx, cancel := context.WithTimeout(s.living, pictureTime)
	defer cancel()
	if s.queued.Add(1) > waiting {
		s.queued.Add(-1)
		return nil, fault.Retry(fault.RateLimited, time.Second, "many pictures are being made; ask again in a moment")
	}
	defer s.queued.Add(-1)
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-ctx.Done():
		return nil, fault.Retry(fault.Unavailable, time.Second, "making this picture takes too long; ask again")
	}
	source := images.Source{Type: f.Type, Open: func() (io.ReadCloser, error) { return f.Open(ctx, 0, f.Size) }}
	made, err := images.Make(source, f.picture)
	if err != nil {
		return nil, err
	}
	s.Observe("picture")
	if err := s.keepPicture(ctx, f, key+"."+extensions[made.Type], made.Content); err != nil {
		s.Log.Warn("a picture was made and cannot be kept", "collection", f.c.Name, "error", err.Error())
	}
	return made, nil
}

var errEnough = errors.New("enough")

// keepPicture stores a picture beside the others of its image, unless these are many.
func (s *Service) keepPicture(ctx context.Context, f *File, key string, content []byte) error {
	n := 0
	err := f.c.Store.List(ctx, f.c.pictured(f.sum), func(storage.Object) error {
		if n++; n >= kept {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.c.Store.Put(ctx, key, bytes.NewReader(content), int64(len(content)))
}

// dropPictures removes the pictures of a hash.
func (s *Service) dropPictures(ctx context.Context, c *Collection, sum string) error {
	var keys []string
	if err := c.Store.List(ctx, c.pictured(sum), func(o storage.Object) error { keys = append(keys, o.Key); return nil }); err != nil {
		return err
	}
	for _, key := range keys {
		if err := c.Store.Delete(ctx, key); err != nil {
			return err
		}
	}
	return nil
}
