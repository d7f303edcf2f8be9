package offline

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
	"github.com/basalt-dev/basalt/server/wiring"
)

// probeTime bounds what one database is asked.
const probeTime = 30 * time.Second

// Probe asks each database, by EXPLAIN, how it will find the documents of the rules and of the lists that collections declare,
// once there are many. It returns what reads a table whole or sorts what it finds, and which databases could not be asked.
// Nothing is made or changed.
func Probe(ctx context.Context, path string, c *config.Config) (slow []config.Problem, notes []string) {
	stored := wiring.Stored(c)
	for _, name := range slices.Sorted(maps.Keys(c.Databases)) {
		found, err := probeOne(ctx, path, c, name, stored[name])
		if err != nil {
			notes = append(notes, fmt.Sprintf("the database %s was not asked how it finds documents: %v", name, err))
		}
		slow = append(slow, found...)
	}
	return slow, notes
}

func probeOne(ctx context.Context, path string, c *config.Config, name string, collections []*db.Collection) (slow []config.Problem, err error) {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	if !exists(c.Databases[name], c.Dir) {
		return nil, errors.New("it does not exist yet")
	}
	driver, err := db.Open(ctx, c.Databases[name].Driver, c.Databases[name].Settings(c.Dir))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, driver.Close()) }()
	prober, ok := db.As[db.Prober](driver)
	if !ok {
		return nil, fmt.Errorf("the driver %s cannot explain statements", c.Databases[name].Driver)
	}
	p := probe{file: path, driver: prober, missing: map[string]bool{}, seen: map[string]bool{}}
	if migrator, ok := db.As[db.Migrator](driver); ok {
		steps, err := migrator.Plan(ctx, collections)
		if err != nil {
			return nil, err
		}
		for _, s := range steps {
			p.missing[s.Collection] = p.missing[s.Collection] || s.NewTable || strings.Contains(strings.ToUpper(s.SQL), " ADD COLUMN ")
		}
	}
	related := map[string]*db.Collection{}
	for _, col := range collections {
		related[col.Name] = col
	}
	for _, col := range collections {
		col.Related = related
		if p.missing[col.Name] {
			continue
		}
		if err := p.collection(ctx, c.Collections[col.Name], col); err != nil {
			return p.slow, fmt.Errorf("collection %s: %w", col.Name, err)
		}
	}
	return p.slow, nil
}

type probe struct {
	file    string
	driver  db.Prober
	missing map[string]bool // collections whose table is not what the configuration says
	seen    map[string]bool // what was reported
	slow    []config.Problem
}

func (p *probe) say(at config.Position, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if key := fmt.Sprint(at, text); !p.seen[key] {
		p.seen[key] = true
		p.slow = append(p.slow, config.Problem{File: p.file, At: at, What: text})
	}
}

func (p *probe) collection(ctx context.Context, c *config.Collection, stored *db.Collection) error {
	texts := map[rules.Op]*config.Text{rules.Read: c.Rules.Read, rules.Update: c.Rules.Update, rules.Delete: c.Rules.Delete}
	for _, op := range []rules.Op{rules.Read, rules.Update, rules.Delete} {
		for _, where := range p.residuals(c.Compiled[op], op, stored) {
			shown := query.Format(where)
			if op != rules.Read { // a change names its document: its lookups are what can be slow
				where = query.All(byKey(stored), where)
			}
			access, err := p.driver.Probe(ctx, stored, db.Find{Query: query.Query{Where: where}})
			if err != nil {
				return err
			}
			if scans := p.tables(access, op, stored); scans != "" {
				p.say(texts[op].At, "%s: the rule %s, which leaves %s, reads all of %s; it needs an index there", c.Name, op, shown, scans)
			}
		}
	}
	residuals := p.residuals(c.Compiled[rules.Read], rules.Read, stored)
	if len(residuals) == 0 {
		residuals = []query.Filter{query.True}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Queries)) {
		q := c.Queries[name]
		for _, residual := range residuals {
			if alternatives(residual) && len(q.Order) > 0 { // of which no index has the order
				continue
			}
			if err := p.list(ctx, c, stored, name, residual); err != nil {
				return err
			}
		}
	}
	return nil
}

