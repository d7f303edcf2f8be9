package server_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/server/servertest"
)

// masked has fields of every kind that is used by an operator, each seen by hr alone, and one that is seen by the
// owner of the document.
const masked = `
databases: { main: { driver: sqlite, url: "file:test.db" } }
auth: { tokens: { algorithm: HS256, secret: "a-secret-of-32-bytes-or-more-....", access: 15m, refresh: 720h } }
admin: { keys: ["admin-key-admin-key"] }
collections:
  staff:
    fields:
      owner: { type: string }
      name: { type: string }
      salary: { type: int }
      bonus: { type: int, max: 100 }
      rate: { type: float }
      list: { type: json }
      meta: { type: json }
      seen: { type: time }
      notes: { type: json }
      level: { type: int }
    rules: { read: 'true', create: 'auth.role == "hr"', update: 'doc.owner == auth.id', delete: 'doc.owner == auth.id' }
    fields_readable: { salary: 'auth.role == "hr"', bonus: 'auth.role == "hr"', rate: 'auth.role == "hr"', list: 'auth.role == "hr"', meta: 'auth.role == "hr"', seen: 'auth.role == "hr"', notes: 'doc.owner == auth.id', level: 'doc.owner == auth.id' }
    fields_writable: { salary: 'auth.role == "hr"', list: 'auth.role == "hr"', level: 'auth.role == "hr"' }
`

// TestAttack_WritesTellNothingOfMaskedFields makes every write there is on two documents that differ only in what
// the caller cannot see. The answers have to be the same.
func TestAttack_WritesTellNothingOfMaskedFields(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, masked)
	hr := s.Token(map[string]any{"sub": "hr", "role": "hr"})
	const one = `"salary":73512,"bonus":99,"rate":1.7e308,"list":[1,2],"meta":{"a":1},"seen":"2020-01-01T00:00:00Z","notes":[1],"level":3`
	const two = `"salary":9223372036854775807,"bonus":1,"rate":1.0,"list":{},"meta":[],"seen":null,"notes":{},"level":9223372036854775807`
	callers := map[string]string{"the owner": user(s, "bob"), "a user": user(s, "eve"), "anonymous": ""}
	for what, c := range map[string]struct{ patch, put string }{
		"$inc, guessed":         {patch: `{"salary":{"$inc":9223372036854702295}}`},
		"$inc past max":         {patch: `{"bonus":{"$inc":2}}`},
		"$inc of a float":       {patch: `{"rate":{"$inc":1.7e308}}`},
		"$inc of the owner's":   {patch: `{"level":{"$inc":1}}`},
		"$inc and a mistake":    {patch: `{"salary":{"$inc":9223372036854702295},"name":7}`},
		"$push":                 {patch: `{"list":{"$push":1}}`},
		"$push to the writable": {patch: `{"meta":{"$push":1}}`},
		"$pull":                 {patch: `{"list":{"$pull":1}}`},
		"$push to the owner's":  {patch: `{"notes":{"$push":1}}`},
		"merge":                 {patch: `{"meta":{"b":2}}`},
		"$now":                  {patch: `{"seen":{"$now":true}}`},
		"assign, right":         {patch: `{"salary":73512}`},
		"put, right":            {put: `{"owner":"bob","name":"n","salary":73512}`},
		"put, json":             {put: `{"owner":"bob","name":"n","list":[1,2]}`},
		"put, the owner's":      {put: `{"owner":"bob","name":"n","level":3}`},
		"put null":              {put: `{"owner":"bob","name":"n","salary":null}`},
		"put without it":        {put: `{"owner":"bob","name":"n"}`},
		"put, writable":         {put: `{"owner":"bob","name":"n","bonus":99}`},
	} {
		for who, token := range callers {
			if who == "the owner" && strings.Contains(what, "the owner's") {
				continue // who sees it
			}
			for form, make := range map[string]func(id string) call{
				"one": func(id string) call {
					if c.put != "" {
						return call{Method: "PUT", Path: "/v1/db/staff/" + id, Body: c.put}
					}
					return call{Method: "PATCH", Path: "/v1/db/staff/" + id, Body: c.patch}
				},
				"if match": func(id string) call {
					if c.put != "" {
						return call{Method: "PUT", Path: "/v1/db/staff/" + id, Body: c.put, Header: map[string]string{"If-Match": "*"}}
					}
					return call{Method: "PATCH", Path: "/v1/db/staff/" + id, Body: c.patch, Header: map[string]string{"If-Match": `"x"`}}
				},
				"many": func(id string) call {
					if c.put != "" {
						return call{Method: "PUT", Path: "/v1/db/staff/" + id, Body: c.put}
					}
					return call{Method: "PATCH", Path: "/v1/db/staff?filter=" + url.QueryEscape(`id == "`+id+`"`), Body: c.patch}
				},
				"batch": func(id string) call {
					op, doc := "update", c.patch
					if c.put != "" {
						op, doc = "replace", c.put
					}
					return call{Method: "POST", Path: "/v1/batch", Body: `{"ops":[{"op":"` + op + `","collection":"staff","id":"` + id + `","doc":` + doc + `}]}`}
				},
			} {
				answers := [2]string{}
				for i, hidden := range []string{one, two} {
					if who == "the owner" { // who sees the last two
						hidden = hidden[:strings.Index(hidden, `,"notes"`)]
					}
					id := strings.Repeat("i", i+1) + "-" + strings.ReplaceAll(strings.NewReplacer(" ", "", "$", "", ",", "", "'", "").Replace(what+who+form), "\"", "")
					s.Want(t, 201, call{Method: "POST", Path: "/v1/db/staff", Token: hr, Body: `{"id":"` + id + `","owner":"bob","name":"n",` + hidden + `}`})
					call := make(id)
					call.Token = token
					a := s.Do(t, call)
					if a.Status >= 500 {
						t.Errorf("%s, %s, %s: got %d %s", what, who, form, a.Status, a.Body)
					}
					answers[i] = strings.ReplaceAll(strings.ReplaceAll(a.Body, id, "ID"), "\n", "")
					if who != "the owner" && form == "one" && a.Status != 401 && a.Status != 403 {
						t.Errorf("%s, %s: got %d %s", what, who, a.Status, a.Body)
					}
				}
				if answers[0] != answers[1] {
					t.Errorf("%s, %s, %s:\n%s\n%s", what, who, form, answers[0], answers[1])
				}
			}
		}
	}
}

