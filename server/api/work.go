package api

import (
	"cmp"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/basalt-dev/basalt/modules/db/profile"
	"github.com/basalt-dev/basalt/modules/fault"
)

// recentWork is what a request has spent its time on.
type recentWork struct {
	Layers     map[string]layerWork `json:"layers"`
	Statements []ranStatement       `json:"statements"`
	// More is how many statements are not listed.
	More int `json:"more"`
}

// layerWork is how often a layer was called, and how long that took. Layers may wait for each other.
type layerWork struct {
	Count        int   `json:"count"`
	Microseconds int64 `json:"us"`
}

// ranStatement is one run of a statement, which has placeholders and no values.
type ranStatement struct {
	ID           string `json:"id"`
	Database     string `json:"database"`
	SQL          string `json:"sql"`
	At           int64  `json:"at"` // microseconds since the request began
	Microseconds int64  `json:"us"`
}

// layerNames are those of the layers of a profile.
var layerNames = map[profile.Layer]string{profile.Database: "database", profile.Rules: "rules", profile.Functions: "functions"}

// workOf ends a profile, and returns what it has; nil for nothing.
func workOf(p *profile.Profile) *recentWork {
	spent, steps, more := p.Close()
	w := &recentWork{Layers: map[string]layerWork{}, More: more}
	for layer, name := range layerNames {
		if int(layer) < len(spent) && spent[layer].Count > 0 {
			w.Layers[name] = layerWork{spent[layer].Count, spent[layer].Took.Microseconds()}
		}
	}
	if len(w.Layers) == 0 && len(steps) == 0 {
		return nil
	}
	for _, s := range steps {
		w.Statements = append(w.Statements, ranStatement{s.Statement.ID, s.Statement.Database, s.Statement.Text, s.At.Microseconds(), s.Took.Microseconds()})
	}
	return w
}

// request is GET /v1/admin/requests/:id.
func (o *operator) request(r *request) ([]byte, error) {
	id, err := strconv.ParseUint(r.id(), 10, 63)
	if err != nil {
		return nil, errNoRequest
	}
	found, _ := o.recent.newest(1, func(e *recentRequest) bool { return e.ID == id })
	if len(found) == 0 {
		return nil, errNoRequest
	}
	work := found[0].work
	if work == nil {
		work = &recentWork{Layers: map[string]layerWork{}}
	}
	if work.Statements == nil {
		work = &recentWork{work.Layers, []ranStatement{}, work.More}
	}
	return json.Marshal(struct {
		Node string `json:"node"`
		recentRequest
		*recentWork
	}{o.cluster.Self().ID, found[0], work})
}

var (
	errNoRequest   = fault.Errorf(fault.NotFound, "this node does not keep this request, or no longer")
	errNoStatement = fault.Errorf(fault.NotFound, "this node has not counted this statement, or no longer")
)

// countedStatement is a statement with what it has cost.
type countedStatement struct {
	ID         string `json:"id"`
	Database   string `json:"database"`
	Collection string `json:"collection,omitempty"`
	SQL        string `json:"sql"`
	Count      int64  `json:"count"`
	Total      int64  `json:"us"`
	Mean       int64  `json:"mean"`
	Most       int64  `json:"max"`
	// Plan is what the database would do; nil where it was not asked, or does not say.
	Plan []string `json:"plan,omitempty"`
	// Explains is whether there is a plan to ask for.
	Explains bool `json:"explains"`
}

func costOf(s *profile.Statement) countedStatement {
	c := s.Cost()
	out := countedStatement{ID: s.ID, Database: s.Database, Collection: s.Collection(), SQL: s.Text, Count: c.Count, Total: c.Total.Microseconds(), Most: c.Most.Microseconds(), Explains: s.Plan() != nil}
	if c.Count > 0 {
		out.Mean = (c.Total / time.Duration(c.Count)).Microseconds()
	}
	return out
}

// statementOrders are the ways to order statements.
var statementOrders = []string{"total", "mean", "max", "count"}

// statementList is GET /v1/admin/statements.
func (o *operator) statementList(r *request) ([]byte, error) {
	p, err := r.params()
	if err != nil {
		return nil, err
	}
	order, limit := cmp.Or(p["sort"], "total"), 100
	if !slices.Contains(statementOrders, order) {
		return nil, fault.FieldErrorf("sort", "enum", "sort is total, mean, max or count%s", fault.DidYouMean(order, statementOrders))
	}
	if text, ok := p["limit"]; ok {
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 || limit > maxRequests {
			return nil, fault.FieldErrorf("limit", "max", "limit is 1 to %d", maxRequests)
		}
	}
	items := []countedStatement{}
	for _, s := range o.statements.Statements() {
		if one := costOf(s); one.Count > 0 {
			items = append(items, one)
		}
	}
	by := func(s countedStatement) int64 {
		return map[string]int64{"total": s.Total, "mean": s.Mean, "max": s.Most, "count": s.Count}[order]
	}
	slices.SortFunc(items, func(a, b countedStatement) int {
		return cmp.Or(cmp.Compare(by(b), by(a)), cmp.Compare(b.Total, a.Total), cmp.Compare(a.ID, b.ID))
	})
	return json.Marshal(map[string]any{"node": o.cluster.Self().ID, "items": items[:min(limit, len(items))]})
}

// literal is a text in a plan. PostgreSQL writes the values of a statement there.
var literal = regexp.MustCompile(`'(?:[^']|'')*'`)

// statement is GET /v1/admin/statements/:id.
func (o *operator) statement(r *request) ([]byte, error) {
	all := o.statements.Statements()
	i := slices.IndexFunc(all, func(s *profile.Statement) bool { return s.ID == r.id() })
	if i < 0 {
		return nil, errNoStatement
	}
	out := costOf(all[i])
	if plan := all[i].Plan(); plan != nil {
		steps, err := plan(r.context)
		if err != nil {
			return nil, err
		}
		for _, s := range steps {
			out.Plan = append(out.Plan, literal.ReplaceAllString(s, "'…'"))
		}
	}
	return json.Marshal(out)
}

func statementSchema() object {
	return fields(with(strs("id", "database", "collection", "sql"), "count", whole(), "us", whole(), "mean", whole(), "max", whole(), "plan", arrayOf(text()), "explains", flag()))
}

// workSchema describes a request with what it has spent its time on.
func workSchema() object {
	layer := fields(object{"count": whole(), "us": whole()})
	of := recentFields()
	of["node"], of["more"] = text(), whole()
	of["layers"] = fields(object{"database": layer, "rules": layer, "functions": layer})
	of["statements"] = arrayOf(fields(with(strs("id", "database", "sql"), "at", whole(), "us", whole())))
	return fields(of)
}
