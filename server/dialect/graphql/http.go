package graphql

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/server/dialect"
)

// asked is one operation as it is sent: the parameters of GraphQL over HTTP.
type asked struct {
	query, operation string
	variables        map[string]any
	hash, document   string // name a document instead of query
	events           bool   // the answer is a stream of events
	resume           string // what the client of a subscription has
	key              string // the Idempotency-Key of a mutation over a socket
}

// post is POST /v1/graphql.
func (g *Graph) post(r *dialect.Request) (dialect.Response, error) {
	media, err := accepted(r)
	if err != nil {
		return dialect.Response{}, err
	}
	switch base, params, err := mime.ParseMediaType(r.Header("Content-Type")); {
	case err != nil || base != "application/json" && base != "application/graphql+json":
		return dialect.Response{}, fault.Errorf(fault.UnsupportedMedia, "send a JSON body with Content-Type: application/json")
	case params["charset"] != "" && !strings.EqualFold(params["charset"], "utf-8"):
		return dialect.Response{}, fault.Errorf(fault.UnsupportedMedia, "send JSON in UTF-8")
	}
	if body := bytes.TrimSpace(r.Body); len(body) > 0 && body[0] == '[' {
		return g.several(r, media, body)
	}
	one, err := decode(r.Body)
	if err != nil {
		return refused(media, err), nil
	}
	one.events = takesEvents(r)
	if one.resume == "" {
		one.resume = r.Header("Last-Event-ID")
	}
	return g.answerOne(r, media, one), nil
}

// several answers a list of operations, one after the other.
func (g *Graph) several(r *dialect.Request, media string, body []byte) (dialect.Response, error) {
	var list []json.RawMessage
	if err := json.Unmarshal(body, &list); err != nil {
		return refused(media, fault.Errorf(fault.InvalidJSON, "the body is not valid JSON")), nil
	}
	if r.Once != nil {
		return refused(media, fault.FieldErrorf("Idempotency-Key", "unsupported", "a list of operations takes no Idempotency-Key; send each with one of its own")), nil
	}
	if len(list) == 0 || len(list) > g.limits.Batch {
		return refused(media, fault.FieldErrorf("body", "batch", "a list has 1 to %d operations (graphql.batch)", g.limits.Batch)), nil
	}
	out := []byte{'['}
	for i, raw := range list {
		if i > 0 {
			out = append(out, ',')
		}
		one, err := decode(raw)
		if err != nil {
			out = append(out, refused(media, err).Body...)
			continue
		}
		out = append(out, g.answerOne(r, media, one).Body...)
		if len(out) > g.answer {
			return refused(media, fault.Errorf(fault.AnswerTooLarge, "the answers have more than %d bytes together (limits.answer)", g.answer)), nil
		}
	}
	return encoded(media, http.StatusOK, append(out, ']')), nil
}

// get is GET /v1/graphql, for queries.
func (g *Graph) get(r *dialect.Request) (dialect.Response, error) {
	media, err := accepted(r)
	if err != nil {
		return dialect.Response{}, err
	}
	q, err := r.Query()
	if err != nil {
		return refused(media, err), nil
	}
	one := asked{query: q.Get("query"), operation: q.Get("operationName"), document: q.Get("documentId"), events: takesEvents(r)}
	if raw := q.Get("extensions"); raw != "" {
		if err = one.extend([]byte(raw)); err != nil {
			return refused(media, err), nil
		}
	}
	if one.resume == "" {
		one.resume = r.Header("Last-Event-ID")
	}
	if raw := q.Get("variables"); raw != "" {
		if one.variables, err = variablesOf([]byte(raw)); err != nil {
			return refused(media, err), nil
		}
	}
	return g.answerOne(r, media, one), nil
}

