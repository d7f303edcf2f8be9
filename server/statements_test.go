package server_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/modules/db/mysql/mysqltest"
	"github.com/basalt-dev/basalt/modules/db/postgres/postgrestest"
	"github.com/basalt-dev/basalt/server/servertest"
)

const worked = `
databases: { main: { driver: sqlite, url: "file:app.db" } }
auth: { tokens: { secret: "0123456789abcdef0123456789abcdef" } }
admin: { keys: ["an-administrators-key-of-32-bytes"], users: 'auth.role == "admin"' }
console: { access: 'auth.role == "editor"' }
collections:
  notes:
    fields: { text: { type: string }, owner: { type: string } }
    rules:
      read:   'doc.owner == auth.id'
      create: 'next.owner == auth.id'
      update: 'doc.owner == auth.id'
      delete: 'doc.owner == auth.id'
`

type work struct {
	Method, Path string
	US           int64
	Layers       map[string]struct{ Count, US int64 }
	Statements   []struct {
		ID, Database, SQL string
		At, US            int64
	}
	More int
}

type statement struct {
	ID, Database, Collection, SQL string
	Count, US, Mean, Max          int64
	Plan                          []string
	Explains                      bool
}

const rootKey = "an-administrators-key-of-32-bytes"

func workOf(t *testing.T, s *servertest.Instance, query string) (w work) {
	t.Helper()
	page := lastRequests(t, s, query)
	if len(page.Items) == 0 {
		t.Fatalf("no request is %s", query)
	}
	a := s.Want(t, 200, call{Method: "GET", Path: fmt.Sprintf("/v1/admin/requests/%d", page.Items[0].ID), Token: rootKey})
	if strings.Contains(a.Body, "hunter2") {
		t.Errorf("a value is in %s", a.Body)
	}
	a.Decode(t, &w)
	return w
}

// TestStatements_OfARequestAndOfAll makes requests with a secret in them, and looks at the statements that they have run:
// where each went, what it took, and that no value is among them.
func TestStatements_OfARequestAndOfAll(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, worked)
	ann := s.Token(map[string]any{"sub": "ann"})
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Token: ann, Body: `{"id":"n","owner":"ann","text":"hunter2"}`})
	for range 3 {
		s.Want(t, 200, call{Method: "GET", Path: `/v1/db/notes?filter=text%3D%3D%22hunter2%22`, Token: ann})
	}
	s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/notes/n", Token: ann, Body: `{"text":"hunter2 again"}`})
	s.Want(t, 200, call{Method: "POST", Path: "/v1/batch", Token: ann, Body: `{"ops":[{"op":"create","collection":"notes","doc":{"owner":"ann","text":"hunter2"}},{"op":"delete","collection":"notes","id":"n"}]}`})
	s.Want(t, 403, call{Method: "POST", Path: "/v1/db/notes", Token: ann, Body: `{"owner":"bob"}`})
	for _, c := range []struct{ query, starts, rules string }{
		{"route=GET+/v1/db/notes", "SELECT", "1"},
		{"route=POST+/v1/db/notes&code=201", "INSERT", "1"},
		{"route=PATCH", "UPDATE", "1"},
		{"route=/v1/batch", "INSERT", "2"},
		{"code=403", "", "1"},
	} {
		w := workOf(t, s, c.query)
		if got := fmt.Sprint(w.Layers["rules"].Count); got < c.rules {
			t.Errorf("%s: %s rules of %s, %+v", c.query, got, c.rules, w)
		}
		if c.starts == "" {
			if len(w.Statements) != 0 || w.Layers["database"].Count != 0 {
				t.Errorf("%s: a refused request has run %+v", c.query, w)
			}
			continue
		}
		found := false
		for _, one := range w.Statements {
			found = found || strings.HasPrefix(strings.TrimSpace(one.SQL), c.starts)
			if one.Database != "main" || one.ID == "" || one.US < 0 || one.At < 0 || one.At+one.US > w.US+1000 {
				t.Errorf("%s: got %+v of %d µs", c.query, one, w.US)
			}
		}
		if !found || w.Layers["database"].Count == 0 {
			t.Errorf("%s: no %s in %+v", c.query, c.starts, w)
		}
	}

	var all struct{ Items []statement }
	list := func(query string) string {
		a := s.Want(t, 200, call{Method: "GET", Path: "/v1/admin/statements" + query, Token: rootKey})
		if strings.Contains(a.Body, "hunter2") {
			t.Errorf("a value is in %s", a.Body)
		}
		all.Items = nil
		a.Decode(t, &all)
		return a.Body
	}
	body := list("?sort=count")
	read, inserted := -1, int64(0)
	for i, one := range all.Items {
		if i > 0 && one.Count > all.Items[i-1].Count || one.Count < 1 || one.Max < one.Mean || one.US < one.Max || one.Database != "main" {
			t.Errorf("statement %d: %+v", i, one)
		}
		if strings.HasPrefix(one.SQL, `INSERT INTO "notes"`) {
			inserted += one.Count
		}
		if one.Count == 3 && one.Explains && one.Collection == "notes" && strings.HasPrefix(one.SQL, "SELECT") {
			read = i
		}
	}
	if inserted != 2 { // each once, though more runs on its connection
		t.Errorf("%d documents were inserted: %s", inserted, body)
	}
	if read < 0 {
		t.Fatalf("the three reads are not in %s", body)
	}
	var one statement
	a := s.Want(t, 200, call{Method: "GET", Path: "/v1/admin/statements/" + all.Items[read].ID, Token: rootKey})
	a.Decode(t, &one)
	if len(one.Plan) == 0 || !strings.Contains(strings.Join(one.Plan, " "), "notes") || strings.Contains(a.Body, "hunter2") {
		t.Errorf("got %s", a.Body)
	}
	if list("?limit=1"); len(all.Items) != 1 {
		t.Errorf("limit: got %d", len(all.Items))
	}
	for _, bad := range []string{"?sort=x", "?limit=0", "?limit=501", "?limit=x"} {
		s.Want(t, 422, call{Method: "GET", Path: "/v1/admin/statements" + bad, Token: rootKey})
	}
	for _, missing := range []string{"/v1/admin/statements/x", "/v1/admin/requests/x", "/v1/admin/requests/99999999", "/v1/admin/requests/-1"} {
		s.Want(t, 404, call{Method: "GET", Path: missing, Token: rootKey})
	}
}

