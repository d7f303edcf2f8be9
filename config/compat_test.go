package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/config"
)

func TestCompat_SupabaseNeedsKeysOfItsOwn(t *testing.T) {
	t.Parallel()
	const secret = `auth: { tokens: { secret: "0123456789abcdef0123456789abcdef" } }` + "\n"
	for _, c := range []struct{ section, wrong string }{
		{secret + `compat: { supabase: {} }`, ""},
		{secret + `compat: {}`, ""},
		{`compat: { supabase: { anon_key: public, service_key: "a-key-of-twenty-letters" } }`, ""},
		{`compat: { supabase: {} }`, "has no keys"},
		{`compat: { supabase: { anon_key: public } }`, "has no keys"},
		{`compat: { supabase: { anon_key: "a-key-of-twenty-letters", service_key: "a-key-of-twenty-letters" } }`, "is the same"},
		{`compat: { supabase: { anon_key: public, service_key: short } }`, "can be guessed"},
		{secret + `compat: { supabse: {} }`, `did you mean "supabase"`},
	} {
		path := filepath.Join(t.TempDir(), "basalt.yaml")
		if err := os.WriteFile(path, []byte("databases: { main: { driver: memory } }\n"+c.section+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := config.Load(path)
		if c.wrong == "" && err != nil || c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong)) {
			t.Errorf("%s: %v, not %q", c.section, err, c.wrong)
		}
	}
}
