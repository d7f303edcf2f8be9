package offline

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// pages reads all rows of a table in the order of its key.
type pages struct {
	driver  db.Driver
	table   *db.Collection
	cursors *query.Cursors
	where   query.Filter
	ended   bool
}

func newPages(driver db.Driver, c *db.Collection) *pages {
	return &pages{driver: driver, table: c, cursors: query.NewCursors([32]byte{})} // of this process alone
}

// after lets the next page begin after a row.
func (p *pages) after(row query.Row) error {
	order := p.table.KeyOrder(false)
	rest, err := p.cursors.After(p.table.Name, p.table.Shape, order, p.cursors.Make(p.table.Name, p.table.Shape, order, row))
	p.where = query.Any(rest...)
	return err
}

// next returns the next page, and none after the last one.
func (p *pages) next(ctx context.Context) ([]query.Row, error) {
	if p.ended {
		return nil, nil
	}
	rows, err := p.driver.Find(ctx, p.table, db.Find{Query: query.Query{Where: p.where, Sort: p.table.KeyOrder(false), Limit: exportPage}})
	if err != nil {
		return nil, err
	}
	if p.ended = len(rows) < exportPage; !p.ended {
		err = p.after(rows[len(rows)-1])
	}
	return rows, err
}

// lines reads the rows of a file, and keeps the current one.
type lines struct {
	scanner *bufio.Scanner
	table   *db.Collection
	number  int
	row     query.Row // nil after the last one
}

func (l *lines) advance() (err error) {
	l.row = nil
	if !l.scanner.Scan() {
		return l.scanner.Err()
	}
	l.number++
	if l.row, err = parseRow(l.table, l.scanner.Bytes()); err != nil {
		err = fmt.Errorf("line %d: %w", l.number, err)
	}
	return err
}

// differing compares a table with the file of an export. It calls other with the rows of the table that the file does not
// have like this, a page at a time, and returns how many it has.
func differing(ctx context.Context, driver db.Driver, c *db.Collection, file string, other func([]query.Row) error) (same int64, err error) {
	in, err := os.Open(file)
	if err != nil {
		return 0, err
	}
	defer in.Close()
	l := lines{scanner: bufio.NewScanner(in), table: c}
	l.scanner.Buffer(make([]byte, 0, 64<<10), maxLine)
	if err := l.advance(); err != nil {
		return 0, err
	}
	p := newPages(driver, c)
	for {
		rows, err := p.next(ctx)
		if err != nil || len(rows) == 0 {
			return same, err
		}
		var others []query.Row
		for _, row := range rows {
			order := -1
			for l.row != nil {
				if order, err = compareKeys(c, row, l.row); err != nil {
					return same, err
				}
				if order <= 0 {
					break
				}
				if err := l.advance(); err != nil {
					return same, err
				}
			}
			if l.row != nil && order == 0 && bytes.Equal(appendRow(nil, c, row), appendRow(nil, c, l.row)) {
				same++
			} else {
				others = append(others, row)
			}
		}
		if len(others) > 0 {
			if err := other(others); err != nil {
				return same, err
			}
		}
	}
}

// compareKeys compares the keys of two rows as databases sort them.
func compareKeys(c *db.Collection, a, b query.Row) (int, error) {
	for _, i := range c.KeyFields() {
		order, ok := a[i].Compare(b[i])
		if !ok {
			return 0, fmt.Errorf("the keys %s and %s cannot be compared", a[i].JSON(), b[i].JSON())
		}
		if order != 0 {
			return order, nil
		}
	}
	return 0, nil
}

// removeOthers deletes the rows of a table that the file of an export does not have like this, and returns how many.
func removeOthers(ctx context.Context, driver db.Driver, c *db.Collection, file string) (removed int64, err error) {
	_, err = differing(ctx, driver, c, file, func(rows []query.Row) error {
		ids := make([]string, len(rows))
		for i, row := range rows {
			ids[i] = c.ID(row)
		}
		n, err := driver.Delete(ctx, c, c.ByKeys(ids))
		removed += n
		return err
	})
	return removed, err
}

// verify reads a table again and reports what it does not have of the file, or has besides.
func verify(ctx context.Context, driver db.Driver, c *db.Collection, file string, documents int64, alone bool) error {
	var others int64
	same, err := differing(ctx, driver, c, file, func(rows []query.Row) error { others += int64(len(rows)); return nil })
	if err != nil {
		return err
	}
	if same != documents || alone && others > 0 {
		return fmt.Errorf("read back, %d of %d documents are as in the export, and %d others are there; does a server write to this database?", same, documents, others)
	}
	return nil
}
