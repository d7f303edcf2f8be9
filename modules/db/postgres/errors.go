package postgres

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
)

// conflicting reports whether a transaction has lost a conflict and may be retried (PostgreSQL, appendix A:
// serialization_failure and deadlock_detected).
func conflicting(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && (e.Code == "40001" || e.Code == "40P01")
}

// clientError sets the client's error code, if the client can cause the error.
func clientError(ctx context.Context, err error) error {
	if errors.Is(err, errGuarded) || db.Translated(err) {
		return err
	}
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return serverError(ctx, e, err)
	}
	var network net.Error
	var connecting *pgconn.ConnectError
	switch {
	case ctx.Err() != nil:
		return db.Timeout()
	case errors.As(err, &connecting), errors.As(err, &network), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed),
		pgconn.SafeToRetry(err), strings.Contains(err.Error(), "conn closed"), strings.Contains(err.Error(), "closed pool"):
		return db.Unavailable(err)
	}
	return err
}

func serverError(ctx context.Context, e *pgconn.PgError, err error) error {
	if stale(e) {
		return db.Unavailable(err)
	}
	switch e.Code {
	case "23505": // unique_violation
		return db.Conflict(keyColumns(e.Detail)...)
	case "23502": // not_null_violation
		return fault.FieldErrorf(e.ColumnName, "required", "this field needs a value")
	case "23503": // foreign_key_violation
		return fault.FieldErrorf(keyColumns(e.Detail)[0], "reference", "what this points to does not exist, or something still points here")
	case "23514", "23P01": // check_violation, exclusion_violation
		return fault.Errorf(fault.Invalid, "the database does not allow these values together%s", inBrackets(e.ConstraintName))
	case "22003": // numeric_value_out_of_range
		return fault.Errorf(fault.Invalid, "a number, or a sum, does not fit its type")
	case "P0001": // raise_exception: a rule of the database's own, in the words of its author
		return raised(e)
	case "42501": // insufficient_privilege, and what row-level security refuses; the log has the reason
		return errors.Join(fault.Errorf(fault.Forbidden, "the database does not allow this"), fault.Logged{Reason: err})
	case "428C9": // generated_always: a column that the database computes
		return readOnly(e)
	case "55000", "42809", "25006", "0A000": // a view, a table of another server, a standby
		return fault.Errorf(fault.Forbidden, "this collection can only be read")
	case "57014": // query_canceled
		return db.Timeout()
	case "40001", "40P01", "55P03": // serialization_failure, deadlock_detected, lock_not_available
		return db.Unavailable(err)
	}
	switch {
	case e.Code == "42601" && strings.Contains(e.Message, "tsquery"):
		return fault.Errorf(fault.Invalid, "this is not a search; its words have & | ! or <-> between them")
	case e.Code == "42704" && strings.Contains(e.Message, "text search configuration"):
		return fault.Errorf(fault.Invalid, "the database has no text search configuration of this name")
	}
	switch e.Code[:2] {
	case "22": // data exceptions: values that a column cannot hold
		return fault.Errorf(fault.Invalid, "a value does not fit its column in the database")
	case "08", "53", "57", "58", "XX": // connection, resources, operator intervention, system, internal
		return db.Unavailable(err)
	}
	return db.ContextError(ctx, err)
}

func inBrackets(name string) string {
	if name == "" { // no partition accepts the row
		return ""
	}
	return " (" + name + ")"
}

// stale reports whether a table has changed since a statement was prepared. Nothing was executed, and the
// connection has dropped the statement.
func stale(err error) bool {
	if err == nil {
		return false
	}
	var e *pgconn.PgError
	return errors.As(err, &e) && e.Code == "0A000" && e.Routine == "RevalidateCachedQuery"
}

// raised is the error code of RAISE EXCEPTION.
func raised(e *pgconn.PgError) error {
	text := e.Message
	for _, more := range []string{e.Detail, e.Hint} {
		if more != "" {
			text += ": " + more
		}
	}
	out := fault.Errorf(fault.Invalid, "%s", text)
	if e.ColumnName != "" {
		out.Fields = []fault.FieldError{{Field: e.ColumnName, Code: "database", Detail: e.Message}}
	}
	return out
}

// readOnly names the column of `cannot insert a non-DEFAULT value into column "b"` or `column "b" can only
// be updated to DEFAULT`.
func readOnly(e *pgconn.PgError) error {
	column := e.ColumnName
	if _, rest, ok := strings.Cut(e.Message, `column "`); ok && column == "" {
		column, _, _ = strings.Cut(rest, `"`)
	}
	return fault.FieldErrorf(column, "readonly", "the database makes this value; leave it out")
}

// keyColumns reads the columns from `Key (a, "B c")=(value, value) already exists.`. The values may be confidential.
func keyColumns(detail string) []string {
	_, rest, _ := strings.Cut(detail, "(")
	list, _, _ := strings.Cut(rest, ")=(")
	names := strings.Split(list, ", ")
	for i, name := range names {
		if len(name) > 1 && name[0] == '"' {
			names[i] = strings.ReplaceAll(name[1:len(name)-1], `""`, `"`)
		}
	}
	return names
}
