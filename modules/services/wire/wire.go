// Package wire defines the messages between Basalt and the workers of a service: calls, answers and events, as JSON.
// Both sides use it, so they agree.
//
// It is not for sending them: package services calls, and sdk/go/worker answers.
package wire

import (
	"encoding/json"
	"time"

	"github.com/basalt-dev/basalt/modules/fault"
)

// MaxSize limits a call, and the whole result of a function, in bytes.
const MaxSize = 8 << 20

// Subject is the subject on the bus that the workers of a service serve.
func Subject(service string) string { return "fn." + service }

// Call is a call of a function.
type Call struct {
	// ID is different for every call, and the same for a retry.
	ID       string `json:"id"`
	Service  string `json:"service"`
	Function string `json:"function"`
	// Params is a JSON object.
	Params json.RawMessage `json:"params"`
	// Auth has the claims of the caller; null for an anonymous caller and for the server itself.
	Auth map[string]any `json:"auth"`
	// Key is the Idempotency-Key of the caller, or the id of an event. A worker that has seen the key has done the
	// work already.
	Key string `json:"key,omitempty"`
	// Deadline is when the caller stops waiting.
	Deadline time.Time `json:"deadline"`
	// Direct is how a function of a database is called, nil where it does not matter. Other services do not know it.
	Direct *Direct `json:"-"`
	// Headers are headers of the request that a function of a database can read, by their names in lower case.
	Headers map[string]string `json:"-"`
	// Trace is a W3C traceparent, empty if the call is not traced.
	Trace string `json:"trace,omitempty"`
}

// Direct is how a function of a database is called.
type Direct struct {
	// ReadOnly keeps the function from changing anything, and Rollback undoes what it has changed.
	ReadOnly, Rollback bool
	// Most is how many values a set may have, 0 for any number. With more, nothing has been done.
	Most int
	// Of and Rows ask for the function that takes a row of this table, for each row of a JSON array. The result has an array
	// of what each has.
	Of   string
	Rows json.RawMessage
	// The form of the result, which the call sets.

	// Nothing says that the function returns nothing, Set that it returns any number of values, as an array.
	Nothing, Set bool
	// One says that a set has one value at most.
	One bool
	// Columns are those of rows, nil where values are none. Table is the table, if there is one, whose rows they are, in a
	// database.
	Columns         []Column
	Database, Table string
}

// Column is a column of rows, with the type that a field of a collection has for it.
type Column struct{ Name, Type string }

// Answer is one of the messages that answer a call: pieces of the result, then the end.
type Answer struct {
	// Piece is a part of a result that is sent in pieces.
	Piece json.RawMessage `json:"piece,omitempty"`
	// Result is the result, or null; Error is set if the call failed.
	Result json.RawMessage `json:"result,omitempty"`
	Error  *Failure        `json:"error,omitempty"`
	// Done is true for the last message.
	Done bool `json:"done,omitempty"`
}

// Failure is an error that a function returns to its caller.
type Failure struct {
	Code   fault.Code         `json:"code"`
	Detail string             `json:"detail"`
	Fields []fault.FieldError `json:"errors,omitempty"`
}

// Error implements error.
func (f *Failure) Error() string { return string(f.Code) + ": " + f.Detail }

// StreamEvent is an event as it is appended to a stream.
type StreamEvent struct {
	Type      string          `json:"type"`
	Timestamp time.Time       `json:"timestamp"`
	Data      json.RawMessage `json:"data"`
	// Trace is the traceparent of the request that appended it, empty if it was not traced.
	Trace string `json:"trace,omitempty"`
}