// accepted returns the media type of the answer: what the client accepts, JSON where it does not say.
func accepted(r *dialect.Request) (string, error) {
	header := r.Header("Accept")
	if header == "" {
		return jsonMedia, nil
	}
	best, quality := "", 0.0
	for part := range strings.SplitSeq(header, ",") {
		base, params, err := mime.ParseMediaType(strings.TrimSpace(part))
		if err != nil {
			continue
		}
		q := 1.0
		if text, ok := params["q"]; ok {
			if q, err = strconv.ParseFloat(text, 64); err != nil {
				continue
			}
		}
		media := map[string]string{"application/graphql-response+json": graphMedia, "application/json": jsonMedia, eventMedia: graphMedia, "*/*": jsonMedia, "application/*": jsonMedia}[base]
		if media != "" && q > quality {
			best, quality = media, q
		}
	}
	if best == "" {
		return "", fault.Errorf(fault.UnsupportedMedia, "answers are application/graphql-response+json or application/json; accept one of them")
	}
	return best, nil
}

var errNoQuery = fault.FieldErrorf("query", "required", "query is missing: the GraphQL document, a string")

// errNoObject is the answer to a body that is something else.
var errNoObject = fault.Errorf(fault.InvalidJSON, "the body is a JSON object such as {\"query\": \"{ __typename }\"}")

// decode reads the parameters of one operation.
func decode(body []byte) (out asked, err error) {
	if !utf8.Valid(body) {
		return out, fault.Errorf(fault.InvalidJSON, "the body is not UTF-8")
	}
	from := jsontext.NewDecoder(bytes.NewBuffer(body))
	if t, err := from.ReadToken(); err != nil || t.Kind() != '{' {
		return out, errNoObject
	}
	for from.PeekKind() != '}' {
		name, err := from.ReadToken()
		if err != nil {
			return out, errNoObject
		}
		switch member := name.String(); member {
		case "query":
			err = textIn(from, member, &out.query)
		case "documentId":
			err = textIn(from, member, &out.document)
		case "operationName":
			err = textIn(from, member, &out.operation)
		case "variables", "extensions":
			var raw jsontext.Value
			if raw, err = from.ReadValue(); err != nil {
				return out, errNoObject
			}
			if member == "variables" {
				out.variables, err = variablesOf(raw)
			} else {
				err = out.extend(raw)
			}
		default:
			if from.SkipValue() != nil {
				return out, errNoObject
			}
		}
		if err != nil {
			return out, err
		}
	}
	if _, err := from.ReadToken(); err != nil {
		return out, errNoObject
	}
	if _, err := from.ReadToken(); err != io.EOF {
		return out, errNoObject
	}
	return out, nil
}

// textIn reads a string, which may be null.
func textIn(from *jsontext.Decoder, name string, to *string) error {
	t, err := from.ReadToken()
	switch {
	case err != nil:
		return errNoObject
	case t.Kind() == '"':
		*to = t.String()
	case t.Kind() != 'n':
		return fault.FieldErrorf(name, "type", "%s is a string", name)
	}
	return nil
}

// extend reads extensions: the hash of a persisted query, what a subscription resumes from, and the key of a mutation.
func (a *asked) extend(raw []byte) error {
	extensions, err := variablesOf(raw)
	if err != nil {
		return fault.FieldErrorf("extensions", "type", "extensions is an object")
	}
	for name, to := range map[string]*string{"resume": &a.resume, "idempotencyKey": &a.key} {
		text, ok := extensions[name].(string)
		if !ok && extensions[name] != nil {
			return fault.FieldErrorf("extensions", "type", "%s is a string", name)
		}
		*to = text
	}
	if a.key = strings.TrimSpace(a.key); a.key == "" && extensions["idempotencyKey"] != nil || strings.ContainsFunc(a.key, unicode.IsControl) {
		return fault.FieldErrorf("extensions", "idempotencyKey", "idempotencyKey is not empty, and has no line breaks and no other control characters")
	}
	given, there := extensions["persistedQuery"]
	if !there {
		return nil
	}
	hash, _ := object(given)["sha256Hash"].(string)
	if version, _ := whole(object(given)["version"]); version != 1 || len(hash) != 64 {
		return fault.FieldErrorf("extensions", "type", `persistedQuery is {"version": 1, "sha256Hash": "…"}`)
	}
	a.hash = hash
	return nil
}

// variablesOf reads a JSON object, numbers as they are written.
func variablesOf(raw []byte) (out map[string]any, err error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&out); err != nil {
		return nil, fault.FieldErrorf("variables", "type", "variables is a JSON object")
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fault.FieldErrorf("variables", "type", "variables is one JSON object")
	}
	return out, nil
}

