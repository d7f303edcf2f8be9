package offline

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/server/wiring"
)

// documents are the operations on the documents of a configuration, without a server around them.
type documents struct {
	config    *config.Config
	databases map[string]database
	stored    map[string][]*db.Collection // by database
	service   *crud.Service
}

type database struct {
	db.Driver
	empty bool // it is one in memory, in the place of the real one
}

// openDocuments opens each database of a configuration by a function, which gets its collections.
func openDocuments(ctx context.Context, c *config.Config, open func(context.Context, *config.Database, string, []*db.Collection) (database, error)) (o *documents, err error) {
	o = &documents{config: c, databases: map[string]database{}, stored: wiring.Stored(c)}
	defer func() {
		if err != nil {
			err = errors.Join(err, o.close())
		}
	}()
	for name, d := range c.Databases {
		if o.databases[name], err = open(ctx, d, c.Dir, o.stored[name]); err != nil {
			delete(o.databases, name)
			return nil, fmt.Errorf("database %s: %w", name, err)
		}
	}
	settings, err := wiring.Crud(c, time.Now)
	if err != nil {
		return nil, err
	}
	for _, collection := range c.Collections {
		settings.Collections = append(settings.Collections, crud.NewCollection(wiring.Spec(collection), o.databases[collection.Database].Driver))
	}
	settings.Cursors = query.NewCursors([32]byte{}) // nothing that is shown outlives this process
	o.service = crud.New(settings)
	return o, nil
}

func (o *documents) close() error {
	var errs []error
	for _, d := range o.databases {
		errs = append(errs, d.Close())
	}
	return errors.Join(errs...)
}

// openEmpty opens an empty database in memory that has the collections. It takes documents whose references lead nowhere, as
// databases without foreign keys do.
func openEmpty(ctx context.Context, _ *config.Database, _ string, collections []*db.Collection) (database, error) {
	driver, err := db.OpenEphemeral(ctx)
	if err != nil {
		return database{}, err
	}
	if err := driver.Sync(ctx, db.WithoutReferences(collections)); err != nil {
		return database{}, errors.Join(err, driver.Close())
	}
	return database{driver, true}, nil
}

// exists reports whether a database is there, as far as this machine knows. Opening one that keeps files would make them.
func exists(d *config.Database, dir string) bool {
	files := db.Files(d.Driver, d.Settings(dir))
	if len(files) == 0 {
		return true
	}
	_, err := os.Stat(files[0])
	return err == nil
}

// missing returns what the schema of a database lacks. One without a schema lacks nothing.
func missing(ctx context.Context, driver db.Driver, collections []*db.Collection) ([]db.Migration, error) {
	migrator, ok := db.As[db.Migrator](driver)
	if !ok {
		return nil, nil
	}
	return migrator.Plan(ctx, collections)
}
