package api

import (
	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/services/wire"
	"github.com/basalt-dev/basalt/rules"
	"github.com/basalt-dev/basalt/server/dialect"
)

// spoken is a request as a dialect sees it, with what it asks for: one allocation for a request. It implements [dialect.Host].
type spoken struct {
	asked     dialect.Request
	of        *request
	docs      *crud.Service
	limits    *limiter
	functions *functions
}

// asked is a request as a dialect sees it: the same one for who calls and for the route, with what is known by then.
func (r *request) asked() *dialect.Request {
	if r.spoken == nil {
		s := &spoken{of: r}
		path, query := r.path(), r.http.Context().URI().QueryString()
		both := make([]byte, 0, len(path)+len(query))
		text := string(append(append(both, path...), query...))
		s.asked = dialect.Request{Host: s, Method: r.method(), Path: text[:len(path)], RawQuery: text[len(path):]}
		r.spoken = s
	}
	asked := &r.spoken.asked
	asked.Context, asked.Caller, asked.Verified = r.context, r.caller, r.verified
	return asked
}

// ID implements [dialect.Host].
func (s *spoken) ID() string { return s.of.requestID() }

// Header implements [dialect.Host].
func (s *spoken) Header(name string) string { return s.of.headerText(name) }

// Peek implements [dialect.Host].
func (s *spoken) Peek(name string) string { return s.of.header(name) }

// Segment implements [dialect.Host].
func (s *spoken) Segment(name string) string {
	if name == "collection" {
		return s.of.collection()
	}
	return s.of.segment(name)
}

// Count implements [dialect.Host].
func (s *spoken) Count(collection string, op rules.Op, n int) error {
	return s.limits.operation(s.of.context, s.of, collection, op, n)
}

// Call implements [dialect.Host].
func (s *spoken) Call(service, function string, params []byte, direct *wire.Direct) ([]byte, error) {
	return s.functions.run(s.of, s.docs, service, function, params, direct)
}

// May implements [dialect.Host].
func (s *spoken) May(service, function string, params []byte) error {
	return s.functions.may(s.of, s.docs, service, function, params)
}
