package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/idempotency"
	"github.com/basalt-dev/basalt/modules/query"
)

// writer names the caller of a write with a key, so that no other gets its answer. Who shows no token is named by
// address.
func writer(r *request) idempotency.Caller {
	claims := r.caller.Auth
	text := func(name string) string { s, _ := claims[name].(string); return s }
	bearer := func() string {
		sum := sha256.Sum256(r.http.Context().Request.Header.Peek(fiber.HeaderAuthorization))
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
func (p *repeats) shown(r *request, docs *crud.Service, a idempotency.Answer) ([]byte, error) {
	switch path := r.route.path; {
	case strings.HasPrefix(path, "/v1/fn/"):
		return a.Body, p.functions.mayCall(r, docs)
	case path == "/v1/batch":
		batch, err := r.parsedBatch(docs)
		if err != nil {
			return nil, err
		}
		return shownEach(r, docs, a.Body, "results", func(i int) string {
			if i < len(batch.Steps) {
				return batch.Steps[i].Collection
			}
			return ""
		})
	case strings.HasPrefix(path, "/v1/db/") && len(a.Body) > 0:
		collection := r.collection()
		if r.http.Params("id") == "" && bytes.HasPrefix(a.Body, []byte(`{"items":[`)) {
			return shownEach(r, docs, a.Body, "items", func(int) string { return collection })
		}
		if bytes.HasPrefix(a.Body, []byte(`{"count":`)) {
			return a.Body, nil
		}
		return shownOne(r, docs, collection, a.Body)
	}
	return a.Body, nil
}

// shownEach is shown of a list of documents.
func shownEach(r *request, docs *crud.Service, body []byte, list string, collection func(i int) string) ([]byte, error) {
	var whole map[string][]json.RawMessage
	if err := json.Unmarshal(body, &whole); err != nil {
		return nil, err
	}
	out := append(query.String(list).AppendJSON([]byte("{")), ':', '[')
	for i, doc := range whole[list] {
		if i > 0 {
			out = append(out, ',')
		}
		shown, err := shownOne(r, docs, collection(i), doc)
		if err != nil {
			return nil, err
		}
		out = append(out, shown...)
	}
	return append(out, ']', '}'), nil
}

// readNow returns a document as its caller may see it.
func readNow(r *request, docs *crud.Service, collection, id string) ([]byte, error) {
	result, err := docs.Read(db.ReadPrimary(r.context), r.caller, crud.Read{Collection: collection, Kind: crud.Get, ID: id})
	if err != nil {
		return nil, err
	}
	body, _, err := result.Encode()
	return body, err
}

// shownOne is shown of one document, which is null where there was none.
func shownOne(r *request, docs *crud.Service, collection string, doc []byte) ([]byte, error) {
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
	now, err := readNow(r, docs, collection, id)
	switch fault.CodeOf(err) {
	case fault.NotFound, fault.Forbidden, fault.Unauthenticated: // the id alone
	default:
		if err != nil {
			return nil, err
		}
		fields, err := pairs(now)
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
