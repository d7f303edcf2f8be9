package server_test

import (
	"errors"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/modules/db/mongo/mongotest"
	"github.com/basalt-dev/basalt/modules/db/mysql/mysqltest"
	"github.com/basalt-dev/basalt/server/servertest"
)

// TestReload_ANewFieldFillsOldDocuments: they get its constant default, and are found by it.
func TestReload_ANewFieldFillsOldDocuments(t *testing.T) {
	t.Parallel()
	for driver, config := range map[string]string{"sqlite": operatorsConfig, "postgres": "", "mysql": "", "mongo": ""} {
		t.Run(driver, func(t *testing.T) {
			switch driver {
			case "postgres":
				config = onPostgres(t, operatorsConfig)
			case "mysql":
				config = strings.Replace(operatorsConfig, `sqlite, url: "file:test.db"`, `mysql, url: "`+mysqltest.Database(t)+`"`, 1)
			case "mongo":
				config = strings.Replace(operatorsConfig, `sqlite, url: "file:test.db"`, `mongo, url: "`+mongotest.Database(t)+`"`, 1)
			}
			s := servertest.Start(t, config)
			s.Want(t, 201, call{Method: "POST", Path: "/v1/db/docs", Body: `{"id":"a"}`})
			wider := strings.Replace(config, "n: { type: int }", `n: { type: int }, done: { type: bool, default: false }, st: { type: string, required: true, default: "it's open" }, f: { type: float, default: 1.5 }, i: { type: int, default: 0 }, at: { type: time, default: "now()" }, tags: { type: list, of: string, default: [a, "it's"] }, none: { type: list, of: time, default: [] }, prices: { type: list, of: decimal, default: [1.50, "2"] }, days: { type: list, of: date, default: ["2026-02-28"] }`, 1)
			decimals := func(text string) string { return text }
			if driver == "mongo" { // FerretDB has no decimals
				decimals = strings.NewReplacer(`prices: { type: list, of: decimal, default: [1.50, "2"] }, `, "", `,"prices":[1.5,2]`, "", ` && 1.5 in prices`, "").Replace
			}
			wider = decimals(wider)
			if err := errors.Join(os.WriteFile(s.Path, []byte(wider), 0o600), s.Reload()); err != nil {
				t.Fatal(err)
			}
			want := decimals(`{"items":[{"id":"a","j":null,"n":null,"done":false,"st":"it's open","f":1.5,"i":0,"at":null,"tags":["a","it's"],"none":[],"prices":[1.5,2],"days":["2026-02-28"]}],"next":null}`)
			if got := s.Want(t, 200, call{Method: "GET", Path: "/v1/db/docs?filter=done==false"}).Body; got != want {
				t.Errorf("got %s", got)
			}
			if got := s.Want(t, 200, call{Method: "GET", Path: "/v1/db/docs?filter=" + url.QueryEscape(decimals(`"it's" in tags && "2026-02-28" in days && 1.5 in prices && len(none) == 0`))}).IDs(t); len(got) != 1 {
				t.Errorf("found %v by the default of a list", got)
			}
			if got := s.Want(t, 201, call{Method: "POST", Path: "/v1/db/docs", Body: `{"done":null,"tags":null}`}).Body; !strings.Contains(got, `"done":null,"st":"it's open"`) || !strings.Contains(got, decimals(`"tags":null,"none":[],"prices":[1.5,2]`)) {
				t.Errorf("made %s", got)
			}
			renamed := strings.Replace(wider, "st: {", "state: {", 1)
			if err := errors.Join(os.WriteFile(s.Path, []byte(renamed), 0o600), s.Reload()); driver == "mongo" && err != nil || driver != "mongo" && (err == nil || !strings.Contains(err.Error(), "write `was: st` at state")) {
				t.Errorf("a renamed field: %v", err)
			}
			renamed = strings.Replace(wider, "st: {", "state: { was: st,", 1)
			if err := errors.Join(os.WriteFile(s.Path, []byte(renamed), 0o600), s.Reload()); err != nil {
				t.Fatal(err)
			}
			if got := s.Want(t, 200, call{Method: "GET", Path: "/v1/db/docs/a"}).Body; !strings.Contains(got, `"state":"it's open"`) {
				t.Errorf("after the rename %s", got)
			}
		})
	}
}
