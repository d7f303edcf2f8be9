package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pglogrepl"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// publication has the tables that nodes watch. Tables are added but never removed: another node may have another
// configuration.
const publication = "basalt"

const adviceLogical = "set wal_level = logical in postgresql.conf (on a managed server: the parameter for logical replication), restart PostgreSQL, and give the user the attribute REPLICATION; then changes made by other programs are seen too"

// Source implements [db.Watcher].
func (d *Driver) Source(ctx context.Context) db.Source {
	level, replicates := "", false
	err := d.with(ctx, func(c *pgxpool.Conn) error {
		return c.QueryRow(ctx, `SELECT current_setting('wal_level'), rolreplication OR rolsuper OR pg_has_role(rolname, coalesce((SELECT r.rolname FROM pg_roles r WHERE r.rolname = 'rds_replication'), rolname), 'member') AND EXISTS (SELECT FROM pg_roles WHERE rolname = 'rds_replication')
			FROM pg_roles WHERE rolname = current_user`).Scan(&level, &replicates)
	})
	switch {
	case err != nil:
		return db.Source{Name: "not known: the database does not answer", Advice: adviceLogical}
	case level != "logical":
		return db.Source{Name: "notifications between nodes, because wal_level is " + level, Advice: adviceLogical}
	case !replicates:
		return db.Source{Name: "notifications between nodes, because the user lacks the attribute REPLICATION", Advice: "ALTER ROLE … REPLICATION; then changes made by other programs are seen too"}
	}
	return db.Source{Name: "logical replication", Complete: true}
}

// Watch implements [db.Watcher]. It reads the write-ahead log through a temporary slot. The slot ends with the
// connection, so it retains no log after the node is gone.
func (d *Driver) Watch(ctx context.Context, collections []*db.Collection) (db.Changes, error) {
	tables, err := d.publish(ctx, collections)
	if err != nil {
		return nil, err
	}
	config := d.pool.Config().ConnConfig.Config.Copy()
	config.RuntimeParams["replication"] = "database"
	config.RuntimeParams["datestyle"] = "ISO"
	config.BuildContextWatcherHandler = func(c *pgconn.PgConn) ctxwatch.Handler { // a cancelled wait must leave the connection usable
		return &pgconn.DeadlineContextWatcherHandler{Conn: c.Conn()}
	}
	conn, err := pgconn.ConnectConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("postgres: connecting for replication: %w", withoutURL(err))
	}
	slot := "basalt_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	created, err := pglogrepl.CreateReplicationSlot(ctx, conn, slot, "pgoutput", pglogrepl.CreateReplicationSlotOptions{
		Temporary: true, Mode: pglogrepl.LogicalReplication, SnapshotAction: "NOEXPORT_SNAPSHOT",
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("postgres: making a replication slot (max_replication_slots and max_wal_senders bound how many nodes can): %w", err), conn.Close(ctx))
	}
	start, err := pglogrepl.ParseLSN(created.ConsistentPoint)
	if err == nil {
		err = pglogrepl.StartReplication(ctx, conn, slot, start, pglogrepl.StartReplicationOptions{
			Mode: pglogrepl.LogicalReplication, PluginArgs: []string{"proto_version '1'", "publication_names '" + publication + "'"},
		})
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("postgres: starting replication: %w", err), conn.Close(ctx))
	}
	return &changes{driver: d, conn: conn, tables: tables, relations: map[uint32]*pglogrepl.RelationMessage{}, received: start, told: time.Now()}, nil
}

// Unsupported implements [db.Watcher]. It includes tables without a key: once published, they could not be updated
// any more.
func (d *Driver) Unsupported(ctx context.Context, collections []*db.Collection) (map[*db.Collection]error, error) {
	out := map[*db.Collection]error{}
	err := d.with(ctx, func(conn *pgxpool.Conn) error {
		for _, c := range collections {
			var kind string
			var identified bool
			err := conn.QueryRow(ctx, `
				SELECT c.relkind::text, c.relreplident IN ('f', 'i') OR c.relreplident = 'd' AND EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)
				FROM pg_class c WHERE c.oid = to_regclass($1)`, tableName(c.Table)).Scan(&kind, &identified)
			switch {
			case err != nil:
				return fmt.Errorf("collection %s: %w", c.Name, err)
			case kind != "r" && kind != "p":
				out[c] = fmt.Errorf("%s is a view, whose changes PostgreSQL does not report", c.Table)
			case !identified:
				out[c] = fmt.Errorf("the table %s has no primary key, which replication needs", c.Table)
			}
		}
		return nil
	})
	return out, err
}

// publish adds missing tables to the publication, and returns the collections by the OID of their table.
func (d *Driver) publish(ctx context.Context, collections []*db.Collection) (map[uint32][]*db.Collection, error) {
	tables := map[uint32][]*db.Collection{}
	err := d.locked(ctx, func(tx pgx.Tx) error {
		var exists bool
		if err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_publication WHERE pubname = $1)", publication).Scan(&exists); err != nil {
			return err
		}
		if !exists {
			if _, err := tx.Exec(ctx, "CREATE PUBLICATION "+publication+" WITH (publish_via_partition_root = true)"); err != nil {
				return err
			}
		}
		for _, c := range collections {
			var oid uint32
			var published bool
			err := tx.QueryRow(ctx, `
				SELECT c.oid, EXISTS (SELECT FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid WHERE p.pubname = $2 AND r.prrelid = c.oid)
				FROM pg_class c WHERE c.oid = to_regclass($1)`, tableName(c.Table), publication).Scan(&oid, &published)
			if err == nil && !published {
				_, err = tx.Exec(ctx, "ALTER PUBLICATION "+publication+" ADD TABLE ONLY "+tableName(c.Table))
			}
			if err != nil {
				return fmt.Errorf("collection %s: %w", c.Name, err)
			}
			tables[oid] = append(tables[oid], c)
		}
		return nil
	})
	return tables, err
}

