package postgres_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/db/postgres"
	"github.com/basalt-dev/basalt/modules/db/postgres/postgrestest"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// ledger is a database with one table, and a driver that has one connection to it, so that what a transaction leaves behind meets
// the next one.
type ledger struct {
	driver db.Driver
	c      *db.Collection
	admin  *pgx.Conn
}

func openLedger(t *testing.T, address string) *ledger {
	t.Helper()
	ctx := t.Context()
	admin, err := pgx.Connect(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { admin.Close(context.Background()) }) // the database goes away
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("pool_max_conns", "1")
	u.RawQuery = q.Encode()
	d, err := postgres.Open(ctx, db.Config{URL: u.String()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() }) // the database goes away
	shape := query.NewShape([]query.Field{{Name: "id", Type: query.TypeID, NotNull: true}, {Name: "n", Type: query.TypeInt}})
	l := &ledger{d, &db.Collection{Name: "entries", Table: "entries", Shape: shape}, admin}
	for _, f := range shape.Fields {
		l.c.Columns = append(l.c.Columns, db.Column{Name: f.Name, Type: f.Type})
	}
	if err := d.Sync(ctx, []*db.Collection{l.c}); err != nil {
		t.Fatal(err)
	}
	l.add(t, "old")
	return l
}

func (l *ledger) row(id string) []query.Row { return []query.Row{{query.String(id), query.Int(1)}} }

func (l *ledger) add(t *testing.T, id string) {
	t.Helper()
	if err := l.driver.Transaction(t.Context(), func(s db.Store) error { return s.Insert(t.Context(), l.c, l.row(id)) }); err != nil {
		t.Fatal(err)
	}
}