// TestWrites_WhoMayNotIsNotToldWhatDoesNotFit sends what does not fit, as a user who may not write at all.
func TestWrites_WhoMayNotIsNotToldWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, `
databases: { main: { driver: sqlite, url: "file:test.db" } }
auth: { tokens: { algorithm: HS256, secret: "a-secret-of-32-bytes-or-more-....", access: 15m, refresh: 720h } }
admin: { keys: ["admin-key-admin-key"] }
collections:
  notes:
    fields: { owner: { type: string }, head: { type: string, max: 3 }, n: { type: int, max: 3 } }
    rules: { read: 'doc.owner == auth.id || doc.owner == "all"', create: 'auth.role == "writer"', update: 'auth.role == "writer"', delete: 'auth.role == "writer"' }
`)
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Token: admin, Body: `[{"id":"all","owner":"all","n":3},{"id":"hidden","owner":"ann"}]`})
	for what, c := range map[string]call{
		"create":            {Method: "POST", Path: "/v1/db/notes", Body: `{"head":"long","n":"x","what":1}`},
		"create, no json":   {Method: "POST", Path: "/v1/db/notes", Body: `{`},
		"create many":       {Method: "POST", Path: "/v1/db/notes", Body: `[{"head":"long"}]`},
		"update":            {Method: "PATCH", Path: "/v1/db/notes/all", Body: `{"head":"long"}`},
		"update, no json":   {Method: "PATCH", Path: "/v1/db/notes/all", Body: `{`},
		"update, the sum":   {Method: "PATCH", Path: "/v1/db/notes/all", Body: `{"n":{"$inc":1}}`},
		"update, if match":  {Method: "PATCH", Path: "/v1/db/notes/all", Body: `{"n":1}`, Header: map[string]string{"If-Match": `"x"`}},
		"update many":       {Method: "PATCH", Path: "/v1/db/notes?filter=true", Body: `{"head":"long"}`},
		"replace":           {Method: "PUT", Path: "/v1/db/notes/all", Body: `{"head":"long"}`},
		"replace, if match": {Method: "PUT", Path: "/v1/db/notes/all", Body: `{"head":"x"}`, Header: map[string]string{"If-Match": `"x"`}},
		"delete, if match":  {Method: "DELETE", Path: "/v1/db/notes/all", Header: map[string]string{"If-Match": `"x"`}},
		"batch create":      {Method: "POST", Path: "/v1/batch", Body: `{"ops":[{"op":"create","collection":"notes","doc":{"head":"long"}}]}`},
		"batch update":      {Method: "POST", Path: "/v1/batch", Body: `{"ops":[{"op":"update","collection":"notes","id":"all","doc":{"head":"long"}},{"op":"update","collection":"notes","id":"hidden","doc":{}}]}`},
	} {
		for status, token := range map[int]string{401: "", 403: user(s, "eve")} {
			c.Token = token
			if got := s.Do(t, c); got.Status != status || strings.Contains(got.Body, "long") || strings.Contains(got.Body, "head") {
				t.Errorf("%s: got %d %s, want %d", what, got.Status, got.Body, status)
			}
		}
	}
	// A document that is hidden and one that is not there are answered alike.
	for _, body := range []string{`{}`, `{"head":"x"}`, `{"head":"long"}`, `{`} {
		for _, token := range []string{"", user(s, "eve")} {
			hidden := s.Do(t, call{Method: "PUT", Path: "/v1/db/notes/hidden", Token: token, Body: body})
			missing := s.Do(t, call{Method: "PUT", Path: "/v1/db/notes/missing", Token: token, Body: body})
			if hidden.Status != missing.Status || hidden.Body != missing.Body {
				t.Errorf("%s: hidden %s, missing %s", body, hidden.Body, missing.Body)
			}
		}
	}
}
