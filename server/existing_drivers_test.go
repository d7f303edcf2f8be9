package server_test

import (
	"context"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/ncruces/go-sqlite3"
	"go.mongodb.org/mongo-driver/bson"
	driver "go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"github.com/basalt-dev/basalt/modules/db/mongo/mongotest"
	"github.com/basalt-dev/basalt/modules/db/mysql/mysqltest"
	"github.com/basalt-dev/basalt/modules/db/postgres/postgrestest"
	"github.com/basalt-dev/basalt/server/servertest"
)

// theirDatabases are the databases that can have been in use before. Each returns what opens a new one: its
// settings, and what runs statements there as that user.
var theirDatabases = map[string]func(t *testing.T) func(t *testing.T) (settings string, run func(string)){
	"sqlite": func(*testing.T) func(t *testing.T) (string, func(string)) {
		return func(t *testing.T) (string, func(string)) {
			path := filepath.Join(t.TempDir(), "app.db")
			conn, err := sqlite3.Open("file:" + path + "?_pragma=busy_timeout(60000)")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { conn.Close() }) // the test is over
			return "driver: sqlite, url: \"file:" + path + "\"", func(sql string) { fatal(t, conn.Exec(sql)) }
		}
	},
	"postgres": func(t *testing.T) func(t *testing.T) (string, func(string)) {
		server := postgrestest.Database(t)
		return func(t *testing.T) (string, func(string)) {
			at := postgrestest.In(t, server)
			conn, err := pgx.Connect(context.Background(), at)
			fatal(t, err)
			t.Cleanup(func() { conn.Close(context.Background()) }) // the test is over
			return "driver: postgres, url: \"" + at + "\"", func(sql string) {
				_, err := conn.Exec(context.Background(), sql)
				fatal(t, err)
			}
		}
	},
	"mysql": func(t *testing.T) func(t *testing.T) (string, func(string)) {
		server := mysqltest.Database(t)
		return func(t *testing.T) (string, func(string)) {
			at := mysqltest.In(t, server)
			conn, err := mysqltest.Connect(at)
			fatal(t, err)
			t.Cleanup(func() { conn.Close() }) // the test is over
			return "driver: mysql, url: \"" + at + "\"", func(sql string) {
				_, err := conn.Exec(sql)
				fatal(t, err)
			}
		}
	},
	"mongo": func(t *testing.T) func(t *testing.T) (string, func(string)) {
		at := mongotest.Database(t)
		server := at[:strings.LastIndex(at, "/")]
		return func(t *testing.T) (string, func(string)) {
			at := mongotest.In(server)
			client, err := driver.Connect(context.Background(), options.Client().ApplyURI(at))
			fatal(t, err)
			t.Cleanup(func() { client.Disconnect(context.Background()) }) // the test is over
			name := at[strings.LastIndex(at, "/")+1:]
			return "driver: mongo, url: \"" + at + "\"", func(documents string) { insertDocuments(t, client.Database(name), documents) }
		}
	},
}

// insertDocuments stores the documents of lines such as `people {"_id": 7}`, in MongoDB's extended JSON.
func insertDocuments(t *testing.T, database *driver.Database, lines string) {
	t.Helper()
	for line := range strings.Lines(lines) {
		collection, text, found := strings.Cut(strings.TrimSpace(line), " ")
		if !found {
			continue
		}
		var doc bson.D
		fatal(t, bson.UnmarshalExtJSON([]byte(text), false, &doc))
		_, err := database.Collection(collection).InsertOne(context.Background(), doc)
		fatal(t, err)
	}
}

func fatal(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestExisting_OnEveryDatabase serves what another program has stored in each kind of database, and makes the calls of a
// case, whose answers are the same everywhere.
func TestExisting_OnEveryDatabase(t *testing.T) {
	t.Parallel()
	for name, start := range theirDatabases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			open := start(t)
			for _, c := range sharedCases {
				before, there := c.before[name]
				if !there {
					if c.not[name] == "" {
						t.Errorf("%s: nothing says why %s has no such case", c.name, name)
					}
					continue
				}
				t.Run(c.name, func(t *testing.T) {
					settings, run := open(t)
					s := serveExisting(t, settings, run, existing{sql: before, edit: c.edit})
					for _, one := range c.calls {
						one.try(t, s, run)
					}
				})
			}
		})
	}
}

// ids are those of the documents of an answer, which may be numbers.
func ids(t *testing.T, a servertest.Answer) string {
	var page struct{ Items []struct{ ID any } }
	a.Decode(t, &page)
	var out []string
	for _, doc := range page.Items {
		out = append(out, fmt.Sprint(doc.ID))
	}
	return "[" + strings.Join(out, " ") + "]"
}

// try makes a call below /v1/db. What stands behind filter= is escaped. A method SQL runs the body beside Basalt.
func (c fieldCall) try(t *testing.T, s *servertest.Instance, run func(string)) {
	t.Helper()
	if c.method == "SQL" {
		run(c.body)
		return
	}
	path, filter, filters := strings.Cut(c.path, "filter=")
	if filters {
		path += "filter=" + url.QueryEscape(filter)
	}
	prefix := "/v1/db/"
	if strings.HasPrefix(path, "/") {
		prefix = ""
	}
	a := s.Do(t, call{Method: c.method, Path: prefix + path, Body: c.body})
	got := a.Body
	if strings.HasPrefix(c.want, "[") && a.Status == 200 {
		got = ids(t, a)
	}
	if a.Status != c.status || !strings.Contains(got, c.want) || strings.HasPrefix(c.want, "[") && got != c.want {
		t.Errorf("%s %s %s\n got %d %s\nwant %d %s", c.method, c.path, c.body, a.Status, got, c.status, c.want)
	}
}
