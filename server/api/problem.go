package api

import (
	"cmp"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/basalt-dev/basalt/modules/fault"
)

// statusChecksumMismatch is of tus, version 1.0.
const statusChecksumMismatch = 460

// statuses are those of the codes.
var statuses = map[fault.Code]int{
	fault.InvalidJSON:        http.StatusBadRequest,
	fault.Invalid:            http.StatusUnprocessableEntity,
	fault.Unauthenticated:    http.StatusUnauthorized,
	fault.Forbidden:          http.StatusForbidden,
	fault.NotFound:           http.StatusNotFound,
	fault.MethodNotAllowed:   http.StatusMethodNotAllowed,
	fault.Conflict:           http.StatusConflict,
	fault.PreconditionFailed: http.StatusPreconditionFailed,
	fault.TooLarge:           http.StatusRequestEntityTooLarge,
	fault.AnswerTooLarge:     http.StatusUnprocessableEntity,
	fault.UnsupportedMedia:   http.StatusUnsupportedMediaType,
	fault.RateLimited:        http.StatusTooManyRequests,
	fault.Internal:           http.StatusInternalServerError,
	fault.Unavailable:        http.StatusServiceUnavailable,
	fault.Timeout:            http.StatusGatewayTimeout,

	fault.RangeNotSatisfiable: http.StatusRequestedRangeNotSatisfiable,
	fault.Locked:              http.StatusLocked,
	fault.ChecksumMismatch:    statusChecksumMismatch,
}

// problem is the form of an error, RFC 9457.
type problem struct {
	Type      string             `json:"type"`
	Title     string             `json:"title"`
	Status    int                `json:"status"`
	Detail    string             `json:"detail"`
	Code      fault.Code         `json:"code"`
	Errors    []fault.FieldError `json:"errors,omitempty"`
	RequestID string             `json:"request_id,omitempty"`
}

// clientError returns the error that the caller gets for any error: itself when it is one of ours,
// what the router says in our terms, and otherwise an internal error that says nothing.
func clientError(err error) *fault.Error {
	var e *fault.Error
	if errors.As(err, &e) {
		return e
	}
	var routing *fiber.Error
	if errors.As(err, &routing) {
		switch routing.Code {
		case http.StatusNotFound:
			return fault.Errorf(fault.NotFound, "there is nothing at this address")
		case http.StatusMethodNotAllowed:
			return fault.Errorf(fault.MethodNotAllowed, "this address does not take this method")
		case http.StatusRequestEntityTooLarge:
			return fault.Errorf(fault.TooLarge, "the body is too large")
		}
	}
	return fault.Errorf(fault.Internal, "something went wrong here; the log has more under this request id")
}

// writeProblem answers with an error. It returns the status.
func writeProblem(ctx *fasthttp.RequestCtx, e *fault.Error, requestID string) int {
	status, body := encodeProblem(e, requestID)
	noteProblem(ctx, e)
	ctx.Response.SetStatusCode(status)
	ctx.Response.Header.SetContentType("application/problem+json")
	ctx.Response.SetBodyRaw(body)
	return status
}

// noteProblem sets the headers that say more about an error.
func noteProblem(ctx *fasthttp.RequestCtx, e *fault.Error) {
	if e.Code == fault.Unauthenticated {
		ctx.Response.Header.Set("WWW-Authenticate", "Bearer")
	}
	if e.RetryAfter > 0 {
		ctx.Response.Header.Set("Retry-After", strconv.Itoa(int(math.Ceil(e.RetryAfter.Seconds()))))
	}
}

// describeError is an error as a live connection sends it.
func describeError(err error) []byte {
	_, body := encodeProblem(clientError(err), "")
	return body
}

// statusOf returns the status of an error.
func statusOf(e *fault.Error) int {
	if status, ok := statuses[e.Code]; ok {
		return status
	}
	return http.StatusInternalServerError
}

func encodeProblem(e *fault.Error, requestID string) (status int, body []byte) {
	status = statusOf(e)
	code := e.Code
	if code == fault.AnswerTooLarge { // the status says which of them it is
		code = fault.TooLarge
	}
	body, _ = json.Marshal(problem{ // texts and numbers only
		Type: "urn:basalt:problem:" + string(code), Title: cmp.Or(http.StatusText(status), "Checksum Mismatch"), Status: status,
		Detail: e.Detail, Code: code, Errors: e.Fields, RequestID: requestID,
	})
	return status, body
}
