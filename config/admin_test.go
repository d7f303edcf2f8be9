package config_test

import (
	"fmt"
	"testing"

	"github.com/basalt-dev/basalt/config"
)

// TestAdminClaims_MakeAnAdministrator guesses claims for conditions, and never claims that do not satisfy them.
func TestAdminClaims_MakeAnAdministrator(t *testing.T) {
	t.Parallel()
	for condition, want := range map[string]string{
		`auth.role == "admin"`: "map[role:admin]", `auth.role in ["owner", "admin"]`: "map[role:admin]", `auth.admin == true`: "map[admin:true]",
		`"admin" in auth.roles`: "map[roles:[admin]]", `auth.role == "admin" && auth.email_verified == true`: "map[role:admin]",
		`auth.role == "superuser"`: "", `auth.email == "root@example.com"`: "", `auth.role == "admin" && auth.level >= 3`: "",
	} {
		text := "databases: { main: { driver: memory } }\nauth: {}\nadmin: { users: '" + condition + "' }\n"
		c, err := config.Parse("basalt.yaml", t.TempDir(), []byte(text))
		if err != nil {
			t.Errorf("%s: %v", condition, err)
			continue
		}
		claims, ok := config.AdminClaims(c.Admin.Who)
		if ok != (want != "") || ok && fmt.Sprint(claims) != want || ok && !config.MakesAdmin(c.Admin.Who, claims) {
			t.Errorf("%s: got %v, want %q", condition, claims, want)
		}
	}
	if config.MakesAdmin(nil, map[string]any{"role": "admin"}) {
		t.Error("no one is an administrator without a condition")
	}
}
