package offline

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/files/storage"
)

// A place that keeps backups, a directory or a bucket, has for each a tar file of databases and a list of the files that
// belong to it, and the bytes of files once, however many backups have them.
const (
	keptPrefix   = "basalt-"
	keptSuffix   = ".tar"
	listSuffix   = ".files"
	keptTime     = "20060102T150405Z"
	keptBytes    = "files/"
	contentBytes = "content/" // what the keys of files with a document begin with
)

// KeptFile is the file of a storage in a backup.
type KeptFile struct {
	Storage string `json:"storage"`
	Key     string `json:"key"`
	Size    int64  `json:"size"`
}

// Kept says what a backup has that was made into a place that keeps several.
type Kept struct {
	Manifest
	Name  string
	Files int
	Bytes int64
}

// KeepsSeveral reports whether a name is that of a place for backups, and not that of a file for one.
func KeepsSeveral(to string) bool {
	info, err := os.Stat(to)
	return strings.HasPrefix(to, "s3://") || strings.HasSuffix(to, "/") || err == nil && info.IsDir()
}

// openKept opens a place that keeps backups.
func openKept(ctx context.Context, c *config.Config, to string) (storage.Storage, error) {
	driver, settings := c.Target(to)
	s, err := storage.Open(ctx, driver, settings)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", to, err)
	}
	return s, nil
}

// NameAt is what a backup of a time is called.
func NameAt(at time.Time) string { return keptPrefix + at.UTC().Format(keptTime) + keptSuffix }

// timeOf returns the time that a name says.
func timeOf(name string) (time.Time, bool) {
	text, begins := strings.CutPrefix(name, keptPrefix)
	text, ends := strings.CutSuffix(text, keptSuffix)
	at, err := time.Parse(keptTime, text)
	return at, begins && ends && err == nil
}

