package offline

import (
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// TestDescribeTables_KeysAndIndexes: a table without a primary key is served by what tells its rows apart, or it is said
// what to do; the indexes of several columns are printed.
func TestDescribeTables_KeysAndIndexes(t *testing.T) {
	t.Parallel()
	text := func(name string, required, unique bool) db.TableField {
		return db.TableField{Name: name, Type: query.TypeString, Required: required, Unique: unique}
	}
	folds := text("handle", false, false)
	folds.Folds = true
	anyCase := text("email", false, false)
	anyCase.Folds, anyCase.AnyCase = true, true
	tags := db.TableField{Name: "tags", Type: query.ListOf(query.TypeString), Required: true, Unique: true}
	got := describeTables("main", []db.Table{
		{Name: "keyed", Key: []string{"no"}, Fields: []db.TableField{text("no", true, true), text("First Name", false, false), folds, anyCase}, Indexes: []db.TableIndex{
			{Name: "a", Columns: []string{"First Name", "no"}, Desc: []bool{false, true}}, {Name: "b", Columns: []string{"handle", "First Name"}, Desc: []bool{false, false}, Unique: true},
			{Name: "c", Columns: []string{"handle"}, Desc: []bool{false}, Where: "x IS\nNULL"}}},
		{Name: "alone", Fields: []db.TableField{tags, text("a", false, true), text("b", true, true)}},
		{Name: "both", Fields: []db.TableField{text("a", true, false), text("b", true, false)}, Indexes: []db.TableIndex{{Name: "x", Columns: []string{"b", "a"}, Desc: []bool{false, false}, Unique: true}}},
		{Name: "nullable", Fields: []db.TableField{text("a", false, true)}},
		{Name: "part", Fields: []db.TableField{text("a", true, false)}, Indexes: []db.TableIndex{{Name: "x", Columns: []string{"a"}, Desc: []bool{false}, Unique: true, Where: "a > 1"}}},
		{Name: "seen", ReadOnly: true, Fields: []db.TableField{text("a", false, false)}},
		{Name: "shown", ReadOnly: true, Fields: []db.TableField{text("id", false, false)}},
	})
	for _, want := range []string{
		"    indexes:\n      - { fields: [First_Name, -id] }\n      - { fields: [handle, First_Name], unique: true }\n      # c of [handle] WHERE x IS NULL: to have it here",
		"though not by the database: handle;",
		"in any case, as by the database: email\n",
		"  alone:\n    # there is no primary key; b is unique and never null\n    database: main\n    key: b\n",
		"  both:\n    # there is no primary key; b and a are unique together and never null\n    database: main\n    key: [b, a]",
		"  # nullable has no key: a is unique, but can be null. Make it NOT NULL",
		"  # part has no key: nothing tells two rows with the same values apart. Add a primary key",
		"  # seen has no key: a view does not say what tells its rows apart. Give it a column id",
		"  shown:\n    database: main\n    fields:\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("there is no %q in\n%s", want, got)
		}
	}
	if strings.Count(got, "indexes:") != 1 {
		t.Errorf("the index that is a key is printed, too:\n%s", got)
	}
}