// TestStatements_AreForAdministrators asks for statements, plans and the work of requests as everyone else.
func TestStatements_AreForAdministrators(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, worked)
	ann := s.Token(map[string]any{"sub": "ann"})
	s.Want(t, 200, call{Method: "GET", Path: "/v1/db/notes", Token: ann})
	var all struct{ Items []statement }
	s.Want(t, 200, call{Method: "GET", Path: "/v1/admin/statements", Token: rootKey}).Decode(t, &all)
	if len(all.Items) == 0 {
		t.Fatal("no statement was counted")
	}
	seen := lastRequests(t, s, "route=/v1/db/notes").Items[0].ID
	for _, path := range []string{"/v1/admin/statements", "/v1/admin/statements/" + all.Items[0].ID, fmt.Sprintf("/v1/admin/requests/%d", seen)} {
		for token, status := range map[string]int{"": 401, ann: 403, s.Token(map[string]any{"sub": "ed", "role": "editor"}): 403, "an-administrators-key-of-32-byteS": 401} {
			if a := s.Do(t, call{Method: "GET", Path: path, Token: token}); a.Status != status || strings.Contains(a.Body, "SELECT") {
				t.Errorf("%s: got %d %s", path, a.Status, a.Body)
			}
		}
		s.Want(t, 200, call{Method: "GET", Path: path, Token: s.Token(map[string]any{"sub": "root", "role": "admin"})})
	}
}

// TestStatements_OfEachDriver writes and reads a document in each database that has statements.
func TestStatements_OfEachDriver(t *testing.T) {
	t.Parallel()
	for driver, open := range map[string]func(testing.TB) string{
		"sqlite": func(testing.TB) string { return "file:app.db" }, "postgres": postgrestest.Database, "mysql": mysqltest.Database,
	} {
		t.Run(driver, func(t *testing.T) {
			t.Parallel()
			s := servertest.Start(t, strings.Replace(worked, `driver: sqlite, url: "file:app.db"`, fmt.Sprintf("driver: %s, url: %q", driver, open(t)), 1))
			ann := s.Token(map[string]any{"sub": "ann"})
			s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Token: ann, Body: `{"id":"n","owner":"ann","text":"hunter2"}`})
			s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/notes/n", Token: ann, Body: `{"text":"hunter2 again"}`})
			s.Want(t, 200, call{Method: "GET", Path: `/v1/db/notes?filter=text+startsWith+%22hunter2%22`, Token: ann})
			s.Want(t, 204, call{Method: "DELETE", Path: "/v1/db/notes/n", Token: ann})
			a := s.Want(t, 200, call{Method: "GET", Path: "/v1/admin/statements", Token: rootKey})
			var all struct{ Items []statement }
			a.Decode(t, &all)
			found := map[string]int64{}
			for _, one := range all.Items {
				if !strings.Contains(one.SQL, "notes") {
					continue
				}
				verb, _, _ := strings.Cut(strings.TrimLeft(one.SQL, "( "), " ")
				found[verb] += one.Count
				if !one.Explains {
					continue
				}
				plan := s.Want(t, 200, call{Method: "GET", Path: "/v1/admin/statements/" + one.ID, Token: rootKey})
				var with statement
				plan.Decode(t, &with)
				if len(with.Plan) == 0 || strings.Contains(plan.Body, "hunter2") {
					t.Errorf("the plan is %s", plan.Body)
				}
				found["plan"]++
			}
			if found["INSERT"] != 1 || found["UPDATE"] != 1 || found["DELETE"] != 1 || found["SELECT"] < 1 || found["plan"] < 1 || strings.Contains(a.Body, "hunter2") {
				t.Errorf("got %v of %s", found, a.Body)
			}
		})
	}
}
