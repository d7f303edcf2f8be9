package mongo

import (
	"context"
	"errors"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// Source implements [db.Watcher].
func (d *Driver) Source(context.Context) db.Source {
	if d.transactions {
		return db.Source{Name: "change streams", Complete: true}
	}
	return db.Source{
		Name:   "notifications between nodes, because this server has no change streams",
		Advice: "run MongoDB as a replica set, of one member if need be (mongod --replSet rs0, and rs.initiate()); then the changes that other programs make are seen, too",
	}
}

// Unsupported implements [db.Watcher].
func (d *Driver) Unsupported(context.Context, []*db.Collection) (map[*db.Collection]error, error) {
	return nil, nil
}

// Watch implements [db.Watcher] with a change stream of the database. The MongoDB driver resumes it after a lost
// connection.
func (d *Driver) Watch(ctx context.Context, collections []*db.Collection) (db.Changes, error) {
	tables := map[string]*db.Collection{}
	names := bson.A{}
	for _, c := range collections {
		tables[c.Table] = c
		names = append(names, c.Table)
	}
	stream, err := d.database.Watch(ctx, mongo.Pipeline{
		{{Key: "$match", Value: bson.D{{Key: "ns.coll", Value: one("$in", names)}}}},
		{{Key: "$project", Value: bson.D{{Key: "operationType", Value: 1}, {Key: "ns", Value: 1}, {Key: "documentKey", Value: 1}}}},
	}, options.ChangeStream().SetMaxAwaitTime(time.Second))
	if err != nil {
		return nil, clientError(ctx, err)
	}
	return &changes{stream, tables}, nil
}

type changes struct {
	stream *mongo.ChangeStream
	tables map[string]*db.Collection
}

// Next implements [db.Changes].
func (w *changes) Next(ctx context.Context) ([]db.Change, error) {
	if !w.stream.Next(ctx) {
		return nil, errors.Join(w.stream.Err(), ctx.Err(), errors.New("mongo: the change stream has ended"))
	}
	first, err := w.touched()
	if err != nil {
		return nil, err
	}
	more, err := w.CatchUp(ctx)
	return append(first, more...), err
}

// CatchUp implements [db.Changes] as far as the server has sent what a read can have seen: a change stream cannot
// be flushed.
func (w *changes) CatchUp(ctx context.Context) (out []db.Change, err error) {
	for w.stream.RemainingBatchLength() > 0 && w.stream.TryNext(ctx) {
		touched, err := w.touched()
		if err != nil {
			return nil, err
		}
		out = append(out, touched...)
	}
	return out, w.stream.Err()
}

// touched reads the current event of the stream.
func (w *changes) touched() ([]db.Change, error) {
	var event struct {
		Type string `bson:"operationType"`
		NS   struct {
			Coll string `bson:"coll"`
		} `bson:"ns"`
		Key bson.Raw `bson:"documentKey"`
	}
	if err := w.stream.Decode(&event); err != nil {
		return nil, err
	}
	c := w.tables[event.NS.Coll]
	switch {
	case event.Type == "invalidate":
		return nil, errors.New("mongo: the change stream is not valid any more")
	case c == nil:
		return nil, nil
	case event.Key == nil: // drop, rename
		return []db.Change{{Collection: c}}, nil
	}
	row, err := decode(c, event.Key, func(query.Row, int) {})
	if err != nil || row[c.Key] == query.Null {
		return []db.Change{{Collection: c}}, nil // a key in an unknown form
	}
	return []db.Change{{Collection: c, ID: c.ID(row)}}, nil
}

// Close implements [db.Changes].
func (w *changes) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	return w.stream.Close(ctx)
}
