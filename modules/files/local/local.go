// Package local stores the bytes of files in a directory of this machine.
//
// It is not for several nodes, unless they share the directory.
package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/google/uuid"

	"github.com/basalt-dev/basalt/modules/files/storage"
)

func init() {
	storage.Register("local", storage.Registration{
		Open: func(_ context.Context, c storage.Config) (storage.Storage, error) { return Open(c.Dir) },
		Check: func(c storage.Config) error {
			if c.Dir == "" {
				return errors.New("dir is missing: the directory of the files")
			}
			return nil
		},
	})
}

const (
	// partial is the directory of what is being written.
	partial = ".partial"
	// bufferSize is what one upload or download holds.
	bufferSize = 64 << 10
	// abandoned is how old something partial is that the process which wrote it has left behind.
	abandoned = 24 * time.Hour
)

// Storage is a directory. Others on this machine cannot read it.
type Storage struct {
	root *os.Root
	dir  *os.File // the same
	kept kept
}

// Open opens a directory, and makes it where it is missing.
func Open(dir string) (*Storage, error) {
	err := os.MkdirAll(filepath.Join(dir, partial), 0o700)
	if err == nil {
		err = os.Chmod(dir, 0o700)
	}
	// From a disk that is mounted to be read, as backups are where it matters, one reads; what writes there says so.
	if err != nil && !errors.Is(err, syscall.EROFS) {
		return nil, fmt.Errorf("storage: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("storage: %w", err)
	}
	opened, err := root.Open(".")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("storage: %w", err), root.Close())
	}
	return &Storage{root: root, dir: opened}, nil
}

// Put implements storage.Storage: it writes beside, and renames when all is on the disk.
func (s *Storage) Put(_ context.Context, key string, from io.Reader, _ int64) (err error) {
	name := path.Join(partial, uuid.NewString())
	f, err := s.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.root.Remove(name))
		}
	}()
	_, err = io.CopyBuffer(struct{ io.Writer }{f}, struct{ io.Reader }{from}, make([]byte, bufferSize))
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return s.rename(name, key)
}

// rename makes the directory of a key, and moves a file there for good. Delete removes directories that have become
// empty, at any moment before the file is in its own.
func (s *Storage) rename(from, to string) error {
	dir := path.Dir(to)
	_, err := s.root.Stat(dir)
	made := err != nil
	for range 1000 {
		if err = s.root.MkdirAll(dir, 0o700); err == nil {
			err = s.root.Rename(from, to)
		}
		// MkdirAll says that a directory exists which another upload has made, and a delete removed, meanwhile.
		if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrExist) {
			break
		}
		if _, gone := s.root.Stat(from); gone != nil {
			break
		}
	}
	if err != nil {
		return err
	}
	s.kept.drop(from)
	s.kept.drop(to)
	err = s.sync(dir)
	for made && err == nil && dir != "." {
		dir = path.Dir(dir)
		err = s.sync(dir)
	}
	return err
}

// sync writes the names in a directory to the disk. One that is gone has none: what was in it is deleted.
func (s *Storage) sync(dir string) error {
	d, err := s.root.Open(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// part is a part of a file.
type part struct {
	io.LimitedReader
	file *os.File
	// of is where the file is kept afterwards, under a key; nil for one that is closed.
	of      *kept
	key     string
	changes int
}

// Sendable implements storage.Sendable.
func (p *part) Sendable() (*os.File, int64) { return p.file, p.N }

// Close implements io.Closer. It may be called again.
func (p *part) Close() error {
	file := p.file
	if p.file, p.N = nil, 0; file == nil { // it may be another reader's afterwards
		return nil
	}
	if p.of != nil {
		return p.of.give(p.key, file, p.changes)
	}
	return file.Close()
}

// Open implements storage.Storage.
func (s *Storage) Open(_ context.Context, key string, offset, length int64) (io.ReadCloser, error) {
	f, err := s.open(key)
	if err != nil {
		return nil, err
	}
	if offset == 0 {
		offset = -1
	}
	return partOf(&part{LimitedReader: io.LimitedReader{R: f, N: length}, file: f}, offset)
}

// OpenFixed implements storage.Fixed: a file that is asked for again and again stays open.
func (s *Storage) OpenFixed(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error) {
	if !keeps {
		return s.Open(ctx, key, offset, length)
	}
	f, changes := s.kept.take(key)
	if f != nil && removed(f) { // by another node
		_ = f.Close() // it was read
		f = nil
	}
	if f == nil {
		var err error
		if f, err = s.open(key); err != nil {
			return nil, err
		}
		if offset == 0 { // where it is
			offset = -1
		}
	}
	return partOf(&part{LimitedReader: io.LimitedReader{R: f, N: length}, file: f, of: &s.kept, key: key, changes: changes}, offset)
}

// partOf goes to where a part begins; -1 is where its file is.
func partOf(p *part, offset int64) (io.ReadCloser, error) {
	if offset >= 0 {
		if _, err := p.file.Seek(offset, io.SeekStart); err != nil {
			return nil, errors.Join(err, p.file.Close())
		}
	}
	return p, nil
}

// Stat implements storage.Storage.
func (s *Storage) Stat(_ context.Context, key string) (storage.Object, error) {
	info, err := s.root.Stat(key)
	if err != nil {
		return storage.Object{}, err
	}
	return storage.Object{Key: key, Size: info.Size(), Stored: info.ModTime()}, nil
}

// Move implements storage.Storage.
func (s *Storage) Move(_ context.Context, from, to string) error {
	now := time.Now()
	if err := s.root.Chtimes(from, now, now); err != nil {
		return err
	}
	return s.rename(from, to)
}

// Delete implements storage.Storage.
func (s *Storage) Delete(_ context.Context, key string) error {
	err := s.root.Remove(key)
	s.kept.drop(key)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for dir := path.Dir(key); dir != "."; dir = path.Dir(dir) {
		if s.root.Remove(dir) != nil { // it has other files
			break
		}
	}
	return nil
}

// List implements storage.Storage. On its way it removes what a process that was killed has left half written.
func (s *Storage) List(ctx context.Context, prefix string, f func(storage.Object) error) error {
	from := strings.TrimSuffix(prefix, "/")
	if from == "" {
		from = "."
	}
	err := fs.WalkDir(s.root.FS(), from, func(name string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) { // removed meanwhile
			return nil
		}
		if err = errors.Join(err, ctx.Err()); err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return err
		case !strings.HasPrefix(name, partial+"/"):
			return f(storage.Object{Key: name, Size: info.Size(), Stored: info.ModTime()})
		case time.Since(info.ModTime()) > abandoned:
			return s.root.Remove(name)
		}
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Shared implements storage.Storage.
func (s *Storage) Shared() bool { return false }

// Close implements storage.Storage.
func (s *Storage) Close() error {
	return errors.Join(s.kept.closeAll(), s.root.Close(), s.dir.Close())
}
