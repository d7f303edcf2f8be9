package postgres

import (
	"context"
	"errors"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pglogrepl"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/basalt-dev/basalt/modules/db"
)

// changes is a position in the write-ahead log.
type changes struct {
	driver    *Driver
	conn      *pgconn.PgConn
	tables    map[uint32][]*db.Collection
	relations map[uint32]*pglogrepl.RelationMessage
	// received is the position up to which every commit has been read; reported is when it was last reported to the
	// server.
	received pglogrepl.LSN
	reported time.Time
	returned time.Time     // when changes were returned last
	written  pglogrepl.LSN // the end of the log, as last reported by the server
	// touched and writers belong to the commits that were read and not returned yet; open belongs to the
	// transaction that is being read.
	touched, open []db.Change
	writers       []uint32
	writer        uint32
}

// reportInterval is how often the server is notified which log it need not retain.
const reportInterval = 10 * time.Second

// Next implements [db.Changes].
func (w *changes) Next(ctx context.Context) ([]db.Change, error) {
	for len(w.touched) == 0 {
		wait, cancel := context.WithDeadline(ctx, w.reported.Add(reportInterval))
		err := w.receive(wait)
		cancel()
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case pgconn.Timeout(err):
			err = w.sendStatus(ctx, false)
		case err == nil:
			err = w.drain()
		}
		if err != nil {
			return nil, err
		}
	}
	w.returned = time.Now()
	return w.take(ctx)
}

const (
	// Changes that arrive within drainTime of a change are returned with it; within busyTime if the previous
	// change came less than busyTime before. Much of the cost of a change is then shared by all of them.
	drainTime = 200 * time.Microsecond
	busyTime  = 2 * time.Millisecond
	maxDrain  = 3000
)

// drain reads what arrives soon. A context for each message would cost more than the message.
func (w *changes) drain() error {
	now, wait := time.Now(), drainTime
	if now.Sub(w.returned) < 2*busyTime {
		wait = busyTime
	}
	if err := w.conn.Conn().SetReadDeadline(now.Add(wait)); err != nil {
		return err
	}
	var err error
	for n := 0; n < maxDrain && err == nil; n++ {
		err = w.receive(context.Background())
	}
	var late net.Error
	if errors.As(err, &late) && late.Timeout() {
		err = nil
	}
	return errors.Join(err, w.conn.Conn().SetReadDeadline(time.Time{}))
}

// CatchUp implements [db.Changes]. A commit becomes visible to others after its log is flushed, so everything a
// read has seen lies before the flushed end of the log. (Except commits with synchronous_commit = off: they are
// reported when they are flushed, within 0.6 s.)
func (w *changes) CatchUp(ctx context.Context) ([]db.Change, error) {
	var text string
	if err := w.driver.with(ctx, func(c *pgxpool.Conn) error {
		return c.QueryRow(ctx, "SELECT pg_current_wal_flush_lsn()::text").Scan(&text)
	}); err != nil {
		return nil, err
	}
	end, err := pglogrepl.ParseLSN(text)
	if err != nil {
		return nil, err
	}
	for waits := 0; w.received < end; waits++ {
		if waits%waitsPerPush == waitsPerPush-1 {
			// The log can be flushed up to the middle of a record that ends with the next commit.
			if err := w.push(ctx); err != nil {
				return nil, err
			}
		}
		if err := w.sendStatus(ctx, true); err != nil {
			return nil, err
		}
		wait, cancel := context.WithTimeout(ctx, 2*time.Millisecond)
		var err error
		for err == nil && w.received < end {
			err = w.receive(wait)
		}
		cancel()
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil && !pgconn.Timeout(err):
			return nil, err
		}
	}
	return w.take(ctx)
}

// Position implements [db.Positioner].
func (d *Driver) Position(ctx context.Context) (uint64, error) {
	var text string
	if err := d.with(ctx, func(c *pgxpool.Conn) error {
		return c.QueryRow(ctx, "SELECT pg_current_wal_insert_lsn()::text").Scan(&text)
	}); err != nil {
		return 0, err
	}
	position, err := pglogrepl.ParseLSN(text)
	return uint64(position), err
}

// waitsPerPush is after how many short waits the log is advanced.
const waitsPerPush = 10

// push commits something, so that the log advances.
func (w *changes) push(ctx context.Context) error {
	return w.driver.with(ctx, func(c *pgxpool.Conn) error {
		_, err := c.Exec(ctx, "SELECT pg_logical_emit_message(true, 'basalt', '')")
		return err
	})
}

// sendStatus reports the received position to the server, and may request its position.
func (w *changes) sendStatus(ctx context.Context, reply bool) error {
	w.reported = time.Now()
	return pglogrepl.SendStandbyStatusUpdate(ctx, w.conn, pglogrepl.StandbyStatusUpdate{WALWritePosition: w.received, ReplyRequested: reply})
}

// receive reads one message.
func (w *changes) receive(ctx context.Context) error {
	message, err := w.conn.ReceiveMessage(ctx)
	if err != nil {
		return err
	}
	switch m := message.(type) {
	case *pgproto3.CopyData:
		return w.copied(ctx, m.Data)
	case *pgproto3.ErrorResponse:
		return pgconn.ErrorResponseToPgError(m)
	}
	return nil
}

// take returns what was read once all of it is visible: a commit is sent before others can see it.
func (w *changes) take(ctx context.Context) ([]db.Change, error) {
	for len(w.writers) > 0 {
		var snapshot string
		if err := w.driver.with(ctx, func(c *pgxpool.Conn) error {
			return c.QueryRow(ctx, "SELECT pg_current_snapshot()::text").Scan(&snapshot)
		}); err != nil {
			return nil, err
		}
		if w.writers = slices.DeleteFunc(w.writers, visibleIn(snapshot)); len(w.writers) == 0 {
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

// visibleIn reports whether a committed transaction is visible in a snapshot such as "10:20:10,14".
func visibleIn(snapshot string) func(uint32) bool {
	_, rest, _ := strings.Cut(snapshot, ":")
	end, list, _ := strings.Cut(rest, ":")
	number := func(s string) uint32 {
		n, _ := strconv.ParseUint(s, 10, 64) // PostgreSQL wrote it
		return uint32(n)                     // the log has the lower 32 bits
	}
	next := number(end)
	running := map[uint32]bool{}
	if list != "" {
		for s := range strings.SplitSeq(list, ",") {
			running[number(s)] = true
		}
	}
	return func(xid uint32) bool { return int32(xid-next) < 0 && !running[xid] }
}

// Lag implements [db.Lag].
func (w *changes) Lag() int64 { return max(0, int64(w.written)-int64(w.received)) }

// Close implements [db.Changes]. The slot ends with the connection.
func (w *changes) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	return w.conn.Close(ctx)
}
