package supabase

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/modules/realtime"
)

// maxFollowed is how many rows a client follows with one postgres_changes.
const maxFollowed = 10_000

// change is one postgres_changes of a join: a live query of all rows that match.
type change struct {
	id      int
	event   string // INSERT, UPDATE, DELETE or *
	table   *table
	read    crud.Read
	columns []byte
	// rows are those that the client has been sent or could have read, with a hash of each.
	rows  map[string]uint64
	begun bool
	held  int
}

// rowSize is what a row costs that is followed, besides its key.
const rowSize = 64

// askedChange is what a client asks for.
type askedChange struct {
	Event, Schema, Table, Filter string
	Select                       []string
}

// changesOf reads what a join follows.
func (s *socket) changesOf(j *join) error {
	var out []map[string]json.RawMessage
	for _, text := range j.config.Changes {
		var ask askedChange
		echo := map[string]json.RawMessage{}
		if json.Unmarshal(text, &ask) != nil || json.Unmarshal(text, &echo) != nil {
			return problem{Code: "InvalidPayload", Message: `postgres_changes has {"event","schema","table","filter"}`}
		}
		c, err := s.dialect.changeOf(ask)
		if err != nil {
			return err
		}
		id := s.number()
		c.id, _ = strconv.Atoi(id) // it is a number
		echo["id"] = json.RawMessage(id)
		out = append(out, echo)
		j.changes, j.ids = append(j.changes, c), append(j.ids, "change:"+id)
	}
	var err error
	j.asked, err = json.Marshal(out)
	return err
}

func (d *Dialect) changeOf(ask askedChange) (*change, error) {
	c := &change{event: strings.ToUpper(ask.Event), rows: map[string]uint64{}}
	switch c.event {
	case "*", "INSERT", "UPDATE", "DELETE":
	default:
		return nil, problem{Code: "InvalidPayload", Message: "the event of postgres_changes is *, INSERT, UPDATE or DELETE"}
	}
	if ask.Schema != "" && ask.Schema != "*" && ask.Schema != "public" {
		return nil, problem{Code: "PGRST106", Message: "Invalid schema: " + fault.Clip(ask.Schema)}
	}
	if ask.Table == "" || ask.Table == "*" {
		return nil, unsupported("postgres_changes of all tables; name one")
	}
	if c.table = d.tables[ask.Table]; c.table == nil {
		return nil, d.missing(ask.Table)
	}
	for n, name := range ask.Select {
		if i := c.table.index(name); i >= 0 {
			ask.Select[n] = c.table.shape.Fields[i].Name
		}
	}
	where, err := c.table.followed(ask.Filter)
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(map[string]any{"sort": []string{"id"}, "limit": 1, "count": true, "select": ask.Select})
	if len(ask.Select) == 0 {
		body = []byte(`{"sort":["id"],"limit":1,"count":true}`)
	}
	c.read = crud.Read{Collection: c.table.name, Body: body, Where: where}
	c.columns = c.table.columns(ask.Select)
	return c, err
}

// followed reads the filter of postgres_changes: tests such as `id=eq.1`, with commas between them.
func (t *table) followed(text string) (query.Filter, error) {
	out := condition{}
	s := &scanner{text: text + ")"} // which ends the last test
	for text != "" {
		name, err := s.operand()
		if err != nil {
			return nil, err
		}
		test, err := s.test(column{field: name})
		if err != nil {
			return nil, err
		}
		out.terms = append(out.terms, test)
		if len(out.terms) > nested {
			return nil, problem{Code: "PGRST100", Message: "a filter has at most " + strconv.Itoa(nested) + " tests"}
		}
		if s.take(",") {
			continue
		}
		if s.at != len(text) {
			return nil, s.unexpected()
		}
		break
	}
	return t.filter(&out, false)
}

// operand reads a column and the equals sign behind it.
func (s *scanner) operand() (string, error) {
	name, _, ok := strings.Cut(s.rest(), "=")
	if !ok {
		return "", s.unexpected()
	}
	s.at += len(name) + 1
	return strings.Trim(strings.TrimSpace(name), `"`), nil
}

