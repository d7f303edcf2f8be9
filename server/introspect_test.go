package server_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/basalt-dev/basalt/modules/db/postgres/postgrestest"
	"github.com/basalt-dev/basalt/server/offline"
	"github.com/basalt-dev/basalt/server/servertest"
)

// TestIntrospect_AnExistingDatabaseIsServed takes the tables of another program, with types and names of
// their own, and serves what introspect prints for them.
func TestIntrospect_AnExistingDatabaseIsServed(t *testing.T) {
	t.Parallel()
	url := postgrestest.Database(t)
	ctx := context.Background()
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx) // the test is over
	if _, err := c.Exec(ctx, `
		CREATE TYPE mood AS ENUM ('fine', 'sad');
		CREATE SCHEMA app;
		CREATE TABLE customers (customer_id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name varchar(50) NOT NULL, email text UNIQUE, mood mood, score numeric(6,2), age smallint, joined timestamp, born date, extra json, place point);
		CREATE TABLE app.orders (id text PRIMARY KEY, customer uuid REFERENCES customers, total real, paid boolean NOT NULL DEFAULT false, "strange name" int);
		CREATE TABLE numbered (id serial PRIMARY KEY, x text NOT NULL DEFAULT 'made', y int GENERATED ALWAYS AS (id * 2) STORED);
		CREATE TABLE app.lines (order_id text REFERENCES app.orders, n smallint, number int REFERENCES numbered, PRIMARY KEY (order_id, n));
		CREATE TABLE tenants (tenant int, id int, tags text[] NOT NULL, sizes int[], PRIMARY KEY (tenant, id));
		CREATE TABLE loose (x text);
		CREATE TABLE free (id text PRIMARY KEY, a int, _rest jsonb);
		INSERT INTO free VALUES ('f', 1, '{"color": "red"}');
		CREATE VIEW happy AS SELECT customer_id::text AS id, name FROM customers WHERE mood = 'fine';
		INSERT INTO customers VALUES ('0191e7a0-0000-7000-8000-000000000001', 'Ann', 'ann@x.y', 'fine', 12.5, 40, '2026-01-02 03:04:05.123456', '1990-05-06', '{"a": 1}', '(1,2)'), ('0191e7a0-0000-7000-8000-000000000002', 'bob', NULL, 'sad', NULL, NULL, NULL, NULL, NULL, NULL);
		INSERT INTO app.orders VALUES ('o1', '0191e7a0-0000-7000-8000-000000000001', 1.5, true, 7);`); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "basalt.yaml")
	head := "databases: { main: { driver: postgres, url: \"" + url + "\" } }\nadmin: { keys: [\"admin-key-admin-key\"] }\nlog: { level: error }\n"
	if err := os.WriteFile(path, []byte(head), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := offline.Introspect(ctx, path, "", &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"  customers:\n", "key: customer_id", "id: { type: uuid }", "name: { type: string, required: true }", "email: { type: string, unique: true }", `mood: { type: string, enum: ["fine", "sad"] }`,
		"score: { type: decimal }", "age: { type: int }", "joined: { type: time }", "born: { type: date }", "extra: { type: json }", "place: { type: string }",
		"  app_orders:\n", `table: "app.orders"`, "customer: { type: ref, to: customers }", "paid: { type: bool }", `strange_name: { type: int, column: "strange name" }`,
		"  app_lines:\n", "key: [order_id, n]", "order_id: { type: ref, to: app_orders, required: true }", "n: { type: int, required: true }", "  happy:\n", "  numbered:\n", "id: { type: int }",
		"number: { type: ref, to: numbered }", "key: [tenant, id]", "tenants_id: { type: int, required: true, column: id }", "tags: { type: list, of: string, required: true, nulls: true }", "sizes: { type: list, of: int, nulls: true }", "# loose has no key",
		"  free:\n    database: main\n    open: true\n    fields:\n      id: { type: string }\n      a: { type: int }\n    rules:",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("there is no %q in\n%s", want, out.String())
		}
	}
	served := strings.ReplaceAll(out.String(), "read: 'false', create: 'false', update: 'false'", "read: 'true', create: 'true', update: 'true'")
	if err := os.WriteFile(path, []byte(head+served), 0o600); err != nil {
		t.Fatal(err)
	}
	s := servertest.StartFile(t, path)
	get := func(path string) string { return s.Want(t, 200, call{Method: "GET", Path: path}).Body }
	ann := `{"id":"0191e7a0-0000-7000-8000-000000000001","name":"Ann","email":"ann@x.y","mood":"fine","score":12.5,"age":40,"joined":"2026-01-02T03:04:05.123456Z","born":"1990-05-06","extra":{"a":1},"place":"(1,2)"}`
	if got := get("/v1/db/customers/0191e7a0-0000-7000-8000-000000000001"); got != ann {
		t.Errorf("got %s", got)
	}
	for filter, want := range map[string]string{
		`mood == "fine"`: "Ann", `name < "a"`: "Ann", `name startsWith "b"`: "bob", `score > 12`: "Ann", `age >= 40`: "Ann", `joined < "2027-01-01T00:00:00Z"`: "Ann",
		`id == "0191e7a0-0000-7000-8000-000000000002"`: "bob", `extra.a == 1`: "Ann", `mood != "fine"`: "bob",
	} {
		got := get("/v1/db/customers?select=name&filter=" + strings.NewReplacer(" ", "%20", `"`, "%22", ">", "%3E", "<", "%3C").Replace(filter))
		if got != `{"items":[{"name":"`+want+`"}],"next":null}` {
			t.Errorf("%s: got %s", filter, got)
		}
	}
	s.Want(t, 404, call{Method: "GET", Path: "/v1/db/customers/not-a-uuid"})
	if got := get("/v1/db/app_orders?filter=customer.name==%22Ann%22&expand=customer"); !strings.Contains(got, `"expand":{"customer":{"id":"0191e7a0`) {
		t.Errorf("got %s", got)
	}
	s.Want(t, 201, call{Method: "PUT", Path: "/v1/db/customers/0191e7a0-0000-7000-8000-000000000003", Body: `{"name":"Eve","mood":"sad","score":3.25,"age":7,"joined":"2026-02-03T04:05:06Z","born":"2000-01-01","extra":[1]}`})
	s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/customers/0191e7a0-0000-7000-8000-000000000003", Body: `{"mood":"fine","age":{"$inc":1}}`})
	for body, status := range map[string]int{`{"mood":"angry"}`: 422, `{"age":70000}`: 422, `{"name":"` + strings.Repeat("x", 60) + `"}`: 422, `{"email":"ann@x.y"}`: 409} {
		if a := s.Do(t, call{Method: "PATCH", Path: "/v1/db/customers/0191e7a0-0000-7000-8000-000000000003", Body: body}); a.Status != status {
			t.Errorf("%.40s: got %d %s", body, a.Status, a.Body)
		}
	}
	if a := s.Do(t, call{Method: "POST", Path: "/v1/db/customers", Body: `{"id":"not-a-uuid","name":"x"}`}); a.Status != 422 {
		t.Errorf("an id that is no uuid: got %d %s", a.Status, a.Body)
	}
	if a := s.Do(t, call{Method: "POST", Path: "/v1/db/app_orders", Body: `{"customer":"0191e7a0-0000-7000-8000-00000000000f"}`}); a.Status != 422 {
		t.Errorf("a reference to nothing: got %d %s", a.Status, a.Body)
	}
	if got := s.Want(t, 201, call{Method: "POST", Path: "/v1/db/numbered", Body: `[{},{"x":"given"}]`}).Body; got != `{"items":[{"id":1,"x":"made","y":2},{"id":2,"x":"given","y":4}]}` {
		t.Errorf("got %s", got)
	}
	if got := s.Want(t, 201, call{Method: "POST", Path: "/v1/db/app_lines", Body: `{"order_id":"o1","n":1,"number":2}`}).Body; got != `{"id":"o1~1","order_id":"o1","n":1,"number":2}` {
		t.Errorf("got %s", got)
	}
	if got := get("/v1/db/app_lines/o1~1?expand=number,order_id&select=n"); !strings.Contains(got, `"number":{"id":2,"x":"given","y":4}`) || !strings.Contains(got, `"order_id":{"id":"o1"`) {
		t.Errorf("got %s", got)
	}
	if a := s.Do(t, call{Method: "PATCH", Path: "/v1/db/numbered/1", Body: `{"y":9}`}); a.Status != 422 {
		t.Errorf("writing what the database computes: got %d %s", a.Status, a.Body)
	}
	var indexes int
	if err := c.QueryRow(ctx, `SELECT count(*) FROM pg_indexes WHERE schemaname IN ('public', 'app') AND tablename NOT LIKE '\_%' AND (indexname LIKE '%\_index' OR indexname LIKE '%\_unique')`).Scan(&indexes); err != nil || indexes != 2 {
		t.Errorf("%d indexes were made (%v), and only the refs app_orders.customer and app_lines.number had none", indexes, err)
	}
	if got := get("/v1/db/happy?sort=name&select=name"); got != `{"items":[{"name":"Ann"},{"name":"Eve"}],"next":null}` {
		t.Errorf("the view has %s", got)
	}
	if a := s.Do(t, call{Method: "POST", Path: "/v1/db/happy", Body: `{"name":"x"}`}); a.Status != 403 && a.Status != 422 {
		t.Errorf("writing to a view: got %d %s", a.Status, a.Body)
	}
}
