package sqlite

import (
	"context"
	"errors"
	"strings"

	"github.com/ncruces/go-sqlite3"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
)

// passing are the errors that the request did not cause: another process, the disk, memory.
var passing = []sqlite3.ErrorCode{
	sqlite3.BUSY, sqlite3.LOCKED, sqlite3.FULL, sqlite3.IOERR, sqlite3.CANTOPEN, sqlite3.READONLY, sqlite3.NOMEM, sqlite3.PROTOCOL,
}

// clientError sets the client's error code, if the client can cause the error.
func clientError(ctx context.Context, err error) error {
	if db.Translated(err) {
		return err
	}
	if ctx.Err() != nil && (errors.Is(err, sqlite3.INTERRUPT) || errors.Is(err, ctx.Err())) {
		return db.Timeout()
	}
	for _, code := range passing {
		if errors.Is(err, code) {
			return db.Unavailable(err)
		}
	}
	var e *sqlite3.Error
	switch {
	case errors.Is(err, sqlite3.TOOBIG):
		return fault.Errorf(fault.TooLarge, "a value is larger than the database can hold")
	case errors.As(err, &e) && (e.ExtendedCode() == sqlite3.CONSTRAINT_UNIQUE || e.ExtendedCode() == sqlite3.CONSTRAINT_PRIMARYKEY):
		return conflict(e)
	case errors.As(err, &e) && e.Code() == sqlite3.CONSTRAINT:
		return refused(e)
	}
	if _, column, ok := strings.Cut(err.Error(), " generated column \""); ok {
		column, _, _ = strings.Cut(column, `"`)
		return fault.FieldErrorf(column, "readonly", "the database makes this value; leave it out")
	}
	if strings.Contains(err.Error(), "integer overflow") {
		return fault.Errorf(fault.Invalid, "the sum does not fit 64 bits")
	}
	return err
}

// refused is the message of a constraint that an external table has.
func refused(e *sqlite3.Error) error {
	switch e.ExtendedCode() {
	case sqlite3.CONSTRAINT_NOTNULL:
		_, column, _ := strings.Cut(e.Error(), "NOT NULL constraint failed: ")
		_, column, _ = strings.Cut(column, ".")
		return fault.FieldErrorf(column, "required", "this field needs a value")
	case sqlite3.CONSTRAINT_TRIGGER: // RAISE(ABORT, …): a rule of the database's own, in the words of its author
		_, text, _ := strings.Cut(e.Error(), "constraint failed: ")
		return fault.Errorf(fault.Invalid, "%s", text)
	case sqlite3.CONSTRAINT_FOREIGNKEY:
		return fault.FieldErrorf("", "reference", "what this points to does not exist, or something still points here")
	}
	return fault.Errorf(fault.Invalid, "the database does not allow these values together")
}

// conflict reads the columns from "UNIQUE constraint failed: table.column, table.column".
func conflict(e *sqlite3.Error) error {
	_, list, _ := strings.Cut(e.Error(), "UNIQUE constraint failed: ")
	names := strings.Split(list, ", ")
	for i, name := range names {
		if _, column, ok := strings.Cut(name, "."); ok {
			names[i] = column
		}
	}
	return db.Conflict(names...)
}
