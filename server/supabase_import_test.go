package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/crypto/bcrypt"

	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/modules/auth/transfer"
	"github.com/basalt-dev/basalt/modules/db/postgres/postgrestest"
	"github.com/basalt-dev/basalt/server/offline"
	"github.com/basalt-dev/basalt/server/servertest"
)

// citizen is a user of the project, or an anonymous caller without a name.
type citizen struct {
	name, id string
	app      map[string]any // app_metadata
}

var citizens = []citizen{
	{"anonymous", "", nil},
	{"ann", "00000000-0000-4000-8000-00000000000a", map[string]any{"org": "red"}},
	{"bob", "00000000-0000-4000-8000-00000000000b", map[string]any{"org": "blue", "roles": []string{"accountant", "x"}}},
	{"cid", "00000000-0000-4000-8000-00000000000c", map[string]any{"roles": []string{}}},
	{"dee", "00000000-0000-4000-8000-00000000000d", nil},
	{"eve", "00000000-0000-4000-8000-00000000000e", map[string]any{"org": nil}},
}

// claims are those of a token of Supabase.
func (p citizen) claims() string {
	c := map[string]any{"role": "anon"}
	if p.id != "" {
		c = map[string]any{"role": "authenticated", "sub": p.id, "email": p.name + "@example.com", "app_metadata": p.app}
	}
	text, err := json.Marshal(c)
	if err != nil {
		panic(err) // of maps of strings
	}
	return string(text)
}

// projectRows makes rows that differ in what policies look at, nulls among them.
func projectRows() string {
	var b strings.Builder
	ids := []string{"NULL"}
	for _, p := range citizens[1:] {
		ids = append(ids, "'"+p.id+"'")
	}
	at := func(i int, of ...string) string { return of[i%len(of)] }
	for i, p := range citizens[1:] {
		hash, err := bcrypt.GenerateFromPassword([]byte("correct horse "+p.name), bcrypt.MinCost)
		if err != nil {
			panic(err)
		}
		meta, _ := json.Marshal(p.app)
		fmt.Fprintf(&b, "INSERT INTO auth.users VALUES ('%s', '%s@example.com', '%s', now(), '{\"name\": \"%s\"}', '%s'::jsonb);\n", p.id, p.name, hash, p.name, strings.Replace(string(meta), "null}", "null, \"provider\": \"email\"}", 1))
		fmt.Fprintf(&b, "INSERT INTO profiles VALUES ('%s', '%s', %s, %s);\n", p.id, p.name, at(i, "false", "true", "NULL"), at(i, "NULL", "false", "true"))
		fmt.Fprintf(&b, "INSERT INTO storage.objects (bucket_id, name, owner_id) VALUES ('avatars', '%s/face.txt', '%s'), ('public-files', 'from/%s.txt', '%s');\n", p.id, p.id, p.name, p.id)
	}
	fmt.Fprintf(&b, "INSERT INTO auth.identities VALUES ('%s', 'github', '77'), ('%s', 'email', 'x');\n", citizens[1].id, citizens[1].id)
	fmt.Fprintf(&b, "INSERT INTO auth.mfa_factors VALUES ('%s', 'totp', 'verified', 'JBSWY3DPEHPK3PXPJBSWY3DP');\n", citizens[4].id)
	for i := range 4 {
		fmt.Fprintf(&b, "INSERT INTO teams VALUES (%d, 't%d', %s);\n", i, i, ids[i])
		for j := range 3 {
			fmt.Fprintf(&b, "INSERT INTO members VALUES (%d, %s, '%s') ON CONFLICT DO NOTHING;\n", i, ids[1+(i+j)%5], at(i+j, "editor", "reader"))
		}
	}
	for i := range 36 {
		id := ids[i%len(ids)]
		fmt.Fprintf(&b, "INSERT INTO todos VALUES (%d, %s, 'x', %s, %s, %s);\n", i, id, at(i/2, "true", "false", "NULL"), at(i, "'draft'", "'open'", "'done'", "NULL"), at(i, "NULL", "now()", "now() - interval '30 days'"))
		fmt.Fprintf(&b, "INSERT INTO notes VALUES (%d, %s, %s, 'b', %s, %s, %s);\n", i, at(i, "0", "1", "2", "3", "NULL"), id, at(i/3, "NULL", "now()"), at(i, "NULL", "'{}'", "ARRAY["+ids[1+i%5]+"]::uuid[]"), at(i, "NULL", "4.99", "5", "100"))
		fmt.Fprintf(&b, "INSERT INTO comments VALUES (%d, %d, %s, %s);\n", i, i, id, at(i, "true", "false", "NULL", "false"))
		fmt.Fprintf(&b, "INSERT INTO invoices VALUES (%d, %s, %s, %s);\n", i, at(i, "'red'", "'blue'", "NULL", "''"), at(i/4, "9", "10", "11", "NULL"), at(i, "NULL", "'ann@example.com'", "'x'"))
		fmt.Fprintf(&b, "INSERT INTO logs VALUES (%d, %s, %s, %s);\n", i, id, at(i, "1", "3", "4", "NULL", "2"), at(i, "'audit'", "NULL", "'public'", "'pub'"))
		fmt.Fprintf(&b, "INSERT INTO drafts VALUES (%d, %s, %s);\n", i, id, ids[(i/6)%len(ids)])
		fmt.Fprintf(&b, "INSERT INTO flags VALUES (%d, 'f'); INSERT INTO secrets VALUES (%d, 's'); INSERT INTO open_data VALUES (%d, 'o'); INSERT INTO odd VALUES (%d, 'o', %s);\n", i, i, i, i, id)
	}
	return b.String()
}

