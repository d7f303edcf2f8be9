package server_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/db/mysql/mysqltest"
	"github.com/basalt-dev/basalt/server/offline"
	"github.com/basalt-dev/basalt/server/servertest"
)

const mysqlSchema = `
CREATE TABLE customers (customer_no bigint unsigned AUTO_INCREMENT PRIMARY KEY, name varchar(50) COLLATE utf8mb4_general_ci NOT NULL, email varchar(99) UNIQUE, mood enum('fine','sad'),
	score decimal(6,2), vip tinyint(1) NOT NULL DEFAULT 0, joined datetime(6), born date, extra json, updated timestamp DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, place point) CHARACTER SET utf8mb4;
CREATE TABLE orders (id char(36) PRIMARY KEY, customer bigint unsigned, total float, FOREIGN KEY (customer) REFERENCES customers (customer_no));
CREATE TABLE order_lines (order_id char(36), n smallint, text text, PRIMARY KEY (order_id, n));
CREATE TABLE loose (x text);
CREATE VIEW happy AS SELECT customer_no AS id, name FROM customers WHERE mood = 'fine';
INSERT INTO customers (name, email, mood, score, vip, joined, born, extra) VALUES ('Ann', 'ann@x.y', 'fine', 12.5, 1, '2026-01-02 03:04:05.123456', '1990-05-06', '{"a": 1}'), ('bob', NULL, 'sad', NULL, 0, NULL, NULL, NULL);
INSERT INTO orders VALUES ('o1', 1, 1.5);
INSERT INTO order_lines VALUES ('o1', 1, 'x');`

// TestMySQL_AnExistingDatabaseIsServed takes the tables of another program, and serves what introspect prints for them.
func TestMySQL_AnExistingDatabaseIsServed(t *testing.T) {
	t.Parallel()
	url := mysqltest.Database(t)
	other, err := mysqltest.Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if _, err := other.Exec(mysqlSchema); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "basalt.yaml")
	head := "databases: { main: { driver: mysql, url: \"" + url + "\" } }\nadmin: { keys: [\"admin-key-admin-key\"] }\nlog: { level: error }\n"
	if err := os.WriteFile(path, []byte(head), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := offline.Introspect(context.Background(), path, "", &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"  customers:\n", "key: customer_no", "id: { type: int }", "name: { type: string, required: true }", "email: { type: string, unique: true }", `mood: { type: string, enum: ["fine", "sad"] }`,
		"score: { type: decimal }", "joined: { type: time }", "born: { type: date }", "extra: { type: json }", "customer: { type: ref, to: customers", "total: { type: float }",
		"  order_lines:\n", "key: [order_id, n]", "n: { type: int, required: true }", "  happy:\n", "# loose has no key",
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
	if got := get("/v1/db/customers/1?select=name,mood,score,vip,joined,born,extra"); got != `{"name":"Ann","mood":"fine","score":12.5,"vip":true,"joined":"2026-01-02T03:04:05.123456Z","born":"1990-05-06","extra":{"a":1}}` {
		t.Errorf("got %s", got)
	}
	for filter, want := range map[string]string{
		`name == "Ann"`: "Ann", `name < "a"`: "Ann", `name startsWith "b"`: "bob", `score > 12`: "Ann", `vip`: "Ann", `joined < "2027-01-01T00:00:00Z"`: "Ann", `id == 2`: "bob", `extra.a == 1`: "Ann", `mood != "fine"`: "bob",
	} {
		got := get("/v1/db/customers?select=name&filter=" + strings.NewReplacer(" ", "%20", `"`, "%22", ">", "%3E", "<", "%3C").Replace(filter))
		if got != `{"items":[{"name":"`+want+`"}],"next":null}` {
			t.Errorf("%s: got %s", filter, got)
		}
	}
	if got := get(`/v1/db/customers?select=name&filter=name%20==%20%22ann%22`); got != `{"items":[],"next":null}` {
		t.Errorf("a name in other letters: got %s", got)
	}
	if got := s.Want(t, 201, call{Method: "POST", Path: "/v1/db/customers", Body: `{"name":"Eve","mood":"sad"}`}).Body; !strings.HasPrefix(got, `{"id":3,"name":"Eve"`) || strings.Contains(got, `"updated":null`) {
		t.Errorf("got %s", got)
	}
	for body, status := range map[string]int{`{"mood":"angry"}`: 422, `{"name":"` + strings.Repeat("x", 60) + `"}`: 422, `{"email":"ann@x.y"}`: 409, `{"name":null}`: 422, `{"mood":"fine"}`: 200} {
		if a := s.Do(t, call{Method: "PATCH", Path: "/v1/db/customers/3", Body: body}); a.Status != status {
			t.Errorf("%.40s: got %d %s", body, a.Status, a.Body)
		}
	}
	if got := s.Want(t, 201, call{Method: "POST", Path: "/v1/db/order_lines", Body: `{"order_id":"o1","n":2}`}).Body; got != `{"id":"o1~2","order_id":"o1","n":2,"text":null}` {
		t.Errorf("got %s", got)
	}
	if got := get("/v1/db/happy?sort=name&select=name"); got != `{"items":[{"name":"Ann"},{"name":"Eve"}],"next":null}` {
		t.Errorf("the view has %s", got)
	}
}

// TestMySQL_LiveQueries follows what other programs write, and what is written before and after a crash of the server.
func TestMySQL_LiveQueries(t *testing.T) {
	t.Parallel()
	server := mysqltest.Start(t)
	url := mysqltest.In(t, server.URL())
	s := servertest.Start(t, strings.Replace(stepsConfig, "DRIVER", `mysql, url: "`+url+`"`, 1))
	other, err := mysqltest.Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	run := func(statement string) {
		t.Helper()
		if _, err := other.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	l := s.Live(t, "")
	send(t, l, `{"id":"1","op":"subscribe","collection":"items","query":{"where":{"rank":{"$lt":5}},"sort":["rank"],"limit":100}}`)
	var state servertest.State
	expect := func(keys ...string) { t.Helper(); follow(t, l, &state, keysAre(&state, keys...)) }
	expect()
	run("INSERT INTO items (id, `rank`) VALUES ('b', 2), ('a', 1), ('z', 9)")
	expect("a", "b")
	run("UPDATE items SET `rank` = 3 WHERE id IN ('a', 'z')")
	expect("b", "a", "z")
	run("START TRANSACTION; DELETE FROM items WHERE id = 'a'; INSERT INTO items (id, `rank`) VALUES ('c', 4); COMMIT")
	expect("b", "z", "c")
	run("ALTER TABLE items ADD COLUMN more int FIRST")
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/items", Body: `{"id":"d","rank":0}`})
	expect("d", "b", "z", "c")
	run("TRUNCATE items")
	expect()
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	if a := s.Do(t, call{Method: "GET", Path: "/v1/db/items"}); a.Status != 503 {
		t.Errorf("without the database: got %d %s", a.Status, a.Body)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(time.Minute); ; {
		a := s.Do(t, call{Method: "PUT", Path: "/v1/db/items/e", Body: `{"rank":1}`})
		if a.Status < 300 {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("after a minute: %d %s", a.Status, a.Body)
		}
	}
	expect("e")
	run("INSERT INTO items (id, `rank`) VALUES ('f', 2)")
	expect("e", "f")
}
