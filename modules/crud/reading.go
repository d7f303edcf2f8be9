package crud

import (
	"context"
	"crypto/sha256"
	"slices"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// Plan is a read whose rules are evaluated and whose database query has not run, so a cache can be checked
// first.
type Plan struct {
	// Key is equal for two reads exactly if their answers are equal whatever is stored. It is empty if the answer
	// must not be cached.
	Key string
	// Watched are the collections in which any change may change the answer. The document ID in Of, if not empty,
	// matters as well.
	Watched []*db.Collection
	Of, ID  string
	// Collection is the requested collection.
	Collection string
	// Public is true if the answer is the same for every caller.
	Public bool
	// Lasting is true if the same caller always gets the same Key for the same request.
	Lasting bool

	answer func(ctx context.Context) (body []byte, tag string, err error)
}

// Answer queries the database. tag is the entity tag of the body, empty if there is none.
func (r *Plan) Answer(ctx context.Context) (body []byte, tag string, err error) {
	return r.answer(ctx)
}

// ReadDocument prepares [Service.Get].
func (s *Service) ReadDocument(caller Caller, collection, id string, p Params) (*Plan, error) {
	g, err := s.prepareGet(caller, collection, id, p)
	if err != nil {
		return nil, err
	}
	r := &Plan{Collection: collection, answer: func(ctx context.Context) ([]byte, string, error) {
		doc, err := g.document(ctx)
		if err != nil {
			return nil, "", err
		}
		if doc.Expanded() {
			body, err := g.bounded(doc.append(make([]byte, 0, 1024), g.Limits.Answer))
			return body, "", err
		}
		body, tag := doc.Encode(make([]byte, 0, 512))
		return body, tag, nil
	}}
	if !g.c.cached || g.read.byRow || !g.c.validID(id) {
		return r, nil
	}
	id = g.c.plainID(id)
	where := g.byID(id, g.read.filter)
	live, err := g.live(&list{where: where, limit: 1, fields: g.fields, expand: g.expansions}, g.view, where)
	if err != nil {
		return nil, err
	}
	r.share(live, "get")
	if len(g.expansions) == 0 && !query.HasLookups(g.read.filter) && (g.view == nil || len(g.view.partial) == 0) {
		r.Watched, r.Of, r.ID = nil, g.c.name, id
	}
	return r, nil
}

// ReadList prepares [Service.List].
func (s *Service) ReadList(caller Caller, collection string, p Params) (*Plan, error) {
	return s.readList(caller, collection, func(o *operation) (*list, error) { return o.listFromParams(p) })
}

// ReadQuery prepares a page of the list in a JSON body.
func (s *Service) ReadQuery(caller Caller, collection string, body []byte) (*Plan, error) {
	return s.readList(caller, collection, func(o *operation) (*list, error) { return o.listFromBody(body) })
}

func (s *Service) readList(caller Caller, collection string, parse func(*operation) (*list, error)) (*Plan, error) {
	o, l, v, where, err := s.preparedList(caller, collection, parse)
	if err != nil {
		return nil, err
	}
	r := &Plan{Collection: collection, answer: func(ctx context.Context) ([]byte, string, error) {
		page, err := o.page(ctx, l, v, where)
		if err != nil {
			return nil, "", err
		}
		body, err := o.bounded(page.append(make([]byte, 0, 256+256*len(page.Items)), o.Limits.Answer))
		if err != nil {
			return nil, "", err
		}
		if !o.c.cached {
			return body, "", nil
		}
		return body, tagOf(body), nil
	}}
	if !o.c.cached {
		return r, nil
	}
	live, err := o.live(l, v, where)
	if err != nil {
		return nil, err
	}
	r.share(live, "list")
	return r, nil
}

// ReadAggregate prepares an aggregate.
func (s *Service) ReadAggregate(caller Caller, collection string, body []byte) (*Plan, error) {
	o, ask, err := s.prepareAggregate(caller, collection, body)
	if err != nil {
		return nil, err
	}
	r := &Plan{Collection: collection, answer: func(ctx context.Context) ([]byte, string, error) {
		groups, err := o.groups(ctx, ask)
		if err != nil {
			return nil, "", err
		}
		text, err := o.bounded(groups.append(nil, o.Limits.Answer))
		if err != nil {
			return nil, "", err
		}
		if !o.c.cached {
			return text, "", nil
		}
		return text, tagOf(text), nil
	}}
	if o.c.cached {
		r.share(o.liveAggregate(ask), "figures")
	}
	return r, nil
}

// share computes the key from what a live query depends on, and reads from the record who may share the answer.
func (r *Plan) share(live *Live, what string) {
	if !live.lasts() {
		return
	}
	var key identity
	key.text(what)
	r.Key = string(append(key.bytes, live.Identity...))
	r.Watched = live.Watched
	r.Public, r.Lasting = live.o.record.public(), !live.o.record.uses.Request
}

// lasts reports whether the answer stays the same until something is written.
func (l *Live) lasts() bool {
	return !l.Timed && !asks(l.Where) && !slices.ContainsFunc(l.Masks, func(m Mask) bool { return asks(m.Where) })
}

// plainID returns the canonical spelling of a document's id.
func (c *Collection) plainID(id string) string {
	values, ok := c.stored.ParseID(id)
	if !ok {
		return id
	}
	row := make(query.Row, len(c.fields))
	for n, i := range c.stored.KeyFields() {
		row[i] = values[n]
	}
	return c.stored.ID(row)
}

// asks reports whether a filter calls a webhook.
func asks(f query.Filter) bool {
	found := false
	query.Asks(f, func(*query.Ask) { found = true })
	return found
}

// sign computes the signature of a collection for keys: its identity and its fields.
func (c *Collection) sign() {
	var d identity
	d.text(c.name)
	d.number(len(c.fields))
	for _, f := range c.fields {
		d.text(f.Name)
		d.text(string(f.Type))
		d.number(int(f.Sealing))
	}
	sum := sha256.Sum256(d.bytes)
	c.signature = string(sum[:16])
}
