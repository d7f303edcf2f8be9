package db

import (
	"context"
	"errors"
	"time"

	"github.com/basalt-dev/basalt/modules/fault"
)

// The errors for clients that the drivers share. A driver returns every other error as it is: the client gets none of
// its text, and the log all of it.

// Translated reports whether an error is as clients get it: nil, or one with a code.
func Translated(err error) bool {
	if err == nil {
		return true
	}
	var coded *fault.Error // which allocates
	return errors.As(err, &coded)
}

// Conflict is the error of a value that is unique and exists, in a column, or of values that are unique together.
func Conflict(columns ...string) error {
	e := &fault.Error{Code: fault.Conflict, Detail: "there is already a document with this value"}
	detail := "this value is taken"
	if len(columns) > 1 {
		e.Detail, detail = "there is already a document with these values", "these values are taken together"
	}
	for _, name := range columns {
		e.Fields = append(e.Fields, fault.FieldError{Field: name, Code: "unique", Detail: detail})
	}
	return e
}

// Timeout is the error of an operation that took longer than its context.
func Timeout() error { return fault.Errorf(fault.Timeout, "the request took longer than it may") }

// ContextError returns [Timeout] if the context has ended, and otherwise the error as it is.
func ContextError(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return Timeout()
	}
	return err
}

// Unavailable is the error of a request that is right and may succeed later. It wraps the reason.
func Unavailable(reason error) error {
	return errors.Join(fault.Retry(fault.Unavailable, time.Second, "the database cannot do this now; try again"), reason)
}
