package server

import (
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/basalt-dev/basalt/modules/query"
)

// statuses are those of the codes.
var statuses = map[query.Code]int{
	query.InvalidJSON:        http.StatusBadRequest,
	query.Invalid:            http.StatusUnprocessableEntity,
	query.Unauthenticated:    http.StatusUnauthorized,
	query.Forbidden:          http.StatusForbidden,
	query.NotFound:           http.StatusNotFound,
	query.MethodNotAllowed:   http.StatusMethodNotAllowed,
	query.Conflict:           http.StatusConflict,
	query.PreconditionFailed: http.StatusPreconditionFailed,
	query.TooLarge:           http.StatusRequestEntityTooLarge,
	query.AnswerTooLarge:     http.StatusUnprocessableEntity,
	query.UnsupportedMedia:   http.StatusUnsupportedMediaType,
	query.RateLimited:        http.StatusTooManyRequests,
	query.Internal:           http.StatusInternalServerError,
	query.Unavailable:        http.StatusServiceUnavailable,
	query.Timeout:            http.StatusGatewayTimeout,
}

// problem is the form of an error, RFC 9457.
type problem struct {
	Type      string             `json:"type"`
	Title     string             `json:"title"`
	Status    int                `json:"status"`
	Detail    string             `json:"detail"`
	Code      query.Code         `json:"code"`
	Errors    []query.FieldError `json:"errors,omitempty"`
	RequestID string             `json:"request_id,omitempty"`
}

// clientError returns the error that the caller gets for any error: itself when it is one of ours,
// what the router says in our terms, and otherwise an internal error that says nothing.
func clientError(err error) *query.Error {
	var e *query.Error
	if errors.As(err, &e) {
		return e
	}
	var routing *fiber.Error
	if errors.As(err, &routing) {
		switch routing.Code {
		case http.StatusNotFound:
			return query.Errorf(query.NotFound, "there is nothing at this address")
		case http.StatusMethodNotAllowed:
			return query.Errorf(query.MethodNotAllowed, "this address does not take this method")
		case http.StatusRequestEntityTooLarge:
			return query.Errorf(query.TooLarge, "the body is too large")
		}
	}
	return query.Errorf(query.Internal, "something went wrong here; the log has more under this request id")
}

// writeProblem answers with an error. It returns the status.
func writeProblem(ctx *fasthttp.RequestCtx, e *query.Error, requestID string) int {
	status, body := encodeProblem(e, requestID)
	if status == http.StatusUnauthorized {
		ctx.Response.Header.Set("WWW-Authenticate", "Bearer")
	}
	if e.RetryAfter > 0 {
		ctx.Response.Header.Set("Retry-After", strconv.Itoa(int(math.Ceil(e.RetryAfter.Seconds()))))
	}
	ctx.Response.SetStatusCode(status)
	ctx.Response.Header.SetContentType("application/problem+json")
	ctx.Response.SetBodyRaw(body)
	return status
}

// describeError is an error as a live connection tells it.
func describeError(err error) []byte {
	_, body := encodeProblem(clientError(err), "")
	return body
}

// statusOf returns the status of an error.
func statusOf(e *query.Error) int {
	if status, ok := statuses[e.Code]; ok {
		return status
	}
	return http.StatusInternalServerError
}

func encodeProblem(e *query.Error, requestID string) (status int, body []byte) {
	status = statusOf(e)
	code := e.Code
	if code == query.AnswerTooLarge { // the status says which of them it is
		code = query.TooLarge
	}
	body, _ = json.Marshal(problem{ // texts and numbers only
		Type: "urn:basalt:problem:" + string(code), Title: http.StatusText(status), Status: status,
		Detail: e.Detail, Code: code, Errors: e.Fields, RequestID: requestID,
	})
	return status, body
}
