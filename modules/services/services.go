// Package services calls functions of other programs: of workers that share the calls on a bus, or of servers over
// HTTP; and functions of a database. The messages are those of package wire.
//
// It is not for deciding who may call what: package server checks the rule first. The answering side is
// sdk/go/worker.
package services

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/basalt-dev/basalt/modules/bus"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/services/wire"
)

// clientCodes are the error codes that a function may return to clients; any other is a failure of the function itself.
var clientCodes = map[fault.Code]bool{
	fault.Invalid: true, fault.Unauthenticated: true, fault.Forbidden: true, fault.NotFound: true, fault.Conflict: true,
	fault.PreconditionFailed: true, fault.TooLarge: true, fault.RateLimited: true, fault.Unavailable: true, fault.Timeout: true,
}

// clientError returns the error for the client.
func clientError(f *wire.Failure) error {
	if !clientCodes[f.Code] {
		return fmt.Errorf("the function has failed: %s", f.Error())
	}
	return &fault.Error{Code: f.Code, Detail: f.Detail, Fields: f.Fields}
}

// Caller calls the functions of one service. It is safe for concurrent use.
type Caller interface {
	// Call calls a function. The deadline of ctx is passed on with the call. Pieces are passed to piece; if it is
	// nil, they are collected in an array. Errors for the client are *fault.Error: Unavailable if no worker
	// received the call, Timeout if none answered in time.
	Call(ctx context.Context, c wire.Call, piece func(json.RawMessage) error) (json.RawMessage, error)
}

// collector combines the answers to a call.
type collector struct {
	piece  func(json.RawMessage) error
	pieces []json.RawMessage
	size   int
	result json.RawMessage
	err    error
}

// take takes an answer and reports whether more follow.
func (c *collector) take(a wire.Answer) bool {
	c.size += len(a.Piece) + len(a.Result)
	switch {
	case c.size > wire.MaxSize && (c.piece == nil || len(a.Piece) > wire.MaxSize):
		c.err = fmt.Errorf("the function answers with more than %d bytes", wire.MaxSize)
		return false
	case a.Error != nil:
		c.err = clientError(a.Error)
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

// late is the error of a call that was not answered in time.
func late(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return errors.Join(fault.Errorf(fault.Timeout, "the function has not answered in time"), err)
	}
	return err
}

// Config is what a service is called with.
type Config struct {
	Name, Driver, URL string
	Secret            []byte
	Now               func() time.Time
	// Idempotent says which functions may be tried again, and Changed is called when the circuit breaker opens or closes;
	// both are of services that have one.
	Idempotent func(function string) bool
	Changed    func(open bool)
	// Bus returns the bus of a driver and a URL.
	Bus func(driver, url string) (bus.Bus, error)
	// Database calls the functions of the driver database.
	Database Database
}

// Open returns the caller of a service: over the bus of its driver, or over HTTP.
func Open(c Config) (Caller, error) {
	if c.Driver == "database" {
		return c.Database, nil
	}
	if _, ok := bus.Driver(c.Driver); !ok {
		return NewHTTP(c), nil
	}
	b, err := c.Bus(c.Driver, c.URL)
	return Bus{Bus: b}, err
}
