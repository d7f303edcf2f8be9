package server_test

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/basalt-dev/basalt/modules/db/postgres/postgrestest"
	"github.com/basalt-dev/basalt/server/offline"
	"github.com/basalt-dev/basalt/server/servertest"
)

// existing is what a database that has been in use for years meets: the statements are run, what
// introspect prints is served with the rules replaced, and the case is tried.
type existing struct {
	name, sql string
	// read is the read rule, true when it is empty; every other rule is true. rules replaces any of them.
	read  string
	rules map[string]string
	// edit replaces parts of what introspect prints.
	edit []string
	try  func(*testing.T, *servertest.Instance, func(sql string))
}

// TestExisting serves the databases of others on PostgreSQL.
func TestExisting(t *testing.T) {
	t.Parallel()
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
	t.Cleanup(func() { conn.Close(ctx) }) // the test is over
	run := func(sql string) {
		t.Helper()
		if _, err := conn.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	return serveExisting(t, "driver: postgres, url: \""+url+"\"", run, c), run
}

// serveExisting runs the statements of a case, and serves what introspect prints for them.
func serveExisting(t *testing.T, database string, run func(string), c existing) *servertest.Instance {
	t.Helper()
	ctx := context.Background()
	run(c.sql)
	path := filepath.Join(t.TempDir(), "basalt.yaml")
	head := "databases: { main: { " + database + " } }\nauth: { tokens: { secret: \"0123456789abcdef0123456789abcdef\" } }\nadmin: { keys: [\"admin-key-admin-key\"] }\nlog: { level: warn }\n"
	if err := os.WriteFile(path, []byte(head), 0o600); err != nil {
		t.Fatal(err)
	}
	var printed bytes.Buffer
	if err := offline.Introspect(ctx, path, "", &printed); err != nil {
		t.Fatal(err)
	}
	read := c.read
	if read == "" {
		read = "true"
	}
	var replaced []string
	for _, op := range []string{"read", "create", "update", "delete"} {
		rule := "true"
		if op == "read" {
			rule = read
		}
		if own := c.rules[op]; own != "" {
			rule = own
		}
		replaced = append(replaced, op+": 'false'", op+": '"+rule+"'")
	}
	rules := strings.NewReplacer(append(replaced, c.edit...)...)
	if err := os.WriteFile(path, []byte(head+rules.Replace(printed.String())), 0o600); err != nil {
		t.Fatal(err)
	}
	return servertest.StartFile(t, path)
}

var existingCases = []existing{
	{
		name: "citext in rules, live queries and the cache",
		sql:  `CREATE EXTENSION citext; CREATE TABLE notes (id citext PRIMARY KEY, owner citext, txt text)`,
		read: "doc.owner == auth.name",
		rules: map[string]string{
			"create": `next.owner == auth.name`, "update": `doc.owner == auth.name && next.owner in [auth.name, "x"] && !(next.owner startsWith "X")`,
		},
		edit: []string{"  notes:\n", "  notes:\n    cache: { ttl: 1h }\n"},
		try: func(t *testing.T, s *servertest.Instance, run func(string)) {
			ann, bob := s.Token(map[string]any{"sub": "a", "name": "Ann"}), s.Token(map[string]any{"sub": "b", "name": "bob"})
			live := s.Live(t, ann)
			if err := live.Send(`{"id":"1","op":"subscribe","collection":"notes","query":{"where":{"owner":{"$in":["aNN","z"]}}}}`); err != nil {
				t.Fatal(err)
			}
			if m := live.Want(t, "snapshot"); strings.Contains(m.Text, "txt") {
				t.Errorf("the live query begins with %s", m.Text)
			}
			s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Token: ann, Body: `{"id":"Nr1","owner":"ANN","txt":"mine"}`})
			s.Want(t, 403, call{Method: "POST", Path: "/v1/db/notes", Token: bob, Body: `{"id":"Nr9","owner":"ANN","txt":"no"}`})
			if m := live.Want(t, "change"); !strings.Contains(m.Text, "mine") {
				t.Errorf("the live query sends %s", m.Text)
			}
			run(`INSERT INTO notes VALUES ('Nr2', 'aNn', 'theirs'), ('Nr3', 'Bob', 'hidden')`)
			if m := live.Want(t, "change"); !strings.Contains(m.Text, "theirs") {
				t.Errorf("the live query sends %s", m.Text)
			}
			at := "/v1/db/notes/"
			for n, id := range []string{"NR1", "nr1", "Nr1"} { // each changes what the others have cached
				s.Want(t, 404, call{Method: "PATCH", Path: at + id, Token: bob, Body: `{"txt":"x"}`})
				s.Want(t, 403, call{Method: "PATCH", Path: at + id, Token: ann, Body: `{"owner":"x"}`})
				txt := fmt.Sprintf(`"txt":"nr %d"`, n)
				s.Want(t, 200, call{Method: "PATCH", Path: at + id, Token: ann, Body: `{"owner":"ann",` + txt + `}`})
				for _, id := range []string{"NR1", "nr1", "Nr1"} {
					if got := s.Want(t, 200, call{Method: "GET", Path: at + id, Token: ann}).Body; !strings.Contains(got, txt) {
						t.Errorf("%s is %s", id, got)
					}
				}
			}
			if got := s.Want(t, 200, call{Method: "GET", Path: "/v1/db/notes?count=true", Token: ann}).Body; !strings.Contains(got, `"total":2`) {
				t.Errorf("Ann has %s", got)
			}
		},
	},
	{
		name: "a uuid has several spellings",
		sql: `CREATE TABLE people (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text);
		      CREATE TABLE notes (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), owner uuid, person uuid REFERENCES people (id), txt text);
		      CREATE TABLE parts (a uuid, b int, txt text, PRIMARY KEY (a, b))`,
		read: "true",
		try: func(t *testing.T, s *servertest.Instance, run func(string)) {
			const capitals, small = "AAAAAAAA-1111-4111-8111-11111111AAAA", "aaaaaaaa-1111-4111-8111-11111111aaaa"
			const other = "00000000-1111-4111-8111-11111111aaaa"
			at := "/v1/db/people/"
			if got := s.Want(t, 201, call{Method: "POST", Path: "/v1/db/people", Body: `{"id":"` + capitals + `","name":"Ann"}`}).Body; !strings.Contains(got, small) {
				t.Errorf("created %s", got)
			}
			for _, id := range []string{capitals, small, strings.ReplaceAll(capitals, "-", "")} {
				s.Want(t, 200, call{Method: "GET", Path: at + id})
				s.Want(t, 200, call{Method: "PATCH", Path: at + id, Body: `{"id":"` + capitals + `","name":"` + id + `"}`})
				s.Want(t, 200, call{Method: "PUT", Path: at + id, Body: `{"id":"` + id + `","name":"Ann"}`})
				for _, filter := range []string{`id=="` + id + `"`, `id%20in%20%5B"` + id + `"%5D`, `!(id!="` + id + `")`} {
					if got := s.Want(t, 200, call{Method: "GET", Path: "/v1/db/people?count=true&filter=" + filter}).Body; !strings.Contains(got, `"total":1`) {
						t.Errorf("%s finds %s", filter, got)
					}
				}
				if got := s.Want(t, 200, call{Method: "POST", Path: "/v1/db/people/query", Body: `{"where":{"id":{"$in":["` + id + `","` + other + `"]}}}`}).Body; !strings.Contains(got, small) {
					t.Errorf("$in finds %s", got)
				}
				s.Want(t, 200, call{Method: "POST", Path: "/v1/batch", Body: `{"ops":[{"op":"update","collection":"people","id":"` + id + `","doc":{"name":"Ann"}},{"op":"update","collection":"people","id":"` + small + `","doc":{"name":"Ann"}}]}`})
			}
			s.Want(t, 404, call{Method: "GET", Path: at + "no-uuid"})
			s.Want(t, 422, call{Method: "GET", Path: "/v1/db/people?filter=id==%22no-uuid%22"})
			s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Body: `{"person":"` + capitals + `","txt":"of Ann"}`})
			if got := s.Want(t, 200, call{Method: "GET", Path: `/v1/db/notes?expand=person&filter=person.id=="` + capitals + `"`}).Body; !strings.Contains(got, `"name":"Ann"`) {
				t.Errorf("through the reference: %s", got)
			}
			s.Want(t, 201, call{Method: "POST", Path: "/v1/db/parts", Body: `{"a":"` + capitals + `","b":1}`})
			s.Want(t, 200, call{Method: "GET", Path: "/v1/db/parts/" + capitals + "~1"})
			s.Want(t, 200, call{Method: "PUT", Path: "/v1/db/parts/" + capitals + "~1", Body: `{"txt":"x"}`})
			s.Want(t, 404, call{Method: "GET", Path: "/v1/db/parts/no-uuid~1"})
			one := s.Live(t, "")
			if err := one.Send(`{"id":"1","op":"subscribe","collection":"people","query":{"where":{"id":"` + capitals + `"}}}`); err != nil {
				t.Fatal(err)
			}
			if m := one.Want(t, "snapshot"); !strings.Contains(m.Text, small) {
				t.Errorf("the live query begins with %s", m.Text)
			}
			run(`UPDATE people SET name = 'Bob'`)
			if m := one.Want(t, "change"); !strings.Contains(m.Text, "Bob") {
				t.Errorf("the live query sends %s", m.Text)
			}
		},
	}, {
		name: "a rule knows a uuid by every spelling of the claim",
		sql: `CREATE TABLE teams (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), lead uuid, owner uuid, team uuid, txt text);
		      CREATE TABLE notes (id serial PRIMARY KEY, owner uuid, team uuid REFERENCES teams (id), txt text)`,
		rules: map[string]string{
			"read":   `doc.owner == auth.id || doc.owner in (auth.friends ?? []) || exists("teams", {"id": doc.team, "lead": auth.id})`,
			"create": `next.owner == auth.id || next.owner in (auth.friends ?? [])`,
			"update": `doc.owner == auth.id && next.owner == doc.owner && (next.txt != "by get" || get("teams", auth.team).lead == auth.id)`,
			"delete": `auth.id == doc.owner`,
		},
		try: func(t *testing.T, s *servertest.Instance, run func(string)) {
			const capitals, small, other = "BBBBBBBB-1111-4111-8111-11111111BBBB", "bbbbbbbb-1111-4111-8111-11111111bbbb", "cccccccc-1111-4111-8111-11111111cccc"
			ann := user(s, capitals)
			run(`INSERT INTO teams (id, lead) VALUES ('` + other + `', '` + small + `'); INSERT INTO notes (team, txt) VALUES ('` + other + `', 'of the team')`)
			s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Token: ann, Body: `{"owner":"` + capitals + `"}`})
			s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Token: ann, Body: `{"owner":"` + small + `"}`})
			s.Want(t, 403, call{Method: "POST", Path: "/v1/db/notes", Token: ann, Body: `{"owner":"` + other + `"}`})
			friend := s.Token(map[string]any{"sub": other, "friends": []string{"someone", capitals}, "team": strings.ToUpper(other)})
			s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Token: friend, Body: `{"owner":"` + small + `"}`})
			for who, want := range map[string]string{ann: `"total":4`, friend: `"total":3`, user(s, "no uuid"): `"total":0`, "": `"total":0`} {
				if got := s.Want(t, 200, call{Method: "GET", Path: "/v1/db/notes?count=true", Token: who}).Body; !strings.Contains(got, want) {
					t.Errorf("got %s, want %s", got, want)
				}
			}
			live := s.Live(t, ann)
			if err := live.Send(`{"id":"1","op":"subscribe","collection":"notes","query":{"where":{}}}`); err != nil {
				t.Fatal(err)
			}
			live.Want(t, "snapshot")
			run(`INSERT INTO notes (owner, txt) VALUES ('` + small + `', 'new')`)
			if m := live.Want(t, "change"); !strings.Contains(m.Text, "new") {
				t.Errorf("the live query sends %s", m.Text)
			}
			s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/notes/2", Token: ann, Body: `{"txt":"x","owner":"` + capitals + `"}`})
			s.Want(t, 403, call{Method: "PATCH", Path: "/v1/db/notes/2", Token: ann, Body: `{"txt":"by get"}`})
			lead := s.Token(map[string]any{"sub": capitals, "team": strings.ToUpper(other)})
			s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/notes/2", Token: lead, Body: `{"txt":"by get"}`})
			s.Want(t, 204, call{Method: "DELETE", Path: "/v1/db/notes/2", Token: ann})
		},
	},
	{
		name: "a value that cannot be shown is null, and stops no list",
		sql: `CREATE TABLE c (id serial PRIMARY KEY, k json, v numeric, g int, txt text);
		      INSERT INTO c (k, v, g) VALUES ('{"a":1,"b":"\\u0000","c":"\u00e9"}', 1.5, 1), ('{"a":"\u0000"}', 2, 1), ('{"a":"\\\u0000"}', 3, 1), ('["\ud800"]', 4, 1), ('["\udc00\ud800"]', 5, 1), ('["\ud83d\ude00"]', 6, 1),
		        ('{"a":1e99999}', 7, 1), ('{"a":"1e99999"}', 8, 1), ('{"a":1}', 10::numeric ^ 400, 2), ('{"a":1}', '1e-401', 2), ('{"a":1}', 'NaN', 2), ('{"a":1}', 1.7976931348623157e308, 2), ('{"a":1}', 5e-324, 2), (NULL, NULL, 2)`,
		edit: []string{"v: { type: decimal", "v: { type: float"},
		try: func(t *testing.T, s *servertest.Instance, run func(string)) {
			lost := map[string][]string{"k": {"2", "3", "4", "5", "7"}, "v": {"9", "10"}}
			isLost := func(field string, id int) bool { return slices.Contains(lost[field], fmt.Sprint(id)) }
			live := s.Live(t, "")
			if err := live.Send(`{"id":"1","op":"subscribe","collection":"c","query":{"where":{},"sort":["id"]}}`); err != nil {
				t.Fatal(err)
			}
			for what, text := range map[string]string{
				"list": s.Want(t, 200, call{Method: "GET", Path: "/v1/db/c?sort=id"}).Body,
				"live": live.Want(t, "snapshot").Text,
			} {
				for id := 1; id <= 14; id++ {
					_, row, _ := strings.Cut(text, fmt.Sprintf(`{"id":%d,`, id))
					row, _, _ = strings.Cut(row, `,"txt":`)
					if null := strings.Contains(row, `"k":null`); null != (isLost("k", id) || id == 14) {
						t.Errorf("%s: k of %d in %s", what, id, row)
					}
					if null := strings.Contains(row, `"v":null`); null != (isLost("v", id) || id == 14) {
						t.Errorf("%s: v of %d in %s", what, id, row)
					}
				}
			}
			for id := 1; id <= 14; id++ {
				s.Want(t, 200, call{Method: "GET", Path: fmt.Sprintf("/v1/db/c/%d?select=k,v", id)})
			}
			// Filters, orders, cursors and sums see what is shown.
			for filter, want := range map[string]int{"k==nil": 6, "k!=nil": 8, "k.a==1": 6, "v==nil": 3, "v>100": 2, "v!=nil": 11, "v%20in%20%5Bnil,2%5D": 4} {
				if got := s.Want(t, 200, call{Method: "GET", Path: "/v1/db/c?count=true&filter=" + filter}).Body; !strings.Contains(got, fmt.Sprintf(`"total":%d`, want)) {
					t.Errorf("%s: %s, want %d", filter, got, want)
				}
			}
			for _, sort := range []string{"v", "-v"} {
				seen, path := 0, "/v1/db/c?limit=1&sort="+sort
				for next := ""; seen < 20; seen++ {
					body := s.Want(t, 200, call{Method: "GET", Path: path + next}).Body
					_, cursor, more := strings.Cut(body, `"next":"`)
					if !more {
						break
					}
					next = "&after=" + strings.TrimSuffix(cursor, `"}`)
				}
				if seen != 13 {
					t.Errorf("%d pages by %s", seen, sort)
				}
			}
			if got := s.Want(t, 200, call{Method: "POST", Path: "/v1/db/c/aggregate", Body: `{"where":{"v":{"$lt":100}},"group":["g"],"sum":["v"],"count":true}`}).Body; !strings.Contains(got, `"sum":{"v":36.5}`) {
				t.Errorf("the sum is %s", got)
			}
			// Writes go on, to these rows too, and store nothing that could not be shown.
			s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/c/2", Body: `{"txt":"x"}`})
			s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/c?filter=v==nil", Body: `{"txt":"x"}`})
			s.Want(t, 422, call{Method: "PATCH", Path: "/v1/db/c/2", Body: `{"k":["\u0000"]}`})
			s.Want(t, 422, call{Method: "POST", Path: "/v1/db/c", Body: `{"k":{"a":"\u0000"}}`})
			s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/c/2", Body: `{"k":["z"]}`})
			run(`INSERT INTO c (id, k) VALUES (100, '["\u0000"]')`)
			for live.Want(t, "change").Key != "100" {
			}
			for _, column := range []string{"k", "v"} {
				lines := slices.DeleteFunc(strings.Split(s.Log(), "\n"), func(line string) bool { return !strings.Contains(line, "column="+column) })
				if len(lines) != 1 || !strings.Contains(lines[0], "table=c") || !slices.ContainsFunc(lost[column], func(id string) bool { return strings.Contains(lines[0], "key="+id) }) {
					t.Errorf("the log of %s: %q", column, lines)
				}
			}
		},
	}, {
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
	}, {
		name: "types without a form of their own are their text",
		sql: `CREATE DOMAIN email AS text CHECK (VALUE LIKE '%@%'); CREATE DOMAIN price AS numeric(10,2); CREATE TYPE mood AS ENUM ('sad', 'Fine', 'é');
		      CREATE TABLE odd (id serial PRIMARY KEY, ip inet, net cidr, mac macaddr, i interval, t time, m mood, b bit(3), v bit varying, x xml, p point, r int4range, period tstzrange, e email, price price);
		      INSERT INTO odd (ip, i, t, m) VALUES ('10.0.0.1', '1 day 02:00', '12:30', 'Fine'), ('9.0.0.1', '1 mon', '01:00', 'sad'), (NULL, NULL, NULL, NULL), ('::1', '-1 day', '24:00', 'é')`,
		try: func(t *testing.T, s *servertest.Instance, run func(string)) {
			made := s.Want(t, 201, call{Method: "POST", Path: "/v1/db/odd", Body: `{"ip":"192.168.0.1/32","net":"10.0.0.0/8","mac":"08-00-2B-01-02-03","i":"90 minutes","t":"04:05","b":"101","v":"1","x":"<a/>","p":"(1, 2)","r":"[1,5]","e":"a@b","price":19.999}`})
			for _, want := range []string{`"net":"10.0.0.0/8"`, `"mac":"08:00:2b:01:02:03"`, `"i":"01:30:00"`, `"t":"04:05:00"`, `"b":"101"`, `"v":"1"`, `"x":"<a/>"`, `"p":"(1,2)"`, `"r":"[1,6)"`, `"e":"a@b"`, `"price":20`} {
				if !strings.Contains(made.Body, want) {
					t.Errorf("there is no %s in %s", want, made.Body)
				}
			}
			if got := s.Want(t, 200, call{Method: "GET", Path: "/v1/db/odd/5"}); got.Body != made.Body || got.Header.Get("ETag") != made.Header.Get("ETag") {
				t.Errorf("read as %s, made as %s", got.Body, made.Body)
			}
			s.Want(t, 200, call{Method: "PUT", Path: "/v1/db/odd/5", Body: made.Body})
			for filter, want := range map[string]string{`ip=="10.0.0.1"`: "1", `ip<"2"`: "1 5", `t>="12:30:00"`: "1 4", `m=="Fine"`: "1", `m>"Z"`: "2 4", `i==nil`: "3", `ip%20in%20%5B"9.0.0.1","::1"%5D`: "2 4", `e%20contains%20"@"`: "5", `price==20`: "5"} {
				got := s.Want(t, 200, call{Method: "GET", Path: "/v1/db/odd?select=id&sort=id&filter=" + strings.NewReplacer("<", "%3C", ">", "%3E", `"`, "%22").Replace(filter)}).Body
				if got = strings.NewReplacer(`{"id":`, "", "}", "", ",", " ").Replace(got); !strings.Contains(got, `"items":[`+want+`]`) {
					t.Errorf("%s finds %s, want %s", filter, got, want)
				}
			}
			for _, body := range []string{`{"ip":"10.0.0"}`, `{"i":"long"}`, `{"t":"25:00"}`, `{"m":"glad"}`, `{"b":"10"}`, `{"b":"102"}`, `{"x":"<a>"}`, `{"p":"1"}`, `{"r":"[5,1]"}`, `{"e":"ab"}`, `{"price":123456789.00}`, `{"price":"x"}`, `{"net":"10.0.0.1/8"}`} {
				s.Want(t, 422, call{Method: "PATCH", Path: "/v1/db/odd/1", Body: body})
			}
		},
	}, {
		name: "types of the database's own are their text",
		sql: `CREATE TYPE place AS (street text, no int); CREATE TYPE span AS RANGE (subtype = float8); CREATE DOMAIN home AS place CHECK ((VALUE).no > 0);
		      CREATE TABLE own (id serial PRIMARY KEY, p place NOT NULL, h home, s span, ps place[], ms span[], q tsquery, m int4multirange, ns interval[], n int);
		      INSERT INTO own (p, ps, s) VALUES ('("Rue, 1",3)', '{"(a,1)"}', '[1.5,2]'), ('(b,)', NULL, NULL)`,
		try: func(t *testing.T, s *servertest.Instance, run func(string)) {
			has(t, s.Want(t, 200, call{Method: "GET", Path: "/v1/db/own/1"}), `"p":"(\"Rue, 1\",3)","h":null,"s":"[1.5,2]","ps":"{\"(a,1)\"}","ms":null`)
			made := s.Want(t, 201, call{Method: "POST", Path: "/v1/db/own", Body: `{"p":"(x, 7)","h":"(y,1)","s":"(1,2)","ps":"{}","ms":"{\"[1,2]\"}","q":"a & b","m":"{[1,3),[2,5)}","ns":"{1 day}"}`})
			has(t, made, `"p":"(x,7)","h":"(y,1)","s":"(1,2)","ps":"{}","ms":"{\"[1,2]\"}","q":"'a' & 'b'","m":"{[1,5)}","ns":"{\"1 day\"}"`)
			if got := s.Want(t, 200, call{Method: "GET", Path: "/v1/db/own/3"}); got.Body != made.Body {
				t.Errorf("read as %s, made as %s", got.Body, made.Body)
			}
			s.Want(t, 200, call{Method: "PUT", Path: "/v1/db/own/3", Body: made.Body})
			has(t, s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/own/2", Body: `{"n":1}`}), `"p":"(b,)"`)
			for query, want := range map[string]string{`filter=` + url.QueryEscape(`p == "(x,7)"`): "3", `filter=` + url.QueryEscape(`p startsWith "("`) + "&sort=p": "1 2 3", `filter=` + url.QueryEscape(`s == nil`): "2", "sort=-s&limit=1": "1"} {
				if got := strings.Trim(ids(t, s.Want(t, 200, call{Method: "GET", Path: "/v1/db/own?" + query})), "[]"); got != want {
					t.Errorf("%s finds %s, want %s", query, got, want)
				}
			}
			for _, body := range []string{`{"p":"x"}`, `{"p":"(x,y)"}`, `{"h":"(y,0)"}`, `{"s":"[2,1]"}`, `{"ps":"{x}"}`, `{"p":null}`} {
				s.Want(t, 422, call{Method: "PATCH", Path: "/v1/db/own/1", Body: body})
			}
		},
	}, {
		name: "a numeric keeps what is sent, and adds up exactly",
		sql:  `CREATE TABLE money (id serial PRIMARY KEY, v numeric, g int)`,
		try: func(t *testing.T, s *servertest.Instance, run func(string)) {
			for n, v := range []string{"9007199254740991", "1234567890123456", "99999999999999.99", "0.1", "-1e-7", "0.12345678901234567890", "123456789012.12345678"} {
				id := fmt.Sprint(n + 1)
				if got := s.Want(t, 201, call{Method: "POST", Path: "/v1/db/money", Body: `{"v":` + v + `,"g":1}`}).Body; got != s.Want(t, 200, call{Method: "GET", Path: "/v1/db/money/" + id}).Body {
					t.Errorf("created %s", got)
				}
				if got := s.Want(t, 200, call{Method: "GET", Path: "/v1/db/money?select=id&filter=v==" + v}).Body; got != `{"items":[{"id":`+id+`}],"next":null}` {
					t.Errorf("v == %s finds %s", v, got)
				}
			}
			run(`DELETE FROM money WHERE v <> 0.1; INSERT INTO money (v) VALUES (0.1), (0.1)`)
			if got := s.Want(t, 200, call{Method: "POST", Path: "/v1/db/money/aggregate", Body: `{"sum":["v"],"avg":["v"]}`}).Body; got != `{"items":[{"sum":{"v":0.3},"avg":{"v":0.1}}]}` {
				t.Errorf("got %s", got)
			}
			run(`DELETE FROM money; INSERT INTO money (v) SELECT 12345678901234567890`)
			s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/money?filter=true", Body: `{"g":2}`})
			run(`DO $$ BEGIN ASSERT (SELECT v FROM money) = 12345678901234567890; END $$`)
			if got := s.Want(t, 200, call{Method: "GET", Path: "/v1/db/money?select=v&filter=v==%2212345678901234567890%22"}).Body; got != `{"items":[{"v":12345678901234567890}],"next":null}` {
				t.Errorf("got %s", got)
			}
			if got := s.Want(t, 422, call{Method: "GET", Path: "/v1/db/money?filter=v==12345678901234567890"}).Body; !strings.Contains(got, "in quotes") {
				t.Errorf("got %s", got)
			}
		},
	},
	{
		name: "what was left out is left to the database, and null is null",
		sql:  `CREATE TABLE nd (id serial PRIMARY KEY, status text DEFAULT 'draft', created_at timestamptz DEFAULT '2026-01-01Z', n int)`,
		try: func(t *testing.T, s *servertest.Instance, _ func(string)) {
			for body, want := range map[string]string{
				`{"n":1}`: `"status":"draft","created_at":"2026-01-01T00:00:00.000000Z","n":1}`, `{"status":null,"created_at":null}`: `"status":null,"created_at":null,"n":null}`,
				`{"status":"sent"}`: `"status":"sent","created_at":"2026-01-01T00:00:00.000000Z","n":null}`,
			} {
				made := s.Want(t, 201, call{Method: "POST", Path: "/v1/db/nd", Body: body})
				var doc struct{ ID int }
				made.Decode(t, &doc)
				if got := s.Want(t, 200, call{Method: "GET", Path: fmt.Sprint("/v1/db/nd/", doc.ID)}).Body; got != made.Body || !strings.HasSuffix(got, want) {
					t.Errorf("%s makes %s and stores %s", body, made.Body, got)
				}
			}
			if got := s.Want(t, 201, call{Method: "POST", Path: "/v1/db/nd", Body: `[{"n":1},{"status":null},{"status":"x"}]`}).Body; !strings.Contains(got, `"draft"`) || !strings.Contains(got, `"status":null`) || !strings.Contains(got, `"status":"x"`) {
				t.Errorf("an array makes %s", got)
			}
			if got := s.Want(t, 200, call{Method: "POST", Path: "/v1/batch", Body: `{"ops":[{"op":"create","collection":"nd","doc":{"n":5}}]}`}).Body; !strings.Contains(got, `"draft"`) {
				t.Errorf("a batch makes %s", got)
			}
			if got := s.Want(t, 201, call{Method: "PUT", Path: "/v1/db/nd/77", Body: `{"n":7}`}).Body; !strings.Contains(got, `"draft"`) {
				t.Errorf("PUT makes %s", got)
			}
			if got := s.Want(t, 200, call{Method: "PUT", Path: "/v1/db/nd/77", Body: `{"n":8}`}).Body; !strings.Contains(got, `"status":null`) {
				t.Errorf("replacing leaves %s", got)
			}
		},
	},
	{
		name: "what is answered is what is stored",
		sql: `CREATE TABLE pr (id serial PRIMARY KEY, price numeric(10,2), code char(4), ts timestamptz(3), d date, r real, slug text, j jsonb, u uuid);
		      CREATE SEQUENCE sq;
		      CREATE TABLE keyed (id text PRIMARY KEY, client text);
		      CREATE FUNCTION low() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.slug = lower(NEW.slug); RETURN NEW; END $$;
		      CREATE FUNCTION made() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.id = NEW.client || '-' || nextval('sq'); RETURN NEW; END $$;
		      CREATE TRIGGER low BEFORE INSERT ON pr FOR EACH ROW EXECUTE FUNCTION low();
		      CREATE TRIGGER made BEFORE INSERT ON keyed FOR EACH ROW EXECUTE FUNCTION made();
		      CREATE TABLE plain (id uuid PRIMARY KEY, price numeric(10,2), j json)`,
		try: func(t *testing.T, s *servertest.Instance, _ func(string)) {
			for collection, body := range map[string]string{
				"pr":    `{"price":19.999,"code":"a","ts":"2026-01-01T00:00:00.123456Z","d":"2026-03-01","r":0.1,"slug":"HELLO","j":{"bb":1,"a":2.50}}`,
				"keyed": `{"client":"NPS"}`,
				"plain": `{"id":"AAAAAAAA-1111-4111-8111-11111111AAAA","price":1.005,"j":{"b":1,  "a":2}}`,
			} {
				made := s.Want(t, 201, call{Method: "POST", Path: "/v1/db/" + collection, Body: body})
				var doc struct{ ID any }
				made.Decode(t, &doc)
				path := fmt.Sprint("/v1/db/", collection, "/", doc.ID)
				if got := s.Want(t, 200, call{Method: "GET", Path: path}); got.Body != made.Body || made.Header.Get("ETag") != got.Header.Get("ETag") {
					t.Errorf("POST answers %s %s, GET %s %s", made.Body, made.Header.Get("ETag"), got.Body, got.Header.Get("ETag"))
				}
			}
			if got := s.Want(t, 201, call{Method: "POST", Path: "/v1/db/keyed", Body: `[{"client":"A"},{"client":"B"}]`}).Body; !strings.Contains(got, `"id":"A-2"`) || !strings.Contains(got, `"id":"B-3"`) {
				t.Errorf("an array makes %s", got)
			}
		},
	},
	{
		name: "what the database's own rules say is told, and never refused when it was done",
		sql: `CREATE TABLE inv (id int PRIMARY KEY, paid bool, b int GENERATED ALWAYS AS (id * 2) STORED);
		      INSERT INTO inv VALUES (1, true);
		      CREATE FUNCTION stay() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'paid invoices stay' USING HINT = 'ask Ann'; END $$;
		      CREATE TRIGGER stay BEFORE UPDATE OR DELETE ON inv FOR EACH ROW EXECUTE FUNCTION stay();
		      CREATE TABLE gen (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, x text);
		      CREATE TABLE soft (id int PRIMARY KEY, deleted_at timestamptz);
		      CREATE RULE r AS ON DELETE TO soft DO INSTEAD UPDATE soft SET deleted_at = now() WHERE id = OLD.id;
		      CREATE TABLE trig (id int PRIMARY KEY, x text, deleted_at timestamptz);
		      CREATE FUNCTION softly() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE trig SET deleted_at = now() WHERE id = OLD.id; RETURN NULL; END $$;
		      CREATE FUNCTION skip() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.x = 'skip' THEN RETURN NULL; END IF; RETURN NEW; END $$;
		      CREATE TRIGGER softly BEFORE DELETE ON trig FOR EACH ROW EXECUTE FUNCTION softly();
		      CREATE TRIGGER skip BEFORE INSERT OR UPDATE ON trig FOR EACH ROW EXECUTE FUNCTION skip();
		      INSERT INTO soft VALUES (1), (2); INSERT INTO trig VALUES (1), (2);
		      CREATE TABLE rls (id int PRIMARY KEY, owner text);
		      CREATE TABLE parted (id int, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at); CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')`,
		try: func(t *testing.T, s *servertest.Instance, run func(string)) {
			for _, c := range []call{{Method: "PATCH", Path: "/v1/db/inv/1", Body: `{"paid":false}`}, {Method: "DELETE", Path: "/v1/db/inv/1"}, {Method: "DELETE", Path: "/v1/db/inv?filter=true"}} {
				if got := s.Want(t, 422, c).Body; !strings.Contains(got, "paid invoices stay: ask Ann") {
					t.Errorf("%s: %s", c.Method, got)
				}
			}
			for _, c := range []call{{Method: "POST", Path: "/v1/db/inv", Body: `{"id":2,"b":5}`}, {Method: "POST", Path: "/v1/db/gen", Body: `{"id":9}`}, {Method: "PUT", Path: "/v1/db/gen/9", Body: `{"x":"a"}`}} {
				if got := s.Want(t, 422, c).Body; !strings.Contains(got, `"code":"readonly"`) {
					t.Errorf("%s %s: %s", c.Method, c.Path, got)
				}
			}
			for _, table := range []string{"soft", "trig"} {
				s.Want(t, 204, call{Method: "DELETE", Path: "/v1/db/" + table + "/1"})
				if got := s.Want(t, 200, call{Method: "DELETE", Path: "/v1/db/" + table + "?filter=id==2"}).Body; got != `{"count":1}` {
					t.Errorf("%s: got %s", table, got)
				}
				s.Want(t, 404, call{Method: "DELETE", Path: "/v1/db/" + table + "/3"})
				run(`DO $$ BEGIN ASSERT (SELECT count(*) FROM ` + table + ` WHERE deleted_at IS NOT NULL) = 2; END $$`)
			}
			s.Want(t, 201, call{Method: "POST", Path: "/v1/db/parted", Body: `{"parted_id":1,"at":"2026-02-28"}`})
			if got := s.Want(t, 422, call{Method: "POST", Path: "/v1/db/parted", Body: `{"parted_id":1,"at":"2030-01-01"}`}).Body; strings.Contains(got, "()") {
				t.Errorf("of a row without a partition: %s", got)
			}
			s.Want(t, 422, call{Method: "POST", Path: "/v1/db/trig", Body: `{"id":9,"x":"skip"}`})
			s.Want(t, 422, call{Method: "POST", Path: "/v1/db/trig", Body: `[{"id":9,"x":"keep"},{"id":10,"x":"skip"}]`})
			s.Want(t, 422, call{Method: "PATCH", Path: "/v1/db/trig/1", Body: `{"x":"skip"}`})
			s.Want(t, 404, call{Method: "GET", Path: "/v1/db/trig/9"})
			run(`ALTER TABLE rls ENABLE ROW LEVEL SECURITY; ALTER TABLE rls FORCE ROW LEVEL SECURITY; CREATE POLICY p ON rls WITH CHECK (owner = 'me');
			     CREATE FUNCTION deny() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'secret reason' USING ERRCODE = '42501'; END $$;
			     CREATE TRIGGER deny BEFORE INSERT ON rls FOR EACH ROW EXECUTE FUNCTION deny()`)
			if got := s.Want(t, 403, call{Method: "POST", Path: "/v1/db/rls", Body: `{"id":1,"owner":"you"}`}).Body; strings.Contains(got, "secret reason") {
				t.Errorf("got %s", got)
			}
		},
	},
	{
		name: "a schema that changes under way is not seen by clients",
		sql:  `CREATE TABLE onup (id text PRIMARY KEY, n int); INSERT INTO onup VALUES ('a', 1)`,
		try: func(t *testing.T, s *servertest.Instance, run func(string)) {
			for _, typ := range []string{"bigint", "smallint", "integer"} {
				for range 3 {
					s.Want(t, 200, call{Method: "GET", Path: "/v1/db/onup/a"})
					s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/onup/a", Body: `{"n":{"$inc":1}}`})
				}
				run(`ALTER TABLE onup ALTER n TYPE ` + typ)
			}
			s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/onup/a", Body: `{"n":{"$inc":1}}`})
			if got := s.Want(t, 200, call{Method: "GET", Path: "/v1/db/onup/a"}).Body; got != `{"id":"a","n":11}` {
				t.Errorf("got %s", got)
			}
		},
	},
	{
		name: "ids that were said do not stop those that the database makes",
		sql:  `CREATE TABLE own (id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, x text UNIQUE)`,
		try: func(t *testing.T, s *servertest.Instance, _ func(string)) {
			for _, body := range []string{`{"id":1}`, `{"id":2}`, `{"id":3}`, `{}`, `[{},{"x":"a"}]`, `{"id":7}`, `[{},{}]`} {
				s.Want(t, 201, call{Method: "POST", Path: "/v1/db/own", Body: body})
			}
			s.Want(t, 409, call{Method: "POST", Path: "/v1/db/own", Body: `{"id":7}`})
			s.Want(t, 409, call{Method: "POST", Path: "/v1/db/own", Body: `{"x":"a"}`})
		},
	},
	{
		name: "fields are called as figures are",
		sql:  `CREATE TABLE figures (id serial PRIMARY KEY, count text, sum int, n int); INSERT INTO figures (count, sum, n) VALUES ('a', 1, 5), ('b', 2, 6), ('a', 1, 7)`,
		try: func(t *testing.T, s *servertest.Instance, _ func(string)) {
			for body, want := range map[string]string{
				`{"group":["count"],"sum":["n"]}`: `{"items":[{"count":"a","sum":{"n":12}},{"count":"b","sum":{"n":6}}]}`,
				`{"group":["sum"],"count":true}`:  `{"items":[{"sum":1,"count":2},{"sum":2,"count":1}]}`,
			} {
				if got := s.Want(t, 200, call{Method: "POST", Path: "/v1/db/figures/aggregate", Body: body}).Body; got != want {
					t.Errorf("%s: got %s", body, got)
				}
			}
			for _, body := range []string{`{"group":["count"],"count":true}`, `{"group":["sum"],"sum":["n"]}`} {
				s.Want(t, 422, call{Method: "POST", Path: "/v1/db/figures/aggregate", Body: body})
			}
		},
	},
}

func has(t *testing.T, a servertest.Answer, want string) {
	t.Helper()
	if !strings.Contains(a.Body, want) {
		t.Errorf("there is no %s in %s", want, a.Body)
	}
}
