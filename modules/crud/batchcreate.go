package crud

import (
	"context"

	"github.com/basalt-dev/basalt/modules/query"
)

// creates are creates of a batch that follow each other, in one collection. Their rows wait to be stored together, for which a
// database needs fewer statements. A create that looks up other documents first stores those before it.
type creates struct {
	*operation
	results Results
	done    int // of results
	waiting []query.Row
	given   [][]int // of those that wait
	most    int     // rows that may wait
}

// run runs the creates that some operations begin with, and returns how many those are. If there is an error, that is the
// number of the one that it is about.
func (c *creates) run(ctx context.Context, steps []step) (int, error) {
	for i, st := range steps {
		if st.Op != "create" || st.c != c.c {
			break
		}
		if err := c.add(ctx, st); err != nil {
			if before := c.flush(ctx); before != nil {
				return c.done, before
			}
			return i, err
		}
	}
	err := c.flush(ctx)
	return c.done, err
}

func (c *creates) add(ctx context.Context, st step) error {
	row, given, err := c.creating(st.ID, st.Doc)
	if err != nil {
		return err
	}
	rows := []query.Row{row}
	conditions, err := c.conditions(rows, [][]int{given}, nil)
	if err != nil {
		return err
	}
	pointing := c.pointing(rows, false)
	if len(conditions) == 0 && pointing == nil {
		c.given = append(c.given, given)
		if c.waiting = append(c.waiting, row); len(c.waiting) >= c.most {
			return c.flush(ctx)
		}
		return nil
	}
	if err := c.flush(ctx); err != nil {
		return err
	}
	if err := c.insertUnder(ctx, conditions, pointing, rows, [][]int{given}); err != nil {
		return err
	}
	c.show(ctx, rows)
	return nil
}

// flush stores the rows that wait.
func (c *creates) flush(ctx context.Context) error {
	rows := c.waiting
	if len(rows) == 0 {
		return nil
	}
	given := c.given
	c.waiting, c.given = nil, nil
	if err := c.insertDecided(ctx, rows, given); err != nil {
		if len(rows) > 1 {
			return &doneTogether{err}
		}
		return err
	}
	c.show(ctx, rows)
	return nil
}

func (c *creates) show(ctx context.Context, rows []query.Row) {
	for _, row := range rows {
		c.results[c.done] = c.asShown(ctx, row)
		c.done++
	}
}
