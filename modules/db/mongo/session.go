package mongo

import (
	"context"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// inSession runs operations in a transaction of the server.
type inSession struct {
	store
	session mongo.Session
}

func (s inSession) in(ctx context.Context) context.Context {
	return mongo.NewSessionContext(ctx, s.session)
}

func (s inSession) Find(ctx context.Context, c *db.Collection, f db.Find) ([]query.Row, error) {
	if f.Lock == db.Unlocked {
		return s.store.Find(s.in(ctx), c, f)
	}
	// A write makes the transaction lock the documents, as MongoDB's documentation recommends for reads that must
	// not become stale.
	rows, err := s.store.Find(s.in(ctx), c, f)
	if err != nil {
		return nil, err
	}
	ids := bson.A{}
	for _, row := range rows {
		if s.kindsOf(c)[c.KeyPath().Field] != texts {
			return rows, nil // an unmanaged collection: the snapshot must do
		}
		ids = append(ids, s.keysOf(c, row)...)
	}
	if len(ids) > 0 {
		_, err = s.collection(c).UpdateMany(s.in(ctx), one("_id", one("$in", ids)), one("$currentDate", one("_basalt_lock", true)))
	}
	return rows, clientError(ctx, err)
}

func (s inSession) Insert(ctx context.Context, c *db.Collection, rows []query.Row) error {
	return s.store.Insert(s.in(ctx), c, rows)
}

func (s inSession) Update(ctx context.Context, c *db.Collection, u db.Update) (int64, []query.Row, error) {
	return s.store.Update(s.in(ctx), c, u)
}

func (s inSession) Delete(ctx context.Context, c *db.Collection, where query.Filter) (int64, error) {
	return s.store.Delete(s.in(ctx), c, where)
}

func (s inSession) Count(ctx context.Context, c *db.Collection, where query.Filter) (int64, error) {
	return s.store.Count(s.in(ctx), c, where)
}

func (s inSession) Aggregate(ctx context.Context, c *db.Collection, a db.Aggregate) ([][]query.Value, error) {
	return s.store.Aggregate(s.in(ctx), c, a)
}