// NewestKept returns the time of the newest backup in a place that is not known to be of other databases; the zero time for
// none.
func NewestKept(ctx context.Context, c *config.Config, to string, identities map[string]string) (at time.Time, err error) {
	s, err := openKept(ctx, c, to)
	if err != nil {
		return at, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	times, err := keptAt(ctx, s)
	for _, t := range slices.Backward(times) {
		if err != nil {
			break
		}
		var foreign bool
		if foreign, err = ofOthers(ctx, s, NameAt(t), identities); err == nil && !foreign {
			return t, nil
		}
	}
	return at, err
}

// keptAt returns the times of the backups in a place, the oldest first.
func keptAt(ctx context.Context, s storage.Storage) (times []time.Time, err error) {
	err = s.List(ctx, "", func(o storage.Object) error {
		if at, ok := timeOf(o.Key); ok {
			times = append(times, at)
		}
		return nil
	})
	slices.SortFunc(times, time.Time.Compare)
	return times, err
}

// Keep makes a backup into a place, and removes those that are older than keep, if that is not 0. It copies the databases
// and the files of the configuration while servers use them, and reads back what it has written. identities, which may be
// nil, are those of the databases: with them one that another node of the same databases has made is told from that of
// others, which is no backup of these.
func Keep(ctx context.Context, file, to string, now time.Time, keep time.Duration, identities map[string]string, progress func(what string, done, total int64)) (k Kept, err error) {
	c, err := config.Load(file)
	if err != nil {
		return k, err
	}
	s, err := openKept(ctx, c, to)
	if err != nil {
		return k, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	k.Name = NameAt(now)
	if _, err := s.Stat(ctx, k.Name); err == nil {
		if foreign, err := ofOthers(ctx, s, k.Name, identities); err != nil || foreign {
			return k, errors.Join(fmt.Errorf("%s has %s already, which is of other databases: another server keeps its backups there; give each server a place of its own (backups.to)", to, k.Name), err)
		}
		return k, fmt.Errorf("%s has %s already: %w", to, k.Name, fs.ErrExist)
	}
	dir, err := scratch(c, ".basalt-keep-")
	if err != nil {
		return k, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	// Files are copied before and after the databases: what the copy of a database names was there before it, or has come
	// since. Only one that has come and gone in between is missing.
	list := map[KeptFile]bool{}
	if err := keepFiles(ctx, c, s, list, progress); err != nil {
		return k, err
	}
	packed := filepath.Join(dir, "backup.tar")
	if k.Manifest, err = archive(ctx, c, packed, c.Copied(), identities, progress); err != nil {
		return k, err
	}
	if err := keepFiles(ctx, c, s, list, progress); err != nil {
		return k, err
	}
	for f := range list {
		k.Files, k.Bytes = k.Files+1, k.Bytes+f.Size
	}
	if err := putList(ctx, s, k.Name, list); err != nil {
		return k, err
	}
	if err := putFile(ctx, s, k.Name, packed); err != nil { // last: without it there is no backup
		return k, err
	}
	if keep > 0 {
		err = forget(ctx, s, now.Add(-keep))
	}
	return k, err
}

// ofOthers reports whether a backup is known to be of other databases.
func ofOthers(ctx context.Context, s storage.Storage, name string, identities map[string]string) (bool, error) {
	if len(identities) == 0 {
		return false, nil
	}
	m, err := manifestOf(ctx, s, name)
	for _, one := range m.Databases {
		if one.Identity != "" && one.Identity != identities[one.Database] {
			return true, err
		}
	}
	return false, err
}

// manifestOf reads what a backup says of itself.
func manifestOf(ctx context.Context, s storage.Storage, name string) (m Manifest, err error) {
	err = withObject(ctx, s, name, func(in io.Reader) error {
		r := tar.NewReader(in)
		if _, err := r.Next(); err != nil {
			return err
		}
		return json.NewDecoder(io.LimitReader(r, maxManifest)).Decode(&m)
	})
	return m, err
}

// identities are those that a backup names.
func (m Manifest) identities() map[string]string {
	out := map[string]string{}
	for _, one := range m.Databases {
		if one.Identity != "" {
			out[one.Database] = one.Identity
		}
	}
	return out
}

// scratch makes a directory for what is copied, beside the databases: there is room for one, on a disk, and it can be written to
// where the rest of the file system cannot.
func scratch(c *config.Config, pattern string) (string, error) {
	return beside(c, pattern, os.MkdirTemp)
}

// scratchFile is scratch for one file.
func scratchFile(c *config.Config, pattern string) (*os.File, error) {
	return beside(c, pattern, os.CreateTemp)
}

func beside[T any](c *config.Config, pattern string, make func(dir, pattern string) (T, error)) (T, error) {
	for _, name := range c.Copied() {
		d := c.Databases[name]
		for _, file := range db.Files(d.Driver, d.Settings(c.Dir)) {
			if made, err := make(filepath.Dir(file), pattern); err == nil {
				return made, nil
			}
		}
	}
	return make("", strings.TrimPrefix(pattern, "."))
}

// keepFiles copies the bytes of files that a place does not have yet.
func keepFiles(ctx context.Context, c *config.Config, to storage.Storage, list map[KeptFile]bool, progress func(string, int64, int64)) error {
	have := map[string]int64{}
	if err := to.List(ctx, keptBytes, func(o storage.Object) error { have[o.Key] = o.Size; return nil }); err != nil {
		return err
	}
	for _, name := range usedStorages(c) {
		from, err := storage.Open(ctx, c.Storage[name].Driver, c.Storage[name].Settings(c))
		if err != nil {
			return fmt.Errorf("storage %s: %w", name, err)
		}
		var done int64
		err = from.List(ctx, contentBytes, func(o storage.Object) error {
			key := keptBytes + name + "/" + o.Key
			if size, there := have[key]; !there || size != o.Size {
				if err := copyObject(ctx, from, o.Key, to, key, o.Size); errors.Is(err, fs.ErrNotExist) {
					return nil // it has gone meanwhile
				} else if err != nil {
					return fmt.Errorf("%s: %w", o.Key, err)
				}
			}
			list[KeptFile{name, o.Key, o.Size}] = true
			if done += o.Size; progress != nil {
				progress("files of "+name, done, done)
			}
			return nil
		})
		if err := errors.Join(err, from.Close()); err != nil {
			return fmt.Errorf("storage %s: %w", name, err)
		}
	}
	return nil
}

// usedStorages are the storages of collections, in order.
func usedStorages(c *config.Config) (names []string) {
	for _, col := range c.Collections {
		if col.Files != nil && !slices.Contains(names, col.Files.Storage) {
			names = append(names, col.Files.Storage)
		}
	}
	slices.Sort(names)
	return names
}

func copyObject(ctx context.Context, from storage.Storage, key string, to storage.Storage, as string, size int64) error {
	if size == 0 {
		return to.Put(ctx, as, bytes.NewReader(nil), 0)
	}
	in, err := from.Open(ctx, key, 0, size)
	if err != nil {
		return err
	}
	hash := sha256.New()
	if err := errors.Join(to.Put(ctx, as, io.TeeReader(in, hash), size), in.Close()); err != nil {
		return err
	}
	if hex.EncodeToString(hash.Sum(nil)) != path.Base(key) { // which is what the key of a file is made of
		return errors.Join(errors.New("its bytes have changed: their SHA-256 does not match"), to.Delete(ctx, as))
	}
	return nil
}

func putList(ctx context.Context, s storage.Storage, name string, list map[KeptFile]bool) error {
	var text bytes.Buffer
	for f := range list {
		line, err := json.Marshal(f)
		if err != nil {
			return err
		}
		text.Write(append(line, '\n'))
	}
	return s.Put(ctx, name+listSuffix, &text, int64(text.Len()))
}

// putFile stores a file, and compares what is stored then.
func putFile(ctx context.Context, s storage.Storage, key, file string) error {
	size, sum, err := digest(file)
	if err != nil {
		return err
	}
	in, err := os.Open(file)
	if err != nil {
		return err
	}
	if err := errors.Join(s.Put(ctx, key, in, size), in.Close()); err != nil {
		return err
	}
	stored, err := s.Open(ctx, key, 0, size)
	if err != nil {
		return err
	}
	hash := sha256.New()
	_, err = io.Copy(hash, stored)
	if err = errors.Join(err, stored.Close()); err == nil && hex.EncodeToString(hash.Sum(nil)) != sum {
		err = errors.Join(fmt.Errorf("what is stored as %s is not what was sent", key), s.Delete(ctx, key))
	}
	return err
}

// readList reads which files a backup has.
func readList(ctx context.Context, s storage.Storage, name string) (list []KeptFile, err error) {
	o, err := s.Stat(ctx, name+listSuffix)
	if err != nil || o.Size == 0 {
		return nil, err
	}
	in, err := s.Open(ctx, name+listSuffix, 0, o.Size)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		var f KeptFile
		if err := json.Unmarshal(lines.Bytes(), &f); err != nil {
			return nil, fmt.Errorf("reading %s: %w", name+listSuffix, err)
		}
		if path.Clean(f.Key) != f.Key || !strings.HasPrefix(f.Key, contentBytes) {
			return nil, fmt.Errorf("%s has the key %q, which is not that of a file", name+listSuffix, f.Key)
		}
		list = append(list, f)
	}
	return list, lines.Err()
}

// forget removes the backups from before a time, but the newest, and the bytes that no other one has.
func forget(ctx context.Context, s storage.Storage, before time.Time) error {
	times, err := keptAt(ctx, s)
	if err != nil {
		return err
	}
	needed, removed := map[string]bool{}, 0
	for i, at := range times {
		name := NameAt(at)
		if at.Before(before) && i < len(times)-1 {
			if err := errors.Join(s.Delete(ctx, name), s.Delete(ctx, name+listSuffix)); err != nil {
				return err
			}
			removed++
			continue
		}
		list, err := readList(ctx, s, name)
		if err != nil {
			return err
		}
		for _, f := range list {
			needed[keptBytes+f.Storage+"/"+f.Key] = true
		}
	}
	if removed == 0 {
		return nil
	}
	var useless []string
	if err := s.List(ctx, keptBytes, func(o storage.Object) error {
		if !needed[o.Key] && o.Stored.Before(before) {
			useless = append(useless, o.Key)
		}
		return nil
	}); err != nil {
		return err
	}
	for _, key := range useless {
		if err := s.Delete(ctx, key); err != nil {
			return err
		}
	}
	return nil
}
