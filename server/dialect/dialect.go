// Package dialect is what a dialect of the API is made of: the languages of other products, such as GraphQL, that clients
// speak besides the native one.
//
// A dialect translates requests into calls of modules, and their results into answers. It is not for HTTP: package
// server/api mounts its routes, does for them what it does for its own (limits, who calls, the body, traces, metrics), and
// knows the framework, which a dialect does not. And it decides nothing: there is no rule, SQL or session in a dialect.
package dialect

import (
	"context"
	"io"
	"net/http"
	"net/url"

	"github.com/basalt-dev/basalt/modules/auth/token"
	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/files"
	"github.com/basalt-dev/basalt/modules/realtime"
	"github.com/basalt-dev/basalt/modules/services/wire"
	"github.com/basalt-dev/basalt/rules"
)

// Dialect is one language of the API. It is made of a configuration when that is loaded, and is safe for concurrent use.
type Dialect interface {
	// Prefixes are the beginnings of the paths that are the dialect's own: errors at these are in its form, also those of
	// requests that reach no route.
	Prefixes() []string
	Routes() []Route
	Sockets() []Socket
	// Problem is an error in the form of the dialect. status is the one that the native API has for it. A Response
	// without a status has that one.
	Problem(e *fault.Error, status int) Response
}

// Headers is a dialect with headers of its own in answers, which pages of other origins may read.
type Headers interface {
	Headers() []string
}

// Identifier is a dialect whose clients say who calls in another way than by the Authorization header.
type Identifier interface {
	// Identify returns the caller of a request, which has the anonymous one. verify verifies a token or a key of an
	// administrator, as for every other call.
	Identify(r *Request, verify Verify) (crud.Caller, token.Verified, error)
}

// Verify verifies a token or a key of an administrator, and notes the use of the key.
type Verify func(credential string) (crud.Caller, token.Verified, error)

// Route is one call of a dialect.
type Route struct {
	// Method and Path are those of the requests it answers. A part of the path such as :table is a segment, and * at its
	// end is any rest, whose name is "*". A route with GET answers HEAD, too.
	Method, Path string
	// Writes says that it may change something.
	Writes bool
	// Op counts a call against the limits of the collection that the segment :collection names; empty counts nothing.
	Op rules.Op
	// Streams says that the handler reads the body as it comes, from Request.Stream; without it that is read before, within limits.body.
	Streams bool
	Do      func(r *Request) (Response, error)
}

// Host is what a request asks of what has mounted its route.
type Host interface {
	// ID is what the log calls the request.
	ID() string
	// Header returns a header, empty without it, and Peek the same, which is good until the request is answered.
	Header(name string) string
	Peek(name string) string
	// Segment returns a decoded part of the path.
	Segment(name string) string
	// Count counts operations on a collection against its limits, where the route does not say which they are.
	Count(collection string, op rules.Op, n int) error
	// Call calls a function of a service with a JSON object of parameters, and returns its JSON result. With GET, a function of
	// a database changes nothing. direct is that of [wire.Call].
	Call(service, function string, params []byte, direct *wire.Direct) ([]byte, error)
	// May reports, as an error, that a function may not be called with these parameters.
	May(service, function string, params []byte) error
}

// Request is one call, with what has been verified of its caller. It is good until it is answered; its strings, but for those of
// Peek, outlive that.
type Request struct {
	Host
	// Context ends at the time limit of a request.
	Context context.Context
	// Method and Path are strings that outlive the request.
	Method, Path string
	// RawQuery is the part of the address after the question mark.
	RawQuery string
	Body     []byte
	// Stream is the body of a route that streams, Length its length, -1 where that is not known.
	Stream io.Reader
	Length int64
	// Whole is the context of a route that streams, without the time limit, and Afresh returns it with a new one: receiving
	// the body may have taken longer.
	Whole  context.Context
	Afresh func() (context.Context, context.CancelFunc)

	Caller crud.Caller
	// Verified is the token of the caller, empty without one.
	Verified token.Verified
	// Memory is what the node has for what requests hold. Requests take from it by Caller.Hold; the session of a socket makes
	// a [crud.Hold] of its own for what it reads.
	Memory *crud.Budget

	// Send sends a JSON body by POST to the address of a socket, and waits for the answer: as if its client had sent it over
	// HTTP from where it is connected. credential is who calls, empty for an anonymous caller. It is nil but for sockets, whose
	// sessions may call it for as long as they live.
	Send func(credential string, header map[string]string, body []byte) Response
	// Once makes a write happen once, however often it is sent: the client has sent an Idempotency-Key. It is nil where the
	// client has not, and for sockets.
	Once func(Write) error
}

