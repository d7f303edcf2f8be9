package main

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const modulePath = "github.com/basalt-dev/basalt/"

// A line of the table says what the packages below a directory may import of modulePath: packages, or everything below one that
// ends in /. The first line that fits a package is its line.
//
//	cmd → server → server/api → modules → rules, modules/query → modules/syntax → modules/fault
var directions = []struct {
	below string
	may   []string
}{
	{"modules/fault/", nil},
	{"modules/clock/", nil},
	{"modules/freeport/", nil},
	{"modules/syntax/", []string{"modules/fault"}},
	{"modules/query/", []string{"modules/syntax", "modules/fault"}},
	{"rules/", []string{"rules", "modules/query", "modules/syntax", "modules/fault"}},
	{"modules/services/wire/", []string{"modules/fault"}},
	{"modules/auth/token/", []string{"modules/fault", "modules/query"}},
	{"modules/files/storage/", []string{"modules/fault"}},
	{"modules/files/local/", []string{"modules/files/storage", "modules/fault"}},
	{"modules/files/s3/", []string{"modules/files/storage", "modules/fault"}},
	{"modules/db/", []string{"modules/db/", "modules/query", "modules/fault", "rules", "modules/freeport"}}, // rules: what dbtest compares; freeport: for the servers of tests
	{"modules/", []string{"modules/", "rules"}},
	{"config/", []string{"config", "modules/", "rules"}},
	{"sdk/go/worker/", []string{"sdk/go", "modules/fault", "modules/services/wire", "modules/webhook", "modules/bus", "modules/services", "modules/tracing"}},
	{"sdk/go/", []string{"sdk/go/"}}, // apps compile nothing of the server
	{"sdk/gen/", []string{"config", "modules/query"}},
	{"sdk/js/", []string{"sdk/js/"}},
	{"server/wiring/", []string{"config", "modules/", "rules"}},
	{"server/dialect/", []string{"server/dialect", "config", "modules/", "rules"}},
	{"server/api/", []string{"server/dialect", "config", "config/edit", "modules/", "rules", "rules/ruletest", "sdk/js"}},
	{"server/offline/", []string{"server/offline/", "server/wiring", "config", "modules/", "rules/"}},
	{"server/", []string{"server/", "config", "config/edit", "modules/", "rules"}},
	{"cmd/internal/", []string{"modules/fault"}},
	{"cmd/", []string{"cmd/internal/", "server/", "config", "modules/", "rules/", "sdk/gen", "sdk/js"}},
}

// named are packages that have one place: where others would have to know a driver, a framework or a wire by its name.
var named = map[string][]string{
	"github.com/gofiber/fiber/":        {"server/api/", "cmd/bench/"},
	"github.com/jackc/":                {"modules/db/postgres/", "cmd/bench/"},
	"github.com/ncruces/go-sqlite3":    {"modules/db/sqlite/", "cmd/bench/"},
	"go.mongodb.org/":                  {"modules/db/mongo/"},
	"github.com/minio/":                {"modules/files/s3/"},
	"github.com/nats-io/":              {"modules/bus/", "sdk/go/worker/", "cmd/testenv/"},
	"github.com/redis/":                {"modules/bus/", "modules/shared/", "modules/cache/", "sdk/go/worker/", "cmd/testenv/"},
	"github.com/vektah/":               {"server/dialect/graphql/"},
	"github.com/expr-lang/":            {"modules/db/dbtest/"}, // it makes the linker keep every exported method
	"github.com/modelcontextprotocol/": {"server/dialect/mcp/"},
	modulePath + "modules/db/sqlite":   {"cmd/", "server/servertest/", "modules/db/sqlite/"},
	modulePath + "modules/db/postgres": {"cmd/", "server/servertest/", "modules/db/postgres/", "sdk/js/test/"},
	modulePath + "modules/db/mongo":    {"cmd/", "server/servertest/", "modules/db/mongo/"},
	modulePath + "modules/db/memory":   {"cmd/", "server/servertest/", "modules/db/memory/"},
	modulePath + "modules/files/s3":    {"cmd/", "server/servertest/", "modules/files/s3/"},
	modulePath + "modules/files/local": {"cmd/", "server/servertest/", "modules/files/local/"},
}

// TestImports_PointOneWay reads the imports of every file that is not a test.
func TestImports_PointOneWay(t *testing.T) {
	t.Parallel()
	within := func(pkg, entry string) bool {
		if strings.HasSuffix(entry, "/") {
			return strings.HasPrefix(pkg+"/", entry)
		}
		return pkg == entry
	}
	read := 0
	err := eachFile(root, func(path, dir string) error {
		if filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "testdata") || dir == "sdk/js/test/postgres" || dir == "server/servertest" || strings.HasPrefix(dir, "examples") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		read++
		at := slices.IndexFunc(directions, func(d struct {
			below string
			may   []string
		}) bool {
			return strings.HasPrefix(dir+"/", d.below)
		})
		if at < 0 {
			t.Errorf("%s: add its directory to the table of directions", path)
			return nil
		}
		for _, spec := range file.Imports {
			imported := strings.Trim(spec.Path.Value, `"`)
			for prefix, places := range named {
				if strings.HasPrefix(imported+"/", prefix) && !slices.ContainsFunc(places, func(p string) bool { return strings.HasPrefix(dir+"/", p) }) {
					t.Errorf("%s imports %s, which belongs to %s", path, imported, strings.Join(places, " or "))
				}
			}
			pkg, ofOurs := strings.CutPrefix(imported, modulePath)
			if ofOurs && pkg != dir && !slices.ContainsFunc(directions[at].may, func(entry string) bool { return within(pkg, entry) }) {
				t.Errorf("%s imports %s; packages below %s may import %s", path, pkg, directions[at].below, strings.Join(directions[at].may, ", "))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if read < 300 {
		t.Errorf("only %d files were read", read)
	}
}
