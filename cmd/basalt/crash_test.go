//go:build !browser

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/basalt-dev/basalt/server/servertest"
)

const crashConfig = `
databases: { main: { driver: sqlite, url: "file:crash.db" } }
auth: { tokens: { secret: "0123456789abcdef0123456789abcdef" } }
log: { level: error }
collections:
  notes:
    fields: { owner: { type: string, index: true }, n: { type: int }, part: { type: string, index: true } }
    set: { create: { owner: auth.id } }
    rules: { read: 'doc.owner == auth.id', create: 'auth != nil' }
`

// start runs `basalt serve` and returns when it is ready.
func start(t *testing.T, path, config string) (*exec.Cmd, string) {
	t.Helper()
	address := servertest.FreeAddress(t)
	cmd := exec.Command(path, "serve", "--config", config, "--listen", address)
	var log bytes.Buffer
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	if servertest.Ready("http://" + address + "/readyz") {
		return cmd, "http://" + address
	}
	t.Fatalf("the server does not start: %s", log.String())
	return nil, ""
}

func token(t *testing.T, path, config string) string {
	t.Helper()
	out, err := exec.Command(path, "token", "--config", config, "--claims", `{"sub":"u1"}`).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

func send(method, url, token, body string) (int, []byte, error) {
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp.StatusCode, b, err
}

// TestServe_KilledUnderWritesLosesNothing kills the process with 200 writers at work: each document
// that was acknowledged is there afterwards, and each array as a whole or not at all.
func TestServe_KilledUnderWritesLosesNothing(t *testing.T) {
	path := servertest.Binary(t)
	config := filepath.Join(t.TempDir(), "basalt.yaml")
	if err := os.WriteFile(config, []byte(crashConfig), 0o600); err != nil {
		t.Fatal(err)
	}
	for round := range 3 {
		server, url := start(t, path, config)
		u := token(t, path, config)
		var mu sync.Mutex
		var acknowledged []string
		enough := make(chan struct{})
		var once sync.Once
		var writers sync.WaitGroup
		for w := range 200 {
			writers.Go(func() {
				for i := 0; ; i++ {
					id := fmt.Sprintf("r%d-w%d-%d", round, w, i)
					body := fmt.Sprintf(`{"id":%q,"n":%d}`, id, i)
					if w%4 == 0 {
						body = fmt.Sprintf(`[{"id":"%s-a","part":%q},{"id":"%s-b","part":%q},{"id":"%s-c","part":%q}]`, id, id, id, id, id, id)
					}
					status, _, err := send("POST", url+"/v1/db/notes", u, body)
					if err != nil {
						return
					}
					if status == 201 {
						mu.Lock()
						if w%4 == 0 {
							id += "-c"
						}
						acknowledged = append(acknowledged, id)
						n := len(acknowledged)
						mu.Unlock()
						if n > 1000 {
							once.Do(func() { close(enough) })
						}
					}
				}
			})
		}
		<-enough
		if err := server.Process.Signal(syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		writers.Wait()
		_ = server.Wait() // it was killed

		server, url = start(t, path, config)
		for _, id := range acknowledged {
			if status, body, err := send("GET", url+"/v1/db/notes/"+id, u, ""); status != 200 || err != nil {
				t.Fatalf("round %d: the acknowledged document %s is gone: %d %s %v", round, id, status, body, err)
			}
		}
		_, body, err := send("POST", url+"/v1/db/notes/aggregate", u, `{"where":{"part":{"$exists":true}},"group":["part"],"count":true}`)
		if err != nil {
			t.Fatal(err)
		}
		var groups struct {
			Items []struct {
				Part  string
				Count int
			}
		}
		if err := json.Unmarshal(body, &groups); err != nil {
			t.Fatal(err)
		}
		for _, g := range groups.Items {
			if g.Count != 3 {
				t.Errorf("the array %s is there with %d of 3 documents", g.Part, g.Count)
			}
		}
		if err := server.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if err := server.Wait(); err != nil {
			t.Errorf("the server does not end well: %v", err)
		}
	}
}

func TestCommands_SayWhatIsWrong(t *testing.T) {
	path := servertest.Binary(t)
	dir := t.TempDir()
	run := func(args ...string) (string, error) {
		cmd := exec.Command(path, args...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := run("init", "app"); err != nil || !strings.Contains(out, "wrote app/basalt.yaml") {
		t.Errorf("init: %v %s", err, out)
	}
	if out, err := run("rules", "test", "app/rules.test.yaml"); err != nil {
		t.Errorf("the tests of a new app: %v %s", err, out)
	}
	if out, err := run("init", "app"); err == nil || !strings.Contains(out, "nothing was written") {
		t.Errorf("init twice: %v %s", err, out)
	}
	if out, err := run("check", "app/basalt.yaml"); err != nil || !strings.Contains(out, "is valid") {
		t.Errorf("check: %v %s", err, out)
	}
	if out, err := run("version"); err != nil || !strings.HasPrefix(out, "basalt ") {
		t.Errorf("version: %v %s", err, out)
	}
	if out, err := run("check", "nothing.yaml"); err == nil || !strings.Contains(out, "nothing.yaml") {
		t.Errorf("check of nothing: %v %s", err, out)
	}
	if out, err := run("token", "--config", "app/basalt.yaml", "--claims", "[]"); err == nil || !strings.Contains(out, "JSON object") {
		t.Errorf("token: %v %s", err, out)
	}
	broken := filepath.Join(dir, "broken.yaml")
	if err := os.WriteFile(broken, []byte(strings.Replace(crashConfig, "doc.owner", "doc.ownr", 1)+"colections: {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := run("check", "broken.yaml")
	for _, want := range []string{"broken.yaml:9:25:", `did you mean "owner"?`, "broken.yaml:10:1:", `did you mean "collections"?`} {
		if err == nil || !strings.Contains(out, want) {
			t.Errorf("check of a broken file: %v, no %s in %s", err, want, out)
		}
	}
	if out, err := run("healthcheck", "--url", "http://127.0.0.1:1"); err == nil || out == "" {
		t.Errorf("healthcheck: %v %s", err, out)
	}
	address := servertest.FreeAddress(t)
	server := servertest.StartProcess(t, servertest.Write(t, crashConfig))
	if out, err := run("healthcheck", "--url", server.URL); err != nil {
		t.Errorf("healthcheck of a ready server: %v %s", err, out)
	}
	if err := os.WriteFile(filepath.Join(dir, "listens.yaml"), []byte("listen: "+strconv.Quote(address)+"\n"+crashConfig), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := run("healthcheck", "--config", "listens.yaml"); err == nil || !strings.Contains(out, address) {
		t.Errorf("healthcheck of the configuration: %v %s", err, out)
	}
	if out, err := run("healthcheck", "--config", "nothing.yaml"); err == nil || !strings.Contains(out, "--url") {
		t.Errorf("healthcheck without a configuration: %v %s", err, out)
	}
}

// TestServe_DiskIsFull bounds the size of files, so that the database cannot grow: writes are refused,
// reads go on, and what was acknowledged is there when there is space again.
func TestServe_DiskIsFull(t *testing.T) {
	path := servertest.Binary(t)
	dir := t.TempDir()
	config := filepath.Join(dir, "basalt.yaml")
	if err := os.WriteFile(config, []byte(crashConfig), 0o600); err != nil {
		t.Fatal(err)
	}
	limited := filepath.Join(dir, "limited")
	if err := os.WriteFile(limited, []byte("#!/bin/sh\nulimit -f 2048\nexec "+path+" \"$@\"\n"), 0o700); err != nil { // blocks of 512 bytes
		t.Fatal(err)
	}
	server, url := start(t, limited, config)
	u := token(t, path, config)
	var acknowledged []string
	refused := 0
	filler := strings.Repeat("x", 4000)
	for i := 0; i < 2000 && refused < 20; i++ {
		id := fmt.Sprintf("d%d", i)
		status, body, err := send("POST", url+"/v1/db/notes", u, fmt.Sprintf(`{"id":%q,"part":%q}`, id, filler))
		switch {
		case err != nil:
			t.Fatalf("after %d writes: %v", i, err)
		case status == 201:
			acknowledged = append(acknowledged, id)
		case status == 503:
			refused++
		default:
			t.Fatalf("got %d %s", status, body)
		}
	}
	if refused == 0 || len(acknowledged) == 0 {
		t.Fatalf("%d writes were stored and %d refused", len(acknowledged), refused)
	}
	check := func() {
		t.Helper()
		for _, id := range acknowledged {
			if status, body, err := send("GET", url+"/v1/db/notes/"+id, u, ""); status != 200 || err != nil {
				t.Fatalf("%s is gone: %d %s %v", id, status, body, err)
			}
		}
	}
	check()
	if err := server.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = server.Wait() // it was killed
	_, url = start(t, path, config)
	check()
	if status, body, err := send("POST", url+"/v1/db/notes", u, `{"n":1}`); status != 201 {
		t.Errorf("with space again: %d %s %v", status, body, err)
	}
}
