// Package services calls functions of other programs: of workers that share the requests on a bus, or of servers
// over HTTP. It has both sides, so that they agree.
//
// It is not for deciding who may call what: package server has asked the rule before.
package services

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/basalt-dev/basalt/modules/fault"
)

// Call is a call of a function, as it is sent.
type Call struct {
	// ID is different for every call; the same where it is tried again.
	ID       string `json:"id"`
	Service  string `json:"service"`
	Function string `json:"function"`
	// Params is a JSON object.
	Params json.RawMessage `json:"params"`
	// Auth has the claims of the caller; null for an anonymous one, and for the server itself.
	Auth map[string]any `json:"auth"`
	// Key is the Idempotency-Key of the caller, or the id of an event: who has seen it has done the work already.
	Key string `json:"key,omitempty"`
	// Deadline is when nobody waits for an answer any more.
	Deadline time.Time `json:"deadline"`
	// Trace is a W3C traceparent, empty where nothing is traced.
	Trace string `json:"trace,omitempty"`
}

// Answer is one of the messages that answer a call: pieces of the result, and then the end.
type Answer struct {
	// Piece is a part of a result that comes in pieces.
	Piece json.RawMessage `json:"piece,omitempty"`
	// Result is the result, or null; Error says why there is none.
	Result json.RawMessage `json:"result,omitempty"`
	Error  *Failure        `json:"error,omitempty"`
	// Done says that this is the end.
	Done bool `json:"done,omitempty"`
}

// Failure is an error that a function tells its caller.
type Failure struct {
	Code   fault.Code         `json:"code"`
	Detail string             `json:"detail"`
	Fields []fault.FieldError `json:"errors,omitempty"`
}

// Error implements error.
func (f *Failure) Error() string { return string(f.Code) + ": " + f.Detail }

// told are the codes that a function may answer with; anything else is its own trouble.
var told = map[fault.Code]bool{
	fault.Invalid: true, fault.Unauthenticated: true, fault.Forbidden: true, fault.NotFound: true, fault.Conflict: true,
	fault.PreconditionFailed: true, fault.TooLarge: true, fault.RateLimited: true, fault.Unavailable: true, fault.Timeout: true,
}

// client returns the error for the client.
func (f *Failure) client() error {
	if !told[f.Code] {
		return fmt.Errorf("the function has failed: %s", f.Error())
	}
	return &fault.Error{Code: f.Code, Detail: f.Detail, Fields: f.Fields}
}

// Caller calls the functions of one service. It is safe for concurrent use.
type Caller interface {
	// Call calls a function until the deadline of ctx, which the call has, too. Pieces go to piece, which may be
	// nil: then a result that comes in pieces is an array of them. Errors for the client are *fault.Error:
	// Unavailable where nobody has got the call, Timeout where nobody has answered.
	Call(ctx context.Context, c Call, piece func(json.RawMessage) error) (json.RawMessage, error)
}

// maxResult bounds what a function answers, in bytes.
const maxResult = 8 << 20

// collector puts the answers to a call together.
type collector struct {
	piece  func(json.RawMessage) error
	pieces []json.RawMessage
	size   int
	result json.RawMessage
	err    error
}

// take takes an answer and reports whether there are more.
func (c *collector) take(a Answer) bool {
	c.size += len(a.Piece) + len(a.Result)
	switch {
	case c.size > maxResult && (c.piece == nil || len(a.Piece) > maxResult):
		c.err = fmt.Errorf("the function answers with more than %d bytes", maxResult)
		return false
	case a.Error != nil:
		c.err = a.Error.client()
		return false
	case a.Piece != nil && c.piece != nil:
		c.err = c.piece(a.Piece)
	case a.Piece != nil:
		c.pieces = append(c.pieces, a.Piece)
	}
	if a.Done {
		c.result = a.Result
	}
	return c.err == nil && !a.Done
}

// whole returns the result.
func (c *collector) whole() (json.RawMessage, error) {
	if c.err != nil {
		return nil, c.err
	}
	if c.result == nil {
		c.result = json.RawMessage("null")
	}
	if c.pieces != nil && string(c.result) == "null" {
		return json.Marshal(c.pieces)
	}
	return c.result, nil
}

// late is the error for a call that was not answered in time.
func late(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return errors.Join(fault.Errorf(fault.Timeout, "the function has not answered in time"), err)
	}
	return err
}
