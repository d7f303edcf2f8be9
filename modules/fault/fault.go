// Package fault is the one error that a client sees: its code, its detail, and which field is wrong.
//
// It is not for mapping codes to a transport: package server/api does that. It is not for the texts either: each is
// written where the fact is known. It imports nothing of Basalt, so every package can say what was wrong.
package fault

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Code says what kind of mistake an [Error] is. The server maps each code to one HTTP status.
type Code string

// The codes a client can meet.
const (
	InvalidJSON        Code = "invalid_json"
	Invalid            Code = "invalid"
	Unauthenticated    Code = "unauthenticated"
	Forbidden          Code = "forbidden"
	NotFound           Code = "not_found"
	MethodNotAllowed   Code = "method_not_allowed"
	Conflict           Code = "conflict"
	PreconditionFailed Code = "precondition_failed"
	TooLarge           Code = "too_large"
	AnswerTooLarge     Code = "answer_too_large" // shown as too_large: what was asked for, not what was sent
	UnsupportedMedia   Code = "unsupported_media_type"
	RateLimited        Code = "rate_limited"
	Internal           Code = "internal"
	Unavailable        Code = "unavailable"
	Timeout            Code = "timeout"
	// Of files alone.
	RangeNotSatisfiable Code = "range_not_satisfiable"
	Locked              Code = "locked"
	ChecksumMismatch    Code = "checksum_mismatch"
)

// Error is the one error that carries its code to the client. It is made where the fact is
// known; everything in it but Rule may be shown to the caller. Any other error reaches a client only as
// an internal error with a request id.
type Error struct {
	Code   Code
	Detail string
	// Fields lists what is wrong with which field, all of it at once; nil when no field is.
	Fields []FieldError
	// RetryAfter is how long to wait before trying again; 0 says nothing about it.
	RetryAfter time.Duration
	// Rule is what has refused the request, and where it stands, for the log alone.
	Rule string
}

// FieldError is one mistake in one field. Field is a dotted path.
type FieldError struct {
	Field  string `json:"field"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
	// Column is where in the text of a filter the mistake begins, in characters from 1, and Length how many are wrong;
	// 0 where the text ends too early. Other mistakes have neither.
	Column int `json:"column,omitempty"`
	Length int `json:"length,omitempty"`
}

// At says where in the text of a filter a mistake is: the number of characters before it, and how many it has.
func (f *FieldError) At(offset, length int) {
	f.Column, f.Length = offset+1, length
	f.Detail = fmt.Sprintf("column %d: %s", f.Column, f.Detail)
}

// Error returns the detail and what is wrong with which field.
func (e *Error) Error() string {
	parts := make([]string, 0, 1+len(e.Fields))
	if e.Detail != "" {
		parts = append(parts, e.Detail)
	}
	for _, f := range e.Fields {
		parts = append(parts, f.Field+": "+f.Detail)
	}
	return strings.Join(parts, "; ")
}

// Errorf makes an error of a code with a detail for the client.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Detail: fmt.Sprintf(format, args...)}
}

// Retry makes an error of a condition that passes, with a detail for the client and how long to wait.
func Retry(code Code, after time.Duration, format string, args ...any) *Error {
	return &Error{Code: code, Detail: fmt.Sprintf(format, args...), RetryAfter: after}
}

// FieldErrorf makes an [Invalid] error about one field.
func FieldErrorf(field, code, format string, args ...any) *Error {
	return &Error{
		Code:   Invalid,
		Detail: "the request does not fit the collection",
		Fields: []FieldError{{Field: field, Code: code, Detail: fmt.Sprintf(format, args...)}},
	}
}

// CodeOf returns the code an error carries, Internal when it carries none.
func CodeOf(err error) Code {
	if err == nil {
		return Internal
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return Internal
}

// Logged is a reason that is joined to an [Error]: an admin has to read it in the log, and a client gets none of it.
type Logged struct{ Reason error }

// Error implements error.
func (l Logged) Error() string { return l.Reason.Error() }

// Unwrap returns the reason.
func (l Logged) Unwrap() error { return l.Reason }
