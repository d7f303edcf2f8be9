package crud

import (
	"context"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// Pluck returns the values of a field in the documents of a filter, in key order and at most limit of them. It is
// for the server itself: no rule is evaluated.
func (s *Service) Pluck(ctx context.Context, collection string, where query.Filter, field string, limit int) ([]query.Value, error) {
	o, err := s.operation(Caller{Admin: true}, collection)
	if err != nil {
		return nil, err
	}
	i := o.c.shape.Index(field)
	if i < 0 {
		return nil, fault.FieldErrorf(field, "unknown_field", "there is no field %q", field)
	}
	if where, err = o.sealedFilter(where); err != nil {
		return nil, err
	}
	rows, err := o.store.Find(db.ReadPrimary(ctx), o.c.stored, db.Find{Query: query.Query{Where: where, Sort: o.c.stored.KeyOrder(false), Limit: limit}, Fields: append(o.c.stored.KeyFields(), i)})
	if err != nil {
		return nil, err
	}
	out := make([]query.Value, 0, len(rows))
	for _, row := range rows {
		if !row[i].IsNull() {
			out = append(out, row[i])
		}
	}
	return out, nil
}
