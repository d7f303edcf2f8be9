package offline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/files"
	"github.com/basalt-dev/basalt/modules/files/storage"
	"github.com/basalt-dev/basalt/server/wiring"
)

// Files are the files of a configuration, for an administrator: no rule is asked. Servers may use them meanwhile.
type Files struct {
	// Progress is called with how many bytes of a file are read, of how many, unless it is nil.
	Progress func(done, total int64)

	docs    *documents
	service *files.Service
	stores  map[string]*files.Store
}

// OpenFiles opens the databases and the storages of a configuration. The caller closes what it returns.
func OpenFiles(ctx context.Context, path string) (f *Files, err error) {
	c, err := config.Load(path)
	if err != nil {
		return nil, err
	}
	f = &Files{stores: map[string]*files.Store{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close())
		}
	}()
	if f.docs, err = openDocuments(ctx, c, openToChange); err != nil {
		return f, err
	}
	for name, s := range c.Storage {
		opened, err := storage.Open(ctx, s.Driver, s.Settings(c))
		if err != nil {
			return f, fmt.Errorf("storage %s: %w", name, err)
		}
		f.stores[name] = files.NewStore(opened)
	}
	f.service = files.New(files.Config{
		Collections: wiring.Files(c, f.stores, f.docs.service.Collections), Now: time.Now, Log: slog.Default(), Observe: func(string) {},
	})
	f.docs.service.Release = f.service.Note
	return f, nil
}

// openToChange opens a database, which must be there and have the tables.
func openToChange(ctx context.Context, d *config.Database, dir string, collections []*db.Collection) (database, error) {
	if !exists(d, dir) {
		return database{}, errors.New("it does not exist yet: start the server once")
	}
	driver, err := db.Open(ctx, d.Driver, d.Settings(dir))
	if err != nil {
		return database{}, err
	}
	steps, err := missing(ctx, driver, collections)
	if err == nil && len(steps) > 0 {
		err = errors.New("it lacks something that the configuration has: start the server once, or see basalt migrate")
	}
	if err != nil {
		return database{}, errors.Join(err, driver.Close())
	}
	return database{Driver: driver}, nil
}

// Close removes what deleted files have let go of, and closes everything.
func (f *Files) Close() error {
	var errs []error
	if f.service != nil {
		f.service.Finish()
		f.service.Close()
	}
	for _, s := range f.stores {
		errs = append(errs, s.Close())
	}
	if f.docs != nil {
		errs = append(errs, f.docs.close())
	}
	return errors.Join(errs...)
}

var administrator = crud.Caller{Admin: true, Method: "CLI"}

// Check is [files.Service.Check].
func (f *Files) Check(ctx context.Context, grace time.Duration, repair bool) (files.Report, error) {
	return f.service.Check(ctx, grace, repair)
}

// List calls each with the documents of a collection whose paths begin with a prefix, in the order of their ids.
func (f *Files) List(ctx context.Context, collection, prefix string, each func(id, path, name string, size int64)) error {
	if _, err := f.service.Collection(collection); err != nil {
		return err
	}
	where := map[string]any{}
	if prefix != "" {
		where["path"] = map[string]any{"$startsWith": prefix}
	}
	after := ""
	for {
		ask := map[string]any{"where": where, "limit": exportPage}
		if after != "" {
			ask["after"] = after
		}
		body, err := json.Marshal(ask)
		if err != nil {
			return err
		}
		plan, err := f.docs.service.Prepare(administrator, crud.Read{Collection: collection, Body: body})
		if err != nil {
			return err
		}
		page, err := plan.Run(ctx)
		if err != nil {
			return err
		}
		for _, doc := range page.Documents {
			field := func(name string) string { v, _ := doc.Field(name); return v.Text() }
			size, _ := doc.Field("size")
			each(doc.ID(), field("path"), field("name"), size.Int())
		}
		if after = page.Next(); after == "" {
			return nil
		}
	}
}

// find returns a file by its id or its path.
func (f *Files) find(ctx context.Context, c *files.Collection, which string) (*files.File, error) {
	file, err := f.service.Get(ctx, f.docs.service, administrator, c, which)
	if fault.CodeOf(err) == fault.NotFound {
		return f.service.GetPath(ctx, f.docs.service, administrator, c, which)
	}
	return file, err
}

// Get writes the bytes of a file, which is named by its id or its path.
func (f *Files) Get(ctx context.Context, collection, which string, to io.Writer) error {
	c, err := f.service.Collection(collection)
	if err != nil {
		return err
	}
	file, err := f.find(ctx, c, which)
	if err != nil {
		return err
	}
	if file.Size == 0 {
		return nil
	}
	from, err := file.Open(ctx, 0, file.Size)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, f.reporting(from, file.Size))
	return errors.Join(err, from.Close())
}

