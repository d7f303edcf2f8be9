package sqlite

import (
	"context"
	"strings"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// Explain implements [db.Explainer].
func (d *Driver) Explain(ctx context.Context, c *db.Collection, f db.Find) (out db.Statement, err error) {
	err = d.read(ctx, func(conn *conn) error {
		b := conn.build(c)
		b.Find(f)
		out = db.Statement{Text: string(b.SQL), Args: make([]query.Value, len(b.Args))}
		for i, a := range b.Args {
			out.Args[i] = a.Value
		}
		b.SQL = append([]byte("EXPLAIN QUERY PLAN "), b.SQL...)
		s, err := conn.bound()
		if err != nil {
			return err
		}
		defer s.Reset()
		depth := map[int]int{}
		for s.Step() {
			level := depth[s.ColumnInt(1)]
			depth[s.ColumnInt(0)] = level + 1
			out.Plan = append(out.Plan, strings.Repeat("  ", level)+s.ColumnText(3))
		}
		return s.Err()
	})
	return out, err
}

// Probe implements [db.Prober].
func (d *Driver) Probe(ctx context.Context, c *db.Collection, f db.Find) (out db.Access, err error) {
	s, err := d.Explain(ctx, c, f)
	for _, step := range s.Plan {
		step = strings.TrimSpace(step)
		table, scans := strings.CutPrefix(step, "SCAN ")
		switch {
		case step == "USE TEMP B-TREE FOR ORDER BY": // not for its last terms alone
			out.Sorts = true
		case scans && table != "CONSTANT ROW" && !strings.Contains(table, " VIRTUAL TABLE "):
			table, _, _ = strings.Cut(table, " ")
			out.Scans = append(out.Scans, s.TableOf(table))
		}
	}
	return out, err
}