// throughPolicies returns the keys that a statement gives to a person, in a transaction that is rolled back.
func throughPolicies(t *testing.T, c *pgx.Conn, p citizen, statement string) []string {
	t.Helper()
	ctx := context.Background()
	tx, err := c.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(ctx) // nothing is to stay
	role := "anon"
	if p.id != "" {
		role = "authenticated"
	}
	if _, err := tx.Exec(ctx, "SELECT set_config('request.jwt.claims', $1, true)", p.claims()); err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(ctx, "SET LOCAL ROLE "+role); err != nil {
		t.Fatal(err)
	}
	rows, err := tx.Query(ctx, statement)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil && !strings.Contains(err.Error(), "42501") {
		t.Fatalf("%s as %s: %v", statement, p.name, err)
	}
	slices.Sort(keys)
	return keys
}

// TestImportSupabase takes a project of 30 policies over, and compares what five users and an anonymous caller see, and may
// change, through its policies and through the rules that were made of them.
func TestImportSupabase(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	address, c := projectOf(t)
	project, err := offline.OpenSupabase(ctx, address, []string{"public"})
	if err != nil {
		t.Fatal(err)
	}
	defer project.Close() // the test is over
	var text bytes.Buffer
	warnings, err := project.Configuration(&text)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"odd, read: the policy guessed", "busy is a view", "open_data has no row-level security", "profiles refers to auth.users"} {
		if !slices.ContainsFunc(warnings, func(w string) bool { return strings.Contains(w, want) }) {
			t.Errorf("no warning says %q: %q", want, warnings)
		}
	}
	for _, w := range warnings {
		if strings.Contains(w, "the policy") && !strings.Contains(w, "guess") {
			t.Errorf("a policy has no translation: %s", w)
		}
	}
	path := configurationOf(t, address, text.String())
	if _, err := offline.Migrate(ctx, path, offline.MigrateApply, false); err != nil {
		t.Fatal(err)
	}
	importAccounts(t, project, path)
	open := func(_ context.Context, bucket, name string) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(bucket + " has " + name)), nil
	}
	for _, want := range []offline.ObjectsDone{{Buckets: 2, Stored: 10}, {There: 10}} { // once, and again
		if done, err := project.Objects(ctx, path, true, open, func(b, n string, err error) { t.Errorf("%s/%s: %v", b, n, err) }); err != nil || done != want {
			t.Fatalf("got %+v %v", done, err)
		}
	}
	s := servertest.StartFile(t, path)
	compareTables(t, s, c, path)
	signInAsBefore(t, s)
}

// projectOf makes the database of a project. more is SQL that follows.
func projectOf(t *testing.T, more ...string) (address string, c *pgx.Conn) {
	t.Helper()
	ctx := context.Background()
	address = postgrestest.Database(t)
	c, err := pgx.Connect(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(ctx) }) // the test is over
	schema, err := os.ReadFile("testdata/supabase_project.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, sql := range append([]string{string(schema), projectRows()}, more...) {
		if _, err := c.Exec(ctx, sql); err != nil {
			t.Fatalf("%v in\n%s", err, sql)
		}
	}
	return address, c
}

// configurationOf writes what was made of a project to a file, with what a server needs.
func configurationOf(t *testing.T, address, text string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "basalt.yaml")
	config := strings.NewReplacer("${DATABASE_URL}", address, "${BASALT_SECRET}", "0123456789abcdef0123456789abcdef", "{ objects: storage_objects }", "{ objects: storage_objects, anon_key: anon-key-of-the-test }").Replace(text) +
		"log: { level: error }\nadmin: { keys: [\"admin-key-admin-key\"] }\n"
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := offline.Check(path); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return path
}

