package mysql_test

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/db/dbtest"
	"github.com/basalt-dev/basalt/modules/db/mysql"
	"github.com/basalt-dev/basalt/modules/db/mysql/mysqltest"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// adopted opens a database in which another program has run the statements, and returns a collection for a table of
// it, with these fields.
func adopted(t testing.TB, server, statements, table string, fields ...query.Field) (db.Driver, *db.Collection, *sql.DB) {
	t.Helper()
	ctx := context.Background()
	url := mysqltest.In(t, server)
	other, err := mysqltest.Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { other.Close() }) // the test is over
	if _, err := other.Exec(statements); err != nil {
		t.Fatal(err)
	}
	d, err := mysql.Open(ctx, db.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() }) // the test is over
	c := &db.Collection{Name: table, Table: table, Shape: query.NewShape(fields)}
	for _, f := range fields {
		c.Columns = append(c.Columns, db.Column{Name: f.Name, Type: f.Type})
	}
	if err := d.Sync(ctx, []*db.Collection{c}); err != nil {
		t.Fatal(err)
	}
	return d, c, other
}

func idAnd(fields ...query.Field) []query.Field {
	return append([]query.Field{{Name: "id", Type: query.TypeInt, NotNull: true}}, fields...)
}

// existingColumn is a column of another program, with values as it stores them and as they are shown.
type existingColumn struct {
	column string
	typ    query.Type
	values []string
	want   []string
}

// hostileColumns have values that the database and a program may take for others.
var hostileColumns = []existingColumn{
	{"tinyint(1)", query.TypeBool, []string{"2", "0", "-1", "1", "NULL"}, []string{"true", "false", "true", "true", "null"}},
	{"varchar(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci", query.TypeString, []string{"'1abc'", "'1'", "'01'", "'0'", "'x'", `'\\'`, `'%'`, `'_'`, `'\\%'`, "'ß'", "'ss'", "'a\\0b'", "'😀'"},
		[]string{`"1abc"`, `"1"`, `"01"`, `"0"`, `"x"`, `"\\"`, `"%"`, `"_"`, `"\\%"`, `"ß"`, `"ss"`, `"a\u0000b"`, `"😀"`}},
	{"char(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", query.TypeString, []string{"'a'", "'a  '", "'A'", "'é'"}, []string{`"a"`, `"a"`, `"A"`, `"é"`}},
	{"varchar(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", query.TypeString, []string{"'a'", "'a '", "'a\\t'"}, []string{`"a"`, `"a "`, `"a\t"`}},
	{"varchar(9) CHARACTER SET ascii", query.TypeString, []string{"'a'", "'A'", "'a '"}, []string{`"a"`, `"A"`, `"a "`}},
	{"varchar(9) CHARACTER SET utf16", query.TypeString, []string{"'a'", "'é'", "'😀'"}, []string{`"a"`, `"é"`, `"😀"`}},
	{"enum('a','1','')", query.TypeString, []string{"'a'", "2", "'zz'", "''"}, []string{`"a"`, `"1"`, `""`, `""`}},
	{"decimal(65,30)", query.TypeFloat, []string{"0.1", "0.100000000000000000000000000001", "99999999999999999999999999999999999"}, []string{"0.1", "0.1", "1e+35"}},
	{"bit(8)", query.TypeString, []string{"b'101'", "b'0'", "x'ff'", "NULL"}, []string{`"00000101"`, `"00000000"`, `"11111111"`, "null"}},
	{"bit(64)", query.TypeString, []string{"x'ffffffffffffffff'", "b'1'"}, []string{`"` + strings.Repeat("1", 64) + `"`, `"` + strings.Repeat("0", 63) + `1"`}},
	{"json", query.TypeJSON, []string{`'"1abc"'`, "'1'", "'1.0'", "'true'", `'"true"'`, `'"a "'`, `'"A"'`, `'"\\\\\\\\"'`, "'null'", "NULL", "'18446744073709551615'", "'0.1'", "'-0.0'", `'["1",1]'`},
		[]string{`"1abc"`, "1", "1", "true", `"true"`, `"a "`, `"A"`, `"\\\\"`, "null", "null", "18446744073709551615", "0.1", "0", `["1",1]`}},
}

