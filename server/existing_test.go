package server_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/basalt-dev/basalt/modules/db/postgres/postgrestest"
	"github.com/basalt-dev/basalt/server"
	"github.com/basalt-dev/basalt/server/servertest"
)

// existing is what somebody who has had a database for years meets: the statements are run, what
// introspect prints is served with the rules replaced, and the case is tried.
type existing struct {
	name, sql string
	// read is the read rule, true when it is empty; every other rule is true.
	read string
	try  func(*testing.T, *servertest.Instance, func(sql string))
}

// TestExisting serves the databases of others on PostgreSQL.
func TestExisting(t *testing.T) {
	server := postgrestest.Database(t)
	for _, c := range existingCases {
		t.Run(c.name, func(t *testing.T) {
			s, run := adopt(t, postgrestest.In(t, server), c)
			c.try(t, s, run)
		})
	}
}

func adopt(t *testing.T, url string, c existing) (*servertest.Instance, func(string)) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(ctx) }) //nolint:errcheck // the test is over
	run := func(sql string) {
		t.Helper()
		if _, err := conn.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	run(c.sql)
	path := filepath.Join(t.TempDir(), "basalt.yaml")
	head := "databases: { main: { driver: postgres, url: \"" + url + "\" } }\nauth: { tokens: { secret: \"0123456789abcdef0123456789abcdef\" } }\nadmin: { keys: [\"admin-key-admin-key\"] }\nlog: { level: error }\n"
	if err := os.WriteFile(path, []byte(head), 0o600); err != nil {
		t.Fatal(err)
	}
	var printed bytes.Buffer
	if err := server.Introspect(ctx, path, "", &printed); err != nil {
		t.Fatal(err)
	}
	read := c.read
	if read == "" {
		read = "true"
	}
	rules := strings.NewReplacer("read: 'false'", "read: '"+read+"'", "create: 'false'", "create: 'true'", "update: 'false'", "update: 'true'", "delete: 'false'", "delete: 'true'")
	if err := os.WriteFile(path, []byte(head+rules.Replace(printed.String())), 0o600); err != nil {
		t.Fatal(err)
	}
	return servertest.StartFile(t, path), run
}

var existingCases = []existing{
	{
		name: "infinity is not null, to whoever asks",
		sql: `CREATE TABLE posts (id serial PRIMARY KEY, txt text, hidden_until timestamptz, score float8);
		      INSERT INTO posts (txt) VALUES ('open')`,
		read: "doc.hidden_until == nil && doc.score == nil",
		try: func(t *testing.T, s *servertest.Instance, run func(string)) {
			ann := user(s, "ann")
			query, one := s.Live(t, ann), s.Live(t, ann)
			for _, err := range []error{
				query.Send(`{"id":"1","op":"subscribe","collection":"posts","query":{"where":{}}}`),
				one.Send(`{"id":"1","op":"subscribe","collection":"posts","key":"2"}`),
			} {
				if err != nil {
					t.Fatal(err)
				}
			}
			query.Want(t, "snapshot")
			one.Want(t, "snapshot")
			run(`INSERT INTO posts (txt, hidden_until) VALUES ('SECRET', 'infinity'), ('SECRET', '-infinity'), ('SECRET', '12026-01-01');
			     INSERT INTO posts (txt, score) VALUES ('SECRET', 'NaN'), ('SECRET', 'infinity');
			     UPDATE posts SET txt = txt WHERE id = 2;
			     INSERT INTO posts (txt) VALUES ('open')`)
			if m := query.Want(t, "change"); strings.Contains(m.Text, "SECRET") || m.Key != "7" {
				t.Errorf("the live query sends %s", m.Text)
			}
			query.Silent(t, 100*time.Millisecond)
			one.Silent(t, 100*time.Millisecond)
			if got := s.Want(t, 200, call{Method: "GET", Path: "/v1/db/posts?count=true", Token: ann}).Body; strings.Contains(got, "SECRET") || !strings.Contains(got, `"total":2`) {
				t.Errorf("the list has %s", got)
			}
			for _, id := range []string{"2", "3", "4", "5", "6"} {
				s.Want(t, 404, call{Method: "GET", Path: "/v1/db/posts/" + id, Token: ann})
			}
			for id, want := range map[string]string{"2": `"hidden_until":"infinity"`, "3": `"hidden_until":"-infinity"`, "4": `"hidden_until":"+012026-01-01T00:00:00.000000Z"`, "5": `"score":"NaN"`, "6": `"score":"Infinity"`} {
				read := s.Want(t, 200, call{Method: "GET", Path: "/v1/db/posts/" + id, Token: admin}).Body
				if !strings.Contains(read, want) {
					t.Errorf("posts/%s is %s, want %s", id, read, want)
				}
			}
			s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/posts/1", Token: admin, Body: `{"hidden_until":"infinity"}`})
			for _, body := range []string{`{"hidden_until":"+012026-01-01T00:00:00Z"}`, `{"score":"NaN"}`, `{"score":"Infinity"}`} {
				s.Want(t, 422, call{Method: "PATCH", Path: "/v1/db/posts/1", Token: admin, Body: body})
			}
		},
	},
}
