package postgres

import (
	"context"
	"encoding/json"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/basalt-dev/basalt/modules/db"
)

// Probe implements [db.Prober]. A small table is read whole, and sorted, whatever indexes it has: the
// planner is configured not to.
func (d *Driver) Probe(ctx context.Context, c *db.Collection, f db.Find) (out db.Access, err error) {
	err = d.with(ctx, func(conn *pgxpool.Conn) error {
		tx, err := conn.Begin(ctx)
		if err != nil {
			return err
		}
		defer tx.Rollback(ctx) // nothing is changed
		if _, err := tx.Exec(ctx, "SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off"); err != nil {
			return err
		}
		b := d.build(c)
		defer d.release(b)
		b.Find(f)
		b.SQL = append([]byte("EXPLAIN (FORMAT JSON) "), b.SQL...)
		out = db.Access{}
		return store{d, tx}.each(ctx, b, func(rows pgx.Rows, _ [][]byte) error {
			var text []byte
			if err := rows.Scan(&text); err != nil {
				return err
			}
			var plans []struct{ Plan planNode }
			if err := json.Unmarshal(text, &plans); err != nil {
				return err
			}
			for _, p := range plans {
				p.Plan.access(&out)
			}
			return nil
		})
	})
	return out, err
}

// planNode is a step of a plan.
type planNode struct {
	Type      string `json:"Node Type"`
	Table     string `json:"Relation Name"`
	Condition string `json:"Index Cond"`
	Order     string `json:"Order By"`
	Plans     []planNode
}

func (n *planNode) access(out *db.Access) {
	switch n.Type {
	case "Seq Scan", "Parallel Seq Scan":
		out.Scans = append(out.Scans, n.Table)
	case "Index Scan", "Index Only Scan":
		if n.Condition == "" && n.Order == "" {
			out.Scans = append(out.Scans, n.Table)
		}
	case "Sort": // an incremental one sorts within what an index has ordered
		out.Sorts = true
	}
	for i := range n.Plans {
		n.Plans[i].access(out)
	}
}
