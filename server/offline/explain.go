package offline

import (
	"context"
	"errors"
	"fmt"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/db"
)

// Explain answers the question of a JSON body, as POST /v1/admin/explain does, with the databases of a
// configuration. Nothing is made or changed in them: in the place of one that has no tables yet there is an empty one in
// memory, whose statements are not shown, because they are not those of the real one.
func Explain(ctx context.Context, path string, body []byte) (e *crud.Explanation, err error) {
	c, err := config.Load(path)
	if err != nil {
		return nil, err
	}
	as, question, err := crud.ReadQuestion(body, c.Limits.Depth)
	if err != nil {
		return nil, err
	}
	o, err := openDocuments(ctx, c, openToRead)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, o.close()) }()
	if e, err = o.service.Explain(ctx, as, question); err != nil {
		return nil, o.hint(ctx, question.Collection, err)
	}
	if collection := c.Collections[question.Collection]; collection != nil && o.databases[collection.Database].empty {
		e.Statement, e.Parameters, e.Plan = "", nil, nil
	}
	return e, nil
}

// openToRead opens a database as it is, or an empty one in memory where it has none of the tables.
func openToRead(ctx context.Context, d *config.Database, dir string, collections []*db.Collection) (database, error) {
	if !exists(d, dir) {
		return openEmpty(ctx, d, dir, collections)
	}
	driver, err := db.Open(ctx, d.Driver, d.Settings(dir))
	if err != nil {
		return database{}, err
	}
	steps, err := missing(ctx, driver, collections)
	if err != nil {
		return database{}, errors.Join(err, driver.Close())
	}
	tables := 0
	for _, step := range steps {
		if step.NewTable {
			tables++
		}
	}
	if tables > 0 && tables == len(collections) {
		if err := driver.Close(); err != nil {
			return database{}, err
		}
		return openEmpty(ctx, d, dir, collections)
	}
	return database{Driver: driver}, nil
}

// hint adds to an error what the schema of the collection's database lacks.
func (o *documents) hint(ctx context.Context, collection string, err error) error {
	c := o.config.Collections[collection]
	if c == nil {
		return err
	}
	if steps, failed := missing(ctx, o.databases[c.Database].Driver, o.stored[c.Database]); failed == nil && len(steps) > 0 {
		return fmt.Errorf("%w (the schema of the database %s lacks something: see basalt migrate plan)", err, c.Database)
	}
	return err
}