func (l *ledger) exec(t *testing.T, sql string) {
	t.Helper()
	if _, err := l.admin.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

func (l *ledger) ids(t *testing.T) string {
	t.Helper()
	var ids string
	if err := l.admin.QueryRow(t.Context(), "SELECT string_agg(id, ' ' ORDER BY id) FROM entries").Scan(&ids); err != nil {
		t.Fatal(err)
	}
	return ids
}

// TestTransaction_LeavesNothingBehind: whichever statement fails, and however, nothing is stored and the next transaction on the
// same connection is not affected.
func TestTransaction_LeavesNothingBehind(t *testing.T) {
	t.Parallel()
	l := openLedger(t, postgrestest.Database(t))
	own := errors.New("an error of the caller")
	for name, test := range map[string]struct {
		code fault.Code
		run  func(ctx context.Context, cancel func(), s db.Store) error
	}{
		"the first statement": {fault.Conflict, func(ctx context.Context, _ func(), s db.Store) error { return s.Insert(ctx, l.c, l.row("old")) }},
		"a later statement": {fault.Conflict, func(ctx context.Context, _ func(), s db.Store) error {
			return errors.Join(s.Insert(ctx, l.c, l.row("x")), s.Insert(ctx, l.c, l.row("old")))
		}},
		"the caller, after a read": {"", func(ctx context.Context, _ func(), s db.Store) error {
			_, err := s.Find(ctx, l.c, db.Find{Query: query.Query{Where: query.True}, Lock: db.Exclusive})
			return errors.Join(err, s.Insert(ctx, l.c, l.row("x")), own)
		}},
		"the caller, before all": {"", func(context.Context, func(), db.Store) error { return own }},
		"the time limit, before all": {fault.Timeout, func(ctx context.Context, cancel func(), s db.Store) error {
			cancel()
			return s.Insert(ctx, l.c, l.row("x"))
		}},
		"the time limit, later": {fault.Timeout, func(ctx context.Context, cancel func(), s db.Store) error {
			if err := s.Insert(ctx, l.c, l.row("x")); err != nil {
				return err
			}
			cancel()
			return s.Insert(ctx, l.c, l.row("y"))
		}},
		"the time limit, at the end": {fault.Timeout, func(ctx context.Context, cancel func(), s db.Store) error {
			defer cancel()
			return s.Insert(ctx, l.c, l.row("x"))
		}},
		"the server, later": {fault.Unavailable, func(ctx context.Context, _ func(), s db.Store) error {
			if err := s.Insert(ctx, l.c, l.row("x")); err != nil {
				return err
			}
			l.exec(t, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
			return s.Insert(ctx, l.c, l.row("y"))
		}},
		"a statement whose error is dropped": {"", func(ctx context.Context, _ func(), s db.Store) error {
			s.Insert(ctx, l.c, l.row("old")) // what is tested
			return nil
		}},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		err := l.driver.Transaction(ctx, func(s db.Store) error { return test.run(ctx, cancel, s) })
		cancel()
		if err == nil || test.code != "" && fault.CodeOf(err) != test.code {
			t.Errorf("%s: %v, want %s", name, err, test.code)
		}
		if got := l.ids(t); got != "old" {
			t.Errorf("%s: stored are %s", name, got)
		}
		if _, err := l.driver.Count(t.Context(), l.c, query.True); err != nil && fault.CodeOf(err) != fault.Unavailable { // the connection was cut
			t.Errorf("%s: afterwards: %v", name, err)
		}
		l.add(t, "next")
		l.exec(t, "DELETE FROM entries WHERE id = 'next'")
	}
}

// TestTransaction_RunsAgain: after a conflict, and when the table has changed since its first statement was prepared.
func TestTransaction_RunsAgain(t *testing.T) {
	t.Parallel()
	l := openLedger(t, postgrestest.Database(t))
	l.exec(t, `CREATE SEQUENCE tries;
		CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			IF nextval('tries') < 3 THEN RAISE EXCEPTION 'lost' USING ERRCODE = '40001'; END IF;
			RETURN NEW;
		END $$;
		CREATE TRIGGER lose BEFORE INSERT ON entries FOR EACH ROW EXECUTE FUNCTION lose()`)
	runs := 0
	err := l.driver.Transaction(t.Context(), func(s db.Store) error {
		runs++
		return s.Insert(t.Context(), l.c, l.row("x"))
	})
	if err != nil || runs != 3 || l.ids(t) != "old x" {
		t.Errorf("%v after %d runs, stored are %s", err, runs, l.ids(t))
	}
	l.exec(t, "DROP TRIGGER lose ON entries")
	read := func() error {
		return l.driver.Transaction(t.Context(), func(s db.Store) error {
			_, err := s.Find(t.Context(), l.c, db.Find{Query: query.Query{Where: query.True}, Lock: db.Exclusive})
			return err
		})
	}
	if err := read(); err != nil {
		t.Fatal(err)
	}
	l.exec(t, "ALTER TABLE entries ALTER COLUMN id TYPE varchar(80)")
	if err := read(); err != nil {
		t.Errorf("after the table has changed: %v", err)
	}
}

// TestTransaction_BeginsWithItsFirstStatement counts how often the server says that it is ready: once for each round trip.
func TestTransaction_BeginsWithItsFirstStatement(t *testing.T) {
	t.Parallel()
	var ready atomic.Int64
	l := openLedger(t, through(t, postgrestest.Database(t), &ready))
	l.add(t, "prepares the statement")
	before := ready.Load()
	l.add(t, "x")
	if trips := ready.Load() - before; trips != 2 {
		t.Errorf("a transaction of one statement takes %d round trips", trips)
	}
	before = ready.Load()
	if err := l.driver.Transaction(t.Context(), func(db.Store) error { return nil }); err != nil || ready.Load() != before {
		t.Errorf("one of none takes %d, and ends with %v", ready.Load()-before, err)
	}
}

// through returns the address of a proxy that counts the ReadyForQuery messages of the server.
func through(t *testing.T, address string, ready *atomic.Int64) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	config, err := pgx.ParseConfig(address)
	if err != nil {
		t.Fatal(err)
	}
	network, server := pgxNetwork(config)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() { // ends with the listener
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			upstream, err := net.Dial(network, server)
			if err != nil {
				client.Close()
				return
			}
			go func() { io.Copy(upstream, client); upstream.Close() }()
			go func() { countReady(client, upstream, ready); client.Close() }()
		}
	}()
	u.Host = listener.Addr().String()
	q := u.Query()
	q.Del("host")
	q.Set("sslmode", "disable")
	u.RawQuery = q.Encode()
	return u.String()
}

func pgxNetwork(c *pgx.ConnConfig) (network, address string) {
	if strings.HasPrefix(c.Host, "/") {
		return "unix", c.Host + "/.s.PGSQL." + portOf(c)
	}
	return "tcp", net.JoinHostPort(c.Host, portOf(c))
}

func portOf(c *pgx.ConnConfig) string { return query.Int(int64(c.Port)).JSON() }

// countReady copies the messages of a server.
func countReady(to io.Writer, from io.Reader, ready *atomic.Int64) {
	for header := make([]byte, 5); ; {
		if _, err := io.ReadFull(from, header); err != nil {
			return
		}
		message := make([]byte, 5+binary.BigEndian.Uint32(header[1:])-4)
		copy(message, header)
		if _, err := io.ReadFull(from, message[5:]); err != nil {
			return
		}
		if header[0] == 'Z' {
			ready.Add(1)
		}
		if _, err := to.Write(message); err != nil {
			return
		}
	}
}
