package mongo

import (
	"context"
	"errors"
	"slices"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// store runs operations. read records what a change without transaction has read; nil records nothing.
type store struct {
	*Driver
	read *readSet
}

func (s store) collection(c *db.Collection) *mongo.Collection { return s.database.Collection(c.Table) }

// Find implements [db.Store].
func (d *Driver) Find(ctx context.Context, c *db.Collection, f db.Find) ([]query.Row, error) {
	return store{d, nil}.Find(ctx, c, f)
}

// Insert implements [db.Store].
func (d *Driver) Insert(ctx context.Context, c *db.Collection, rows []query.Row) error {
	if d.transactions && len(rows) > 1 {
		return d.Transaction(ctx, func(s db.Store) error { return s.Insert(ctx, c, rows) })
	}
	return store{d, nil}.Insert(ctx, c, rows)
}

// Update implements [db.Store].
func (d *Driver) Update(ctx context.Context, c *db.Collection, u db.Update) (n int64, rows []query.Row, err error) {
	if d.transactions && !c.IsByKey(u.Where) {
		err = d.Transaction(ctx, func(s db.Store) error {
			n, rows, err = s.Update(ctx, c, u)
			return err
		})
		return n, rows, err
	}
	return store{d, nil}.Update(ctx, c, u)
}

// Delete implements [db.Store].
func (d *Driver) Delete(ctx context.Context, c *db.Collection, where query.Filter) (n int64, err error) {
	if d.transactions && !c.IsByKey(where) {
		err = d.Transaction(ctx, func(s db.Store) error {
			n, err = s.Delete(ctx, c, where)
			return err
		})
		return n, err
	}
	return store{d, nil}.Delete(ctx, c, where)
}

// Count implements [db.Store].
func (d *Driver) Count(ctx context.Context, c *db.Collection, where query.Filter) (int64, error) {
	return store{d, nil}.Count(ctx, c, where)
}

// Aggregate implements [db.Store].
func (d *Driver) Aggregate(ctx context.Context, c *db.Collection, a db.Aggregate) ([][]query.Value, error) {
	return store{d, nil}.Aggregate(ctx, c, a)
}

// sortOf is an order as MongoDB has it.
func sortOf(c *db.Collection, keys []query.SortKey) bson.D {
	out := bson.D{}
	for _, k := range keys {
		out = append(out, bson.E{Key: name(c, c.Shape.Index(k.Field)), Value: map[bool]int{false: 1, true: -1}[k.Desc]})
	}
	return out
}

// each calls f for each row of a query.
func (s store) each(ctx context.Context, c *db.Collection, f db.Find, visit func(query.Row) error) error {
	filter, err := translate(c, s.kindsOf(c), f.Where)
	if err != nil {
		return err
	}
	filter = s.keyed(c, f.Where, filter)
	settings, err := settingsOf(c, f)
	switch {
	case err != nil:
		return err
	case s.kindsOf(c).several() && len(f.Sort) > 0 && f.Rank == nil && (f.Where == nil || !c.IsByKey(f.Where)):
		return s.eachMerged(ctx, c, f, filter, visit)
	}
	return s.scan(ctx, c, f, filter, settings, visit)
}

// settingsOf are the order and the limits of a query.
func settingsOf(c *db.Collection, f db.Find) (*options.FindOptions, error) {
	settings := options.Find()
	if f.Limit > 0 && f.PerLimit == 0 {
		settings.SetLimit(int64(f.Limit))
	}
	if f.Offset > 0 && f.PerLimit == 0 {
		settings.SetSkip(int64(f.Offset))
	}
	if f.Rank != nil && ranked(f.Rank) {
		settings.SetSort(byRank)
	} else if f.Rank != nil {
		settings.SetSort(bson.D{{Key: "_id", Value: 1}})
	} else if len(f.Sort) > 0 {
		for _, k := range f.Sort {
			i := c.Shape.Index(k.Field)
			if k.Sub != "" {
				return nil, fault.FieldErrorf("sort", "unsupported", "MongoDB has another order of what is inside json fields than other databases; sort by a field")
			}
			if k.NullLargest && !c.Shape.Fields[i].NotNull {
				return nil, fault.FieldErrorf("sort", "unsupported", "MongoDB orders null before every value, and %s can be null", k.Field)
			}
			if c.Columns[i].Type == query.TypeBytes {
				return nil, fault.FieldErrorf("sort", "unsupported", "%s is of type bytes, which MongoDB orders by length", k.Field)
			}
		}
		settings.SetSort(sortOf(c, f.Sort))
	}
	if f.Fields != nil && !slices.Contains(f.Fields, c.Shape.Rest()) { // which has names that are not known
		fields := bson.D{{Key: "_id", Value: 1}}
		for _, i := range f.Fields {
			if i != c.Key {
				fields = append(fields, bson.E{Key: name(c, i), Value: 1})
			}
		}
		settings.SetProjection(fields)
	}
	return settings, nil
}

// scan calls visit for each row that the database finds.
func (s store) scan(ctx context.Context, c *db.Collection, f db.Find, filter bson.D, settings *options.FindOptions, visit func(query.Row) error) error {
	cursor, err := s.collection(c).Find(ctx, filter, settings)
	if err != nil {
		return clientError(ctx, err)
	}
	defer cursor.Close(context.WithoutCancel(ctx)) // all results were read
	for cursor.Next(ctx) {
		row, err := s.decode(c, cursor.Current)
		if err != nil {
			return err
		}
		if s.read != nil && f.Lock == db.Exclusive {
			s.read.note(c, row, cursor.Current)
		}
		if row[c.Key].IsNull() { // stored since the start: from now on the database leaves them out
			s.hasForeign(c)
			continue
		}
		if err := visit(row); err != nil {
			return err
		}
	}
	return clientError(ctx, cursor.Err())
}

// Find implements [db.Store].
func (s store) Find(ctx context.Context, c *db.Collection, f db.Find) ([]query.Row, error) {
	rows, values, text := []query.Row{}, 0, 0
	taken, skipped := map[string]int{}, 0
	err := s.each(ctx, c, f, func(row query.Row) error {
		if f.PerLimit > 0 {
			of := row.Of(f.Per)
			if taken[of]++; taken[of] > f.PerLimit {
				return nil
			}
			if skipped < f.Offset {
				skipped++
				return nil
			}
		}
		if f.Fields != nil { // the key is always included
			only := make(query.Row, len(row))
			for _, i := range f.Fields {
				only[i] = row[i]
			}
			row = only
		}
		if f.Limit > 0 && len(rows) == f.Limit {
			return nil
		}
		for _, v := range row {
			values, text = values+1, text+len(v.Text())
		}
		if db.Full(f.Bytes, values, text) {
			return db.ErrTooLarge
		}
		rows = append(rows, row)
		return nil
	})
	return rows, err
}

// Insert implements [db.Store]. Without a transaction, the documents inserted before a failure are deleted again.
func (s store) Insert(ctx context.Context, c *db.Collection, rows []query.Row) error {
	docs := make([]any, len(rows))
	for i, row := range rows {
		if row[c.Key].IsNull() {
			return fault.FieldErrorf(c.Shape.Fields[c.Key].Name, "required", "MongoDB makes no numbers: send the id")
		}
		doc, err := encode(c, s.kindsOf(c), row)
		if err != nil {
			return err
		}
		docs[i] = doc
	}
	if err := s.read.write(len(rows)); err != nil {
		return err
	}
	_, err := s.collection(c).InsertMany(ctx, docs)
	var partly mongo.BulkWriteException
	if s.read == nil && !s.transactions && errors.As(err, &partly) && len(partly.WriteErrors) > 0 {
		ids := bson.A{}
		for _, row := range rows[:partly.WriteErrors[0].Index] {
			ids = append(ids, s.keysOf(c, row)...)
		}
		if len(ids) > 0 {
			if _, undo := s.collection(c).DeleteMany(context.WithoutCancel(ctx), one("_id", one("$in", ids))); undo != nil {
				return errors.Join(clientError(ctx, err), undo)
			}
		}
	}
	if mongo.IsDuplicateKeyError(err) {
		return s.duplicate(ctx, c, rows, err)
	}
	return taken(ctx, c, err)
}

// keysOf returns what the id of a row may be stored as.
func (s store) keysOf(c *db.Collection, row query.Row) bson.A {
	if c.Columns[c.Key].Type.Kind() == query.KindInt {
		return bson.A{row[c.Key].Int()}
	}
	return forms(row[c.Key].Text(), true)
}

// duplicate names the column whose value exists already, which not every server reports.
func (s store) duplicate(ctx context.Context, c *db.Collection, rows []query.Row, err error) error {
	e := taken(ctx, c, err)
	if names := takenColumns(c, err); names != nil {
		return e
	}
	for i, column := range c.Columns {
		if i != c.Key && !column.Unique {
			continue
		}
		var values []query.Value
		for _, row := range rows {
			if !row[i].IsNull() {
				values = append(values, row[i])
			}
		}
		path := query.Path{Field: c.Shape.Fields[i].Name}
		n, countErr := s.Count(ctx, c, query.OneOf(path, values))
		if countErr == nil && n > 0 {
			return db.Conflict(column.Name)
		}
	}
	for _, x := range c.Indexes {
		for _, row := range rows {
			where, ok := together(c, x, row)
			if !ok {
				continue
			}
			if n, countErr := s.Count(ctx, c, where); countErr == nil && n > 0 {
				return db.Conflict(c.ColumnsOf(x)...)
			}
		}
	}
	return e
}

// together returns the filter for documents whose values conflict with those of a row. It reports false if none do.
func together(c *db.Collection, x db.Index, row query.Row) (query.Filter, bool) {
	if !x.Unique || x.Where != nil && !query.Match(x.Where, c.Shape, row, nil) {
		return query.False, false
	}
	terms := []query.Filter{query.True}
	if x.Where != nil {
		terms = append(terms, x.Where)
	}
	for _, i := range x.Fields {
		if row[i].IsNull() {
			return query.False, false
		}
		terms = append(terms, &query.Compare{Path: query.Path{Field: c.Shape.Fields[i].Name}, Op: query.Eq, Value: row[i]})
	}
	return query.All(terms...), true
}

// change returns the $set and $unset of an update.
func change(c *db.Collection, k kinds, set []db.Assignment) (bson.D, error) {
	values, gone := bson.D{}, bson.D{}
	for _, a := range set {
		if a.Field == c.Shape.Rest() {
			var err error
			if values, gone, err = setRest(values, gone, "", a.Before, a.Value); err != nil {
				return nil, fault.FieldErrorf(c.Columns[a.Field].Name, "type", "%s", err)
			}
			continue
		}
		if a.Value.IsNull() {
			gone = append(gone, bson.E{Key: name(c, a.Field), Value: ""})
			continue
		}
		b, err := k.native(c.Shape.Fields[a.Field].Name, &c.Shape.Fields[a.Field], a.Value)
		if err != nil {
			return nil, fault.FieldErrorf(c.Columns[a.Field].Name, "type", "%s", err)
		}
		values = append(values, bson.E{Key: name(c, a.Field), Value: b})
	}
	out := bson.D{}
	if len(values) > 0 {
		out = append(out, bson.E{Key: "$set", Value: values})
	}
	if len(gone) > 0 || len(values) == 0 { // an update has to do something
		out = append(out, bson.E{Key: "$unset", Value: append(gone, bson.E{Key: missing, Value: ""})})
	}
	return out, nil
}

// Update implements [db.Store].
func (s store) Update(ctx context.Context, c *db.Collection, u db.Update) (int64, []query.Row, error) {
	filter, guarded, err := s.read.condition(c, s.kindsOf(c), u.Where, u.Set)
	if err != nil {
		return 0, nil, err
	}
	filter = s.keyed(c, u.Where, filter)
	changes, err := change(c, s.kindsOf(c), u.Set)
	if err != nil {
		return 0, nil, err
	}
	if !u.Return {
		result, err := s.collection(c).UpdateMany(ctx, filter, changes)
		if err != nil {
			return 0, nil, taken(ctx, c, err)
		}
		return result.MatchedCount, nil, lost(guarded, result.MatchedCount)
	}
	if c.IsByKey(u.Where) {
		rows, err := s.updateOne(ctx, c, filter, changes)
		if err == nil {
			err = lost(guarded, int64(len(rows)))
		}
		return int64(len(rows)), rows, err
	}
	return s.updateEach(ctx, c, u.Where, changes)
}

// updateOne changes at most one document, and returns it after the change.
func (s store) updateOne(ctx context.Context, c *db.Collection, filter, changes bson.D) ([]query.Row, error) {
	raw, err := s.collection(c).FindOneAndUpdate(ctx, filter, changes, options.FindOneAndUpdate().SetReturnDocument(options.After)).Raw()
	if errors.Is(err, mongo.ErrNoDocuments) {
		return nil, nil
	}
	if err != nil {
		return nil, taken(ctx, c, err)
	}
	row, err := s.decode(c, raw)
	return []query.Row{row}, err
}

// updateEach changes documents one by one, and returns them after the change.
func (s store) updateEach(ctx context.Context, c *db.Collection, where query.Filter, changes bson.D) (int64, []query.Row, error) {
	found, err := s.Find(ctx, c, db.Find{Query: query.Query{Where: where, Sort: []query.SortKey{{Field: c.KeyPath().Field}}}, Fields: []int{c.Key}})
	if err != nil {
		return 0, nil, err
	}
	var rows []query.Row
	for _, row := range found {
		filter, err := translate(c, s.kindsOf(c), query.All(c.ByKey(c.ID(row)), where))
		if err != nil {
			return 0, nil, err
		}
		changed, err := s.updateOne(ctx, c, filter, changes)
		if err != nil {
			return 0, nil, err
		}
		rows = append(rows, changed...)
	}
	return int64(len(rows)), rows, nil
}

// Delete implements [db.Store].
func (s store) Delete(ctx context.Context, c *db.Collection, where query.Filter) (int64, error) {
	filter, guarded, err := s.read.condition(c, s.kindsOf(c), where, nil)
	if err != nil {
		return 0, err
	}
	result, err := s.collection(c).DeleteMany(ctx, s.keyed(c, where, filter))
	if err != nil {
		return 0, clientError(ctx, err)
	}
	return result.DeletedCount, lost(guarded, result.DeletedCount)
}

// Count implements [db.Store].
func (s store) Count(ctx context.Context, c *db.Collection, where query.Filter) (int64, error) {
	filter, err := translate(c, s.kindsOf(c), where)
	if err != nil {
		return 0, err
	}
	n, err := s.collection(c).CountDocuments(ctx, s.keyed(c, where, filter))
	return n, clientError(ctx, err)
}
