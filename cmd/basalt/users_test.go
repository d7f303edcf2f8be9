//go:build !browser

package main

import (
	"os"
	"os/exec"
	"path/filepath"
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
	if out := run(`"email":"bob@example.com"`, "list"); strings.Contains(out, "ada@") {
		t.Errorf("got %s", out)
	}
}

// TestUsers_MoveFromFirebaseAndOn: accounts of Firebase come with their passwords, twice is once, what is wrong is named and
// stops nothing, and another Basalt takes them over.
func TestUsers_MoveFromFirebaseAndOn(t *testing.T) {
	const config = `
databases: { main: { driver: sqlite, url: "file:test.db" } }
auth: { providers: { password: {} } }
log: { level: error }
`
	dir, from, to := t.TempDir(), servertest.Write(t, config), servertest.Write(t, config)
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	run := func(path, want string, args ...string) {
		t.Helper()
		out, err := exec.Command(servertest.Binary(t), append(append([]string{"users"}, args...), "--config", path)...).CombinedOutput()
		if !strings.Contains(string(out), want) || (err != nil) != strings.Contains(string(out), "basalt: ") {
			t.Errorf("%v: got %v %s, want %s", args, err, out, want)
		}
	}
	const sum = "lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ=="
	file := write("users.json", `{"users": [
{"localId":"u1","email":"Ada@example.com","emailVerified":true,"passwordHash":"`+sum+`","salt":"42xEC+ixf3L2lw==","displayName":"Ada","createdAt":"1486324170000","customAttributes":"{\"role\":\"editor\"}","providerUserInfo":[{"providerId":"password","rawId":"Ada@example.com"},{"providerId":"google.com","rawId":"g1","email":"ada@gmail.example"}]},
{"localId":"u2","email":"ADA@example.com"},
{"localId":"u3","phoneNumber":"+15555550100"},
{"localId":"u4","email":"bob@example.com","customAttributes":"{"},
{"localId":5},
{"localId":"u6","email":"eve@example.com"}
]}`)
	config2 := write("hash_config", `hash_config {
  algorithm: SCRYPT,
  base64_signer_key: jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==,
  base64_salt_separator: Bw==,
  rounds: 8,
  mem_cost: 14,
}`)
	firebase := []string{"import", file, "--from", "firebase", "--hash-config", config2}
	run(from, "basalt: the file has hashes of passwords", "import", file, "--from", "firebase")
	run(from, "basalt: there is no account", "signout", "ada@example.com")
	run(from, "2 would be imported, 0 were there, 4 refused", append(firebase, "--dry-run")...)
	report := filepath.Join(dir, "errors")
	run(from, "2 imported, 0 were there, 4 refused", append(firebase, "--errors", report)...)
	text, err := os.ReadFile(report)
	if err != nil || strings.Count(string(text), "\n") != 4 || !strings.Contains(string(text), `{"account":2,"email":"ADA@example.com","id":"u2","reason":"`) {
		t.Errorf("the report is %s %v", text, err)
	}
	run(from, "0 imported, 2 were there, 4 refused", firebase...)
	for _, bad := range []string{"", "{}", "[]", `{"users":5}`, `{"users":[`, `{"users":[{"localId":"x","email":"x@example.com"}`, "nonsense", `{"users":[}]}`} {
		run(from, "basalt: ", "import", write("bad.json", bad), "--from", "firebase", "--dry-run")
	}
	run(from, "basalt: ", "import", write("hash", "rounds: 8"), "--from", "firebase", "--hash-config", write("hash2", "rounds: many"))

	type call = servertest.Call
	signIn := func(path string) {
		t.Helper()
		node := servertest.StartProcess(t, path).Instance(path)
		var s struct {
			User struct {
				ID       string `json:"id"`
				Verified bool   `json:"email_verified"`
			} `json:"user"`
		}
		node.Want(t, 401, call{Method: "POST", Path: "/v1/auth/signin", Body: `{"email":"ada@example.com","password":"user1passwore"}`})
		node.Want(t, 200, call{Method: "POST", Path: "/v1/auth/signin", Body: `{"email":"ada@example.com","password":"user1password"}`}).Decode(t, &s)
		if s.User.ID != "u1" || !s.User.Verified {
			t.Errorf("signed in as %+v", s.User)
		}
	}
	lines := filepath.Join(dir, "accounts.jsonl")
	run(from, "2 accounts", "export", lines)
	run(from, "basalt: ", "export", lines)
	if info, err := os.Stat(lines); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the export is for %v, %v", info.Mode(), err)
	}
	signIn(from)
	run(to, "2 imported, 0 were there, 0 refused", "import", lines)
	run(to, "account 2 : this is not an account in JSON", "import", write("typo.jsonl", `{"id":"z","email":"z@example.com"}`+"\n"+`{"emial":"y@example.com"}`+"\n\n"))
	signIn(to)
}
