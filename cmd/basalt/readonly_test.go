//go:build linux && !browser

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/server/servertest"
)

// lockedIn runs a command as a user that has no name, where nothing but one directory can be written to.
const lockedIn = `
set -e
mount --bind "$1" "$1"
mount -o remount,ro,bind /
for at in $(awk '$5 != "/" {print $5}' /proc/self/mountinfo); do
	case $at in "$1"|/proc*|/sys*|/dev*) ;; *) mount -o remount,ro,bind "$at" 2>/dev/null || true;; esac
done
cd "$1"; shift
exec setpriv --reuid 54321 --regid 54321 --clear-groups --no-new-privs --inh-caps=-all "$@"
`

// TestServe_ReadOnlyRootAndAnyUser: a server that may write to its data alone, as a user that the machine does not know,
// serves, makes a backup and restores it.
func TestServe_ReadOnlyRootAndAnyUser(t *testing.T) {
	binary := servertest.Binary(t)
	dir, err := os.MkdirTemp("", "locked")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	address := servertest.FreeAddress(t)
	config := fmt.Sprintf(`
listen: %q
databases: { main: { driver: sqlite, url: "file:data/app.db" } }
auth: { providers: { password: {} } }
storage: { disk: { driver: local, dir: data/bytes } }
backups: { to: data/kept }
log: { level: warn }
collections:
  notes:  { fields: { text: { type: string, search: true } }, rules: { read: 'true', create: 'true' } }
  papers: { files: { storage: disk }, rules: { read: 'true', create: 'true' } }
`, address)
	if err := os.WriteFile(filepath.Join(dir, "basalt.yaml"), []byte(config), 0o644); err != nil { //nolint:gosec // another user reads it
		t.Fatal(err)
	}
	// The binary is somewhere that every user may read.
	own := filepath.Join(dir, "basalt")
	bytes, err := os.ReadFile(binary)
	if err == nil {
		err = os.WriteFile(own, bytes, 0o755) //nolint:gosec // as above
	}
	if err == nil {
		err = os.Mkdir(filepath.Join(dir, "data"), 0o700)
	}
	if err == nil {
		err = os.Chown(filepath.Join(dir, "data"), 54321, 54321)
	}
	if err == nil {
		err = os.Chmod(dir, 0o755) //nolint:gosec // as above
	}
	if err != nil {
		t.Fatalf("this test is for root: %v", err)
	}
	locked := func(args ...string) *exec.Cmd {
		cmd := exec.Command("unshare", append([]string{"-m", "sh", "-c", lockedIn, "sh", dir}, args...)...)
		cmd.Env = append(os.Environ(), "HOME=/nonexistent")
		return cmd
	}
	if out, err := locked("sh", "-c", "touch /tmp/outside basalt.yaml || id -u").CombinedOutput(); err != nil || !strings.Contains(string(out), "54321") {
		t.Fatalf("it is not locked in: %v %s", err, out)
	}
	server := locked("./basalt", "serve")
	var log strings.Builder
	server.Stdout, server.Stderr = &log, &log
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	stop := func() { _ = server.Process.Kill(); _ = server.Wait() }
	t.Cleanup(stop)
	if !servertest.Ready("http://" + address + "/readyz") {
		t.Fatalf("it does not serve: %s", log.String())
	}
	type call = servertest.Call
	at := servertest.At(t, "http://"+address, filepath.Join(dir, "basalt.yaml"))
	at.Want(t, 201, call{Method: "POST", Path: "/v1/auth/signup", Body: `{"email":"ada@example.com","password":"correct horse"}`})
	at.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Body: `{"id":"first","text":"keep me"}`})
	at.Want(t, 201, call{Method: "PUT", Path: "/v1/files/papers?path=a.txt", Body: strings.Repeat("x", 1<<20), Header: map[string]string{"Content-Type": "text/plain"}})
	for _, args := range [][]string{{"healthcheck"}, {"backup"}, {"check"}, {"users", "list"}} {
		if out, err := locked(append([]string{"./basalt"}, args...)...).CombinedOutput(); err != nil {
			t.Errorf("%v: %v %s", args, err, out)
		}
	}
	stop()
	// Copies on a disk that is mounted to be read only.
	far := t.TempDir()
	for _, args := range [][]string{{"cp", "-r", filepath.Join(dir, "data", "kept"), far}, {"chmod", "-R", "a+rX", filepath.Dir(far), far}} {
		if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	if out, err := locked("./basalt", "restore", filepath.Join(far, "kept"), "--force").CombinedOutput(); err != nil {
		t.Errorf("restore from a disk that is read only: %v %s", err, out)
	}
	time.Sleep(time.Second) // a backup is named by its second
	if out, err := locked("./basalt", "backup", filepath.Join(far, "kept")).CombinedOutput(); err == nil || !strings.Contains(string(out), "read-only") {
		t.Errorf("backup to a disk that is read only: %v %s", err, out)
	}
	if out, err := locked("./basalt", "restore", "--force").CombinedOutput(); err != nil {
		t.Errorf("restore: %v %s", err, out)
	}
}