// Write is a write that happens once.
type Write struct {
	// Collection is one of the database in one transaction of which the write is done, and what is kept of it stored. Do may
	// run several times then. It is empty where no transaction can hold them.
	Collection string
	// Do does the write, and returns what is kept of it. Its error says that nothing was done.
	Do func(docs *crud.Service) (kept []byte, err error)
	// Again is called instead of Do where the write was done before, with what was kept.
	Again func(kept []byte) error
}

// Query returns the parameters of the address.
func (r *Request) Query() (url.Values, error) {
	values, err := url.ParseQuery(r.RawQuery)
	if err != nil {
		return nil, fault.Errorf(fault.Invalid, "the parameters of the address are not encoded as application/x-www-form-urlencoded")
	}
	return values, nil
}

// Response is the answer to a call.
type Response struct {
	// Status is 200 where it is 0.
	Status int
	Header http.Header
	// Type and Range are the headers Content-Type and Content-Range, for answers that have few others; empty for those of Header.
	Type, Range string
	Body        []byte
	// Stream is sent instead of Body, and closed: Length bytes, or until its end where that is negative.
	Stream io.ReadCloser
	Length int64
	// File, of the collection FileOf, is sent instead, as the native API sends files: with ranges, conditions, and what keeps
	// it from running. Picture has the parameters of a picture of it. Failed returns the answer to an error of that, or the error.
	File    *files.File
	FileOf  *files.Collection
	Picture url.Values
	Failed  func(err error) (Response, error)
	// Upload is what the request is of: an upload in pieces, which is answered as the native API answers clients of tus. Failed
	// returns the answer to an error.
	Upload *Upload
	// Events begins a session over a stream of server-sent events, which the answer is instead, as Open of a [Socket] does. What
	// it appends to the stream is sent as it is. The client sends nothing over it.
	Events func(conn realtime.Transport, client realtime.Client) (Session, error)
}

// Upload is an upload in pieces, by tus.
type Upload struct {
	Of *files.Collection
	// ID is that of one that was begun; empty to begin one, of what New says.
	ID  string
	New *files.Announced
	// Caller is who uploads.
	Caller crud.Caller
	// Address is where the upload of an id is found.
	Address func(id string) string
}

// Set sets a header.
func (r *Response) Set(name, value string) {
	if r.Header == nil {
		r.Header = http.Header{}
	}
	r.Header.Set(name, value)
}

// JSON returns a response with a JSON body.
func JSON(status int, body []byte) Response {
	return Response{Status: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: body}
}

// Socket is a WebSocket address of a dialect.
type Socket struct {
	Path string
	// Protocols are the subprotocols it speaks. A client that names none is accepted where Optional is true.
	Protocols []string
	Optional  bool
	// Open begins a session over a connection. Nothing arrives at the client before it has returned. Its error is the answer
	// to the request instead. client is the caller whom a header, or the dialect, has identified; others are anonymous.
	Open func(conn realtime.Transport, client realtime.Client, r *Request) (Session, error)
}

// Session is what a dialect does with a connection. [realtime.Session] is one.
type Session interface {
	// Handle runs a text message of the client. The next is read after that.
	Handle(ctx context.Context, message []byte)
	// Alive records that the client is alive.
	Alive()
	// Close is called when the connection has ended.
	Close()
}

// Binary is a session that takes binary messages, too. Without it, one ends the connection.
type Binary interface {
	HandleBinary(ctx context.Context, message []byte)
}

// BinaryTransport is what the connection of a [Socket] is, besides a [realtime.Transport].
type BinaryTransport interface {
	// AppendBinary appends a binary message to what will be written.
	AppendBinary(dst, message []byte) []byte
}
