package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/ncruces/go-sqlite3"

	"github.com/basalt-dev/basalt/modules/db/mysql/mysqltest"
	"github.com/basalt-dev/basalt/modules/db/postgres/postgrestest"
	"github.com/basalt-dev/basalt/server/offline"
	"github.com/basalt-dev/basalt/server/servertest"
)

// bed is a database in the shape of what a framework makes: testdata/schemas has its tables, and after the line
// `-- rows` its rows.
type bed struct {
	name string
	// tables is how many tables and views it has that have a key.
	tables int
	// touched are the fields that triggers change with every update.
	touched []string
	// unchecked is the statement after which rows can be deleted in any order.
	unchecked string
}

// onlyShown reports whether a value has a form that clients can read but not send: other programs may have stored it.
func onlyShown(kind string, value json.RawMessage) bool {
	text := strings.Trim(string(value), `"`)
	switch kind {
	case "float", "decimal":
		return text == "NaN" || strings.HasSuffix(text, "Infinity")
	case "time", "date":
		return strings.HasPrefix(text, "+") || strings.HasPrefix(text, "-") && text != "-infinity"
	case "list":
		return slices.Contains(strings.Split(strings.Trim(text, "[]"), ","), "null")
	}
	return false
}

var beds = []bed{
	{name: "prisma", tables: 5},
	{name: "rails", tables: 8},
	{name: "supabase", tables: 6, touched: []string{"updated_at"}},
	{name: "django", tables: 11},
	{name: "timescale", tables: 5},
	{name: "hostile", tables: 11, touched: nil},
}

// bedsSQLite are the relational parts of them.
var bedsSQLite = []bed{{name: "prisma.sqlite", tables: 5}, {name: "rails.sqlite", tables: 6}, {name: "django.sqlite", tables: 8}}