// TestExisting_Columns stores values as another program does, and reads, filters and sorts them.
func TestExisting_Columns(t *testing.T) {
	t.Parallel()
	server := mysqltest.Database(t)
	texts := []string{"'a'", "'A'", "'b'", "'é'", "'e'", "NULL", "'a '", "''"}
	shownTexts := []string{`"a"`, `"A"`, `"b"`, `"é"`, `"e"`, "null", `"a "`, `""`}
	uuids := []string{"'b191e7a0-0000-7000-8000-00000000000A'", "'F191E7A0-0000-4000-8000-000000000001'", "NULL", "'0191e7a0-0000-7000-8000-0000000000aa'", "'A191E7A0-0000-4000-8000-000000000001'", "'a191e7a0-0000-4000-8000-000000000001'"}
	var shownUUIDs []string
	for _, v := range uuids {
		shownUUIDs = append(shownUUIDs, strings.ReplaceAll(strings.ToLower(v), "'", `"`))
	}
	columns := []existingColumn{
		{"varchar(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci", query.TypeString, texts, shownTexts},
		{"text CHARACTER SET latin1", query.TypeString, texts, shownTexts},
		{"enum('sad','fine') CHARACTER SET utf8mb4", query.TypeString, []string{"'sad'", "'fine'", "NULL"}, []string{`"sad"`, `"fine"`, "null"}},
		{"set('a','b')", query.TypeString, []string{"'a,b'", "'b'", "''"}, []string{`"a,b"`, `"b"`, `""`}},
		{"time", query.TypeString, []string{"'10:00:00'", "'-01:30:00'", "'9:00:00'"}, []string{`"10:00:00"`, `"-01:30:00"`, `"09:00:00"`}},
		{"inet6", query.TypeString, []string{"'::1'", "'2001:db8::1'"}, []string{`"::1"`, `"2001:db8::1"`}},
		{"uuid", query.TypeUUID, []string{"'0191e7a0-0000-7000-8000-00000000000A'", "'f191e7a0-0000-4000-8000-000000000001'", "NULL"}, []string{`"0191e7a0-0000-7000-8000-00000000000a"`, `"f191e7a0-0000-4000-8000-000000000001"`, "null"}},
		{"char(36) CHARACTER SET ascii", query.TypeUUID, uuids, shownUUIDs},
		{"varchar(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci", query.TypeUUID, uuids, shownUUIDs},
		{"varchar(36) CHARACTER SET latin1", query.TypeUUID, uuids, shownUUIDs},
		{"varchar(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci", query.TypeUUID, uuids, shownUUIDs},
		{"varchar(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", query.TypeUUID, uuids, append([]string{`"b191e7a0-0000-7000-8000-00000000000A"`}, shownUUIDs[1:]...)},
		{"tinyint", query.TypeInt, []string{"-128", "2", "NULL"}, []string{"-128", "2", "null"}},
		{"int unsigned", query.TypeInt, []string{"4294967295", "0"}, []string{"4294967295", "0"}},
		{"year", query.TypeInt, []string{"2026", "1999"}, []string{"2026", "1999"}},
		{"tinyint(1)", query.TypeBool, []string{"0", "1", "NULL"}, []string{"false", "true", "null"}},
		{"bit(1)", query.TypeBool, []string{"b'0'", "b'1'", "NULL"}, []string{"false", "true", "null"}},
		{"float", query.TypeFloat, []string{"0.1", "1.5", "NULL"}, []string{"0.10000000149011612", "1.5", "null"}},
		{"decimal(10,4)", query.TypeDecimal, []string{"1.5", "-0.0001", "20"}, []string{"1.5", "-0.0001", "20"}},
		{"decimal(10,4)", query.TypeFloat, []string{"1.5", "-0.0001", "20"}, []string{"1.5", "-0.0001", "20"}},
		{"datetime", query.TypeTime, []string{"'2026-01-02 03:04:05'", "'1000-01-01'", "NULL"}, []string{`"2026-01-02T03:04:05.000000Z"`, `"1000-01-01T00:00:00.000000Z"`, "null"}},
		{"timestamp(3) NULL", query.TypeTime, []string{"'2026-01-02 03:04:05.123'", "NULL"}, []string{`"2026-01-02T03:04:05.123000Z"`, "null"}},
		{"date", query.TypeTime, []string{"'2026-01-02'", "'1969-12-31'"}, []string{`"2026-01-02T00:00:00.000000Z"`, `"1969-12-31T00:00:00.000000Z"`}},
		{"date", query.TypeDate, []string{"'2026-01-02'", "'1969-12-31'"}, []string{`"2026-01-02"`, `"1969-12-31"`}},
		{"varbinary(9)", query.TypeBytes, []string{"x'00ff'", "x'61'"}, []string{`"AP8="`, `"YQ=="`}},
		{"json", query.TypeJSON, []string{`'{"a": [1, 2.50]}'`, `'"x"'`}, []string{`{"a":[1,2.50]}`, `"x"`}},
	}
	columns = append(columns, hostileColumns...)
	var script strings.Builder
	script.WriteString("SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO';")
	for i, test := range columns {
		script.WriteString("CREATE TABLE t_" + strconv.Itoa(i) + " (id int AUTO_INCREMENT PRIMARY KEY, x " + test.column + "); SET time_zone = '+00:00';")
		for _, v := range test.values {
			script.WriteString("INSERT INTO t_" + strconv.Itoa(i) + " (x) VALUES (" + v + ");")
		}
	}
	d, _, _ := adopted(t, server, script.String(), "t_0", idAnd(query.Field{Name: "x", Type: query.TypeString})...)
	for i, test := range columns {
		t.Run(test.column+" as "+string(test.typ), func(t *testing.T) {
			c := db.Describe("t_"+strconv.Itoa(i), db.Column{Name: "id", Type: query.TypeInt}, db.Column{Name: "x", Type: test.typ})
			if err := d.Sync(context.Background(), []*db.Collection{c}); err != nil {
				t.Fatal(err)
			}
			rows, err := d.Find(context.Background(), c, db.Find{Query: query.Query{Where: query.True, Sort: c.KeyOrder(false)}})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, r := range rows {
				got = append(got, r[1].JSON())
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got %s, want %s", got, test.want)
			}
			dbtest.Consistent(t, d, c)
		})
	}
}

