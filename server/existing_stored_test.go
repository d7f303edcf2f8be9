package server_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
)

// TestExisting_WebhooksAreAskedOnceAboutWhatIsSent: what a trigger stores may differ in every attempt, such as a time.
func TestExisting_WebhooksAreAskedOnceAboutWhatIsSent(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		_, _ = io.WriteString(w, `{"allow":true}`)
	}))
	t.Cleanup(hook.Close)
	settings, run := theirDatabases["sqlite"](t)(t)
	rule := `webhook("` + hook.URL + `") && !(next.total > 100)'`
	s := serveExisting(t, settings, run, existing{
		sql: `CREATE TABLE jobs (id INTEGER PRIMARY KEY, price INTEGER, total INTEGER GENERATED ALWAYS AS (price * 2) STORED, stamp TEXT);
			CREATE TRIGGER made AFTER INSERT ON jobs BEGIN UPDATE jobs SET stamp = hex(randomblob(8)) WHERE id = NEW.id; END;
			CREATE TRIGGER changes AFTER UPDATE OF price ON jobs BEGIN UPDATE jobs SET stamp = hex(randomblob(8)) WHERE id = NEW.id; END`,
		edit: []string{"rules: { read: 'false', create: 'false', update: 'false'", "rules: { read: 'true', create: '" + rule + ", update: '" + rule},
	})
	for _, c := range []fieldCall{
		{"POST", "jobs", `{"id":1,"price":5}`, 201, `"total":10`},
		{"PATCH", "jobs/1", `{"price":6}`, 200, `"total":12`},
		{"POST", "jobs", `{"id":2,"price":51}`, 401, ""},
		{"PATCH", "jobs/1", `{"price":52}`, 401, ""},
	} {
		asked.Store(0)
		c.try(t, s, run)
		if n := asked.Load(); n != 1 {
			t.Errorf("%s %s: the webhook was asked %d times", c.method, c.body, n)
		}
	}
}

// TestExisting_ManyRowsDecidedAgain: a change of more documents than are read at once is one change all the same.
func TestExisting_ManyRowsDecidedAgain(t *testing.T) {
	t.Parallel()
	settings, run := theirDatabases["sqlite"](t)(t)
	s := serveExisting(t, settings, run, existing{
		sql: `CREATE TABLE jobs (id INTEGER PRIMARY KEY, price INTEGER, total INTEGER GENERATED ALWAYS AS (price * id) STORED);
			INSERT INTO jobs (id, price) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1101) SELECT i, 1 FROM n`,
		edit: []string{"rules: { read: 'false', create: 'false', update: 'false'", "rules: { read: 'true', create: 'true', update: '!(next.total > 2202)'"},
	})
	for _, c := range []fieldCall{
		{"PATCH", "jobs?filter=true", `{"price":2}`, 200, `{"count":1101}`},
		{"PATCH", "jobs?filter=true", `{"price":3}`, 401, ""},
		{"GET", "jobs?filter=price != 2", "", 200, "[]"},
		{"PATCH", "jobs?filter=id < 700", `{"price":3}`, 200, `{"count":699}`},
	} {
		c.try(t, s, run)
	}
}
