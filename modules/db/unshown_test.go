package db_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

func TestUnshown_LogsEachColumnOnceAnHour(t *testing.T) {
	var log bytes.Buffer
	u := db.NewUnshown(slog.New(slog.NewTextHandler(&log, nil)))
	c := db.Describe("notes", db.Column{Name: "id", Type: query.TypeID}, db.Column{Name: "a", Type: query.TypeFloat}, db.Column{Name: "b", Type: query.TypeFloat})
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, report := range []struct {
		key   string
		field int
		after time.Duration
	}{{"first", 1, 0}, {"second", 1, 0}, {"third", 2, time.Minute}, {"fourth", 1, 59 * time.Minute}, {"fifth", 1, time.Hour}} {
		u.Report(c, query.Row{query.String(report.key), query.Null, query.Null}, report.field, start.Add(report.after))
	}
	for key, logged := range map[string]bool{"key=first column=a": true, "second": false, "key=third column=b": true, "fourth": false, "key=fifth column=a": true} {
		if strings.Contains(log.String(), "table=notes "+key) != logged {
			t.Errorf("%s: %s", key, log.String())
		}
	}
}
