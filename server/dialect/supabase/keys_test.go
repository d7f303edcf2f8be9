package supabase_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	conf "github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/server/dialect/supabase"
	"github.com/basalt-dev/basalt/server/servertest"
)

// The keys that follow from the secret are the same on every node, differ from each other and with the secret, and are
// tokens of no one.
func TestKeys_FollowFromTheSecret(t *testing.T) {
	t.Parallel()
	with := func(secret string) supabase.Keys {
		path := filepath.Join(t.TempDir(), "basalt.yaml")
		text := strings.Replace(config, `{ anon_key: "anon-key-of-the-tests", service_key: "service-key-of-the-tests" }`, "{}", 1)
		if err := os.WriteFile(path, []byte(strings.Replace(text, "0123456789abcdef0123456789abcdef", secret, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := conf.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		return supabase.KeysOf(c)
	}
	one, again, other := with("0123456789abcdef0123456789abcdef"), with("0123456789abcdef0123456789abcdef"), with("another-secret-another-secret-32")
	if one != again || one.Anon == one.Service || one.Anon == other.Anon || one.Service == other.Service || strings.Count(one.Service, ".") != 2 {
		t.Errorf("the keys are %v, %v and %v", one, again, other)
	}
	s := servertest.Start(t, strings.Replace(config, `{ anon_key: "anon-key-of-the-tests", service_key: "service-key-of-the-tests" }`, "{}", 1))
	try := func(apikey, bearer, path string, status int) {
		t.Helper()
		header := map[string]string{"apikey": apikey}
		if bearer != "" {
			header["Authorization"] = "Bearer " + bearer
		}
		if a := s.Do(t, servertest.Call{Method: "GET", Path: path, Header: header}); a.Status != status {
			t.Errorf("%s with the key %.20s… and the token %.20s… is %d, not %d: %s", path, apikey, bearer, a.Status, status, a.Body)
		}
	}
	user := s.Token(map[string]any{"sub": "mallory", "role": "service_role"})
	try(one.Anon, one.Anon, "/rest/v1/notes", 200)
	try(one.Anon, "", "/rest/v1/notes", 200)
	try("", one.Anon, "/rest/v1/notes", 200)
	try(one.Service, one.Service, "/rest/v1/ruleless", 200)
	try(one.Anon, one.Service, "/rest/v1/ruleless", 200)
	try(one.Service, user, "/rest/v1/ruleless", 403) // the token of a user is that user, whatever the key
	try(one.Anon, user, "/rest/v1/ruleless", 403)    // and a claim is no key
	try(other.Service, other.Service, "/rest/v1/notes", 401)
	try(user, user, "/rest/v1/notes", 401)
	try("", user, "/rest/v1/notes", 401)
	try("", one.Service, "/v1/db/ruleless", 401) // nor are the keys anything elsewhere
	try("", one.Anon, "/v1/db/notes", 401)
}
