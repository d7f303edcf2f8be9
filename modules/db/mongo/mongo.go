// Package mongo is the driver for MongoDB, over go.mongodb.org/mongo-driver.
//
// The id of a document is its _id; an ObjectID is shown as its 24 hexadecimal digits. An unset field is not
// stored. Times have milliseconds, as in BSON, which [Driver.Round] reports.
//
// If the server has transactions (a replica set or a sharded cluster), they are used as the driver's documentation
// recommends. A standalone server, or one that only speaks the protocol, has none. There, a change that reads
// before it writes is made on the condition that the document is unchanged since the read, and is retried
// otherwise. A change of several documents together is refused.
package mongo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"
	"go.mongodb.org/mongo-driver/mongo/readconcern"
	"go.mongodb.org/mongo-driver/mongo/writeconcern"
	"go.mongodb.org/mongo-driver/x/mongo/driver/connstring"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

func init() {
	db.Register("mongo", db.Registration{Open: Open, Check: func(c db.Config) error {
		_, err := parse(c)
		return err
	}})
}

// maxRetries limits the retries of a change without transaction.
const maxRetries = 50

// Driver is an open MongoDB database.
type Driver struct {
	client       *mongo.Client
	database     *mongo.Database
	transactions bool // whether the server has them
	textIndexes  bool // whether the server has them
	unshown      *db.Unshown
	log          *slog.Logger
	kinds        sync.Map // *db.Collection to its [kinds]
	foreign      sync.Map // *db.Collection that has documents without an id, see [Driver.learnForeign]
}

// decode returns the row of a stored document.
func (d *Driver) decode(c *db.Collection, raw bson.Raw) (query.Row, error) {
	return decode(c, raw, func(row query.Row, field int) { d.unshown.Report(c, row, field, time.Now()) })
}

func parse(c db.Config) (*connstring.ConnString, error) {
	if len(c.Replicas) > 0 {
		return nil, errors.New("mongo: the members of a replica set are part of the url, and readPreference=secondaryPreferred lets them answer reads")
	}
	if !strings.HasPrefix(c.URL, "mongodb://") && !strings.HasPrefix(c.URL, "mongodb+srv://") {
		return nil, errors.New(`mongo: the url has the form "mongodb://user:password@host:27017/database"`)
	}
	if strings.HasPrefix(c.URL, "mongodb+srv://") {
		return &connstring.ConnString{}, nil // it requires a DNS lookup
	}
	parsed, err := connstring.ParseAndValidate(c.URL)
	if err != nil {
		return nil, errors.New("mongo: an option of the url is not known or has a wrong value") // the error may repeat the url
	}
	if parsed.Database == "" {
		return nil, errors.New("mongo: the url needs the name of the database at its end, as in mongodb://127.0.0.1:27017/app")
	}
	return parsed, nil
}

// Open connects to the database of a URL such as "mongodb://user:password@host:27017/app". It accepts the options
// of MongoDB's connection strings, including readPreference and readConcernLevel. Writes are acknowledged by a
// majority unless the URL sets w.
func Open(ctx context.Context, c db.Config) (db.Driver, error) {
	parsed, err := parse(c)
	if err != nil {
		return nil, err
	}
	settings := options.Client().ApplyURI(c.URL).SetServerSelectionTimeout(3 * time.Second).SetAppName("basalt")
	if settings.WriteConcern == nil {
		settings.SetWriteConcern(writeconcern.Majority())
	}
	client, err := mongo.Connect(ctx, settings)
	if err != nil {
		return nil, fmt.Errorf("mongo: %w", err)
	}
	name := parsed.Database
	if name == "" {
		name = "basalt"
	}
	d := &Driver{client: client, database: client.Database(name), unshown: db.NewUnshown(c.Log), log: c.Log}
	if d.log == nil {
		d.log = slog.New(slog.DiscardHandler)
	}
	var hello struct {
		SetName string `bson:"setName"`
		Msg     string `bson:"msg"`
	}
	if err := d.database.RunCommand(ctx, bson.D{{Key: "hello", Value: 1}}).Decode(&hello); err != nil {
		return nil, errors.Join(fmt.Errorf("mongo: connecting: %w", err), client.Disconnect(ctx))
	}
	d.transactions = hello.SetName != "" || hello.Msg == "isdbgrid"
	var build struct {
		FerretDB string `bson:"ferretdbVersion"`
	}
	if err := d.database.RunCommand(ctx, bson.D{{Key: "buildInfo", Value: 1}}).Decode(&build); err == nil {
		d.textIndexes = build.FerretDB == ""
	}
	return d, nil
}

// Round returns a value with the precision of the database.
func (d *Driver) Round(v query.Value) query.Value {
	if v.Kind() == query.KindTime && v != query.Forever && v != query.Always {
		return query.Micros(floor(v.Int(), 1000) * 1000)
	}
	return v
}

func floor(n, by int64) int64 {
	q := n / by
	if n%by < 0 {
		q--
	}
	return q
}

// Atomic reports whether the server has transactions.
func (d *Driver) Atomic() bool { return d.transactions }

// Ping implements [db.Driver].
func (d *Driver) Ping(ctx context.Context) error {
	return clientError(ctx, d.client.Ping(ctx, nil))
}

// Close implements [db.Driver].
func (d *Driver) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return d.client.Disconnect(ctx)
}

