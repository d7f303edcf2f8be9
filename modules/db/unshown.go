package db

import (
	"log/slog"
	"sync"
	"time"

	"github.com/basalt-dev/basalt/modules/query"
)

// Unshown logs stored values that have no form in the API, such as a number beyond float64 in the table of another
// program. To clients they are null, in answers and in filters.
type Unshown struct {
	log *slog.Logger
	mu  sync.Mutex // guards last
	// last is when a value of a column was logged.
	last map[unshownColumn]time.Time
}

type unshownColumn struct{ table, column string }

// unshownPause is the time between two log lines for one column.
const unshownPause = time.Hour

// NewUnshown returns a log of such values; log may be nil.
func NewUnshown(log *slog.Logger) *Unshown {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Unshown{log: log, last: map[unshownColumn]time.Time{}}
}

// Report logs that the value of a field cannot be shown, at most once per column and hour. It does not log the
// value.
func (u *Unshown) Report(c *Collection, row query.Row, field int, now time.Time) {
	column := unshownColumn{c.Table, c.Columns[field].Name}
	u.mu.Lock()
	last, known := u.last[column]
	due := !known || now.Sub(last) >= unshownPause
	if due {
		u.last[column] = now
	}
	u.mu.Unlock()
	if due {
		u.log.Warn("a stored value cannot be shown, and reads as null", "table", column.table, "key", c.ID(row), "column", column.column)
	}
}