// TestExisting_Writes writes what another program's table changes or refuses.
func TestExisting_Writes(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d, c, other := adopted(t, mysqltest.Database(t), `
		CREATE TABLE teams (id varchar(9) PRIMARY KEY);
		CREATE TABLE v (id int AUTO_INCREMENT PRIMARY KEY, name varchar(3) NOT NULL DEFAULT 'new', team varchar(9), size int CHECK (size > 0), half decimal(4,1), made int GENERATED ALWAYS AS (size * 2) STORED, at date,
			FOREIGN KEY (team) REFERENCES teams (id));
		CREATE TRIGGER shout BEFORE INSERT ON v FOR EACH ROW IF NEW.size = 99 THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'not that many'; END IF;
		SET sql_mode = ''; INSERT INTO v (size, at) VALUES (1, '0000-00-00')`, "v",
		idAnd(query.Field{Name: "name", Type: query.TypeString}, query.Field{Name: "team", Type: query.TypeString}, query.Field{Name: "size", Type: query.TypeInt},
			query.Field{Name: "half", Type: query.TypeDecimal}, query.Field{Name: "made", Type: query.TypeInt}, query.Field{Name: "at", Type: query.TypeDate})...)
	out := query.LeftOut
	half, _ := query.ParseDecimal("1.25")
	row := query.Row{query.Null, out, query.Null, query.Int(4), half, out, query.Null}
	if err := d.Insert(ctx, c, []query.Row{row}); err != nil {
		t.Fatal(err)
	}
	rounded, _ := query.ParseDecimal("1.3")
	if want := (query.Row{query.Int(2), query.String("new"), query.Null, query.Int(4), rounded, query.Int(8), query.Null}); !slices.Equal(row, want) {
		t.Errorf("stored %v, want %v", row, want)
	}
	for name, test := range map[string]struct {
		row         query.Row
		code        fault.Code
		field, says string
	}{
		"a text that is too long":      {query.Row{query.Null, query.String("long"), query.Null, query.Int(1), query.Null, out, query.Null}, fault.Invalid, "", "does not fit its column"},
		"no team of this id":           {query.Row{query.Null, out, query.String("x"), query.Int(1), query.Null, out, query.Null}, fault.Invalid, "team", ""},
		"a check":                      {query.Row{query.Null, out, query.Null, query.Int(-1), query.Null, out, query.Null}, fault.Invalid, "", "these values together"},
		"a trigger that refuses":       {query.Row{query.Null, out, query.Null, query.Int(99), query.Null, out, query.Null}, fault.Invalid, "", "not that many"},
		"a value of a computed column": {query.Row{query.Null, out, query.Null, query.Int(1), query.Null, query.Int(5), query.Null}, fault.Invalid, "made", ""},
		"a key that is there":          {query.Row{query.Int(1), out, query.Null, query.Int(1), query.Null, out, query.Null}, fault.Conflict, "id", ""},
		"a date that is infinite":      {query.Row{query.Null, out, query.Null, query.Int(1), query.Null, out, query.ForeverDate}, fault.Invalid, "at", "0 to 9999"},
	} {
		err := d.Insert(ctx, c, []query.Row{test.row})
		var e *fault.Error
		if !errors.As(err, &e) || e.Code != test.code || !strings.Contains(err.Error(), test.says) || test.field != "" && (len(e.Fields) != 1 || e.Fields[0].Field != test.field) {
			t.Errorf("%s: got %v, want %s about %q, %q", name, err, test.code, test.field, test.says)
		}
	}
	rows, err := d.Find(ctx, c, db.Find{Query: query.Query{Where: query.True, Sort: c.KeyOrder(false)}})
	if err != nil || len(rows) != 2 || !rows[0][6].IsNull() {
		t.Errorf("with a date of zeros: %v, %v", rows, err)
	}
	n, changed, err := d.Update(ctx, c, db.Update{Where: query.True, Set: []db.Assignment{{Field: 3, Value: query.Int(7)}}, Return: true})
	if err != nil || n != 2 || changed[0][5] != query.Int(14) {
		t.Errorf("an update: %d, %v, %v", n, changed, err)
	}
	if _, err := other.Exec("ALTER TABLE v RENAME COLUMN half TO whole"); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Count(ctx, c, query.True); err != nil {
		t.Error(err)
	}
}

