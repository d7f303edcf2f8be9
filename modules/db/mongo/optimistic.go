package mongo

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/bson"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// readSet is what a change without transaction has read with a lock. The change is made on the condition that it
// is unchanged.
type readSet struct {
	docs   map[string]bson.Raw // by collection and key
	writes int
}

var errLost = errors.New("the document has changed since it was read")

var errNoTransactions = fault.Errorf(fault.Invalid, "this changes several documents together, which this MongoDB server cannot: it has no transactions, because it is not a replica set")

// optimistic runs f without a transaction. f may read with locks and then write once.
func (d *Driver) optimistic(ctx context.Context, f func(db.Store) error) error {
	for try := 0; ; try++ {
		err := f(store{d, &readSet{docs: map[string]bson.Raw{}}})
		if !errors.Is(err, errLost) {
			return err
		}
		if try == maxRetries {
			return fault.Retry(fault.Unavailable, time.Second, "the document changed too often meanwhile; try again")
		}
		select {
		case <-ctx.Done():
			return clientError(ctx, ctx.Err())
		case <-time.After(time.Duration(rand.Int64N(int64(time.Millisecond) << min(try, 5)))):
		}
	}
}

func (r *readSet) note(c *db.Collection, row query.Row, raw bson.Raw) {
	r.docs[c.Name+"/"+c.ID(row)] = slices.Clone(raw)
}

// write counts the writes: one document, or the documents of one insert.
func (r *readSet) write(documents int) error {
	if r == nil {
		return nil
	}
	if r.writes++; r.writes > 1 || documents > 1 {
		return errNoTransactions
	}
	return nil
}

// condition returns the filter of a change with the condition that its document is unchanged since it was read.
// guarded is true if there is such a condition.
func (r *readSet) condition(c *db.Collection, k kinds, where query.Filter, set []db.Assignment) (filter bson.D, guarded bool, err error) {
	if filter, err = translate(c, k, where); err != nil || r == nil {
		return filter, false, err
	}
	if err := r.write(1); err != nil {
		return nil, false, err
	}
	compare, ok := where.(*query.Compare)
	if !ok || !c.IsByKey(where) {
		return filter, false, nil
	}
	row := make(query.Row, len(c.Columns))
	row[c.Key] = compare.Value
	raw, ok := r.docs[c.Name+"/"+c.ID(row)]
	if !ok {
		return filter, false, nil
	}
	all := bson.A{filter}
	if c.Shape.Rest() >= 0 {
		all = unchanged(all, c, raw, set)
	}
	for i := range c.Columns {
		if i == c.Shape.Rest() {
			continue
		}
		key := name(c, i)
		if v, err := raw.LookupErr(key); err == nil {
			all = append(all, one(key, one("$eq", v)))
		} else {
			all = append(all, one(key, one("$exists", false)))
		}
	}
	return one("$and", all), true, nil
}

// lost is the error of a conditional change that found the document changed.
func lost(guarded bool, n int64) error {
	if guarded && n == 0 {
		return errLost
	}
	return nil
}
