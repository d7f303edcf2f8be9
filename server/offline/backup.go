package offline

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/db"
)

// manifestName is the first file of a backup, and manifestVersion the version of what is in it.
const (
	manifestName    = "basalt.json"
	manifestVersion = 1
	maxManifest     = 1 << 20
)

// Manifest says what is in a backup: a tar file with this as JSON, and a copy of each database.
type Manifest struct {
	Version   int       `json:"version"`
	Created   time.Time `json:"created"`
	Databases []Copy    `json:"databases"`
}

// Copy is the copy of one database.
type Copy struct {
	Database string `json:"database"`
	Driver   string `json:"driver"`
	File     string `json:"file"`
	Size     int64  `json:"size"`
	SHA256   string `json:"sha256"`
	// Identity distinguishes the database from others of its name, in a backup that a server has made by itself.
	Identity string `json:"identity,omitempty"`
}

// Backup writes copies of a configuration's databases to a file, which must not exist, while servers use them. Each copy
// is of one moment, and has been checked. It refuses a configuration with a database that cannot be copied, unless only
// names the others. It calls progress, which may be nil, with the bytes of a database that are done.
func Backup(ctx context.Context, path, file string, only []string, progress func(database string, done, total int64)) (m Manifest, err error) {
	c, err := config.Load(path)
	if err != nil {
		return m, err
	}
	names, err := chosen(c, only)
	if err != nil {
		return m, err
	}
	return archive(ctx, c, file, names, nil, progress)
}

// archive is Backup of some databases.
func archive(ctx context.Context, c *config.Config, file string, names []string, identities map[string]string, progress func(database string, done, total int64)) (m Manifest, err error) {
	dir, err := os.MkdirTemp(filepath.Dir(file), ".basalt-backup-")
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	m = Manifest{Version: manifestVersion, Created: time.Now().UTC().Truncate(time.Second)}
	for _, name := range names {
		one := Copy{Database: name, Driver: c.Databases[name].Driver, File: name + ".db", Identity: identities[name]}
		err := withArchiver(ctx, c, name, func(a db.Archiver) error {
			return a.Backup(ctx, filepath.Join(dir, one.File), func(done, total int64) {
				if progress != nil {
					progress(name, done, total)
				}
			})
		})
		if err == nil {
			one.Size, one.SHA256, err = digest(filepath.Join(dir, one.File))
		}
		if err != nil {
			return m, fmt.Errorf("database %s: %w", name, err)
		}
		m.Databases = append(m.Databases, one)
	}
	packed := filepath.Join(dir, "backup.tar")
	if err := pack(packed, dir, m); err != nil {
		return m, err
	}
	return m, os.Link(packed, file) // unlike a rename it replaces nothing
}

// chosen returns the databases to copy.
func chosen(c *config.Config, only []string) ([]string, error) {
	if len(only) == 0 {
		return slices.Sorted(maps.Keys(c.Databases)), nil
	}
	for _, name := range only {
		if c.Databases[name] == nil {
			return nil, fmt.Errorf("there is no database %q in the configuration", name)
		}
	}
	return only, nil
}

// withArchiver opens a database and calls f with what copies it.
func withArchiver(ctx context.Context, c *config.Config, name string, f func(db.Archiver) error) error {
	return withDriver(ctx, c, name, func(driver db.Driver) error {
		a, ok := db.As[db.Archiver](driver)
		if !ok {
			return fmt.Errorf("the driver %s cannot copy a database to a file: use the tools of the database, such as pg_dump or mongodump, and name the other databases with --only", c.Databases[name].Driver)
		}
		return f(a)
	})
}

// withDriver opens a database and calls f with it.
func withDriver(ctx context.Context, c *config.Config, name string, f func(db.Driver) error) (err error) {
	d := c.Databases[name]
	driver, err := db.Open(ctx, d.Driver, d.Settings(c.Dir))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, driver.Close()) }()
	return f(driver)
}

// digest returns the size and the SHA-256 of a file.
func digest(file string) (int64, string, error) {
	f, err := os.Open(file)
	if err != nil {
		return 0, "", err
	}
	defer f.Close()
	hash := sha256.New()
	n, err := io.Copy(hash, f)
	return n, hex.EncodeToString(hash.Sum(nil)), err
}

