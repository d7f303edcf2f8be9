package mysql_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/db/mysql/mysqltest"
	"github.com/basalt-dev/basalt/modules/query"
)

// TestWatch_OtherPrograms follows what other programs write, in their own ways.
func TestWatch_OtherPrograms(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	d, _, other := adopted(t, mysqltest.Database(t), "CREATE TABLE others (x int); CREATE TABLE k (x text, at date, n mediumint unsigned, name varchar(9) CHARACTER SET latin1, PRIMARY KEY (at, n, name))", "k",
		query.Field{Name: "x", Type: query.TypeString})
	fields := []query.Field{{Name: "id", Type: query.TypeID, NotNull: true, Of: []string{"at", "n", "name"}}, {Name: "at", Type: query.TypeDate, NotNull: true}, {Name: "n", Type: query.TypeInt, NotNull: true},
		{Name: "name", Type: query.TypeString, NotNull: true}, {Name: "x", Type: query.TypeString}}
	c := &db.Collection{Name: "k", Table: "k", Shape: query.NewShape(fields), Parts: []int{1, 2, 3}}
	for _, f := range fields {
		c.Columns = append(c.Columns, db.Column{Name: f.Name, Type: f.Type})
	}
	w, err := d.(db.Watcher).Watch(ctx, []*db.Collection{c})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for _, test := range []struct {
		statements string
		want       []string // of ids; empty is any document
	}{
		{"INSERT INTO k VALUES (NULL, '2026-02-28', 16777215, 'a'), (NULL, '2026-03-01', 0, 'b')", []string{"2026-02-28~16777215~a", "2026-03-01~0~b"}},
		{"FLUSH BINARY LOGS; FLUSH BINARY LOGS; UPDATE k SET x = 'y' WHERE n = 0", []string{"2026-03-01~0~b"}},
		{"INSERT INTO others VALUES (1); UPDATE k SET n = 7 WHERE n = 0", []string{"2026-03-01~0~b", "2026-03-01~7~b"}},
		{"SET binlog_row_image = MINIMAL; UPDATE k SET x = 'z' WHERE n = 7; SET binlog_row_image = FULL", []string{"2026-03-01~7~b"}},
		{"INSERT INTO k VALUES (NULL, '2026-03-01', 1, 'é')", []string{""}}, // in another character set
		{"START TRANSACTION; DELETE FROM k WHERE n = 7; ROLLBACK; DELETE FROM k WHERE n = 1", []string{""}},
		{"SET binlog_format = STATEMENT; DELETE FROM k WHERE n = 7; SET binlog_format = ROW", []string{""}},
		{"TRUNCATE TABLE k", []string{""}},
	} {
		conn, err := other.Conn(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.ExecContext(ctx, test.statements); err != nil {
			t.Fatal(err)
		}
		if err := conn.Close(); err != nil {
			t.Fatal(err)
		}
		touched, err := w.CatchUp(ctx)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, change := range touched {
			got = append(got, change.ID)
		}
		slices.Sort(got)
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: touched %q, want %q", test.statements, got, test.want)
		}
	}
	if _, err := other.ExecContext(ctx, "ALTER TABLE k ADD COLUMN first int FIRST"); err != nil {
		t.Fatal(err)
	}
	if touched, err := w.CatchUp(ctx); err == nil {
		t.Errorf("after a change of the table: %v", touched)
	}
}
