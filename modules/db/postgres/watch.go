package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pglogrepl"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/basalt-dev/basalt/modules/db"
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
	return &changes{driver: d, conn: conn, tables: tables, relations: map[uint32]*pglogrepl.RelationMessage{}, received: start, reported: time.Now()}, nil
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
