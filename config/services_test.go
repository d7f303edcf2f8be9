package config

import (
	"strings"
	"testing"

	_ "github.com/basalt-dev/basalt/modules/db/postgres"
)

// TestServices_OfADatabase: functions of a database are those of one that has some, and nothing of a service elsewhere.
func TestServices_OfADatabase(t *testing.T) {
	t.Parallel()
	const databases = "databases: { main: { driver: postgres, url: \"postgres://localhost/x\" }, lite: { driver: sqlite, url: \"file:x.db\" } }\ncollections: { c: { database: lite, fields: { x: { type: int } } } }\nservices:\n  s: { "
	for service, want := range map[string]string{
		"driver: database, database: main":                                              "",
		"driver: database, database: main, schema: app":                                 "",
		"driver: database":                                                              "say which one with `database: lite` or `main`",
		"driver: database, database: gone":                                              `there is no database "gone"`,
		"driver: database, database: lite":                                              "databases of the driver sqlite have no functions that can be called",
		"driver: database, database: main, url: \"http://x.test\"":                      "url and secret are of services elsewhere",
		"driver: http, url: \"http://x.test\", database: main":                          "database and schema are of the driver database",
		"driver: database, database: main, schema: \"" + strings.Repeat("x", 64) + "\"": "schema is a name of 1 to 63 bytes",
		"driver: sql": "driver is nats, redis, http or database",
	} {
		_, err := Parse("f", ".", []byte(databases+service+", functions: { f: { rule: 'true' } } }\n"))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v", service, err)
		}
	}
}
