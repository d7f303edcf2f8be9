package offline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/files/storage"
)

// RestoreKept restores the newest backup of a place, or that of a name such as basalt-20260228T030000Z.tar: the databases,
// as [Restore] does, and the files that are missing.
func RestoreKept(ctx context.Context, file, from, name string, force bool) (k Kept, err error) {
	c, err := config.Load(file)
	if err != nil {
		return k, err
	}
	s, err := openKept(ctx, c, from)
	if err != nil {
		return k, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if name == "" {
		times, err := keptAt(ctx, s)
		if err != nil {
			return k, err
		}
		if len(times) == 0 {
			return k, fmt.Errorf("%s has no backup", from)
		}
		name = NameAt(times[len(times)-1])
		if len(times) > 1 {
			newest, err := manifestOf(ctx, s, name)
			if err != nil {
				return k, fmt.Errorf("%s: %w", name, err)
			}
			before := NameAt(times[len(times)-2])
			if foreign, err := ofOthers(ctx, s, before, newest.identities()); err == nil && foreign {
				return k, fmt.Errorf("%s and %s are of different databases; choose one with --name", name, before)
			}
		}
	}
	k.Name = name
	list, err := readList(ctx, s, name)
	if err != nil {
		return k, fmt.Errorf("%s: %w", name, err)
	}
	dir, err := scratch(c, ".basalt-restore-")
	if err != nil {
		return k, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	packed := filepath.Join(dir, "backup.tar")
	if err := fetchObject(ctx, s, name, packed); err != nil {
		return k, fmt.Errorf("%s: %w", name, err)
	}
	for _, f := range list { // before the databases: those may be replaced only when all is there
		if err := restoreFile(ctx, c, s, f); err != nil {
			return k, fmt.Errorf("the file %s of %s: %w", f.Key, f.Storage, err)
		}
		k.Files, k.Bytes = k.Files+1, k.Bytes+f.Size
	}
	k.Manifest, err = Restore(ctx, file, packed, force)
	return k, err
}

func fetchObject(ctx context.Context, s storage.Storage, key, file string) error {
	return withObject(ctx, s, key, func(in io.Reader) error { return writeNew(file, in) })
}

// withObject calls use with the bytes of an object.
func withObject(ctx context.Context, s storage.Storage, key string, use func(io.Reader) error) error {
	o, err := s.Stat(ctx, key)
	if err != nil {
		return err
	}
	in, err := s.Open(ctx, key, 0, o.Size)
	if err != nil {
		return err
	}
	defer in.Close() // it is read to its end
	return use(in)
}

func writeNew(file string, from io.Reader) error {
	out, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, from)
	return errors.Join(err, out.Close())
}

// restoreFile copies the bytes of a file to where the configuration keeps them.
func restoreFile(ctx context.Context, c *config.Config, from storage.Storage, f KeptFile) (err error) {
	settings := c.Storage[f.Storage]
	if settings == nil {
		return errors.New("the configuration has no storage of this name")
	}
	to, err := storage.Open(ctx, settings.Driver, settings.Settings(c))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	if o, err := to.Stat(ctx, f.Key); err == nil && o.Size == f.Size {
		return nil
	}
	return copyObject(ctx, from, keptBytes+f.Storage+"/"+f.Key, to, f.Key, f.Size)
}