// progressReader reports how much of it is read.
type progressReader struct {
	io.Reader
	report      func(done, total int64)
	done, total int64
}

func (f *Files) reporting(from io.Reader, total int64) io.Reader {
	if f.Progress == nil {
		return from
	}
	return &progressReader{Reader: from, report: f.Progress, total: total}
}

func (t *progressReader) Read(p []byte) (int, error) {
	n, err := t.Reader.Read(p)
	t.done += int64(n)
	t.report(t.done, t.total)
	return n, err
}

// Put stores a file of this machine under a path, over the one that is there, or without a path. fields is a JSON object, or
// empty. It returns the id.
func (f *Files) Put(ctx context.Context, collection, name, path, fields string) (string, error) {
	c, err := f.service.Collection(collection)
	if err != nil {
		return "", err
	}
	from, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer from.Close()
	info, err := from.Stat()
	if err != nil {
		return "", err
	}
	a := &files.Announced{Path: path, Name: filepath.Base(name), Size: info.Size()}
	if fields != "" {
		if err := json.Unmarshal([]byte(fields), &a.Fields); err != nil {
			return "", fmt.Errorf("the fields are a JSON object: %w", err)
		}
	}
	id := ""
	if path != "" {
		if id, err = f.service.IDOf(ctx, f.docs.service, administrator, c, path); err != nil {
			return "", err
		}
	}
	if id == "" {
		err = f.service.MayCreate(ctx, f.docs.service, administrator, c, a)
	} else {
		err = f.service.MayReplace(ctx, f.docs.service, administrator, c, id, a, files.Match{})
	}
	if err != nil {
		return "", err
	}
	arrived, err := f.service.Receive(ctx, c, a, f.reporting(from, info.Size()))
	if err != nil {
		return "", err
	}
	if id != "" {
		_, err = f.service.Replace(ctx, f.docs.service, administrator, c, id, arrived, files.Match{})
		return id, err
	}
	created, err := f.service.Create(ctx, f.docs.service, administrator, c, []*files.Arrived{arrived})
	if err != nil {
		return "", err
	}
	return created.Items[0].ID(), nil
}

// Remove deletes a file, which is named by its id or its path.
func (f *Files) Remove(ctx context.Context, collection, which string) error {
	c, err := f.service.Collection(collection)
	if err != nil {
		return err
	}
	file, err := f.find(ctx, c, which)
	if err != nil {
		return err
	}
	return f.service.Delete(ctx, f.docs.service, administrator, c, file.ID, files.Match{})
}

// Move copies the bytes of files from one storage of the configuration to another, see [files.Service.Transfer]. report is called
// with what was done so far. stay are the collections that the configuration keeps in the first one: there the copies stay,
// too.
func (f *Files) Move(ctx context.Context, from, to string, report func(files.Transfer)) (out files.Transfer, stay []string, err error) {
	for _, name := range []string{from, to} {
		if f.stores[name] == nil {
			return out, nil, fmt.Errorf("there is no storage %q in the configuration%s", name, fault.DidYouMean(name, slices.Sorted(maps.Keys(f.stores))))
		}
	}
	if from == to {
		return out, nil, errors.New("the two storages are the same")
	}
	for _, name := range slices.Sorted(maps.Keys(f.service.Collections)) {
		c := f.service.Collections[name]
		switch c.Store {
		case f.stores[from]:
			stay = append(stay, name)
		case f.stores[to]:
		default: // of a third storage
			continue
		}
		if err := f.service.Transfer(ctx, c, f.stores[from], f.stores[to], &out, func() { report(out) }); err != nil {
			return out, nil, err
		}
	}
	return out, stay, nil
}

// NotCopied says which bytes of files a backup, or an export, of a configuration does not have.
func NotCopied(path string) ([]string, error) {
	c, err := config.Load(path)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, name := range slices.Sorted(maps.Keys(c.Storage)) {
		used := slices.ContainsFunc(slices.Collect(maps.Values(c.Collections)), func(c *config.Collection) bool { return c.Files != nil && c.Files.Storage == name })
		if s := c.Storage[name]; used && s.Settings(c).Dir != "" {
			out = append(out, "the bytes of files are not in it: copy "+s.Settings(c).Dir+", too")
		} else if used {
			out = append(out, "the bytes of files are not in it: they are in the bucket "+s.Bucket)
		}
	}
	return out, nil
}
