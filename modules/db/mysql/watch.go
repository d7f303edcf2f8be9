package mysql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	replicated "github.com/go-mysql-org/go-mysql/mysql"
	"github.com/go-mysql-org/go-mysql/replication"

	"github.com/basalt-dev/basalt/modules/db"
)

const adviceLog = "start the server with log_bin and binlog_format=ROW (MySQL: and gtid_mode=ON), and GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* to the user; then changes made by other programs are seen too"

// Source implements [db.Watcher].
func (d *Driver) Source(ctx context.Context) db.Source {
	reason, grants := "", ""
	err := d.with(ctx, func(c *sql.Conn) error {
		if err := c.QueryRowContext(ctx, "SELECT "+d.flavor.cannotWatch()).Scan(&reason); err != nil {
			return err
		}
		var grant string
		return each(ctx, c, "SHOW GRANTS", []any{&grant}, func() { grants += grant + "\n" })
	})
	switch {
	case err != nil:
		return db.Source{Name: "not known: the database does not answer", Advice: adviceLog}
	case reason != "":
		return db.Source{Name: "notifications between nodes, because " + reason, Advice: adviceLog}
	case !strings.Contains(grants, "REPLICATION SLAVE") && !strings.Contains(grants, "ALL PRIVILEGES ON *.*"):
		return db.Source{Name: "notifications between nodes, because the user lacks the privilege REPLICATION SLAVE", Advice: adviceLog}
	}
	return db.Source{Name: "binary log", Complete: true}
}

// Unsupported implements [db.Watcher].
func (d *Driver) Unsupported(ctx context.Context, collections []*db.Collection) (map[*db.Collection]error, error) {
	out := map[*db.Collection]error{}
	for _, c := range collections {
		t, err := d.reread(ctx, c)
		switch {
		case err != nil:
			return nil, err
		case t == nil:
			out[c] = fmt.Errorf("there is no table %s in this database", c.Table)
		case t.view:
			out[c] = fmt.Errorf("%s is a view, whose changes the database does not report", c.Table)
		case len(t.indexes["PRIMARY"].columns) == 0:
			out[c] = fmt.Errorf("the table %s has no primary key, which replication needs", c.Table)
		}
	}
	return out, nil
}

// reread returns the definition of a collection's table, and reads it if it is not known.
func (d *Driver) reread(ctx context.Context, c *db.Collection) (*table, error) {
	if t := d.table(c); t != nil {
		return t, nil
	}
	err := d.with(ctx, func(conn *sql.Conn) error {
		known, err := d.readSchema(ctx, conn)
		if err == nil {
			d.remember(known)
		}
		return err
	})
	return d.table(c), err
}

// position is a place in the binary log: the number of its file, and the offset there.
type position uint64

func positionOf(file string, offset uint64) position {
	number, _ := strconv.ParseUint(file[strings.LastIndexByte(file, '.')+1:], 10, 32) // the server numbers its files
	return position(number<<32 | offset)
}

// logEnd returns up to where there is a log, and the file.
func (d *Driver) logEnd(ctx context.Context, run runner) (file string, offset uint64, err error) {
	rows, err := run.QueryContext(ctx, d.flavor.position)
	if err != nil {
		return "", 0, err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return "", 0, err
	}
	values := make([]sql.NullString, len(names))
	targets := make([]any, len(names))
	for i := range values {
		targets[i] = &values[i]
	}
	at := ""
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return "", 0, err
		}
		switch {
		case !d.flavor.mariadb:
			file, at = values[0].String, values[1].String
		case strings.EqualFold(values[0].String, "binlog_snapshot_file"):
			file = values[1].String
		default:
			at = values[1].String
		}
	}
	if err := rows.Err(); err != nil {
		return "", 0, err
	}
	if file == "" {
		return "", 0, errors.New("mysql: the server has no binary log, or the user may not see where it ends (REPLICATION CLIENT)")
	}
	offset, err = strconv.ParseUint(at, 10, 32)
	return file, offset, err
}

// Position implements [db.Positioner].
func (d *Driver) Position(ctx context.Context) (uint64, error) {
	var out position
	err := d.with(ctx, func(c *sql.Conn) error {
		file, offset, err := d.logEnd(ctx, c)
		out = positionOf(file, offset)
		return err
	})
	return uint64(out), err
}

// Watch implements [db.Watcher]. It reads the binary log as a replica does.
func (d *Driver) Watch(ctx context.Context, collections []*db.Collection) (db.Changes, error) {
	w := &changes{driver: d, tables: map[string][]watched{}}
	for _, c := range collections {
		t, err := d.reread(ctx, c)
		if err != nil {
			return nil, fmt.Errorf("collection %s: %w", c.Name, err)
		}
		if t == nil {
			return nil, fmt.Errorf("collection %s: there is no table %s in this database", c.Name, c.Table)
		}
		of := watched{collection: c}
		for _, i := range c.KeyFields() {
			name := strings.ToLower(c.Columns[i].Name)
			of.keys, of.columns = append(of.keys, slices.Index(t.order, name)), append(of.columns, t.columns[name])
		}
		w.tables[c.Table] = append(w.tables[c.Table], of)
	}
	var offset uint64
	err := d.with(ctx, func(c *sql.Conn) (err error) {
		w.file, offset, err = d.logEnd(ctx, c)
		return err
	})
	if err != nil {
		return nil, err
	}
	w.received = positionOf(w.file, offset)
	w.syncer = replication.NewBinlogSyncer(d.replica())
	if w.stream, err = w.syncer.StartSync(replicated.Position{Name: w.file, Pos: uint32(offset)}); err != nil {
		w.syncer.Close()
		return nil, fmt.Errorf("mysql: reading the binary log: %w", err)
	}
	return w, nil
}

// replica are the settings of a connection that reads the binary log. Each needs a number of its own.
func (d *Driver) replica() replication.BinlogSyncerConfig {
	c := d.settings.client
	out := replication.BinlogSyncerConfig{
		ServerID: 1<<31 | rand.Uint32N(1<<31-1), Flavor: d.flavor.library(), Host: c.Addr, User: c.User, Password: c.Passwd, Charset: "utf8mb4",
		TimestampStringLocation: time.UTC, HeartbeatPeriod: heartbeat, ReadTimeout: 3 * heartbeat, DisableRetrySync: true, DiscardGTIDSet: true,
		FillZeroLogPos: d.flavor.mariadb, EventCacheCount: maxEvents, Logger: slog.New(slog.DiscardHandler), // its errors are returned, too
		Dialer: (&net.Dialer{Timeout: connectTimeout}).DialContext, Localhost: "basalt",
	}
	if c.TLS != nil {
		out.TLSConfig = c.TLS.Clone()
	}
	if c.Net == "tcp" {
		host, port, _ := net.SplitHostPort(c.Addr) // parse has joined them
		number, _ := strconv.ParseUint(port, 10, 16)
		out.Host, out.Port = host, uint16(number)
	}
	return out
}

const (
	heartbeat = 30 * time.Second
	maxEvents = 256 // that were received and not read yet
)
