package sqlite

import (
	"context"
	"strings"
)

// Position implements [db.Positioner].
func (d *Driver) Position(ctx context.Context) (position uint64, err error) {
	err = d.read(ctx, func(c *conn) error {
		last, err := c.number(newestChange)
		position = uint64(last)
		return err
	})
	if err != nil && strings.Contains(err.Error(), "no such table") {
		return 0, nil // no watcher
	}
	return position, err
}