// changes is a position in the write-ahead log.
type changes struct {
	driver    *Driver
	conn      *pgconn.PgConn
	tables    map[uint32][]*db.Collection
	relations map[uint32]*pglogrepl.RelationMessage
	// received is the position up to which every commit has been read; told is when it was last reported to the
	// server.
	received pglogrepl.LSN
	told     time.Time
	returned time.Time     // when changes were returned last
	written  pglogrepl.LSN // the end of the log, as last reported by the server
	// touched and writers belong to the commits that were read and not returned yet; open belongs to the
	// transaction that is being read.
	touched, open []db.Change
	writers       []uint32
	writer        uint32
}

// tellInterval is how often the server is notified which log it need not retain.
const tellInterval = 10 * time.Second

// Next implements [db.Changes].
func (w *changes) Next(ctx context.Context) ([]db.Change, error) {
	for len(w.touched) == 0 {
		wait, cancel := context.WithDeadline(ctx, w.told.Add(tellInterval))
		err := w.receive(wait)
		cancel()
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case pgconn.Timeout(err):
			err = w.tell(ctx, false)
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
		if err := w.tell(ctx, true); err != nil {
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

// tell reports the received position to the server, and may request its position.
func (w *changes) tell(ctx context.Context, reply bool) error {
	w.told = time.Now()
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

func (w *changes) copied(ctx context.Context, data []byte) error {
	switch data[0] {
	case pglogrepl.PrimaryKeepaliveMessageByteID:
		m, err := pglogrepl.ParsePrimaryKeepaliveMessage(data[1:])
		if err != nil {
			return err
		}
		w.received = max(w.received, m.ServerWALEnd)
		if m.ReplyRequested {
			return w.tell(ctx, false)
		}
	case pglogrepl.XLogDataByteID:
		m, err := pglogrepl.ParseXLogData(data[1:])
		if err != nil {
			return err
		}
		w.written = max(w.written, m.ServerWALEnd)
		message, err := pglogrepl.Parse(m.WALData)
		if err != nil {
			return err
		}
		w.logged(message)
	}
	return nil
}

// maxOpen limits the changes of one transaction that are recorded individually.
const maxOpen = 10_000

func (w *changes) logged(message pglogrepl.Message) {
	switch m := message.(type) {
	case *pglogrepl.BeginMessage:
		w.open, w.writer = w.open[:0], m.Xid
	case *pglogrepl.RelationMessage:
		w.relations[m.RelationID] = m
	case *pglogrepl.InsertMessage:
		w.touch(m.RelationID, m.Tuple)
	case *pglogrepl.UpdateMessage:
		if m.OldTuple != nil {
			w.touch(m.RelationID, m.OldTuple)
		}
		w.touch(m.RelationID, m.NewTuple)
	case *pglogrepl.DeleteMessage:
		w.touch(m.RelationID, m.OldTuple)
	case *pglogrepl.TruncateMessage:
		for _, relation := range m.RelationIDs {
			w.touch(relation, nil)
		}
	case *pglogrepl.CommitMessage:
		w.received = max(w.received, m.TransactionEndLSN)
		for i := range w.open {
			w.open[i].Position = uint64(m.CommitLSN)
		}
		if len(w.open) > 0 {
			w.touched, w.writers = append(w.touched, w.open...), append(w.writers, w.writer)
		}
	}
}

func (w *changes) touch(relation uint32, tuple *pglogrepl.TupleData) {
	for _, c := range w.tables[relation] {
		touched := db.Change{Collection: c}
		if len(w.open) < maxOpen {
			touched.ID = w.idOf(c, w.relations[relation], tuple)
		}
		if len(w.open) == 0 || w.open[len(w.open)-1] != touched {
			w.open = append(w.open, touched)
		}
	}
}

// idOf returns the id of a row, empty if the log does not contain it.
func (w *changes) idOf(c *db.Collection, relation *pglogrepl.RelationMessage, tuple *pglogrepl.TupleData) string {
	if relation == nil || tuple == nil {
		return ""
	}
	row := make(query.Row, len(c.Columns))
	for _, i := range c.KeyFields() {
		n := slices.IndexFunc(relation.Columns, func(r *pglogrepl.RelationMessageColumn) bool { return r.Name == c.Columns[i].Name })
		if n < 0 || n >= len(tuple.Columns) || tuple.Columns[n].DataType != pglogrepl.TupleDataTypeText {
			return ""
		}
		v, ok := keyValue(c.Columns[i].Type.Kind(), w.driver.layout(c).Columns[i].Type, string(tuple.Columns[n].Data))
		if !ok {
			return ""
		}
		row[i] = v
	}
	return c.ID(row)
}

// keyValue reads a value in PostgreSQL's text format.
func keyValue(kind query.Kind, typ, text string) (query.Value, bool) {
	switch kind {
	case query.KindString:
		if typ == "character" {
			text = strings.TrimRight(text, " ")
		}
		return query.String(text), true
	case query.KindInt:
		n, err := strconv.ParseInt(text, 10, 64)
		return query.Int(n), err == nil
	case query.KindBool:
		return query.Bool(text == "t"), true
	case query.KindTime:
		for _, format := range []string{"2006-01-02 15:04:05.999999-07", "2006-01-02 15:04:05.999999", "2006-01-02"} {
			if t, err := time.Parse(format, text); err == nil {
				return query.Time(t), true
			}
		}
	}
	return query.Null, false
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