// TestSchemas serves what introspect prints for the databases of frameworks, and holds every row of every table
// against what the database has.
func TestSchemas(t *testing.T) {
	t.Parallel()
	server := postgrestest.Database(t)
	for _, b := range beds {
		t.Run(b.name, func(t *testing.T) {
			at := postgrestest.In(t, server)
			conn, err := pgx.Connect(context.Background(), at)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { conn.Close(context.Background()) }) // the test is over
			b.unchecked = "SET session_replication_role = replica"
			b.judge(t, "driver: postgres, url: \""+at+"\"", func(sql string) {
				t.Helper()
				if _, err := conn.Exec(context.Background(), sql); err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}

func TestSchemas_SQLite(t *testing.T) {
	t.Parallel()
	for _, b := range bedsSQLite {
		t.Run(b.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "app.db")
			conn, err := sqlite3.Open("file:" + path + "?_pragma=busy_timeout(60000)")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { conn.Close() }) // the test is over
			b.unchecked = "PRAGMA foreign_keys = off"
			b.judge(t, "driver: sqlite, url: \"file:"+path+"\"", func(sql string) {
				t.Helper()
				if err := conn.Exec(sql); err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}

// adoptedTable is a collection as introspect prints it.
type adoptedTable struct {
	name, table string
	view        bool
	fields      []adoptedField
}

type adoptedField struct{ name, kind string }

var (
	printedCollection = regexp.MustCompile(`^  (\w+):$`)
	printedTable      = regexp.MustCompile(`^    table: (.+)$`)
	printedField      = regexp.MustCompile(`^      (\w+): \{ type: (\w+)`)
)

// printedTables reads what introspect has printed.
func printedTables(printed string) (tables []*adoptedTable) {
	for line := range strings.Lines(printed) {
		line = strings.TrimSuffix(line, "\n")
		if m := printedCollection.FindStringSubmatch(line); m != nil {
			tables = append(tables, &adoptedTable{name: m[1], table: m[1]})
			continue
		}
		if len(tables) == 0 {
			continue
		}
		last := tables[len(tables)-1]
		if m := printedTable.FindStringSubmatch(line); m != nil {
			last.table = strings.Trim(m[1], `"`)
		} else if m := printedField.FindStringSubmatch(line); m != nil {
			last.fields = append(last.fields, adoptedField{m[1], m[2]})
		} else if strings.HasSuffix(line, "# a view") {
			last.view = true
		}
	}
	return tables
}

func (b bed) judge(t *testing.T, database string, exec func(sql string)) {
	t.Helper()
	source, err := os.ReadFile(filepath.Join("testdata", "schemas", b.name+".sql"))
	if err != nil {
		t.Fatal(err)
	}
	schema, rows, _ := strings.Cut(string(source), "-- rows\n")
	exec(schema)
	exec(rows)
	path := filepath.Join(t.TempDir(), "basalt.yaml")
	head := "databases: { main: { " + database + " } }\nlimits: { subscriptions: 1000 }\nlog: { level: warn }\n"
	if err := os.WriteFile(path, []byte(head), 0o600); err != nil {
		t.Fatal(err)
	}
	var printed bytes.Buffer
	if err := offline.Introspect(context.Background(), path, "", &printed); err != nil {
		t.Fatal(err)
	}
	tables := printedTables(printed.String())
	if len(tables) != b.tables || strings.Contains(printed.String(), "there is no type") {
		t.Errorf("%d tables are printed, want %d:\n%s", len(tables), b.tables, printed.String())
	}
	open := strings.NewReplacer("read: 'false'", "read: 'true'", "create: 'false'", "create: 'true'", "update: 'false'", "update: 'true'", "delete: 'false'", "delete: 'true'")
	if err := os.WriteFile(path, []byte(head+open.Replace(printed.String())), 0o600); err != nil {
		t.Fatal(err)
	}
	s := servertest.StartFile(t, path)
	for _, table := range tables {
		docs := table.list(t, s, nil, "")
		if len(docs) == 0 {
			t.Errorf("%s: there are no rows", table.name)
		}
		table.readOne(t, s, docs)
		table.find(t, s, docs)
		table.sort(t, s, docs)
		if !table.view {
			table.patch(t, s, docs, b.touched)
		}
	}
	b.watch(t, s, tables, exec, rows)
}

// watch has live queries of each table, and of each field with each value, while all rows go and come again: they end
// with what the query has then.
func (b bed) watch(t *testing.T, s *servertest.Instance, tables []*adoptedTable, exec func(string), rows string) {
	type watched struct {
		table *adoptedTable
		where map[string]any
		sort  string
	}
	var all []watched
	for _, table := range tables {
		if table.view {
			continue
		}
		docs := table.list(t, s, nil, "")
		for _, f := range table.fields {
			if f.kind == "json" || f.kind == "list" {
				continue
			}
			all = append(all, watched{table, map[string]any{}, f.name})
			seen := map[string]bool{}
			for _, doc := range docs[:min(len(docs), 3)] {
				value := string(members(t, doc)[f.name])
				if onlyShown(f.kind, json.RawMessage(value)) {
					continue
				}
				if f.kind == "decimal" && value != "null" && !strings.HasPrefix(value, `"`) {
					value = `"` + value + `"`
				}
				if !seen[value] {
					seen[value] = true
					all = append(all, watched{table, map[string]any{f.name: json.RawMessage(value)}, ""})
				}
			}
		}
	}
	live := s.Live(t, "")
	states := make([]servertest.State, len(all))
	for i, w := range all {
		query := map[string]any{"where": w.where, "limit": 500}
		if w.sort != "" {
			query["sort"] = []string{w.sort}
		}
		if err := live.Send(map[string]any{"id": fmt.Sprint(i), "op": "subscribe", "collection": w.table.name, "query": query}); err != nil {
			t.Fatal(err)
		}
	}
	next := func() {
		m, err := live.Next(2 * time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		var i int
		if _, err := fmt.Sscan(m.ID, &i); err != nil || m.Event == "error" {
			t.Fatalf("got %s", m.Text)
		}
		if err := states[i].Apply(m); err != nil {
			t.Error(err)
		}
	}
	// until reads on until every state is what it should be, or says which are not.
	until := func(what string, want func(w watched) string) {
		texts := make([]string, len(all))
		for i, w := range all {
			texts[i] = want(w)
		}
		deadline := time.Now().Add(time.Minute)
		for {
			wrong := -1
			for i := range all {
				if states[i].Items() != texts[i] {
					wrong = i
					break
				}
			}
			if wrong < 0 {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s: %s where %s sorted by %s has %s, want %s", what, all[wrong].table.name, all[wrong].where, all[wrong].sort, states[wrong].Items(), texts[wrong])
			}
			next()
		}
	}
	now := func(w watched) string {
		items := w.table.list(t, s, w.where, w.sort)
		texts := make([]string, len(items))
		for i, item := range items {
			texts[i] = string(item)
		}
		return "[" + strings.Join(texts, ",") + "]"
	}
	until("at first", now)
	exec(b.unchecked)
	for _, table := range tables {
		if !table.view {
			exec("DELETE FROM " + quotedTable(table.table))
		}
	}
	until("when the rows are gone", func(watched) string { return "[]" })
	exec(rows)
	until("when the rows are there again", now)
}

func quotedTable(name string) string {
	parts := strings.Split(name, ".")
	for i, part := range parts {
		parts[i] = `"` + part + `"`
	}
	return strings.Join(parts, ".")
}

func TestSchemas_MariaDB(t *testing.T) {
	t.Parallel()
	at := mysqltest.In(t, mysqltest.Database(t))
	conn, err := mysqltest.Connect(at)
	fatal(t, err)
	t.Cleanup(func() { conn.Close() }) // the test is over
	conn.SetMaxOpenConns(1)            // settings are those of a connection
	b := bed{name: "hostile.mysql", tables: 8, unchecked: "SET foreign_key_checks = 0, sql_mode = 'ANSI_QUOTES'"}
	b.judge(t, "driver: mysql, url: \""+at+"\"", func(sql string) {
		t.Helper()
		for statement := range strings.SplitSeq(sql, ";\n") {
			if strings.TrimSpace(statement) != "" {
				_, err := conn.Exec(statement)
				fatal(t, err)
			}
		}
	})
}
