package crud

import (
	"slices"
	"strings"
	"time"

	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/modules/schema"
	"github.com/basalt-dev/basalt/rules"
)

// problems are the problems with a write.
type problems struct{ schema.Problems }

func (m *problems) err() error { return m.Err("the document does not fit the collection") }

// document reads and checks a whole document as a create, or a replacing update, would store it: with defaults, an
// id and, for a create, the forced values. The id is the given one unless that is empty. It also returns the
// fields that the client has set.
func (o *operation) document(v query.Value, id string, op rules.Op, m *problems) (query.Row, []int, error) {
	if op == rules.Create && o.c.files && !o.caller.Files {
		return nil, nil, o.errFiles()
	}
	if !schema.IsObject(v) {
		m.Add("", "type", "a document is a JSON object")
		return nil, nil, nil
	}
	values := o.c.object.Read(v, &m.Problems, func(i int) bool { return !o.unsets(op, i) })
	row, given, bad := values.Row, values.Given, values.Bad
	for i, g := range given {
		if g && !bad[i] && o.c.fields[i].Type == query.TypeJSON {
			bad[i] = !m.data(o.c.fields[i].Name, row[i]) || !o.keepsRest(i, row[i], m)
		}
	}
	var sent []int
	for i, g := range given {
		if g && i != key {
			sent = append(sent, i)
		}
	}
	o.c.object.Default(values, o.now)
	for i := range row {
		row[i] = o.c.rounded(i, row[i])
	}
	if op == rules.Create {
		for i := range row {
			if !given[i] && row[i].IsNull() {
				row[i] = query.LeftOut
			}
		}
	}
	bad[key] = bad[key] || !o.identify(row, id, m)
	for _, f := range o.c.create {
		if op != rules.Create || o.caller.Admin && given[f.Field] {
			continue
		}
		value, err := f.Value.Value(o.env(rules.Create, &rules.Next{Row: row}, nil))
		if err != nil {
			return nil, nil, err
		}
		sent = slices.DeleteFunc(sent, func(i int) bool { return i == f.Field })
		if row[f.Field], bad[f.Field] = o.force(f.Field, value, m); bad[f.Field] {
			continue
		}
	}
	idBad := bad[key]
	bad[key] = true // identify has checked it
	o.c.object.Check(values, &m.Problems)
	o.compose(row, id, idBad, m)
	return row, sent, nil
}

// unsets reports whether a client's value for a field is dropped. An administrator's value never is, but for the fields
// of the server.
func (o *operation) unsets(op rules.Op, field int) bool {
	if o.c.fields[field].Served {
		return !o.caller.Files
	}
	return !o.caller.Admin && slices.Contains(o.c.unset[op], field)
}

// identify sets the id of a document, or the fields that compose it, and reports success. An int id that was not
// given stays null: the database generates it.
func (o *operation) identify(row query.Row, id string, m *problems) bool {
	name := o.c.fields[key].Name
	mismatch := func() bool {
		m.Add(name, "mismatch", "the id in the document differs from the id in the URL")
		return false
	}
	if id == "" {
		if row[key].IsNull() && o.c.fields[key].Type.Kind() == query.KindString && o.c.stored.Parts == nil {
			row[key] = query.String(o.newID())
		}
		if sent := row[key]; sent.Kind() == query.KindString && !o.c.takesID(sent.Text()) {
			m.Add(name, "pattern", "%s", o.c.idForm())
			return false
		}
		return true
	}
	values, ok := o.c.stored.ParseID(id)
	if !ok || !o.c.takesID(id) {
		m.Add(name, "pattern", "%s", o.c.idForm())
		return false
	}
	for n, field := range o.c.stored.KeyFields() {
		if sent := row[field]; !sent.IsNull() && !o.c.sameKey(field, sent, values[n]) {
			return mismatch()
		}
		row[field] = values[n]
	}
	return true
}

// newID returns an id for a document that was sent without one.
func (o *operation) newID() string {
	if o.c.identifier != nil {
		if id := o.c.identifier.NewID(o.c.stored); id != "" {
			return id
		}
	}
	return o.store.work.id()
}

// compose builds an id that is composed of other fields, and compares it with the one in the request.
func (o *operation) compose(row query.Row, id string, bad bool, m *problems) {
	if o.c.stored.Parts == nil || bad || m.Len() > 0 {
		return
	}
	sent := row[key]
	row[key] = query.String(o.c.stored.ID(row))
	made := o.c.plainID(row[key].Text())
	if !sent.IsNull() && o.c.plainID(sent.Text()) != made || id != "" && o.c.plainID(id) != made {
		m.Add(o.c.fields[key].Name, "mismatch", "the id does not match the values of %s", strings.Join(o.c.shape.Fields[key].Of, " and "))
	}
}

// force returns a forced value in the form its field stores.
func (o *operation) force(field int, value query.Value, m *problems) (query.Value, bool) {
	v, ok := o.c.fields[field].Fit(value)
	if !ok {
		m.Add(o.c.fields[field].Name, "type", "the value that the server forces here is not %s", o.c.fields[field].Expected())
	}
	return o.c.rounded(field, v), !ok
}

func (o *operation) env(op rules.Op, next *rules.Next, doc query.Row) *rules.Env {
	e := &o.store.work.env
	*e = o.Service.env(o.caller, o.now, op, next, doc)
	if next != nil {
		e.Altered = o.c.altered()
	}
	return e
}

// env is what a rule may see.
func (s *Service) env(caller Caller, now time.Time, op rules.Op, next *rules.Next, doc query.Row) rules.Env {
	return rules.Env{
		Auth:    caller.Auth,
		Request: rules.Request{Op: op, Time: now, IP: caller.IP, Method: caller.Method},
		Doc:     doc,
		Next:    next,
		Hasher:  s,
	}
}
