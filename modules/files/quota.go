package files

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"slices"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// A quota is counted and not kept: the sum of the sizes of the documents that are charged to one is what has been used,
// however they came and went. So that two uploads at once, also of two nodes, do not both fit, a transaction that stores a
// file of a quota changes a row that all those of the same value change, and then takes the sum.

// stripes is how many rows those of one collection share.
const stripes = 64

var quotaRows = db.Describe("_file_quotas",
	db.Column{Name: "id", Type: query.TypeID},
	db.Column{Name: "turn", Type: query.TypeInt},
)

const colTurn = 1

func (c *Collection) stripe(i int) string { return fmt.Sprintf("%s.%d", c.Name, i) }

// stripeOf is the row of a value that files are charged to.
func (c *Collection) stripeOf(key query.Value) string {
	h := fnv.New32a()
	h.Write([]byte(key.Text()))
	return c.stripe(int(h.Sum32() % stripes))
}

// Prepare makes the tables of links and quotas in the database of a collection, and what a quota needs in them.
func (c *Collection) Prepare(ctx context.Context) error {
	if err := c.Database.Sync(ctx, Collections()); err != nil {
		return err
	}
	if c.Quota == 0 {
		return nil
	}
	if t, ok := db.As[db.Transactor](c.Database); ok && !t.Atomic() {
		return errors.New("its database has no transactions, so that two uploads at once could take more than files.quota; take the quota out, or use a MongoDB replica set")
	}
	ids := make([]string, stripes)
	for i := range ids {
		ids[i] = c.stripe(i)
	}
	rows, err := c.Database.Find(db.ReadPrimary(ctx), quotaRows, db.Find{Query: query.Query{Where: quotaRows.ByKeys(ids), Limit: stripes}})
	if err != nil {
		return err
	}
	for _, id := range ids {
		if slices.ContainsFunc(rows, func(row query.Row) bool { return row[0].Text() == id }) {
			continue
		}
		err := c.Database.Insert(ctx, quotaRows, []query.Row{{query.String(id), query.Int(0)}})
		if err != nil && fault.CodeOf(err) != fault.Conflict { // another node has made it
			return err
		}
	}
	return nil
}

// chargedTo is whom a new file of a caller is charged to; null for an administrator.
func (c *Collection) chargedTo(docs *crud.Service, caller crud.Caller) (query.Value, error) {
	key, err := docs.Forces(caller, c.Name, Charged)
	switch {
	case err != nil || caller.Admin:
		return query.Null, err
	case key.IsNull() && caller.Auth == nil:
		return key, fault.Errorf(fault.Unauthenticated, "files of %s are charged to whoever sends them; sign in first", c.Name)
	case key.IsNull():
		return key, fault.Errorf(fault.Forbidden, "files of %s are charged to a value that this token does not have (files.quota.by)", c.Name)
	}
	return key, nil
}

// room returns what is left of a quota for a new file; math.MaxInt64 where there is none. It refuses a file that does not fit,
// before its bytes come. It is asked again when they are there.
func (c *Collection) room(ctx context.Context, docs *crud.Service, caller crud.Caller, size int64) (left int64, err error) {
	if c.Quota == 0 {
		return math.MaxInt64, nil
	}
	key, err := c.chargedTo(docs, caller)
	if err != nil || key.IsNull() {
		return math.MaxInt64, err
	}
	used, err := c.used(ctx, c.Database, key)
	if err != nil {
		return 0, err
	}
	if left = c.Quota - used; max(size, 0) > max(left, 0) {
		return 0, c.overQuota(used + size)
	}
	return max(left, 0), nil
}

// makeRoom is room for an announced file. Files of one request share what is left: all of them arrive before one is charged.
func (c *Collection) makeRoom(ctx context.Context, docs *crud.Service, caller crud.Caller, a *Announced) error {
	if a.left != nil {
		if a.Size > *a.left {
			return c.overQuota(c.Quota - *a.left + a.Size)
		}
		return nil
	}
	left, err := c.room(ctx, docs, caller, a.Size)
	a.left = &left
	return err
}

// Share lets a file share what is left of a quota with one that has arrived before it.
func (a *Announced) Share(earlier *Arrived) { a.left = earlier.left }

// charge refuses, in the transaction that has stored files, more than a quota.
func (c *Collection) charge(ctx context.Context, store db.Store, key query.Value) error {
	id := c.stripeOf(key)
	rows, err := store.Find(ctx, quotaRows, db.Find{Query: query.Query{Where: quotaRows.ByKey(id), Limit: 1}, Lock: db.Exclusive})
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return fmt.Errorf("the row %s of _file_quotas is gone", id)
	}
	turn := db.Assignment{Field: colTurn, Value: query.Int(rows[0][colTurn].Int() + 1)}
	if _, _, err := store.Update(ctx, quotaRows, db.Update{Where: quotaRows.ByKey(id), Set: []db.Assignment{turn}}); err != nil {
		return err
	}
	return c.within(ctx, store, key)
}

// chargeReplaced is charge for a file that has other bytes now. It stays charged to whom it was; one from before there was a
// quota is charged to whoever replaces it. One that has not grown is never refused.
func (c *Collection) chargeReplaced(ctx context.Context, docs *crud.Service, store db.Store, caller crud.Caller, doc crud.Document, grown bool) error {
	key, _ := doc.Field(Charged)
	if key.IsNull() {
		var err error
		if key, err = c.chargedTo(docs, caller); err != nil {
			return err
		}
		body, err := json.Marshal(map[string]json.RawMessage{Charged: key.AppendJSON(nil)})
		if err != nil {
			return err
		}
		caller.Admin = true
		if _, err = docs.UpdateIf(ctx, serving(caller), crud.Target{Collection: c.Name, ID: doc.ID()}, body, Match{}.document); err != nil {
			return err
		}
		grown = true
	}
	if !grown {
		return nil
	}
	return c.charge(ctx, store, key)
}

// within refuses more bytes than a quota has.
func (c *Collection) within(ctx context.Context, store db.Store, key query.Value) error {
	used, err := c.used(ctx, store, key)
	if err == nil && used > c.Quota {
		err = c.overQuota(used)
	}
	return err
}

// used adds up the sizes of the files that are charged to a value.
func (c *Collection) used(ctx context.Context, store db.Store, key query.Value) (int64, error) {
	where := &query.Compare{Path: query.Path{Field: Charged}, Op: query.Eq, Value: key}
	sums, err := store.Aggregate(db.ReadPrimary(ctx), c.Stored, db.Aggregate{Where: where, Sum: []int{c.Stored.Shape.Index(fieldSize)}, Limit: 1})
	if err != nil || len(sums) == 0 || sums[0][0].IsNull() {
		return 0, err
	}
	return int64(sums[0][0].Float()), nil
}

func (c *Collection) overQuota(bytes int64) error {
	return fault.Errorf(fault.TooLarge, "with this the files of one would have %d bytes together, and %d is files.quota of %s", bytes, c.Quota, c.Name)
}
