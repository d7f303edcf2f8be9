package graphql

import (
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"slices"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/server/dialect"
)

// The media types of answers.
const (
	graphMedia = "application/graphql-response+json; charset=utf-8"
	jsonMedia  = "application/json; charset=utf-8"
)

// problem is an error in an answer.
type problem struct {
	Message    string              `json:"message"`
	Locations  []gqlerror.Location `json:"locations,omitempty"`
	Path       []any               `json:"path,omitempty"`
	Extensions extensions          `json:"extensions"`
}

// extensions are what Basalt says of an error: its code is one of the native API.
type extensions struct {
	Code   fault.Code         `json:"code"`
	Errors []fault.FieldError `json:"errors,omitempty"`
	Retry  int                `json:"retry_after,omitempty"`
}

// describe is an error for a client.
func describe(e *fault.Error) problem {
	p := problem{Message: e.Detail, Extensions: extensions{Code: e.Code, Errors: e.Fields, Retry: int(math.Ceil(e.RetryAfter.Seconds()))}}
	if len(e.Fields) == 1 {
		p.Message = e.Fields[0].Detail
	}
	if e.Code == fault.AnswerTooLarge {
		p.Extensions.Code = fault.TooLarge
	}
	return p
}

// describeList is what is wrong with a document.
func describeList(list gqlerror.List) (out []problem) {
	for _, e := range list {
		out = append(out, problem{Message: e.Message, Locations: e.Locations, Extensions: extensions{Code: fault.Invalid}})
	}
	return out
}

// fail notes that a root has failed.
func (e *executor) fail(s *selected, err error) {
	id := ""
	if e.request != nil {
		id = e.request.ID()
	}
	path := []any{s.key}
	var below *pathed
	if errors.As(err, &below) {
		if path = below.path; len(path) == 0 || path[0] != s.key {
			path = append([]any{s.key}, path...)
		}
	}
	shown := e.clientError(id, err)
	if slices.Contains([]fault.Code{fault.Internal, fault.Unavailable, fault.Timeout}, shown.Code) {
		e.passing = err
	}
	p := describe(shown)
	p.Path = path
	if at := s.field.Position; at != nil {
		p.Locations = []gqlerror.Location{{Line: at.Line, Column: at.Column}}
	}
	e.errs = append(e.errs, p)
}

// appendAnswer appends an answer. Without data, nothing was executed.
func appendAnswer(dst, data []byte, errs []problem) []byte {
	dst = append(dst, '{')
	if len(errs) > 0 {
		encoded, _ := json.Marshal(errs) // texts and numbers only
		dst = append(append(dst, `"errors":`...), encoded...)
		if data != nil {
			dst = append(dst, ',')
		}
	}
	if data != nil {
		dst = append(append(dst, `"data":`...), data...)
	}
	return append(dst, '}')
}

func encoded(media string, status int, body []byte) dialect.Response {
	return dialect.Response{Status: status, Header: http.Header{"Content-Type": {media}}, Body: body}
}