// Sync implements [db.Driver]. Collections are created by their first document; Sync creates indexes.
func (d *Driver) Sync(ctx context.Context, collections []*db.Collection) error {
	var errs []error
	for _, c := range collections {
		if c.Parts != nil {
			errs = append(errs, fmt.Errorf("collection %s: a document of MongoDB has one key, _id, so `key` cannot name several fields", c.Name))
			continue
		}
		if err := nameable(c); err != nil {
			errs = append(errs, err)
			continue
		}
		if err := d.rename(ctx, c); err != nil {
			errs = append(errs, fmt.Errorf("collection %s: was: %w", c.Name, err))
			continue
		}
		for i, column := range c.Columns {
			if i == c.Key || !column.Unique && !column.Index {
				continue
			}
			model := mongo.IndexModel{Keys: bson.D{{Key: name(c, i), Value: 1}}}
			if column.Unique {
				model.Options = options.Index().SetUnique(true).SetSparse(true)
			}
			if _, err := d.database.Collection(c.Table).Indexes().CreateOne(ctx, model); err != nil {
				errs = append(errs, fmt.Errorf("collection %s: the index of %s: %w", c.Name, column.Name, err))
			}
		}
		if err := d.syncIndexes(ctx, c); err != nil {
			errs = append(errs, fmt.Errorf("collection %s: indexes: %w", c.Name, err))
		}
		if err := d.syncSearch(ctx, c); err != nil {
			errs = append(errs, fmt.Errorf("collection %s: the index of the search: %w", c.Name, err))
		}
	}
	if errs != nil {
		return errors.Join(errs...)
	}
	if err := d.learnKinds(ctx, collections); err != nil {
		return err
	}
	for _, c := range collections {
		if err := d.learnForeign(ctx, c); err != nil {
			return fmt.Errorf("collection %s: the types of _id: %w", c.Name, err)
		}
		if err := d.fill(ctx, c); err != nil {
			return fmt.Errorf("collection %s: the defaults of new fields: %w", c.Name, err)
		}
	}
	return nil
}

// Transaction implements [db.Driver].
func (d *Driver) Transaction(ctx context.Context, f func(db.Store) error) error {
	if !d.transactions {
		return d.optimistic(ctx, f)
	}
	session, err := d.client.StartSession()
	if err != nil {
		return clientError(ctx, err)
	}
	defer session.EndSession(context.WithoutCancel(ctx))
	settings := options.Transaction().SetReadConcern(readconcern.Snapshot()).SetWriteConcern(writeconcern.Majority())
	_, err = session.WithTransaction(ctx, func(mongo.SessionContext) (any, error) {
		return nil, f(inSession{store{d, nil}, session})
	}, settings)
	return clientError(ctx, err)
}

// Snapshots implements [db.Snapshotter].
func (d *Driver) Snapshots() bool { return d.transactions }

// Snapshot implements [db.Snapshotter].
func (d *Driver) Snapshot(ctx context.Context, f func(db.Store) error) error {
	return d.Transaction(ctx, f)
}

// clientError sets the client's error code, if the client can cause the error.
func clientError(ctx context.Context, err error) error {
	if db.Translated(err) {
		return err
	}
	switch {
	case mongo.IsDuplicateKeyError(err), strings.Contains(err.Error(), "UNIQUE constraint failed"): // the second is FerretDB's
		return db.Conflict("id")
	case ctx.Err() != nil, mongo.IsTimeout(err) && errors.Is(err, context.DeadlineExceeded):
		return db.Timeout()
	case mongo.IsNetworkError(err), mongo.IsTimeout(err), errors.Is(err, mongo.ErrClientDisconnected), strings.Contains(err.Error(), "server selection error"):
		return db.Unavailable(err)
	}
	var server mongo.ServerError
	if errors.As(err, &server) && server.HasErrorCode(238) { // NotImplemented, from servers that only speak the protocol
		return errors.Join(fault.Errorf(fault.Invalid, "this database server cannot answer this condition"), err)
	}
	if errors.As(err, &server) && (server.HasErrorLabel("TransientTransactionError") || server.HasErrorCode(50)) {
		return db.Unavailable(err)
	}
	return err
}

// nameable refuses names that a document cannot have, or that mean something else in a path.
func nameable(c *db.Collection) error {
	for i, column := range c.Columns {
		if i != c.Key && (strings.HasPrefix(column.Name, "$") || strings.Contains(column.Name, ".") || column.Name == "_id") {
			return fmt.Errorf("collection %s: column: %q cannot be the name of a field in MongoDB, where names have no . and no $ at their start, and _id is the key", c.Name, column.Name)
		}
	}
	return nil
}

// taken is [clientError] for a write. It names the columns whose values are taken.
func taken(ctx context.Context, c *db.Collection, err error) error {
	if names := takenColumns(c, err); names != nil {
		return db.Conflict(names...)
	}
	out := clientError(ctx, err)
	if fault.CodeOf(out) == fault.Conflict && len(c.Columns) > 0 {
		return db.Conflict(c.Columns[c.Key].Name)
	}
	return out
}

// takenColumns finds the unique index of an error: in "… index: name_1 dup key: …", or in FerretDB's "… index
// 'table_hash_name_1'". Nil if there is none, as for the key.
func takenColumns(c *db.Collection, err error) []string {
	if err == nil || fault.CodeOf(clientError(context.Background(), err)) != fault.Conflict {
		return nil
	}
	named := func(index string) bool {
		return strings.Contains(err.Error(), "index: "+index+" ") || strings.Contains(err.Error(), "_"+strings.ReplaceAll(index, "'", "''")+"'")
	}
	for i, column := range c.Columns {
		if i != c.Key && column.Unique && named(column.Name+"_1") {
			return []string{column.Name}
		}
	}
	for _, x := range c.Indexes {
		if x.Unique && named(c.IndexName(x)) {
			return c.ColumnsOf(x)
		}
	}
	return nil
}
