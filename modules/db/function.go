package db

import (
	"context"
	"strings"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// Functions is a Driver that can call functions of its database.
type Functions interface {
	// CallFunction calls a function in a transaction of its own. Which of several functions with the name it is follows from
	// the names of the parameters. A function that is not there, or takes other parameters, is [ErrNoFunction]; several
	// that fit are [Ambiguous]; what a function says to its caller is a [Raised].
	CallFunction(ctx context.Context, call FunctionCall) (FunctionResult, error)
}

// RowFunctions is a Driver with functions that are about one row of a table, such as a computed column.
type RowFunctions interface {
	// CallRowFunction calls the function of a name that takes a row of a table, for each row of a JSON array, without changing
	// anything. The result is an array with what each has, as an array. Params has no meaning here.
	CallRowFunction(ctx context.Context, call FunctionCall, table string, rows []byte) (FunctionResult, error)
}

// FunctionCall calls a function of a database.
type FunctionCall struct {
	Schema, Name string
	// Params is a JSON object with the parameters by their names.
	Params []byte
	// Claims is a JSON object of what is known of the caller, which the function can read; nil for an anonymous caller.
	Claims []byte
	// Headers is a JSON object of headers of the request, nil without any.
	Headers []byte
	// ReadOnly keeps the function from changing anything, and Rollback undoes what it has changed.
	ReadOnly, Rollback bool
	// Most is how many values a set may have, 0 for any number. More are [ErrTooMany], and nothing has been done.
	Most int
	// Rows and Bytes limit a result. What is larger is [ErrTooLarge], and nothing has been done.
	Rows, Bytes int
}

// FunctionResult is what a function returns.
type FunctionResult struct {
	// JSON is the result, null for a function that returns nothing; an array if the function returns a set.
	JSON         []byte
	Nothing, Set bool
	// One says of a function of rows that its set has one value at most.
	One bool
	// Columns are those of rows, nil where the values are none. Table is the table, if there is one, whose rows they are.
	Columns []query.Field
	Table   string
}

var (
	// ErrNoFunction is the error of a call of a function that is not there.
	ErrNoFunction error = fault.Errorf(fault.NotFound, "the database has no function of this name with these parameters")
	// ErrTooMany is the error of a set of more values than its caller wants.
	ErrTooMany error = fault.Errorf(fault.Invalid, "the function returns more rows than the call allows")
	// ErrReadOnly is the error of a function that would change something, and may not.
	ErrReadOnly error = fault.Errorf(fault.MethodNotAllowed, "the function changes something; call it with POST")
)

// Ambiguous is the error of a call that several functions fit.
type Ambiguous struct {
	// Candidates are these functions, as in `public.add(a => integer)`.
	Candidates []string
}

// Error implements error.
func (e *Ambiguous) Error() string {
	return "the database has several functions that take these parameters: " + strings.Join(e.Candidates, ", ")
}

// Unwrap returns the error in the form that others have.
func (e *Ambiguous) Unwrap() error { return fault.Errorf(fault.Conflict, "%s", e.Error()) }

// Raised is an error that a function of a database returns to its caller. It is a [fault.Error], too.
type Raised struct {
	// Code is a code of the SQL standard, such as P0001, or one of the function's own.
	Code, Message, Detail, Hint string
	// Fault is the error in the form that others have.
	Fault error
}

// Error implements error.
func (r *Raised) Error() string { return r.Fault.Error() }

// Unwrap returns the error in the form that others have.
func (r *Raised) Unwrap() error { return r.Fault }

// HasFunctions reports whether the databases of a driver have functions.
func HasFunctions(driver string) bool {
	r, err := registered(driver)
	return err == nil && r.Functions
}
