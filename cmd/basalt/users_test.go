//go:build !browser

package main

import (
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/server/servertest"
)

// TestUsers_ChangeAccountsOfARunningServer uses the command while a node runs over the same database.
func TestUsers_ChangeAccountsOfARunningServer(t *testing.T) {
	path := servertest.Write(t, `
databases: { main: { driver: sqlite, url: "file:test.db" } }
auth: { providers: { password: {} } }
admin: { users: 'auth.role == "admin" && auth.email_verified == true' }
log: { level: error }
`)
	node := servertest.StartProcess(t, path).Instance(path)
	run := func(want string, args ...string) string {
		t.Helper()
		out, err := exec.Command(servertest.Binary(t), append(append([]string{"users"}, args...), "--config", path)...).CombinedOutput()
		if !strings.Contains(string(out), want) || (err != nil) != strings.HasPrefix(want, "basalt: ") {
			t.Errorf("%v: got %v %s, want %s", args, err, out, want)
		}
		return string(out)
	}
	type call = servertest.Call
	var s struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
	}
	node.Want(t, 201, call{Method: "POST", Path: "/v1/auth/signup", Body: `{"email":"ada@example.com","password":"correct horse"}`}).Decode(t, &s)
	if out := run(`"email":"ada@example.com"`, "list"); strings.Contains(out, "argon2") {
		t.Errorf("the hash is shown: %s", out)
	}
	run(`"claims":{"role":"editor"}`, "set", "Ada@example.com", "--claims", `{"role":"editor"}`)
	run("basalt: ", "set", "ada@example.com")
	run("basalt: ", "set", "nobody@example.com", "--disable")
	run("basalt: ", "set", "ada@example.com", "--claims", `{"sub":"x"}`)
	run("basalt: ", "add", "not an address")
	run(`"email":"bob@example.com"`, "add", "bob@example.com", "--verified", "--hash", "$2a$04$Zz5Q0m6K3m2y3yqXkq1O2eJ0V6oJ8mW0M6m1q6s9Q0bH2y0g3k6dW")
	run("basalt: ", "add", "bob@example.com")
	run(`{"claims":{"role":"admin"}`, "add", "root@example.com", "--admin")
	run("basalt: error: --claims", "add", "root2@example.com", "--admin", "--claims", `{"role":"admin"}`)
	run(`"disabled":true`, "set", "ada@example.com", "--disable")
	for tries := 0; node.Do(t, call{Method: "GET", Path: "/v1/auth/user", Token: s.Access}).Status != 401; tries++ {
		if tries > 400 {
			t.Fatal("the token goes on being accepted")
		}
		time.Sleep(25 * time.Millisecond)
	}
	node.Want(t, 403, call{Method: "POST", Path: "/v1/auth/signin", Body: `{"email":"ada@example.com","password":"correct horse"}`})
	run(`"disabled":false`, "set", "ada@example.com", "--enable")
	node.Want(t, 200, call{Method: "POST", Path: "/v1/auth/signin", Body: `{"email":"ada@example.com","password":"correct horse"}`})
	run("", "signout", "ada@example.com")
	run("", "remove", "ada@example.com")
	if out := run(`"email":"bob@example.com"`, "list"); strings.Contains(out, "ada") {
		t.Errorf("got %s", out)
	}
}
