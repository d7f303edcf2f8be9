package server_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/basalt-dev/basalt/modules/db/postgres/postgrestest"
	"github.com/basalt-dev/basalt/server/servertest"
)

// TestExisting_Privileges serves a database as a role that may do little in it: F17.
func TestExisting_Privileges(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	at := postgrestest.In(t, postgrestest.Database(t))
	conn, err := pgx.Connect(ctx, at)
	fatal(t, err)
	t.Cleanup(func() { conn.Close(ctx) }) // the test is over
	role := "limited_" + at[strings.LastIndex(at, "/")+1:]
	role, _, _ = strings.Cut(strings.ReplaceAll(role, "-", "_"), "?")
	_, err = conn.Exec(ctx, `CREATE ROLE `+role+` LOGIN; CREATE SCHEMA basalt AUTHORIZATION `+role+`; REVOKE CREATE ON SCHEMA public FROM PUBLIC;
		CREATE TABLE people (id int PRIMARY KEY, email text, pay int); INSERT INTO people VALUES (1, 'a@x.org', 7);
		GRANT SELECT (id, email) ON people TO `+role+`; CREATE TABLE wages (id int PRIMARY KEY, pay int); INSERT INTO wages VALUES (1, 7); GRANT SELECT (id) ON wages TO `+role+`;
		CREATE TABLE notes (id int PRIMARY KEY, owner text); ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
		CREATE POLICY p ON notes USING (owner <> 'hidden') WITH CHECK (owner = 'me'); INSERT INTO notes VALUES (1, 'you'), (2, 'hidden'); GRANT ALL ON notes TO `+role)
	fatal(t, err)
	u, err := url.Parse(at)
	fatal(t, err)
	u.User = url.User(role)
	q := u.Query()
	q.Set("options", "-csearch_path=basalt,public")
	u.RawQuery = strings.ReplaceAll(q.Encode(), "+", "%20")
	s := servertest.Start(t, `
databases: { main: { driver: postgres, url: "`+u.String()+`" } }
auth: { tokens: { secret: "0123456789abcdef0123456789abcdef" } }
log: { level: warn }
collections:
  people: { fields: { id: { type: int }, email: { type: string } }, rules: { `+open+` } }
  paid:   { table: wages, fields: { id: { type: int }, pay: { type: int } }, rules: { `+open+` } }
  notes:  { fields: { id: { type: int }, owner: { type: string } }, rules: { `+open+` } }
`)
	for _, c := range []fieldCall{
		{"GET", "people/1", "", 200, `{"id":1,"email":"a@x.org"}`},
		{"GET", `people?filter=email == "a@x.org"`, "", 200, "[1]"},
		{"GET", "paid/1", "", 403, `"code":"forbidden"`},
		{"GET", "paid", "", 403, `"code":"forbidden"`},
		{"PATCH", "people/1", `{"email":"b"}`, 403, `"code":"forbidden"`},
		{"POST", "people", `{"id":2}`, 403, `"code":"forbidden"`},
		{"DELETE", "people/1", ``, 403, `"code":"forbidden"`},
		{"GET", "notes", "", 200, "[1]"},
		{"GET", "notes/2", "", 404, ""},
		{"POST", "notes", `{"id":3,"owner":"me"}`, 201, `"owner":"me"`},
		{"POST", "notes", `{"id":4,"owner":"you"}`, 403, `"code":"forbidden"`},
		{"POST", "notes", `[{"id":4,"owner":"me"},{"id":5,"owner":"you"}]`, 403, `"code":"forbidden"`},
		{"POST", "/v1/batch", `{"ops":[{"op":"create","collection":"notes","doc":{"id":4,"owner":"me"}},{"op":"update","collection":"notes","id":"1","doc":{"owner":"they"}}]}`, 403, `"code":"forbidden"`},
		{"PATCH", "notes/1", `{"owner":"they"}`, 403, `"code":"forbidden"`},
		{"DELETE", "notes/2", "", 404, ""},
		{"GET", "notes?sort=id", "", 200, "[1 3]"},
	} {
		c.try(t, s, nil)
	}
	if log := s.Log(); !strings.Contains(log, "permission denied for table wages") || !strings.Contains(log, "row-level security policy") {
		t.Errorf("the reasons are not in the log: %s", log)
	}
}