// list says whether a declared list is found in its order.
func (p *probe) list(ctx context.Context, c *config.Collection, stored *db.Collection, name string, residual query.Filter) error {
	q := c.Queries[name]
	where := query.All(residual, q.Where)
	desc := len(q.Order) > 0 && q.Order[len(q.Order)-1].Desc
	sort := slices.Clone(q.Order)
	for _, k := range stored.KeyOrder(desc) {
		if !slices.ContainsFunc(sort, func(o query.SortKey) bool { return o.Field == k.Field && o.Sub == k.Sub }) {
			sort = append(sort, k)
		}
	}
	access, err := p.driver.Probe(ctx, stored, db.Find{Query: query.Query{Where: where, Sort: sort, Limit: 50}})
	if err != nil {
		return err
	}
	propose := ""
	if x := c.IndexFor(config.Equalities(residual), q); x != "" {
		propose = "; add to indexes: - " + x
	}
	switch {
	case access.Sorts && len(q.Order) > 0:
		p.say(q.At, "%s: the list %s finds all documents where %s, and sorts them%s", c.Name, name, query.Format(where), propose)
	case len(access.Scans) > 0 && where != query.True:
		p.say(q.At, "%s: the list %s reads %s until it has a page of those where %s%s", c.Name, name, listOf(access.Scans), query.Format(where), propose)
	}
	return nil
}

// alternatives reports whether a filter is one of several conditions.
func alternatives(f query.Filter) bool {
	switch f := f.(type) {
	case *query.Or:
		return true
	case *query.And:
		return slices.ContainsFunc(f.Terms, alternatives)
	}
	return false
}

// tables names what is read whole. A change finds its document by its key.
func (p *probe) tables(a db.Access, op rules.Op, stored *db.Collection) string {
	scans := slices.DeleteFunc(slices.Clone(a.Scans), func(t string) bool { return op != rules.Read && t == stored.Table })
	return listOf(scans)
}

func listOf(tables []string) string {
	slices.Sort(tables)
	return strings.Join(slices.Compact(tables), " and ")
}

// residuals returns what a rule leaves to the database, for callers that it was made for.
func (p *probe) residuals(rule *rules.Rule, op rules.Op, stored *db.Collection) []query.Filter {
	if rule == nil {
		return nil
	}
	var out []query.Filter
	seen := map[string]bool{}
	for _, claims := range rule.Samples() {
		env := &rules.Env{Auth: claims, Request: rules.Request{Op: op, Time: time.Now(), IP: "127.0.0.1", Method: "GET"}}
		if op == rules.Update {
			env.Next = &rules.Next{Row: make(query.Row, len(stored.Columns)), States: make([]rules.State, len(stored.Columns))}
			for i := range env.Next.States {
				env.Next.States[i] = rules.Same
			}
		}
		f, err := rule.Fold(env)
		if _, decided := f.(query.Const); err != nil || decided || !p.askable(f, stored) || seen[query.Canonical(f)] {
			continue
		}
		seen[query.Canonical(f)] = true
		out = append(out, f)
	}
	return out
}

// askable reports whether one statement of the database can evaluate a filter: it asks no webhook, and looks into tables that
// are there.
func (p *probe) askable(f query.Filter, stored *db.Collection) bool {
	askable := true
	query.Asks(f, func(*query.Ask) { askable = false })
	query.Lookups(f, func(e *query.Exists) {
		in := stored.Related[e.Collection]
		askable = askable && in != nil && !p.missing[e.Collection] && p.askable(e.Where, in)
	})
	return askable
}

// byKey is the filter for documents by their keys, which need not be there.
func byKey(stored *db.Collection) query.Filter {
	var terms []query.Filter
	for _, i := range stored.KeyFields() {
		f := stored.Shape.Fields[i]
		two := rules.SampleValue(query.ListOf(f.Type)).Elements() // of one, MariaDB looks whether it is there
		is, _ := query.Membership(query.Path{Field: f.Name}, f.Type, two)
		terms = append(terms, is)
	}
	return query.All(terms...)
}
