package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// transaction is a transaction that begins with its first statement: both are sent in one write, and answered together, which
// saves a round trip. One that runs no statement never begins.
type transaction struct {
	conn  *pgxpool.Conn
	begin string
	begun bool
}

// Statements that begin a transaction.
const (
	begin         = "begin"
	beginReadOnly = "begin read only"
	beginSnapshot = "begin isolation level repeatable read read only"
)

// inTransaction runs f in a transaction, and commits if it returns nil.
func inTransaction(ctx context.Context, c *pgxpool.Conn, begin string, f func(*transaction) error) error {
	t := &transaction{conn: c, begin: begin}
	if err := f(t); err != nil {
		t.rollback(ctx)
		return err
	}
	return t.commit(ctx)
}

// first begins the transaction with a statement.
func (t *transaction) first(ctx context.Context, sql string, args []any) (pgx.BatchResults, error) {
	if len(args) > 0 {
		if _, mode := args[0].(pgx.QueryExecMode); mode { // a batch takes none
			args = args[1:]
		}
	}
	return t.send(ctx, []*pgx.QueuedQuery{{SQL: sql, Arguments: args}})
}

// send sends statements in one write, and what begins the transaction before them if it has not begun.
func (t *transaction) send(ctx context.Context, statements []*pgx.QueuedQuery) (pgx.BatchResults, error) {
	if t.begun {
		return t.conn.SendBatch(ctx, &pgx.Batch{QueuedQueries: statements}), nil
	}
	t.begun = true
	all := make([]*pgx.QueuedQuery, 0, 1+len(statements))
	all = append(append(all, &pgx.QueuedQuery{SQL: t.begin}), statements...)
	results := t.conn.SendBatch(ctx, &pgx.Batch{QueuedQueries: all})
	if _, err := results.Exec(); err != nil {
		results.Close() // which returns the same error
		return nil, err
	}
	return results, nil
}

// Query implements runner.
func (t *transaction) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	if t.begun {
		return t.conn.Query(ctx, sql, args...)
	}
	results, err := t.first(ctx, sql, args)
	if err != nil {
		return nil, err
	}
	rows, err := results.Query()
	if err != nil {
		results.Close()
		return nil, err
	}
	return firstRows{rows, results}, nil
}

// firstRows are rows of the statement that a transaction has begun with.
type firstRows struct {
	pgx.Rows
	results pgx.BatchResults
}

// Close implements pgx.Rows. The connection is free for the next statement then.
func (r firstRows) Close() {
	r.Rows.Close()
	r.results.Close() // an error of the connection is that of the next statement, too
}

// Exec implements runner.
func (t *transaction) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	if t.begun {
		return t.conn.Exec(ctx, sql, args...)
	}
	results, err := t.first(ctx, sql, args)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	tag, err := results.Exec()
	if closed := results.Close(); err == nil {
		err = closed
	}
	return tag, err
}

// CopyFrom implements runner.
func (t *transaction) CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, rows pgx.CopyFromSource) (int64, error) {
	if !t.begun {
		t.begun = true
		if _, err := t.conn.Exec(ctx, t.begin); err != nil {
			return 0, err
		}
	}
	return t.conn.CopyFrom(ctx, table, columns, rows)
}

func (t *transaction) commit(ctx context.Context) error {
	if !t.begun {
		return nil
	}
	tag, err := t.conn.Exec(ctx, "commit")
	if err == nil && tag.String() == "ROLLBACK" { // a statement has failed whose error f did not return
		err = pgx.ErrTxCommitRollback
	}
	return err
}

// rollback undoes the transaction. A connection on which that fails is still in it, and the pool closes it for that reason.
func (t *transaction) rollback(ctx context.Context) {
	if t.begun && t.conn.Conn().PgConn().TxStatus() != 'I' {
		_, _ = t.conn.Exec(ctx, "rollback") // see above
	}
}
