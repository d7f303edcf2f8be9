package server_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/server/servertest"
)

// TestReload_ANewFieldFillsOldDocuments: they get its constant default, and are found by it.
func TestReload_ANewFieldFillsOldDocuments(t *testing.T) {
	t.Parallel()
	for driver, config := range map[string]string{"sqlite": operatorsConfig, "postgres": ""} {
		t.Run(driver, func(t *testing.T) {
			if config == "" {
				config = onPostgres(t, operatorsConfig)
			}
			s := servertest.Start(t, config)
			s.Want(t, 201, call{Method: "POST", Path: "/v1/db/docs", Body: `{"id":"a"}`})
			wider := strings.Replace(config, "n: { type: int }", `n: { type: int }, done: { type: bool, default: false }, st: { type: string, required: true, default: "it's open" }, f: { type: float, default: 1.5 }, i: { type: int, default: 0 }, at: { type: time, default: "now()" }`, 1)
			if err := errors.Join(os.WriteFile(s.Path, []byte(wider), 0o600), s.Reload()); err != nil {
				t.Fatal(err)
			}
			want := `{"items":[{"id":"a","j":null,"n":null,"done":false,"st":"it's open","f":1.5,"i":0,"at":null}],"next":null}`
			if got := s.Want(t, 200, call{Method: "GET", Path: "/v1/db/docs?filter=done==false"}).Body; got != want {
				t.Errorf("got %s", got)
			}
			if got := s.Want(t, 201, call{Method: "POST", Path: "/v1/db/docs", Body: `{"done":null}`}).Body; !strings.Contains(got, `"done":null,"st":"it's open"`) {
				t.Errorf("made %s", got)
			}
			renamed := strings.Replace(wider, "st: {", "state: {", 1)
			if err := errors.Join(os.WriteFile(s.Path, []byte(renamed), 0o600), s.Reload()); err == nil || !strings.Contains(err.Error(), "write `was: st` at state") {
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