func TestOpen_RefusesBadURLs(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"root:pw@tcp(localhost)/x":         "has the form",
		"postgres://u:secret@h/x":          "has the form",
		"mysql://u:secret@h":               "has the form",
		"mysql://u:secret@h/x?tsl=true":    `did you mean "tls"`,
		"mysql://u:secret@h/x?tls=maybe":   "tls is true",
		"mysql://u:secret@h/x?ca=none.pem": "no such file",
		"mysql://u:secret@127.0.0.1:1/x":   "connecting to 127.0.0.1:1/x",
	} {
		_, err := mysql.Open(context.Background(), db.Config{URL: url, Dir: t.TempDir()})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: got %v, want %s", url, err, want)
		}
	}
}

// TestPlans_OfUUIDs: an index of texts that are uuids gives the order of its pages, and finds the documents of a lookup.
func TestPlans_OfUUIDs(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	server := mysqltest.Database(t)
	fields := []query.Field{{Name: "id", Type: query.TypeUUID, NotNull: true}, {Name: "at", Type: query.TypeTime}, {Name: "owner", Type: query.TypeUUID}, {Name: "name", Type: query.TypeString}}
	d, c, conn := adopted(t, server, `CREATE TABLE ev (id char(36) PRIMARY KEY, at datetime(6) NOT NULL, owner varchar(36) NOT NULL, name varchar(80) NOT NULL) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci;
		INSERT INTO ev SELECT insert(insert(insert(insert(md5(seq), 21, 0, '-'), 17, 0, '-'), 13, 0, '-'), 9, 0, '-'), '2026-01-01' + INTERVAL seq SECOND, concat('00000000-0000-4000-8000-', lpad(seq % 100, 12, '0')), concat('Name ', seq) FROM seq_1_to_5000;
		CREATE INDEX by_at ON ev (at); CREATE INDEX by_owner ON ev (owner, at); CREATE INDEX by_name ON ev (name)`, "ev", fields...)
	if _, err := conn.Exec("ANALYZE TABLE ev"); err != nil {
		t.Fatal(err)
	}
	c.Related = map[string]*db.Collection{"ev": c}
	newest := append([]query.SortKey{{Field: "at", Desc: true}}, c.KeyOrder(true)...)
	at := func(name string) query.Path { return query.Path{Field: name} }
	rows, err := d.Find(ctx, c, db.Find{Query: query.Query{Where: query.True, Sort: newest, Limit: 20}})
	if err != nil || len(rows) != 20 {
		t.Fatal(len(rows), err)
	}
	cursors := query.NewCursors([32]byte{})
	next := func(sort []query.SortKey) query.Filter {
		ranges, err := cursors.After("ev", c.Shape, sort, cursors.Make("ev", c.Shape, sort, rows[19]))
		if err != nil {
			t.Fatal(err)
		}
		return ranges[0]
	}
	for name, f := range map[string]query.Query{
		"the newest":           {Where: query.True, Sort: newest, Limit: 20},
		"the next":             {Where: next(newest), Sort: newest, Limit: 20},
		"by the key":           {Where: query.True, Sort: c.KeyOrder(false), Limit: 20},
		"the next by the key":  {Where: next(c.KeyOrder(false)), Sort: c.KeyOrder(false), Limit: 20},
		"of an owner":          {Where: &query.Compare{Path: at("owner"), Value: query.String("00000000-0000-4000-8000-000000000007")}, Sort: newest, Limit: 20},
		"a lookup by a key":    {Where: query.Negate(query.Lookup("ev", query.True, query.Link{Inner: at("id"), Outer: at("owner")})), Sort: newest, Limit: 20},
		"a lookup by a string": {Where: query.Lookup("ev", query.True, query.Link{Inner: at("name"), Outer: at("name")}), Sort: newest, Limit: 20},
	} {
		statement, err := d.(db.Explainer).Explain(ctx, c, db.Find{Query: f})
		plan := strings.Join(statement.Plan, "\n")
		if err != nil || strings.Contains(plan, "filesort") || strings.Contains(plan, "ALL") {
			t.Errorf("%s: %s\n%s %v", name, statement.Text, plan, err)
		}
		if found, err := d.Find(ctx, c, db.Find{Query: f}); err != nil || len(found) != 20 {
			t.Errorf("%s finds %d, %v", name, len(found), err)
		}
	}
	tables, err := d.(db.Introspector).Introspect(ctx)
	if err != nil || len(tables) != 1 || tables[0].Fields[0].Type != query.TypeUUID || tables[0].Fields[2].Type != query.TypeUUID || tables[0].Fields[3].Type != query.TypeString {
		t.Errorf("introspection says %+v, %v", tables, err)
	}
}