// pack writes a backup of the copies in a directory, and syncs it.
func pack(file, dir string, m Manifest) (err error) {
	out, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	w := tar.NewWriter(out)
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	header := func(name string, size int64) error {
		return w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: size, ModTime: m.Created, Format: tar.FormatPAX})
	}
	if err := header(manifestName, int64(len(text))); err != nil {
		return err
	}
	if _, err := w.Write(text); err != nil {
		return err
	}
	for _, one := range m.Databases {
		if err := header(one.File, one.Size); err != nil {
			return err
		}
		f, err := os.Open(filepath.Join(dir, one.File))
		if err != nil {
			return err
		}
		_, err = io.Copy(w, f)
		if err = errors.Join(err, f.Close()); err != nil {
			return err
		}
	}
	return errors.Join(w.Close(), out.Sync())
}

// Restore replaces the databases of a configuration by those of a backup. It checks all of them first, and refuses a
// database that has documents or accounts unless force is set. No server may use them meanwhile.
func Restore(ctx context.Context, path, file string, force bool) (m Manifest, err error) {
	c, err := config.Load(path)
	if err != nil {
		return m, err
	}
	dir, err := os.MkdirTemp(filepath.Dir(file), ".basalt-restore-")
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist) {
		dir, err = os.MkdirTemp("", "basalt-restore-") // the backup is on a disk that cannot be written
	}
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if m, err = unpack(file, dir); err != nil {
		return m, fmt.Errorf("%s: %w", file, err)
	}
	return m, replace(ctx, c, m, dir, force)
}

// replace puts copies in a directory in the place of the databases.
func replace(ctx context.Context, c *config.Config, m Manifest, dir string, force bool) error {
	for _, one := range m.Databases { // all are fit before one is replaced
		if err := fit(ctx, c, one, dir, force); err != nil {
			return fmt.Errorf("database %s: %w", one.Database, err)
		}
	}
	for _, one := range m.Databases {
		err := withArchiver(ctx, c, one.Database, func(a db.Archiver) error { return a.Restore(ctx, filepath.Join(dir, one.File)) })
		if err != nil {
			return fmt.Errorf("database %s: %w", one.Database, err)
		}
	}
	return nil
}

// fit returns an error if a copy cannot, or must not, take the place of its database.
func fit(ctx context.Context, c *config.Config, one Copy, dir string, force bool) error {
	switch d := c.Databases[one.Database]; {
	case d == nil:
		return errors.New("the configuration has no database of this name")
	case d.Driver != one.Driver:
		return fmt.Errorf("the copy is of the driver %s, and the configuration says %s", one.Driver, d.Driver)
	}
	return withArchiver(ctx, c, one.Database, func(a db.Archiver) error {
		if err := a.Verify(ctx, filepath.Join(dir, one.File)); err != nil {
			return err
		}
		has, err := a.HasData(ctx)
		if err == nil && has && !force {
			err = errors.New("it has data, which the backup would replace; add --force to replace it")
		}
		if err != nil {
			return err
		}
		return a.Alone(ctx)
	})
}

// unpack writes the copies of a backup to a directory, and compares them with the manifest.
func unpack(file, dir string) (m Manifest, err error) {
	in, err := os.Open(file)
	if err != nil {
		return m, err
	}
	defer in.Close()
	r := tar.NewReader(in)
	head, err := r.Next()
	if err != nil || head.Name != manifestName {
		return m, errors.Join(errors.New("this is not a backup of Basalt"), err)
	}
	if err := json.NewDecoder(io.LimitReader(r, maxManifest)).Decode(&m); err != nil {
		return m, fmt.Errorf("reading %s: %w", manifestName, err)
	}
	if m.Version != manifestVersion {
		return m, fmt.Errorf("the backup has version %d, and this Basalt reads version %d", m.Version, manifestVersion)
	}
	for _, one := range m.Databases {
		if filepath.Base(one.File) != one.File || strings.HasPrefix(one.File, ".") {
			return m, fmt.Errorf("the name %q is not that of a file in a backup", one.File)
		}
		if head, err = r.Next(); err != nil || head.Name != one.File || head.Size != one.Size {
			return m, errors.Join(fmt.Errorf("the copy of the database %s is not whole", one.Database), err)
		}
		if err := extract(r, filepath.Join(dir, one.File), one); err != nil {
			return m, fmt.Errorf("the copy of the database %s: %w", one.Database, err)
		}
	}
	return m, nil
}

func extract(r io.Reader, file string, one Copy) (err error) {
	out, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	hash := sha256.New()
	if _, err := io.Copy(io.MultiWriter(out, hash), r); err != nil {
		return fmt.Errorf("it is not whole: %w", err)
	}
	if hex.EncodeToString(hash.Sum(nil)) != one.SHA256 {
		return errors.New("it has changed since the backup: its SHA-256 does not match")
	}
	return nil
}