// columns are the names and types of columns, as clients convert values by them.
func (t *table) columns(selected []string) []byte {
	type described struct {
		Name string `json:"name"`
		Type string `json:"type"`
	}
	out := []described{}
	for i, f := range t.shape.Fields {
		if len(selected) == 0 || i == 0 || slices.Contains(selected, f.Name) {
			out = append(out, described{t.stored[i], shortNameOf(f.Type)})
		}
	}
	text, _ := json.Marshal(out) // texts only
	return text
}

// shortNameOf is what the catalog of PostgreSQL calls a type.
func shortNameOf(t query.Type) string {
	switch name := nameOf(t); name {
	case "bigint":
		return "int8"
	case "double precision":
		return "float8"
	case "boolean":
		return "bool"
	case "timestamp with time zone":
		return "timestamptz"
	default:
		return name
	}
}

// follow returns what prepares the live query of a change.
func (d *Dialect) follow(c *change) realtime.Prepare {
	return func(service *crud.Service, caller crud.Caller) (*crud.Live, error) {
		if service != d.Crud {
			return nil, errReplaced
		}
		caller.Method = "GET"
		plan, err := service.Prepare(caller, c.read)
		if err != nil {
			return nil, err
		}
		live, err := plan.Live()
		if err != nil {
			return nil, err
		}
		return live.Within(maxFollowed), nil
	}
}

// change says what a live query of a table says.
func (t *speaker) change(dst []byte, j *join, c *change, name string, m sessionMessage) []byte {
	if m.Total != nil && *m.Total > maxFollowed {
		return t.fail(dst, j, "TooManyRows: more than "+strconv.Itoa(maxFollowed)+" rows of "+c.table.name+" match; add a filter")
	}
	switch name {
	case "snapshot":
		dst = t.put(dst, j, t.compared(j, c, m)...)
	case "change":
		dst = t.put(dst, j, t.report(j, c, m.Key, m.Doc)...)
	case "resumed":
	default:
		return dst
	}
	before := c.begun
	c.begun = true
	return t.arrived(dst, j, before)
}

// compared takes a snapshot: the first is where the client begins, another replaces what it has.
func (t *speaker) compared(j *join, c *change, m sessionMessage) []frame {
	var out []frame
	is := make(map[string]bool, len(m.Keys))
	for _, key := range m.Keys {
		is[key] = true
	}
	for key := range c.rows {
		if !is[key] {
			out = append(out, t.report(j, c, key, nil)...)
		}
	}
	for i, doc := range m.Items {
		out = append(out, t.report(j, c, m.Keys[i], doc)...)
	}
	if !c.begun {
		return nil
	}
	return out
}

// report notes a row, which is nil when it has left, and returns the frames that report it.
func (t *speaker) report(j *join, c *change, key string, doc []byte) []frame {
	was, known := c.rows[key]
	is, event := xxhash.Sum64(doc), "INSERT"
	switch {
	case doc == nil && !known, doc != nil && known && was == is:
		return nil
	case doc == nil:
		event = "DELETE"
		delete(c.rows, key)
		c.held -= rowSize + len(key)
		t.hold(-rowSize - len(key))
	case known:
		event = "UPDATE"
		c.rows[key] = is
	default:
		c.rows[key] = is
		c.held += rowSize + len(key)
		t.hold(rowSize + len(key))
	}
	if !c.begun || c.event != "*" && c.event != event {
		return nil
	}
	return []frame{{join: j.ref, topic: j.topic, event: "postgres_changes", payload: c.payload(event, key, doc, t.now())}}
}

// payload describes a change. Of what was there before, only the key is said.
func (c *change) payload(event, key string, doc []byte, at time.Time) []byte {
	out := append([]byte(`{"ids":[`+strconv.Itoa(c.id)+`],"data":{"schema":"public","table":`), quoted(c.table.name)...)
	out = append(out, `,"type":"`+event+`","commit_timestamp":"`+at.UTC().Format("2006-01-02T15:04:05.000Z")+`","columns":`...)
	out = append(out, c.columns...)
	if doc != nil {
		out = append(append(out, `,"record":`...), c.table.record(doc)...)
	}
	if event != "INSERT" {
		out = append(append(append(append(append(out, `,"old_record":{`...), quoted(c.table.stored[0])...), ':'), quoted(key)...), '}')
	}
	return append(out, `,"errors":null}}`...)
}

// forget lets go of the rows, and returns how many bytes they were.
func (c *change) forget() int {
	held := c.held
	c.held = 0
	clear(c.rows)
	return held
}