// refused is the answer to what is not a request of GraphQL.
func refused(media string, err error) dialect.Response {
	e, _ := err.(*fault.Error)
	if e == nil {
		e = fault.Errorf(fault.Invalid, "%s", err)
	}
	return encoded(media, http.StatusBadRequest, appendAnswer(nil, nil, []problem{describe(e)}))
}

// answerOne runs one operation.
func (g *Graph) answerOne(r *dialect.Request, media string, a asked) dialect.Response {
	// A client of application/json tells by the body, not by the status, that nothing was executed.
	status := http.StatusOK
	if media == graphMedia {
		status = http.StatusBadRequest
	}
	if a.key != "" && a.key != r.Header("Idempotency-Key") {
		return refused(media, fault.FieldErrorf("extensions", "idempotencyKey", "over HTTP, the key of a write is the header Idempotency-Key"))
	}
	doc, list := g.lookup(r.Caller, &a)
	if list != nil {
		return encoded(media, status, appendAnswer(nil, nil, g.refuse(list)))
	}
	e, err := g.prepare(r, doc, a)
	if err != nil {
		e := g.clientError(r.ID(), err)
		return encoded(media, status, appendAnswer(nil, nil, g.refuse([]problem{describe(e)})))
	}
	switch {
	case e.op.Operation == ast.Subscription && a.events:
		sub, err := e.subscribed(a)
		if err != nil {
			return encoded(media, status, appendAnswer(nil, nil, []problem{describe(g.clientError(r.ID(), err))}))
		}
		e.request = nil // which ends before the subscription
		return g.subscription(e, sub)
	case e.op.Operation == ast.Subscription:
		return encoded(media, status, appendAnswer(nil, nil, []problem{describe(fault.FieldErrorf("query", "subscription", "subscriptions come over a WebSocket to this address, with the subprotocol graphql-transport-ws, or as events where text/event-stream is accepted"))}))
	case e.op.Operation == ast.Mutation && r.Method != http.MethodPost:
		out := encoded(media, http.StatusMethodNotAllowed, appendAnswer(nil, nil, []problem{describe(fault.Errorf(fault.MethodNotAllowed, "mutations are sent with POST"))}))
		out.Header.Set("Allow", http.MethodPost)
		return out
	}
	var data []byte
	if e.op.Operation == ast.Mutation && r.Once != nil {
		if data, err = e.once(); err != nil {
			list := []problem{describe(g.clientError(r.ID(), err))}
			g.called(string(ast.Mutation), list)
			return encoded(media, status, appendAnswer(nil, nil, list))
		}
	} else {
		data = e.data()
	}
	g.called(string(e.op.Operation), e.errs)
	if a.events && !strings.Contains(r.Header("Accept"), "json") { // a client that takes both, such as urql, prefers JSON
		return asEvents(appendAnswer(nil, data, e.errs))
	}
	return encoded(media, http.StatusOK, appendAnswer(make([]byte, 0, len(data)+64), data, e.errs))
}

// prepare chooses the operation, checks its variables, and bounds what it costs.
func (g *Graph) prepare(r *dialect.Request, doc *document, a asked) (*executor, error) {
	op := doc.only
	if a.operation != "" {
		op = doc.operation[a.operation]
	}
	if op == nil {
		return nil, fault.FieldErrorf("operationName", "unknown", "operationName names no operation of the document; it is needed where there are several")
	}
	types, err := g.schema.load()
	if err != nil {
		return nil, err
	}
	e := &executor{Graph: g, context: r.Context, docs: g.Crud.ForRequest(), caller: r.Caller, op: op, request: r}
	if r.Host != nil { // over a socket, the session knows
		e.charge = r.Count
	}
	if e.vars, err = variables(types, op, a.variables); err != nil {
		return nil, err
	}
	z := &size{vars: e.vars}
	if err := z.measure(op.SelectionSet, 0, g.limits.Depth); err != nil {
		return nil, err
	}
	if n := len(collect([]ast.SelectionSet{op.SelectionSet}, e.vars)); n > g.limits.Roots {
		return nil, fault.FieldErrorf("query", "roots", "an operation has at most %d fields at its top (graphql.roots)", g.limits.Roots)
	}
	return e, nil
}
