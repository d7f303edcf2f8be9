package server

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/idempotency"
	"github.com/basalt-dev/basalt/modules/query"
)

// repeatable are the routes whose answers are kept with a key. What signs in, and what administers, is not among them:
// its answers have secrets, which are shown once.
var repeatable = []string{"/v1/db/", "/v1/batch", "/v1/channels/", "/v1/fn/", "/v1/events"}

// keyOf returns the key of a write whose answer is to be kept, or an empty one.
func (r *request) keyOf() string {
	key := r.Get(idempotencyHeader)
	if key == "" || !r.writes {
		return ""
	}
	for _, prefix := range repeatable {
		if strings.HasPrefix(r.Route().Path, prefix) {
			return strings.Clone(key)
		}
	}
	return ""
}

// writer names the caller of a write with a key, so that no other gets its answer. Who shows no token is named by
// address.
func (r *request) writer() idempotency.Caller {
	claims := r.caller.Auth
	text := func(name string) string { s, _ := claims[name].(string); return s }
	bearer := func() string {
		sum := sha256.Sum256(r.Context().Request.Header.Peek(fiber.HeaderAuthorization))
		return hex.EncodeToString(sum[:])
	}
	switch {
	case claims == nil && r.caller.Admin:
		return idempotency.Caller{Kind: "admin", Parts: []string{bearer()}}
	case claims == nil:
		return idempotency.Caller{Kind: "anonymous", Parts: []string{r.caller.IP}}
	}
	act, _ := json.Marshal(claims["act"]) // it came as JSON
	parts := []string{strconv.FormatBool(r.verified.Own), text("iss"), text("sub"), text("key"), string(act)}
	if text("sub") == "" && text("key") == "" {
		return idempotency.Caller{Kind: "token", Parts: append(parts, bearer())}
	}
	return idempotency.Caller{Kind: "user", Parts: parts}
}

// shown returns the body of a kept answer as its caller may see it now: of a document that it may read, the fields that
// were shown then and may be shown now; of any other its id alone. A function is asked for again, whether it may be
// called.
func (r *request) shown(a idempotency.Answer) ([]byte, error) {
	switch path := r.Route().Path; {
	case strings.HasPrefix(path, "/v1/fn/"):
		return a.Body, r.mayCall()
	case path == "/v1/batch":
		ops := r.outline().Ops
		return r.shownEach(a.Body, "results", func(i int) string {
			if i < len(ops) {
				return ops[i].Collection
			}
			return ""
		})
	case strings.HasPrefix(path, "/v1/db/") && len(a.Body) > 0:
		collection := r.collection()
		if r.Params("id") == "" && bytes.HasPrefix(a.Body, []byte(`{"items":[`)) {
			return r.shownEach(a.Body, "items", func(int) string { return collection })
		}
		if bytes.HasPrefix(a.Body, []byte(`{"count":`)) {
			return a.Body, nil
		}
		return r.shownOne(collection, a.Body)
	}
	return a.Body, nil
}

// shownEach is shown of a list of documents.
func (r *request) shownEach(body []byte, list string, collection func(i int) string) ([]byte, error) {
	var whole map[string][]json.RawMessage
	if err := json.Unmarshal(body, &whole); err != nil {
		return nil, err
	}
	out := append(query.String(list).AppendJSON([]byte("{")), ':', '[')
	for i, doc := range whole[list] {
		if i > 0 {
			out = append(out, ',')
		}
		shown, err := r.shownOne(collection(i), doc)
		if err != nil {
			return nil, err
		}
		out = append(out, shown...)
	}
	return append(out, ']', '}'), nil
}

// shownOne is shown of one document, which is null where there was none.
func (r *request) shownOne(collection string, doc []byte) ([]byte, error) {
	if string(doc) == "null" {
		return doc, nil
	}
	then, err := pairs(doc)
	if err != nil {
		return nil, err
	}
	var id string
	visible := map[string]bool{"id": true}
	for _, m := range then {
		if m.name == "id" {
			if err := json.Unmarshal(m.value, &id); err != nil {
				return nil, err
			}
		}
	}
	now, err := r.crud.Get(db.Strong(r.context), r.caller, collection, id, nil)
	switch fault.CodeOf(err) {
	case fault.NotFound, fault.Forbidden, fault.Unauthenticated: // the id alone
	default:
		if err != nil {
			return nil, err
		}
		fields, err := pairs(now.AppendJSON(nil))
		if err != nil {
			return nil, err
		}
		for _, m := range fields {
			visible[m.name] = true
		}
	}
	out := []byte{'{'}
	for _, m := range then {
		if !visible[m.name] {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(query.String(m.name).AppendJSON(out), ':'), m.value...)
	}
	return append(out, '}'), nil
}

type pair struct {
	name  string
	value json.RawMessage
}

// pairs returns the members of a JSON object as they are written.
func pairs(object []byte) (out []pair, err error) {
	d := json.NewDecoder(bytes.NewReader(object))
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	for d.More() {
		var m pair
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		m.name, _ = name.(string)
		if err := d.Decode(&m.value); err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}