func importAccounts(t *testing.T, project *offline.Supabase, path string) {
	t.Helper()
	ctx := context.Background()
	next, err := project.Accounts(ctx)
	if err != nil {
		t.Fatal(err)
	}
	err = offline.Accounts(ctx, path, func(s *auth.Service) error {
		done, err := transfer.Import(ctx, s, transfer.Request{Next: next, Progress: func(int) {}, Refused: func(r transfer.Refused) error { return fmt.Errorf("%+v", r) }})
		if done.Made != 5 {
			t.Errorf("%+v", done)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// compareTables compares what each person reads and deletes of each table.
func compareTables(t *testing.T, s *servertest.Instance, c *pgx.Conn, path string) {
	t.Helper()
	seen, changed := 0, 0
	for _, p := range citizens {
		header := tokenOf(t, p, path)
		for _, table := range []string{"profiles", "teams", "todos", "notes", "comments", "invoices", "flags", "logs", "drafts", "secrets", "open_data"} {
			want := throughPolicies(t, c, p, "SELECT id::text FROM "+table)
			seen += len(want)
			if got := keysOf(t, s.Do(t, call{Method: "GET", Path: "/v1/db/" + table + "?limit=500&select=id", Header: header})); !slices.Equal(got, want) {
				t.Errorf("%s reads of %s %v, and through the policies %v", p.name, table, got, want)
			}
		}
		want := throughPolicies(t, c, p, "SELECT team_id::text || '~' || user_id FROM members")
		if got := keysOf(t, s.Do(t, call{Method: "GET", Path: "/v1/db/members?limit=500", Header: header})); !slices.Equal(got, want) {
			t.Errorf("%s reads of members %v, and through the policies %v", p.name, got, want)
		}
		var shown []string
		for _, item := range itemsOf(t, s.Do(t, call{Method: "GET", Path: "/v1/db/storage_objects?limit=500", Header: header})) {
			shown = append(shown, fmt.Sprint(item["path"]))
		}
		slices.Sort(shown)
		if want := throughPolicies(t, c, p, "SELECT bucket_id || '/' || name FROM storage.objects"); !slices.Equal(shown, want) {
			t.Errorf("%s sees the objects %v, and through the policies %v", p.name, shown, want)
		}
		for _, table := range []string{"todos", "comments", "drafts", "invoices"} { // no other one refers to these
			want := throughPolicies(t, c, p, "DELETE FROM "+table+" WHERE id IS NOT NULL RETURNING id::text")
			if got := mayChange(t, s, "DELETE", table, "", header); !slices.Equal(got, want) {
				t.Errorf("%s deletes of %s %v, and through the policies %v", p.name, table, got, want)
			}
			changed += len(want)
		}
		for table, column := range map[string]string{"todos": "task", "notes": "body", "teams": "name", "invoices": "email", "profiles": "username"} {
			want := throughPolicies(t, c, p, "UPDATE "+table+" SET "+column+" = "+column+" || 'y' WHERE id IS NOT NULL RETURNING id::text")
			if got := mayChange(t, s, "PATCH", table, `{"`+column+`":"`+p.name+`"}`, header); !slices.Equal(got, want) {
				t.Errorf("%s updates of %s %v, and through the policies %v", p.name, table, got, want)
			}
			changed += len(want)
		}
	}
	if seen < 200 || changed < 50 {
		t.Errorf("the six have read %d rows and changed %d alone, so that little is compared", seen, changed)
	}
	for body, status := range map[string]int{`{"id":900,"user_id":"` + citizens[1].id + `","task":"x","status":"open"}`: 401, `{"id":901,"task":"x","status":"open"}`: 401} {
		if a := s.Do(t, call{Method: "POST", Path: "/v1/db/todos", Body: body}); a.Status != status && a.Status != 403 {
			t.Errorf("an anonymous caller creates %s: %d %s", body, a.Status, a.Body)
		}
	}
	compareInserts(t, s, c, path)
}

// tokenOf is the header of a person.
func tokenOf(t *testing.T, p citizen, path string) map[string]string {
	t.Helper()
	header := map[string]string{}
	if p.id == "" {
		return header
	}
	claims := map[string]any{"sub": p.id, "email": p.name + "@example.com", "email_verified": true}
	for name, value := range p.app {
		claims[name] = value
	}
	token, err := offline.Token(context.Background(), path, claims, time.Now(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	header["Authorization"] = "Bearer " + token
	return header
}

// compareInserts compares which rows each person may make.
func compareInserts(t *testing.T, s *servertest.Instance, c *pgx.Conn, path string) {
	t.Helper()
	for _, p := range citizens {
		for _, of := range citizens[1:] {
			for table, row := range map[string][2]string{
				"todos":       {`INSERT INTO todos (id, user_id, status) VALUES (900, '` + of.id + `', 'open') RETURNING 'made'`, `{"id":900,"user_id":"` + of.id + `","status":"open"}`},
				"todos, done": {`INSERT INTO todos (id, user_id, status) VALUES (900, '` + of.id + `', 'done') RETURNING 'made'`, `{"id":900,"user_id":"` + of.id + `","status":"done"}`},
				"comments":    {`INSERT INTO comments (id, author) VALUES (900, '` + of.id + `') RETURNING 'made'`, `{"id":900,"author":"` + of.id + `"}`},
				"invoices":    {`INSERT INTO invoices (id, org) VALUES (900, 'x') RETURNING 'made'`, `{"id":900,"org":"x"}`},
				"logs":        {`INSERT INTO logs (id, actor) VALUES (900, '` + of.id + `') RETURNING 'made'`, `{"id":900,"actor":"` + of.id + `"}`},
			} {
				name, _, _ := strings.Cut(table, ",")
				want := len(throughPolicies(t, c, p, row[0])) == 1
				header := rollingBack(tokenOf(t, p, path))
				header["Prefer"] = "tx=rollback"
				if a := s.Do(t, call{Method: "POST", Path: "/rest/v1/" + name, Body: row[1], Header: header}); (a.Status == 201) != want || a.Status != 201 && !strings.Contains(a.Body, `"42501"`) {
					if name == "todos" && a.Status == 201 && of.id != p.id { // the server writes who it is, as DEFAULT auth.uid() does
						continue
					}
					t.Errorf("%s makes %s: %d %s, and through the policies %v", p.name, row[1], a.Status, a.Body, want)
				}
			}
		}
	}
}

// rollingBack adds the headers of a call by /rest/v1 that changes nothing in the end.
func rollingBack(header map[string]string) map[string]string {
	out := map[string]string{"apikey": "anon-key-of-the-test", "Prefer": "tx=rollback,return=representation"}
	for name, value := range header {
		out[name] = value
	}
	return out
}

// mayChange returns the ids of the rows that a caller may delete or update, in a transaction that is rolled back.
func mayChange(t *testing.T, s *servertest.Instance, method, table, body string, header map[string]string) (out []string) {
	t.Helper()
	a := s.Do(t, call{Method: method, Path: "/rest/v1/" + table + "?id=not.is.null&select=id", Body: body, Header: rollingBack(header)})
	if a.Status == 401 || a.Status == 403 {
		return nil
	}
	if a.Status != 200 {
		t.Fatalf("%s %s: %d %s", method, table, a.Status, a.Body)
	}
	var rows []map[string]any
	a.Decode(t, &rows)
	for _, row := range rows {
		out = append(out, fmt.Sprint(row["id"]))
	}
	slices.Sort(out)
	return out
}

func itemsOf(t *testing.T, a servertest.Answer) []map[string]any {
	t.Helper()
	if a.Status == 401 || a.Status == 403 { // a rule that does not look at documents
		return nil
	}
	var list struct{ Items []map[string]any }
	if a.Status != 200 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	a.Decode(t, &list)
	return list.Items
}

func keysOf(t *testing.T, a servertest.Answer) (out []string) {
	t.Helper()
	for _, item := range itemsOf(t, a) {
		out = append(out, fmt.Sprint(item["id"]))
	}
	slices.Sort(out)
	return out
}

// signInAsBefore shows that accounts have kept their passwords, claims and second factors, and files their bytes.
func signInAsBefore(t *testing.T, s *servertest.Instance) {
	t.Helper()
	var session struct {
		Token string `json:"access_token"`
		User  struct{ ID string }
	}
	s.Want(t, 200, call{Method: "POST", Path: "/v1/auth/signin", Body: `{"email":"ann@example.com","password":"correct horse ann"}`}).Decode(t, &session)
	if session.User.ID != citizens[1].id {
		t.Errorf("ann has the id %s", session.User.ID)
	}
	header := map[string]string{"Authorization": "Bearer " + session.Token}
	if got := keysOf(t, s.Want(t, 200, call{Method: "GET", Path: "/v1/db/invoices", Header: header})); len(got) == 0 {
		t.Error("the token of ann does not have her claims")
	}
	items := itemsOf(t, s.Want(t, 200, call{Method: "GET", Path: "/v1/db/storage_objects?filter=" + url.QueryEscape(`path startsWith "avatars/"`), Header: header}))
	if len(items) != 1 || items[0]["owner"] != citizens[1].id {
		t.Fatalf("ann has the avatars %v", items)
	}
	if got := s.Want(t, 200, call{Method: "GET", Path: "/v1/files/storage_objects/" + fmt.Sprint(items[0]["id"]), Header: header}).Body; got != "avatars has "+citizens[1].id+"/face.txt" {
		t.Errorf("the avatar of ann is %q", got)
	}
	if a := s.Do(t, call{Method: "POST", Path: "/v1/auth/signin", Body: `{"email":"dee@example.com","password":"correct horse dee"}`}); a.Status == 200 {
		t.Errorf("dee signs in without her second factor: %s", a.Body)
	}
}
