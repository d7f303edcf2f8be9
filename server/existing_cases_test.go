package server_test

import "strings"

// sharedCase is a case of a database that has been in use for years, in each kind of database.
type sharedCase struct {
	name string
	// before is what they have run, by the name of the driver; not is why a driver has no such case.
	before, not map[string]string
	// edit replaces parts of what introspect prints.
	edit  []string
	calls []fieldCall
}

// inEachSQL is the same statements for all SQL databases.
func inEachSQL(sql string) map[string]string {
	return map[string]string{"sqlite": sql, "postgres": sql, "mysql": sql}
}

var noSchema = map[string]string{"mongo": "MongoDB has no schema that could say so"}

var long = strings.Repeat("k", 300)

// sharedCases are those of CASES-data that every database can have. README.md of modules/db/dbtest has the table.
var sharedCases = []sharedCase{
	{
		name: "any text is a key", // F8
		before: map[string]string{
			"sqlite":   `CREATE TABLE people (email VARCHAR(400) PRIMARY KEY, name TEXT); INSERT INTO people VALUES ('ann+news@x.org', 'Ann'), ('New York', 'NY'), ('Köln', 'K'), ('a/b', 's'), ('it''s', 'i'), ('` + long + `', 'l'), ('', 'empty')`,
			"postgres": `CREATE TABLE people (email text PRIMARY KEY, name text); INSERT INTO people VALUES ('ann+news@x.org', 'Ann'), ('New York', 'NY'), ('Köln', 'K'), ('a/b', 's'), ('it''s', 'i'), ('` + long + `', 'l'), ('', 'empty')`,
			"mysql":    `CREATE TABLE people (email varchar(400) PRIMARY KEY, name text) CHARACTER SET utf8mb4; INSERT INTO people VALUES ('ann+news@x.org', 'Ann'), ('New York', 'NY'), ('Köln', 'K'), ('a/b', 's'), ('it''s', 'i'), ('` + long + `', 'l'), ('', 'empty')`,
			"mongo": `people {"_id": "ann+news@x.org", "name": "Ann"}
				people {"_id": "New York", "name": "NY"}
				people {"_id": "Köln", "name": "K"}
				people {"_id": "a/b", "name": "s"}
				people {"_id": "it's", "name": "i"}
				people {"_id": "` + long + `", "name": "l"}
				people {"_id": "", "name": "empty"}`,
		},
		calls: []fieldCall{
			{"GET", "people/ann%2Bnews%40x.org", "", 200, `{"id":"ann+news@x.org","name":"Ann"}`},
			{"GET", "people/New%20York", "", 200, `"NY"`},
			{"GET", "people/K%C3%B6ln", "", 200, `"K"`},
			{"GET", "people/a%2Fb", "", 200, `"s"`},
			{"GET", "people/it's", "", 200, `"i"`},
			{"GET", "people/" + long, "", 200, `"l"`},
			{"GET", `people?filter=id == "New York"`, "", 200, "[New York]"},
			{"PATCH", "people/New%20York", `{"name":"big"}`, 200, `"big"`},
			{"PUT", "people/it's", `{"name":"new"}`, 200, `"new"`},
			{"POST", "people", `{"id":"x y+z@w/ü","name":"p"}`, 201, `"x y+z@w/ü"`},
			{"GET", "people/x%20y%2Bz%40w%2F%C3%BC", "", 200, `"p"`},
			{"POST", "/v1/batch", `{"ops":[{"op":"update","collection":"people","id":"a/b","doc":{"name":"batch"}}]}`, 200, `"batch"`},
			{"DELETE", "people/K%C3%B6ln", "", 204, ""},
			{"GET", "people/K%C3%B6ln", "", 404, ""},
			// The empty text has no path, and is reached by filters.
			{"PATCH", `people?filter=id == ""`, `{"name":"nobody"}`, 200, `{"count":1}`},
			{"GET", `people?count=true&filter=id == "" && name == "nobody"`, "", 200, `"items":[{"id":"","name":"nobody"}],"next":null,"total":1`},
		},
	}, {
		name: "a number keeps its digits, and adds up exactly", // F1, F3
		before: map[string]string{
			"postgres": `CREATE TABLE money (id serial PRIMARY KEY, v numeric)`,
			"mysql":    `CREATE TABLE money (id int AUTO_INCREMENT PRIMARY KEY, v decimal(40, 20))`,
		},
		not: map[string]string{"sqlite": "its numbers have 64 bits, also those of a NUMERIC column", "mongo": "FerretDB has no decimals; TestDecimals of the driver has them"},
		calls: []fieldCall{
			{"POST", "money", `{"v":9007199254740991}`, 201, `"v":9007199254740991`},
			{"POST", "money", `{"v":1234567890123456}`, 201, `"v":1234567890123456`},
			{"POST", "money", `{"v":99999999999999.99}`, 201, `"v":99999999999999.99`},
			{"POST", "money", `{"v":0.12345678901234567890}`, 201, `"v":0.1234567890123456789`},
			{"GET", "money/1", "", 200, `"v":9007199254740991`},
			{"GET", "money?filter=v == 9007199254740991", "", 200, "[1]"},
			{"DELETE", "money?filter=true", "", 200, `{"count":4}`},
			{"POST", "money", `[{"v":0.1},{"v":0.1},{"v":0.1}]`, 201, ""},
			{"POST", "money/aggregate", `{"sum":["v"],"avg":["v"]}`, 200, `{"items":[{"sum":{"v":0.3},"avg":{"v":0.1}}]}`},
		},
	}, {
		name: "a column that compares without case", // F10
		before: map[string]string{
			"sqlite":   `CREATE TABLE tags (id TEXT COLLATE NOCASE PRIMARY KEY, handle TEXT COLLATE NOCASE UNIQUE); INSERT INTO tags VALUES ('red', 'Bob'); CREATE TABLE uses (id INTEGER PRIMARY KEY, tag TEXT COLLATE NOCASE REFERENCES tags (id)); INSERT INTO uses VALUES (1, 'RED')`,
			"postgres": `CREATE EXTENSION citext; CREATE TABLE tags (id citext PRIMARY KEY, handle citext UNIQUE); INSERT INTO tags VALUES ('red', 'Bob'); CREATE TABLE uses (id serial PRIMARY KEY, tag citext REFERENCES tags (id)); INSERT INTO uses VALUES (1, 'RED')`,
		},
		not: map[string]string{"mongo": "a collation of MongoDB is that of an index or a query", "mysql": "its collations also take letters with accents as equal, which nothing else knows: they are compared by bytes"},
		calls: []fieldCall{
			{"GET", `tags?filter=handle == "bob"`, "", 200, "[red]"},
			{"GET", `tags?filter=handle != "BOB"`, "", 200, "[]"},
			{"GET", `tags?filter=handle in ["bob", "x"]`, "", 200, "[red]"},
			{"GET", `tags?filter=handle startsWith "bO"`, "", 200, "[red]"},
			{"GET", `tags?filter=handle contains "O"`, "", 200, "[red]"},
			{"GET", `tags?filter=handle > "BOA" && handle < "boc"`, "", 200, "[red]"},
			{"GET", `tags?filter=ilike(handle, "bob")`, "", 200, "[red]"},
			{"GET", "tags/RED", "", 200, `"id":"red"`},
			{"GET", "tags/red", "", 200, "Bob"},
			{"POST", "tags", `{"id":"x","handle":"bob"}`, 409, `"field":"handle"`},
			{"POST", "tags", `{"id":"RED","handle":"y"}`, 409, `"field":"id"`},
			{"PATCH", "tags/Red", `{"id":"RED","handle":"BOB"}`, 200, `{"id":"red","handle":"BOB"}`},
			{"PUT", "tags/Red", `{"id":"RED","handle":"bob"}`, 200, `{"id":"red","handle":"bob"}`},
			{"GET", "tags/rEd", "", 200, `"handle":"bob"`},
			{"POST", "tags", `{"id":"Z","handle":"Aa"}`, 201, ""},
			{"POST", "tags", `{"id":"y","handle":"ac"}`, 201, ""},
			{"GET", `tags?sort=handle`, "", 200, "[Z y red]"},
			{"GET", `tags?sort=-id`, "", 200, "[Z y red]"},
			{"GET", `uses?filter=tag.handle == "BOB"`, "", 200, "[1]"},
			{"GET", `uses/1?expand=tag`, "", 200, `"expand":{"tag":{"id":"red"`},
			{"POST", "uses", `{"id":2,"tag":"z"}`, 201, `"tag":"z"`},
			{"POST", "uses", `{"id":3,"tag":"none"}`, 422, "tag"},
			{"DELETE", "tags/Y", "", 204, ""},
			{"GET", "tags/y", "", 404, ""},
		},
	}, {
		name: "a column whose collation nothing else knows is compared by its bytes",
		before: map[string]string{
			"sqlite":   `CREATE TABLE tags (id TEXT COLLATE RTRIM PRIMARY KEY, handle TEXT COLLATE RTRIM UNIQUE); INSERT INTO tags VALUES ('red', 'Bob')`,
			"postgres": `CREATE COLLATION anycase (provider = icu, locale = 'und-u-ks-level2', deterministic = false); CREATE TABLE tags (id text COLLATE anycase PRIMARY KEY, handle text COLLATE anycase UNIQUE); INSERT INTO tags VALUES ('red', 'Bob')`,
			"mysql":    `CREATE TABLE tags (id varchar(20) PRIMARY KEY, handle varchar(20) UNIQUE) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci; INSERT INTO tags VALUES ('red', 'Bob')`,
		},
		not: map[string]string{"mongo": "a collation of MongoDB is that of an index or a query"},
		calls: []fieldCall{
			{"GET", `tags?filter=handle == "bob"`, "", 200, "[]"},
			{"GET", `tags?filter=handle == "Bob"`, "", 200, "[red]"},
			{"GET", `tags?filter=handle in ["bob", "x"]`, "", 200, "[]"},
			{"GET", `tags?filter=handle in ["Bob", "x"]`, "", 200, "[red]"},
			{"GET", `tags?filter=ilike(handle, "bob")`, "", 200, "[red]"},
			{"GET", "tags/RED", "", 404, ""},
			{"GET", "tags/red", "", 200, "Bob"},
			{"POST", "tags", `{"id":"z","handle":"a"}`, 201, ""},
			{"GET", `tags?sort=handle`, "", 200, "[red z]"},
		},
	}, {
		name: "what was left out is left to the database, and null is null", // F11
		before: map[string]string{
			"sqlite":   `CREATE TABLE nd (id INTEGER PRIMARY KEY, status TEXT DEFAULT 'draft', n INTEGER DEFAULT 7, m INTEGER)`,
			"postgres": `CREATE TABLE nd (id serial PRIMARY KEY, status text DEFAULT 'draft', n int DEFAULT 7, m int)`,
			"mysql":    `CREATE TABLE nd (id int AUTO_INCREMENT PRIMARY KEY, status varchar(20) DEFAULT 'draft', n int DEFAULT 7, m int)`,
		},
		not: noSchema,
		calls: []fieldCall{
			{"POST", "nd", `{"m":1}`, 201, `"status":"draft","n":7,"m":1`},
			{"POST", "nd", `{"status":null}`, 201, `"status":null,"n":7,"m":null`},
			{"POST", "nd", `[{"m":1},{"n":null},{"status":"x"}]`, 201, `"n":null`},
			{"GET", `nd?filter=status == "draft"`, "", 200, "[1 3 4]"},
			{"POST", "/v1/batch", `{"ops":[{"op":"create","collection":"nd","doc":{"m":5}}]}`, 200, `"draft"`},
			{"PUT", "nd/77", `{"m":7}`, 201, `"draft"`},
		},
	}, {
		name: "a rule decides about what the database has made of what was left out",
		before: map[string]string{
			"sqlite":   `CREATE TABLE staff (id INTEGER PRIMARY KEY, name TEXT, role TEXT DEFAULT 'admin')`,
			"postgres": `CREATE TABLE staff (id serial PRIMARY KEY, name text, role text DEFAULT 'admin')`,
			"mysql":    `CREATE TABLE staff (id int AUTO_INCREMENT PRIMARY KEY, name text, role varchar(20) DEFAULT 'admin')`,
		},
		not:  noSchema,
		edit: []string{"rules: { read: 'false', create: 'false'", `rules: { read: 'true', create: 'next.name == "first" || next.role != "admin"'`},
		calls: []fieldCall{
			{"POST", "staff", `{"name":"a"}`, 401, ""},
			{"POST", "staff", `[{"name":"first"},{"name":"a"}]`, 401, ""},
			{"PUT", "staff/77", `{"name":"a"}`, 401, ""},
			{"POST", "/v1/batch", `{"ops":[{"op":"create","collection":"staff","doc":{"name":"a"}}]}`, 401, ""},
			{"POST", "/v1/batch", `{"ops":[{"op":"create","collection":"staff","doc":{"name":"first"}},{"op":"create","collection":"staff","doc":{"name":"a"}}]}`, 401, ""},
			{"GET", "staff?count=true", "", 200, `"total":0`},
			{"POST", "staff", `{"name":"a","role":null}`, 201, `"role":null`},
			{"POST", "staff", `{"name":"a","role":"guest"}`, 201, `"guest"`},
			{"POST", "staff", `{"name":"first"}`, 201, `"admin"`},
		},
	}, {
		name: "a rule decides about what triggers and generated columns make of a document",
		before: map[string]string{
			"sqlite": `CREATE TABLE orders (id INTEGER PRIMARY KEY, name TEXT, price INTEGER, qty INTEGER, role TEXT, total INTEGER GENERATED ALWAYS AS (price * qty) STORED);
				CREATE TRIGGER made AFTER INSERT ON orders WHEN NEW.name = 'boss' BEGIN UPDATE orders SET role = 'admin' WHERE id = NEW.id; END;
				CREATE TRIGGER named AFTER UPDATE OF name ON orders WHEN NEW.name = 'boss' BEGIN UPDATE orders SET role = 'admin' WHERE id = NEW.id; END;
				INSERT INTO orders (id, name, price, qty, role) VALUES (1, 'a', 10, 2, 'guest')`,
			"postgres": `CREATE TABLE orders (id serial PRIMARY KEY, name text, price int, qty int, role text, total int GENERATED ALWAYS AS (price * qty) STORED);
				CREATE FUNCTION promote() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.name = 'boss' THEN NEW.role = 'admin'; END IF; RETURN NEW; END $$;
				CREATE TRIGGER promotes BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION promote();
				INSERT INTO orders (name, price, qty, role) VALUES ('a', 10, 2, 'guest')`,
			"mysql": `CREATE TABLE orders (id int AUTO_INCREMENT PRIMARY KEY, name varchar(20), price int, qty int, role varchar(20), total int GENERATED ALWAYS AS (price * qty) STORED);
				CREATE TRIGGER made BEFORE INSERT ON orders FOR EACH ROW SET NEW.role = IF(NEW.name = 'boss', 'admin', NEW.role);
				CREATE TRIGGER named BEFORE UPDATE ON orders FOR EACH ROW SET NEW.role = IF(NEW.name = 'boss', 'admin', NEW.role);
				INSERT INTO orders (name, price, qty, role) VALUES ('a', 10, 2, 'guest')`,
		},
		not: noSchema,
		edit: []string{"rules: { read: 'false', create: 'false', update: 'false'",
			`rules: { read: 'true', create: 'next.role != "admin" && !(next.total > 100)', update: '!(next.total > 100) && !changed("role")'`},
		calls: []fieldCall{
			{"POST", "orders", `{"name":"boss","role":"guest"}`, 401, ""},
			{"POST", "orders", `{"name":"b","price":60,"qty":2,"role":"guest"}`, 401, ""},
			{"POST", "orders", `[{"name":"b","role":"guest"},{"name":"boss","role":"guest"}]`, 401, ""},
			{"PUT", "orders/77", `{"name":"boss","role":"guest"}`, 401, ""},
			{"POST", "/v1/batch", `{"ops":[{"op":"create","collection":"orders","doc":{"name":"boss","role":"guest"}}]}`, 401, ""},
			{"POST", "/v1/batch", `{"ops":[{"op":"create","collection":"orders","doc":{"name":"b","role":"guest"}},{"op":"create","collection":"orders","doc":{"name":"b","price":60,"qty":2}}]}`, 401, ""},
			{"PATCH", "orders/1", `{"name":"boss"}`, 401, ""},
			{"PATCH", "orders/1", `{"price":51}`, 401, ""},
			{"PATCH", "orders/1", `{"price":{"$inc":90}}`, 401, ""},
			{"PUT", "orders/1", `{"name":"boss","price":10,"qty":2,"role":"guest"}`, 401, ""},
			{"PATCH", "orders?filter=true", `{"name":"boss"}`, 401, ""},
			{"PATCH", "orders?filter=true", `{"qty":11}`, 401, ""},
			{"POST", "/v1/batch", `{"ops":[{"op":"update","collection":"orders","id":"1","doc":{"name":"boss"}}]}`, 401, ""},
			{"POST", "/v1/batch", `{"ops":[{"op":"update","collection":"orders","id":"1","doc":{"price":5}},{"op":"replace","collection":"orders","id":"1","doc":{"name":"a","price":101,"qty":1,"role":"guest"}}]}`, 401, ""},
			{"GET", "orders?count=true", "", 200, `"items":[{"id":1,"name":"a","price":10,"qty":2,"role":"guest","total":20}],"next":null,"total":1`},
			{"PATCH", "orders/1", `{"price":50}`, 200, `"total":100`},
			{"PATCH", "orders?filter=true", `{"price":5}`, 200, `{"count":1}`},
			{"PATCH", "orders/1", `{"qty":{"$inc":1}}`, 200, `"total":15`},
			{"POST", "orders", `{"name":"b","price":50,"qty":2,"role":"guest"}`, 201, `"total":100`},
			{"PUT", "orders/1", `{"name":"a","price":7,"qty":2,"role":"guest"}`, 200, `"total":14`},
		},
	}, {
		name: "a rule that looks at its own collection decides about what a trigger stores as if that were not there yet",
		before: map[string]string{
			"sqlite": `CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT);
				CREATE TRIGGER made AFTER INSERT ON people BEGIN UPDATE people SET email = lower(email) WHERE id = NEW.id; END;
				CREATE TRIGGER named AFTER UPDATE OF email ON people BEGIN UPDATE people SET email = lower(email) WHERE id = NEW.id; END`,
			"postgres": `CREATE TABLE people (id serial PRIMARY KEY, email text);
				CREATE FUNCTION lowered() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.email = lower(NEW.email); RETURN NEW; END $$;
				CREATE TRIGGER lowers BEFORE INSERT OR UPDATE ON people FOR EACH ROW EXECUTE FUNCTION lowered()`,
			"mysql": `CREATE TABLE people (id int AUTO_INCREMENT PRIMARY KEY, email varchar(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin);
				CREATE TRIGGER made BEFORE INSERT ON people FOR EACH ROW SET NEW.email = lower(NEW.email);
				CREATE TRIGGER named BEFORE UPDATE ON people FOR EACH ROW SET NEW.email = lower(NEW.email)`,
		},
		not: noSchema,
		edit: []string{"rules: { read: 'false', create: 'false', update: 'false'",
			`rules: { read: 'true', create: '!exists("people", {"email": next.email})', update: '!changed("email") || !exists("people", {"email": next.email})'`},
		calls: []fieldCall{
			{"POST", "people", `{"id":1,"email":"Ann@x.org"}`, 201, `"ann@x.org"`},
			{"POST", "people", `{"id":2,"email":"ANN@x.org"}`, 401, ""},
			{"POST", "people", `{"id":2,"email":"Bob@x.org"}`, 201, `"bob@x.org"`},
			{"PATCH", "people/1", `{"email":"BOB@x.org"}`, 401, ""},
			{"PATCH", "people?filter=id == 1", `{"email":"BOB@x.org"}`, 401, ""},
			{"POST", "/v1/batch", `{"ops":[{"op":"create","collection":"people","doc":{"id":3,"email":"Cyd@x.org"}},{"op":"create","collection":"people","doc":{"id":4,"email":"CYD@x.org"}}]}`, 401, ""},
			{"PATCH", "people/1", `{"email":"ANN@x.org"}`, 200, `"ann@x.org"`},
			{"PATCH", "people/1", `{"email":"Eve@x.org"}`, 200, `"eve@x.org"`},
			{"PUT", "people/9", `{"email":"EVE@x.org"}`, 401, ""},
			{"GET", "people?count=true", "", 200, `"total":2`},
		},
	}, {
		name: "an operation of a batch sees what a trigger has done for one before it",
		before: map[string]string{
			"sqlite": `CREATE TABLE rooms (id TEXT PRIMARY KEY); CREATE TABLE notes (id INTEGER PRIMARY KEY, room TEXT); CREATE TABLE closings (id INTEGER PRIMARY KEY, room TEXT);
				CREATE TRIGGER closes AFTER INSERT ON closings BEGIN DELETE FROM rooms WHERE id = NEW.room; END; INSERT INTO rooms VALUES ('r')`,
			"postgres": `CREATE TABLE rooms (id text PRIMARY KEY); CREATE TABLE notes (id int PRIMARY KEY, room text); CREATE TABLE closings (id int PRIMARY KEY, room text);
				CREATE FUNCTION closed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN DELETE FROM rooms WHERE id = NEW.room; RETURN NULL; END $$;
				CREATE TRIGGER closes AFTER INSERT ON closings FOR EACH ROW EXECUTE FUNCTION closed(); INSERT INTO rooms VALUES ('r')`,
			"mysql": `CREATE TABLE rooms (id varchar(20) PRIMARY KEY); CREATE TABLE notes (id int PRIMARY KEY, room varchar(20)); CREATE TABLE closings (id int PRIMARY KEY, room varchar(20));
				CREATE TRIGGER closes AFTER INSERT ON closings FOR EACH ROW DELETE FROM rooms WHERE id = NEW.room; INSERT INTO rooms VALUES ('r')`,
		},
		not: noSchema,
		edit: []string{"  notes:\n", `  notes:
    fields_writable: { room: 'exists("rooms", {"id": next.room})' }
`},
		calls: []fieldCall{
			{"POST", "/v1/batch", `{"ops":[{"op":"create","collection":"notes","doc":{"id":1,"room":"r"}},{"op":"create","collection":"closings","doc":{"id":1,"room":"r"}},{"op":"create","collection":"notes","doc":{"id":2,"room":"r"}}]}`, 401, ""},
			{"GET", "rooms", "", 200, "[r]"},
			{"POST", "/v1/batch", `{"ops":[{"op":"create","collection":"notes","doc":{"id":1,"room":"r"}},{"op":"create","collection":"closings","doc":{"id":1,"room":"r"}}]}`, 200, ""},
			{"GET", "rooms", "", 200, "[]"},
		},
	}, {
		name: "what is answered is what is stored", // F12
		before: map[string]string{
			"sqlite":   `CREATE TABLE pr (id INTEGER PRIMARY KEY, slug TEXT); CREATE TRIGGER low AFTER INSERT ON pr BEGIN UPDATE pr SET slug = lower(NEW.slug) WHERE id = NEW.id; END`,
			"postgres": `CREATE TABLE pr (id serial PRIMARY KEY, slug text); CREATE FUNCTION low() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.slug = lower(NEW.slug); RETURN NEW; END $$; CREATE TRIGGER low BEFORE INSERT ON pr FOR EACH ROW EXECUTE FUNCTION low()`,
			"mysql":    `CREATE TABLE pr (id int AUTO_INCREMENT PRIMARY KEY, slug varchar(50)); CREATE TRIGGER low BEFORE INSERT ON pr FOR EACH ROW SET NEW.slug = lower(NEW.slug)`,
		},
		not: noSchema,
		calls: []fieldCall{
			{"POST", "pr", `{"slug":"HELLO"}`, 201, `"slug":"hello"`},
			{"POST", "pr", `[{"slug":"A"},{"slug":"B"}]`, 201, `"slug":"b"`},
			{"GET", "pr/1", "", 200, `"slug":"hello"`},
		},
	}, {
		name: "the key is made by a trigger", // F12
		before: map[string]string{
			"postgres": `CREATE TABLE keyed (id text PRIMARY KEY, client text); CREATE FUNCTION made() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.id = NEW.client || '-1'; RETURN NEW; END $$; CREATE TRIGGER made BEFORE INSERT ON keyed FOR EACH ROW EXECUTE FUNCTION made()`,
			"mysql":    `CREATE TABLE keyed (id varchar(50) PRIMARY KEY, client varchar(20)); CREATE TRIGGER made BEFORE INSERT ON keyed FOR EACH ROW SET NEW.id = concat(NEW.client, '-1')`,
			"sqlite":   `CREATE TABLE keyed (id TEXT PRIMARY KEY, client TEXT); CREATE TRIGGER made AFTER INSERT ON keyed BEGIN UPDATE keyed SET id = NEW.client || '-1' WHERE id = NEW.id; END`,
		},
		not: noSchema,
		calls: []fieldCall{
			{"POST", "keyed", `{"client":"NPS"}`, 201, `"id":"NPS-1"`},
			{"GET", "keyed/NPS-1", "", 200, `"client":"NPS"`},
			{"POST", "/v1/batch", `{"ops":[{"op":"create","collection":"keyed","doc":{"client":"A"}},{"op":"create","collection":"keyed","doc":{"client":"B"}}]}`, 200, `"id":"B-1"`},
			{"GET", "keyed/B-1", "", 200, `"client":"B"`},
			{"PUT", "keyed/own", `{"client":"C"}`, 201, `"id":"C-1"`},
			{"GET", "keyed/C-1", "", 200, `"client":"C"`},
		},
	}, {
		name: "a refusal of the database's own is told", // F14, F33
		before: map[string]string{
			"sqlite": `CREATE TABLE inv (id INTEGER PRIMARY KEY, paid INTEGER, b INTEGER GENERATED ALWAYS AS (paid * 2) STORED); INSERT INTO inv (id, paid) VALUES (1, 1); CREATE TRIGGER stay BEFORE UPDATE ON inv BEGIN SELECT RAISE(ABORT, 'paid invoices stay'); END; CREATE TRIGGER stay2 BEFORE DELETE ON inv BEGIN SELECT RAISE(ABORT, 'paid invoices stay'); END;
				CREATE TRIGGER luck BEFORE INSERT ON inv WHEN NEW.paid = 13 BEGIN SELECT RAISE(ABORT, 'not thirteen'); END`,
			"postgres": `CREATE TABLE inv (id int PRIMARY KEY, paid int, b int GENERATED ALWAYS AS (paid * 2) STORED); INSERT INTO inv (id, paid) VALUES (1, 1); CREATE FUNCTION stay() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'paid invoices stay'; END $$; CREATE TRIGGER stay BEFORE UPDATE OR DELETE ON inv FOR EACH ROW EXECUTE FUNCTION stay();
				CREATE FUNCTION luck() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.paid = 13 THEN RAISE EXCEPTION 'not thirteen' USING DETAIL = 'never'; END IF; RETURN NEW; END $$; CREATE TRIGGER luck BEFORE INSERT ON inv FOR EACH ROW EXECUTE FUNCTION luck()`,
			"mysql": `CREATE TABLE inv (id int PRIMARY KEY, paid int, b int GENERATED ALWAYS AS (paid * 2) STORED); INSERT INTO inv (id, paid) VALUES (1, 1); CREATE TRIGGER stay BEFORE UPDATE ON inv FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'paid invoices stay'; CREATE TRIGGER stay2 BEFORE DELETE ON inv FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'paid invoices stay';
				CREATE TRIGGER luck BEFORE INSERT ON inv FOR EACH ROW IF NEW.paid = 13 THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'not thirteen'; END IF`,
		},
		not: noSchema,
		calls: []fieldCall{
			{"PATCH", "inv/1", `{"paid":0}`, 422, "paid invoices stay"},
			{"DELETE", "inv/1", "", 422, "paid invoices stay"},
			{"DELETE", "inv?filter=true", "", 422, "paid invoices stay"},
			{"POST", "inv", `{"id":3,"paid":13}`, 422, "not thirteen"},
			{"POST", "inv", `[{"id":4,"paid":1},{"id":3,"paid":13}]`, 422, "not thirteen"},
			{"PUT", "inv/3", `{"paid":13}`, 422, "not thirteen"},
			{"POST", "/v1/batch", `{"ops":[{"op":"create","collection":"inv","doc":{"id":4}},{"op":"create","collection":"inv","doc":{"id":3,"paid":13}}]}`, 422, "not thirteen"},
			{"PATCH", "inv?filter=true", `{"paid":0}`, 422, "paid invoices stay"},
			{"POST", "inv", `{"id":2,"b":5}`, 422, `"code":"readonly"`},
			{"POST", "inv", `{"id":2,"paid":4}`, 201, `"b":8`},
			{"GET", "inv", "", 200, "[1 2]"},
		},
	}, {
		name: "a value that the database makes may be sent as it is", // F33
		before: map[string]string{
			"sqlite":   `CREATE TABLE gen (id INTEGER PRIMARY KEY, a INTEGER, n INTEGER, twice INTEGER GENERATED ALWAYS AS (a * 2) STORED); INSERT INTO gen (id, a) VALUES (1, 1), (2, 2)`,
			"postgres": `CREATE TABLE gen (id int PRIMARY KEY, a int, n int, twice int GENERATED ALWAYS AS (a * 2) STORED); INSERT INTO gen (id, a) VALUES (1, 1), (2, 2)`,
			"mysql":    `CREATE TABLE gen (id int PRIMARY KEY, a int, n int, twice int GENERATED ALWAYS AS (a * 2) STORED); INSERT INTO gen (id, a) VALUES (1, 1), (2, 2)`,
		},
		not: noSchema,
		calls: []fieldCall{
			{"PATCH", "gen/1", `{"twice":2,"n":3}`, 200, `{"id":1,"a":1,"n":3,"twice":2}`},
			{"PATCH", "gen/1", `{"twice":3,"n":4}`, 422, `"field":"twice","code":"readonly"`},
			{"PUT", "gen/1", `{"id":1,"a":1,"n":5,"twice":2}`, 200, `"n":5,"twice":2`},
			{"POST", "/v1/batch", `{"ops":[{"op":"update","collection":"gen","id":"1","doc":{"twice":2,"n":6}},{"op":"create","collection":"gen","doc":{"id":3,"a":3}},{"op":"update","collection":"gen","id":"2","doc":{"twice":4,"a":5}}]}`, 200, `{"id":2,"a":5,"n":null,"twice":10}`},
			{"GET", "gen/1", "", 200, `"n":6`},
			{"POST", "/v1/batch", `{"ops":[{"op":"update","collection":"gen","id":"1","doc":{"n":7}},{"op":"update","collection":"gen","id":"2","doc":{"twice":4}}]}`, 422, `"field":"ops[1].twice","code":"readonly"`},
			{"POST", "/v1/batch", `{"ops":[{"op":"replace","collection":"gen","id":"2","doc":{"a":5,"twice":10,"n":1}},{"op":"create","collection":"gen","doc":{"id":9,"twice":1}}]}`, 422, `"field":"ops[1].twice","code":"readonly"`},
			{"POST", "/v1/batch", `{"atomic":false,"ops":[{"op":"update","collection":"gen","id":"1","doc":{"twice":2,"n":8}}]}`, 200, `"n":8`},
			{"PATCH", "gen?filter=id == 1", `{"twice":2,"n":9}`, 200, `{"count":1}`},
			{"PATCH", "gen?filter=true", `{"twice":2,"n":10}`, 422, `"field":"twice","code":"readonly"`},
			{"GET", "gen?filter=n == 9 || n == 10", "", 200, "[1]"},
		},
	}, {
		name: "a column id inside a key of two", // F20
		before: map[string]string{
			"sqlite":   `CREATE TABLE events (id INTEGER, at INTEGER NOT NULL, n INTEGER, PRIMARY KEY (id, at)); INSERT INTO events VALUES (1, 2, 3)`,
			"postgres": `CREATE TABLE events (id int, at int NOT NULL, n int, PRIMARY KEY (id, at)); INSERT INTO events VALUES (1, 2, 3)`,
			"mysql":    `CREATE TABLE events (id int, at int NOT NULL, n int, PRIMARY KEY (id, at)); INSERT INTO events VALUES (1, 2, 3)`,
		},
		not: map[string]string{"mongo": "a document of MongoDB has one key"},
		calls: []fieldCall{
			{"GET", "events/1~2", "", 200, `{"id":"1~2","events_id":1,"at":2,"n":3}`},
			{"PATCH", "events/1~2", `{"n":4}`, 200, `"n":4`},
			{"POST", "events", `{"events_id":5,"at":6}`, 201, `"id":"5~6"`},
			{"GET", "events?filter=events_id == 5", "", 200, "[5~6]"},
		},
	}, {
		name: "names that are none of ours", // F20, F21
		before: map[string]string{
			"sqlite":   `CREATE TABLE "_AToB" (id INTEGER PRIMARY KEY, "First Name" TEXT, "1st" TEXT, "dash-ed" TEXT, "ümlaut" TEXT); INSERT INTO "_AToB" VALUES (1, 'a', 'b', 'c', 'd')`,
			"postgres": `CREATE TABLE "_AToB" (id int PRIMARY KEY, "First Name" text, "1st" text, "dash-ed" text, "ümlaut" text); INSERT INTO "_AToB" VALUES (1, 'a', 'b', 'c', 'd')`,
			"mysql":    "CREATE TABLE `_AToB` (id int PRIMARY KEY, `First Name` text, `1st` text, `dash-ed` text, `ümlaut` text) CHARACTER SET utf8mb4; INSERT INTO `_AToB` VALUES (1, 'a', 'b', 'c', 'd')",
			"mongo":    `_AToB {"_id": 1, "First Name": "a", "1st": "b", "dash-ed": "c", "ümlaut": "d"}`,
		},
		calls: []fieldCall{
			{"GET", "AToB/1", "", 200, `{"id":1,"First_Name":"a","column_1st":"b","dash_ed":"c","mlaut":"d"}`},
			{"PATCH", "AToB/1", `{"First_Name":"x","column_1st":"y"}`, 200, `"First_Name":"x","column_1st":"y"`},
			{"GET", `AToB?filter=First_Name == "x"`, "", 200, "[1]"},
			{"GET", `AToB?sort=-dash_ed`, "", 200, "[1]"},
		},
	}, {
		name: "a date is a key", // F23, F31
		before: map[string]string{
			"sqlite":   `CREATE TABLE days (day DATE PRIMARY KEY, n INTEGER); INSERT INTO days VALUES ('2026-02-28', 1), ('2026-03-01', 2)`,
			"postgres": `CREATE TABLE days (day date PRIMARY KEY, n int); INSERT INTO days VALUES ('2026-02-28', 1), ('2026-03-01', 2)`,
			"mysql":    `CREATE TABLE days (day date PRIMARY KEY, n int); INSERT INTO days VALUES ('2026-02-28', 1), ('2026-03-01', 2)`,
		},
		not: map[string]string{"mongo": "it has no dates without a time"},
		calls: []fieldCall{
			{"GET", "days/2026-02-28", "", 200, `{"id":"2026-02-28","day":"2026-02-28","n":1}`},
			{"GET", `days?filter=day >= "2026-03-01"`, "", 200, "[2026-03-01]"},
			{"POST", "days", `{"day":"2026-04-01","n":3}`, 201, `"id":"2026-04-01"`},
			{"PATCH", "days/2026-04-01", `{"n":4}`, 200, `"n":4`},
			{"DELETE", "days/2026-04-01", "", 204, ""},
			{"POST", "days", `{"day":"2026-02-28T20:00:00-05:00"}`, 422, `"field":"day"`},
			{"GET", "days?sort=-day", "", 200, "[2026-03-01 2026-02-28]"},
		},
	}, {
		name:   "another program changes a column", // F27
		before: inEachSQL(`CREATE TABLE onup (id varchar(20) PRIMARY KEY, n int); INSERT INTO onup VALUES ('a', 1)`),
		not:    noSchema,
		calls: []fieldCall{
			{"GET", "onup/a", "", 200, `"n":1`}, {"GET", "onup/a", "", 200, `"n":1`}, {"PATCH", "onup/a", `{"n":2}`, 200, `"n":2`},
			{"SQL", "", `ALTER TABLE onup ADD COLUMN more int`, 0, ""},
			{"GET", "onup/a", "", 200, `"n":2`}, {"PATCH", "onup/a", `{"n":{"$inc":1}}`, 200, `"n":3`}, {"POST", "onup", `{"id":"b"}`, 201, ""},
			{"GET", "onup?sort=-n", "", 200, "[a b]"},
		},
	}, {
		name: "fields are called as figures are", // F32
		before: map[string]string{
			"sqlite":   `CREATE TABLE figures (id INTEGER PRIMARY KEY, count TEXT, sum INTEGER, n INTEGER); INSERT INTO figures VALUES (1, 'a', 1, 5), (2, 'b', 2, 6), (3, 'a', 1, 7)`,
			"postgres": `CREATE TABLE figures (id int PRIMARY KEY, count text, sum int, n int); INSERT INTO figures VALUES (1, 'a', 1, 5), (2, 'b', 2, 6), (3, 'a', 1, 7)`,
			"mysql":    "CREATE TABLE figures (id int PRIMARY KEY, `count` varchar(20), `sum` int, n int); INSERT INTO figures VALUES (1, 'a', 1, 5), (2, 'b', 2, 6), (3, 'a', 1, 7)",
			"mongo": `figures {"_id": 1, "count": "a", "sum": 1, "n": 5}
				figures {"_id": 2, "count": "b", "sum": 2, "n": 6}
				figures {"_id": 3, "count": "a", "sum": 1, "n": 7}`,
		},
		calls: []fieldCall{
			{"POST", "figures/aggregate", `{"group":["count"],"sum":["n"]}`, 200, `{"items":[{"count":"a","sum":{"n":12}},{"count":"b","sum":{"n":6}}]}`},
			{"POST", "figures/aggregate", `{"group":["sum"],"count":true}`, 200, `{"items":[{"sum":1,"count":2},{"sum":2,"count":1}]}`},
			{"POST", "figures/aggregate", `{"group":["count"],"count":true}`, 422, "count"},
			{"POST", "figures/aggregate", `{"group":["sum"],"sum":["n"]}`, 422, "sum"},
		},
	}, {
		name: "ids that were said do not stop those that the database makes", // F37
		before: map[string]string{
			"sqlite":   `CREATE TABLE own (id INTEGER PRIMARY KEY, x TEXT)`,
			"postgres": `CREATE TABLE own (id serial PRIMARY KEY, x text)`,
			"mysql":    `CREATE TABLE own (id int AUTO_INCREMENT PRIMARY KEY, x text)`,
		},
		not: map[string]string{"mongo": "it makes no numbers"},
		calls: []fieldCall{
			{"POST", "own", `{"id":2}`, 201, `"id":2`}, {"POST", "own", `{}`, 201, ""}, {"POST", "own", `{}`, 201, ""}, {"POST", "own", `[{},{}]`, 201, ""},
			{"POST", "own", `{"id":2}`, 409, ""},
		},
	}, {
		name: "a value that cannot be shown stops no list", // F40
		before: map[string]string{
			"sqlite":   `CREATE TABLE c (id INTEGER PRIMARY KEY, k TEXT, x TEXT); INSERT INTO c VALUES (1, '{"a":1}', 'x'), (2, '{oops', 'y')`,
			"postgres": `CREATE TABLE c (id int PRIMARY KEY, k json, x text); INSERT INTO c VALUES (1, '{"a":1}', 'x'), (2, '{"a":"\u0000"}', 'y')`,
		},
		not:  map[string]string{"mongo": "TestDocuments_OfOthers of the driver has values of other types", "mysql": "its JSON is text that the server has checked; dates of zeros are in TestExisting_Writes of the driver"},
		edit: []string{"k: { type: string", "k: { type: json"},
		calls: []fieldCall{
			{"GET", "c", "", 200, "[1 2]"}, {"GET", "c/2", "", 200, `"k":null,"x":"y"`}, {"GET", "c?filter=k.a == 1", "", 200, "[1]"}, {"GET", "c?filter=k == nil", "", 200, "[2]"},
			{"PATCH", "c/2", `{"x":"z"}`, 200, `"z"`},
		},
	}, {
		name: "tables without a primary key, and views", // deliver 3
		before: inEachSQL(`CREATE TABLE loose (email varchar(50) NOT NULL UNIQUE, n int); INSERT INTO loose VALUES ('a', 1);
			CREATE TABLE pairs (a int NOT NULL, b int NOT NULL, n int, UNIQUE (a, b)); INSERT INTO pairs VALUES (1, 2, 3);
			CREATE TABLE heap (x int); CREATE VIEW happy AS SELECT email AS id, n FROM loose; CREATE VIEW sad AS SELECT email, n FROM loose`),
		not: map[string]string{"mongo": "every document has a key"},
		calls: []fieldCall{
			{"GET", "loose/a", "", 200, `{"id":"a","n":1}`}, {"PATCH", "loose/a", `{"n":2}`, 200, `"n":2`}, {"POST", "loose", `{"id":"a"}`, 409, ""}, {"POST", "loose", `{"id":"b","n":5}`, 201, ""},
			{"PUT", "loose/c", `{"n":7}`, 201, ""}, {"GET", "loose?sort=-n", "", 200, "[c b a]"}, {"DELETE", "loose/c", "", 204, ""},
			{"GET", "pairs/1~2", "", 200, `"n":3`}, {"POST", "pairs", `{"a":1,"b":2}`, 409, ""}, {"POST", "pairs", `{"a":1,"b":3}`, 201, `"id":"1~3"`},
			{"GET", "heap", "", 404, ""}, {"GET", "sad", "", 404, ""},
			{"GET", "happy?sort=n", "", 200, "[a b]"}, {"GET", "happy/b", "", 200, `"n":5`},
		},
	}, {
		name: "indexes of several columns", // deliver 5
		before: map[string]string{
			"sqlite":   `CREATE TABLE ix (id INTEGER PRIMARY KEY, owner TEXT, at INTEGER, slug TEXT); CREATE INDEX theirs ON ix (owner, at DESC); CREATE UNIQUE INDEX theirs2 ON ix (owner, slug); CREATE INDEX part ON ix (at) WHERE slug IS NULL`,
			"postgres": `CREATE TABLE ix (id int PRIMARY KEY, owner text, at int, slug text); CREATE INDEX theirs ON ix (owner, at DESC); CREATE UNIQUE INDEX theirs2 ON ix (owner, slug); CREATE INDEX part ON ix (at) WHERE slug IS NULL`,
			"mysql":    `CREATE TABLE ix (id int PRIMARY KEY, owner varchar(20), at int, slug varchar(20)); CREATE INDEX theirs ON ix (owner, at DESC); CREATE UNIQUE INDEX theirs2 ON ix (owner, slug)`,
		},
		not: map[string]string{"mongo": "introspect asks its documents, not its indexes"},
		calls: []fieldCall{
			{"POST", "ix", `{"id":1,"owner":"a","slug":"x","at":1}`, 201, ""}, {"POST", "ix", `{"id":2,"owner":"a","slug":"x"}`, 409, ""}, {"POST", "ix", `{"id":3,"owner":"a","slug":"y","at":2}`, 201, ""},
			{"GET", `ix?sort=-at&filter=owner == "a"`, "", 200, "[3 1]"},
		},
	}, {
		name: "ids keep their kind", // F34, F35
		before: map[string]string{
			"mongo": `users {"_id": {"$oid": "65a1b2c3d4e5f60718293a4b"}, "name": "Ann"}
				users {"_id": {"$oid": "65a1b2c3d4e5f60718293a4c"}, "name": "Bob"}
				posts {"_id": 7, "user": {"$oid": "65a1b2c3d4e5f60718293a4b"}}`,
		},
		not:  map[string]string{"sqlite": "columns have types", "postgres": "columns have types", "mysql": "columns have types"},
		edit: []string{"user: { type: string", "user: { type: ref, to: users"},
		calls: []fieldCall{
			{"GET", "users/65a1b2c3d4e5f60718293a4b", "", 200, `"name":"Ann"`},
			{"GET", "posts/7", "", 200, `{"id":7,"user":"65a1b2c3d4e5f60718293a4b"}`},
			{"GET", "posts/7?expand=user", "", 200, `"name":"Ann"`},
			{"GET", `posts?filter=user == "65a1b2c3d4e5f60718293a4b"`, "", 200, "[7]"},
			{"PATCH", "posts/7", `{"user":"65a1b2c3d4e5f60718293a4c"}`, 200, `"user":"65a1b2c3d4e5f60718293a4c"`},
			{"GET", "posts/7?expand=user", "", 200, `"name":"Bob"`},
			{"GET", `posts?filter=user.name == "Bob"`, "", 200, "[7]"},
			{"POST", "posts", `{"id":8,"user":"65a1b2c3d4e5f60718293a4b"}`, 201, ""},
			{"GET", `posts?filter=user in ["65a1b2c3d4e5f60718293a4b"]`, "", 200, "[8]"},
			{"GET", "users/65a1b2c3d4e5f60718293a4b?expand=posts", "", 200, `"id":8`},
		},
	}, {
		name: "nested documents, uuids and arrays of ids", // deliver 9
		before: map[string]string{
			"mongo": `people {"_id": {"$binary": {"base64": "AZHnoAAAcACAAAAAAAAACg==", "subType": "04"}}, "address": {"city": "Bonn", "since": {"$date": "2026-01-02T03:04:05Z"}, "by": {"$oid": "65a1b2c3d4e5f60718293a4b"}, "geo": {"lat": 50.5}, "token": {"$binary": {"base64": "AZHnoAAAcACAAAAAAAAACg==", "subType": "04"}}}, "friends": [{"$oid": "65a1b2c3d4e5f60718293a4b"}], "odd": {"a-b": 1, "c": 2}}
				people {"_id": {"$binary": {"base64": "AZHnoAAAcACAAAAAAAAACw==", "subType": "04"}}, "address": {"city": "Ulm", "since": {"$date": "2026-02-02T03:04:05Z"}, "by": {"$oid": "65a1b2c3d4e5f60718293a4c"}, "geo": {"lat": 51}}}
				pets {"_id": {"$oid": "65a1b2c3d4e5f60718293a4b"}, "n": 1}
				pets {"_id": {"$oid": "65a1b2c3d4e5f60718293a4c"}, "n": 2}
				pets {"_id": {"$oid": "75a1b2c3d4e5f60718293a4c"}, "n": 3}`,
		},
		not: map[string]string{"sqlite": "columns have types", "postgres": "columns have types", "mysql": "columns have types"},
		calls: []fieldCall{
			{"GET", "people?sort=id", "", 200, "[0191e7a0-0000-7000-8000-00000000000a 0191e7a0-0000-7000-8000-00000000000b]"},
			{"GET", "people/0191E7A0-0000-7000-8000-00000000000A", "", 200, `"address":{"city":"Bonn","since":"2026-01-02T03:04:05.000000Z","by":"65a1b2c3d4e5f60718293a4b","geo":{"lat":50.5},"token":"0191e7a0-0000-7000-8000-00000000000a"},"friends":["65a1b2c3d4e5f60718293a4b"]`},
			{"GET", `people?filter=address.city == "Ulm"`, "", 200, "[0191e7a0-0000-7000-8000-00000000000b]"},
			{"GET", `people?filter=address.citi == "Ulm"`, "", 422, `did you mean \"city\"?`},
			{"GET", `people?filter=address.city == 5`, "", 422, `expected string, got int`},
			{"GET", `people?filter=address.since > "2026-01-03T00:00:00Z" && address.geo.lat >= 51`, "", 200, "[0191e7a0-0000-7000-8000-00000000000b]"},
			{"GET", `people?filter=address.by == "65a1b2c3d4e5f60718293a4b" && address.token == "0191E7A0-0000-7000-8000-00000000000A" && "65a1b2c3d4e5f60718293a4b" in friends`, "", 200, "[0191e7a0-0000-7000-8000-00000000000a]"},
			{"GET", `people?filter=odd.c == 2 && odd.else == nil`, "", 200, "[0191e7a0-0000-7000-8000-00000000000a]"},
			{"PATCH", "people/0191e7a0-0000-7000-8000-00000000000a", `{"address":{"since":"2027-01-01T00:00:00.123456Z","by":"75a1b2c3d4e5f60718293a4c"},"friends":{"$push":"65a1b2c3d4e5f60718293a4c"}}`, 200, `"since":"2027-01-01T00:00:00.123000Z","by":"75a1b2c3d4e5f60718293a4c"`},
			{"GET", `people?filter=address.since > "2026-12-31T00:00:00Z" && address.by > "75" && "65a1b2c3d4e5f60718293a4c" in friends`, "", 200, "[0191e7a0-0000-7000-8000-00000000000a]"},
			{"PATCH", "people/0191e7a0-0000-7000-8000-00000000000a", `{"address":{"since":"soon"}}`, 422, `{"field":"address.since","code":"type"`},
			{"GET", "pets?limit=1&sort=-id", "", 200, "[75a1b2c3d4e5f60718293a4c]"},
			{"GET", `pets?filter=id > "65a1b2c3d4e5f60718293a4b"`, "", 200, "[65a1b2c3d4e5f60718293a4c 75a1b2c3d4e5f60718293a4c]"},
			{"POST", "pets", `{"n":4}`, 201, `"n":4`},
		},
	}, {
		name: "lists with nulls in them",
		before: map[string]string{
			"postgres": `CREATE TABLE l (id int PRIMARY KEY, tags text[] NOT NULL DEFAULT '{x,y}', n int[] DEFAULT '{}', p numeric[], at timestamptz[]); INSERT INTO l VALUES (1, '{a,NULL,b}', '{1,NULL}', '{1.50,NULL}', '{2026-01-01T00:00:00Z,NULL}'), (2, '{a}', NULL, NULL, NULL)`,
			"mongo":    `l {"_id": 1, "tags": ["a", null, "b"], "n": [1, null]}` + "\n" + `l {"_id": 2, "tags": ["a"]}`,
		},
		not: map[string]string{"sqlite": "it has no arrays", "mysql": "it has no arrays"},
		calls: []fieldCall{
			{"GET", "l/1", "", 200, `"tags":["a",null,"b"],"n":[1,null]`},
			{"GET", `l?filter="b" in tags && 1 in n && len(tags) == 3`, "", 200, "[1]"},
			{"PATCH", "l/1", `{"tags":["a",null,"b"],"n":[1,null]}`, 200, `"tags":["a",null,"b"],"n":[1,null]`},
			{"PUT", "l/1", `{"tags":["a",null,"b"],"n":[1,null]}`, 200, `"tags":["a",null,"b"],"n":[1,null]`},
			{"PATCH", "l/1", `{"tags":["a",3,null]}`, 422, `"field":"tags","code":"type","detail":"expected an array, each element of which is null or a string"`},
			{"PATCH", "l/1", `{"n":{"$push":null}}`, 200, `"n":[1,null,null]`},
			{"PATCH", "l/1", `{"tags":{"$pull":"a"}}`, 200, `"tags":[null,"b"]`},
			{"PATCH", "l/1", `{"tags":["c"],"n":[2]}`, 200, `"tags":["c"],"n":[2]`},
		},
	}, {
		name: "lists that the database fills",
		before: map[string]string{
			"postgres": `CREATE TABLE d (id int PRIMARY KEY, tags text[] NOT NULL DEFAULT '{x,y}', n int[] DEFAULT '{}'); CREATE TYPE mood AS ENUM ('sad', 'fine'); CREATE TABLE needed (id int PRIMARY KEY, tags text[] NOT NULL, moods mood[] NOT NULL)`,
		},
		not: map[string]string{"sqlite": "it has no arrays", "mysql": "it has no arrays", "mongo": "it has no defaults"},
		calls: []fieldCall{
			{"POST", "d", `{"id":1}`, 201, `{"id":1,"tags":["x","y"],"n":[]}`}, {"POST", "d", `{"id":2,"n":null}`, 201, `{"id":2,"tags":["x","y"],"n":null}`},
			{"POST", "d", `{"id":3,"tags":[]}`, 201, `"tags":[],"n":[]`}, {"GET", `d?filter="x" in tags`, "", 200, "[1 2]"},
			{"POST", "needed", `{"id":1,"tags":["a"],"moods":["sad"]}`, 201, `"tags":["a"],"moods":["sad"]`}, {"POST", "needed", `{"id":2,"tags":["a"]}`, 422, `"field":"moods"`}, // F18
			{"POST", "needed", `{"id":2,"tags":["a"],"moods":["glad"]}`, 422, ``},
		},
	},
}
