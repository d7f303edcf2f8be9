package mysql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-mysql-org/go-mysql/replication"

	"github.com/basalt-dev/basalt/modules/db"
)

// changes is a position in the binary log.
type changes struct {
	driver *Driver
	syncer *replication.BinlogSyncer
	stream *replication.BinlogStreamer
	tables map[string][]watched
	// received is the position up to which every commit has been read, in a file.
	file     string
	received position
	// touched belong to the commits that were read and not returned yet, the last of which is last, in MySQL with the
	// number gtid; open belong to the transaction that is being read.
	touched, open []db.Change
	last          position
	gtid, next    string
}

// watched is a collection whose table is watched: where the columns of its key are in a row, and what they are.
type watched struct {
	collection *db.Collection
	keys       []int
	columns    []column
}

// drainTime is how long after a change others are waited for, which are returned with it.
const drainTime = 200 * time.Microsecond

// Next implements [db.Changes].
func (w *changes) Next(ctx context.Context) ([]db.Change, error) {
	for len(w.touched) == 0 {
		if err := w.receive(ctx); err != nil {
			return nil, err
		}
	}
	soon, cancel := context.WithTimeout(ctx, drainTime)
	defer cancel()
	for soon.Err() == nil && len(w.touched) < maxOpen {
		if err := w.receive(soon); err != nil && soon.Err() == nil {
			return nil, err
		}
	}
	return w.take(ctx)
}

// CatchUp implements [db.Changes].
func (w *changes) CatchUp(ctx context.Context) ([]db.Change, error) {
	end, err := w.driver.Position(ctx)
	if err != nil {
		return nil, err
	}
	for w.received < position(end) {
		if err := w.receive(ctx); err != nil {
			return nil, err
		}
	}
	return w.take(ctx)
}

// take returns what was read once all of it is visible: a commit is sent before others can see it.
func (w *changes) take(ctx context.Context) ([]db.Change, error) {
	for len(w.touched) > 0 {
		seen, err := w.visible(ctx)
		if err != nil {
			return nil, err
		}
		if seen {
			break
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(time.Millisecond):
		}
	}
	out := w.touched
	w.touched = nil
	return out, nil
}

// visible reports whether a read that begins now sees the last commit that was read.
func (w *changes) visible(ctx context.Context) (seen bool, err error) {
	if w.driver.flavor.mariadb {
		end, err := w.driver.Position(ctx)
		return position(end) >= w.last, err
	}
	err = w.driver.with(ctx, func(c *sql.Conn) error {
		return c.QueryRowContext(ctx, "SELECT GTID_SUBSET(?, @@GLOBAL.gtid_executed)", w.gtid).Scan(&seen)
	})
	return seen, err
}

// receive reads one event.
func (w *changes) receive(ctx context.Context) error {
	event, err := w.stream.GetEvent(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("mysql: reading the binary log: %w", err)
	}
	if err := w.logged(event); err != nil {
		return err
	}
	if event.Header.LogPos > 0 && event.Header.EventType != replication.ROTATE_EVENT {
		w.received = max(w.received, positionOf(w.file, uint64(event.Header.LogPos)))
	}
	return nil
}

// logged reads what an event says.
func (w *changes) logged(event *replication.BinlogEvent) error {
	switch e := event.Event.(type) {
	case *replication.RotateEvent:
		w.file = string(e.NextLogName)
		w.received = max(w.received, positionOf(w.file, e.Position))
	case *replication.GTIDEvent:
		w.open, w.next = w.open[:0], fmt.Sprintf("%x-%x-%x-%x-%x:%d", e.SID[:4], e.SID[4:6], e.SID[6:8], e.SID[8:10], e.SID[10:], e.GNO)
	case *replication.MariadbGTIDEvent:
		w.open = w.open[:0]
	case *replication.RowsEvent:
		w.rows(event.Header.EventType, e)
	case *replication.XIDEvent:
		w.commit(event.Header.LogPos)
	case *replication.QueryEvent:
		return w.statement(event.Header.LogPos, string(e.Schema), string(e.Query))
	case *replication.TransactionPayloadEvent:
		for _, inside := range e.Events {
			inside.Header.LogPos = event.Header.LogPos
			if err := w.logged(inside); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *changes) commit(offset uint32) {
	if len(w.open) == 0 {
		return
	}
	w.last, w.gtid = positionOf(w.file, uint64(offset)), w.next
	for i := range w.open {
		w.open[i].Position = uint64(w.last)
	}
	w.touched, w.open = append(w.touched, w.open...), w.open[:0]
}

// errRedefined is the error after a change of a table, whose rows may have other columns now.
var errRedefined = errors.New("mysql: the definition of a watched table has changed")

// statement reads a statement of the log: the beginning or the end of a transaction, or what the server does not log row
// by row.
func (w *changes) statement(offset uint32, schema, text string) error {
	word, _, _ := strings.Cut(strings.ToUpper(strings.TrimSpace(text)), " ")
	switch word {
	case "BEGIN", "START":
		w.open = w.open[:0]
	case "COMMIT":
		w.commit(offset)
	case "INSERT", "UPDATE", "DELETE", "REPLACE", "LOAD", "WITH", "CALL": // of a session without binlog_format=ROW
		w.touchAll()
	case "TRUNCATE", "XA":
		w.touchAll()
		w.commit(offset)
	case "ALTER", "DROP", "RENAME", "CREATE":
		for name := range w.tables {
			if strings.Contains(text, name) && (schema == w.driver.settings.client.DBName || strings.Contains(text, w.driver.settings.client.DBName)) {
				return errRedefined
			}
		}
	}
	return nil
}

// touchAll records changes of unknown documents.
func (w *changes) touchAll() {
	for _, of := range w.tables {
		for _, t := range of {
			w.open = append(w.open, db.Change{Collection: t.collection})
		}
	}
}

// maxOpen limits the changes of one transaction that are recorded individually.
const maxOpen = 10_000

// rows records the documents of an event. That of an update has each row before and after it.
func (w *changes) rows(typ replication.EventType, e *replication.RowsEvent) {
	if string(e.Table.Schema) != w.driver.settings.client.DBName {
		return
	}
	pairs := slices.Contains([]replication.EventType{replication.UPDATE_ROWS_EVENTv0, replication.UPDATE_ROWS_EVENTv1, replication.UPDATE_ROWS_EVENTv2, replication.MARIADB_UPDATE_ROWS_COMPRESSED_EVENT_V1, replication.PARTIAL_UPDATE_ROWS_EVENT}, typ)
	for _, of := range w.tables[string(e.Table.Table)] {
		for n, row := range e.Rows {
			id := of.id(row)
			if id == "" && pairs && n%2 == 1 { // the row after it need not have the key again
				continue
			}
			w.touch(db.Change{Collection: of.collection, ID: id})
		}
	}
}

func (w *changes) touch(touched db.Change) {
	if len(w.open) >= maxOpen {
		touched.ID = ""
	}
	if len(w.open) == 0 || w.open[len(w.open)-1] != touched {
		w.open = append(w.open, touched)
	}
}

// Close implements [db.Changes].
func (w *changes) Close() error {
	w.syncer.Close()
	return nil
}
