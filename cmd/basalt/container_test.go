//go:build linux && !browser

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/server/servertest"
)

// nonroot is the user of the image.
const nonroot = 65532

// mount is a directory or file of the host in a container.
type mount struct {
	from, to string
	readOnly bool
}

// container is an image as the Dockerfile makes it, run by runc: its root is read-only, and it has no capabilities.
type container struct {
	user, group int
	groups      []int
	mounts      []mount
	args        []string
}

// command returns the command that runs the container. The libraries of the host are there, since the binary of the
// tests is linked with them.
func (c container) command(t *testing.T) *exec.Cmd {
	t.Helper()
	bundle := t.TempDir()
	root := filepath.Join(bundle, "rootfs")
	for _, dir := range []string{"app/data", "tmp", "proc", "dev", "lib", "lib64", "usr/lib", "etc"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil { //nolint:gosec // the user of the container reads it
			t.Fatal(err)
		}
	}
	if err := os.Chown(filepath.Join(root, "app/data"), nonroot, nonroot); err != nil {
		t.Fatal(err)
	}
	mounts := []map[string]any{
		{"destination": "/proc", "type": "proc", "source": "proc"},
		{"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": []string{"mode=755"}},
	}
	all := append([]mount{{servertest.Binary(t), "/basalt", true}}, c.mounts...)
	for _, dir := range []string{"/lib", "/lib64", "/usr/lib"} {
		if _, err := os.Stat(dir); err == nil {
			all = append(all, mount{dir, dir, true})
		}
	}
	for _, m := range all {
		options := []string{"rbind", "rw"}
		if m.readOnly {
			options[1] = "ro"
		}
		mounts = append(mounts, map[string]any{"destination": m.to, "type": "bind", "source": m.from, "options": options})
	}
	none := []string{}
	spec, err := json.Marshal(map[string]any{
		"ociVersion": "1.0.2",
		"process": map[string]any{
			"user": map[string]any{"uid": c.user, "gid": c.group, "additionalGids": c.groups}, "args": append([]string{"/basalt"}, c.args...), "cwd": "/app",
			"noNewPrivileges": true, "capabilities": map[string]any{"bounding": none, "effective": none, "permitted": none, "inheritable": none, "ambient": none},
		},
		"root": map[string]any{"path": "rootfs", "readonly": true}, "mounts": mounts,
		"linux": map[string]any{"namespaces": []map[string]string{{"type": "pid"}, {"type": "mount"}, {"type": "ipc"}}}, // the network is that of the host
	})
	if err == nil {
		err = os.WriteFile(filepath.Join(bundle, "config.json"), spec, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	id := fmt.Sprintf("basalt-test-%d-%s", os.Getpid(), filepath.Base(filepath.Dir(bundle))+filepath.Base(bundle))
	state := filepath.Join(bundle, "state")
	t.Cleanup(func() { _ = exec.Command("runc", "--root", state, "delete", "--force", id).Run() }) // it may have ended
	cmd := exec.Command("runc", "--root", state, "run", "--bundle", bundle, id)
	return cmd
}

// TestContainer_KeepsItsData runs the image with the mounts that the README, the Dockerfile and the manifests show. What was
// answered is there when the container is made again.
func TestContainer_KeepsItsData(t *testing.T) {
	t.Parallel()
	if out, err := (container{user: nonroot, group: nonroot, args: []string{"version"}}).command(t).CombinedOutput(); err != nil {
		t.Skipf("no container runs on this machine: %v %s", err, out)
	}
	for name, test := range map[string]struct {
		user, group int
		groups      []int
		// own is who the directory of the data belongs to, shared that its group writes to it, as that of fsGroup.
		own    [2]int
		shared bool
		whole  bool // the directory of the host is /app itself
	}{
		"a named volume":                  {user: nonroot, group: nonroot, own: [2]int{nonroot, nonroot}},
		"a directory of the caller":       {user: 1234, group: 1234, own: [2]int{1234, 1234}, whole: true},
		"a claim of Kubernetes":           {user: nonroot, group: nonroot, groups: []int{nonroot}, own: [2]int{0, nonroot}, shared: true},
		"any user, in the group of a pod": {user: 1000720000, group: 0, groups: []int{2000}, own: [2]int{0, 2000}, shared: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			host, address := t.TempDir(), servertest.FreeAddress(t)
			config := fmt.Sprintf("listen: %q\ndatabases: { main: { driver: sqlite, url: \"file:data/app.db\" } }\nauth: { providers: { password: {} } }\nlog: { level: warn }\n"+
				"collections:\n  notes:  { fields: { text: { type: string } }, rules: { read: 'true', create: 'true' } }\n  papers: { files: {}, rules: { read: 'true', create: 'true' } }\n", address)
			data := filepath.Join(host, "data")
			mode := os.FileMode(0o700)
			if test.shared {
				mode = 0o770 | os.ModeSetgid
			}
			for _, err := range []error{
				os.WriteFile(filepath.Join(host, "basalt.yaml"), []byte(config), 0o644), //nolint:gosec // another user reads it
				os.Mkdir(data, 0o700), os.Chown(data, test.own[0], test.own[1]), os.Chmod(data, mode), os.Chmod(host, 0o755), //nolint:gosec // as above
			} {
				if err != nil {
					t.Fatal(err)
				}
			}
			c := container{user: test.user, group: test.group, groups: test.groups, args: []string{"serve", "--config", "/app/basalt.yaml"}}
			if c.mounts = []mount{{filepath.Join(host, "basalt.yaml"), "/app/basalt.yaml", true}, {data, "/app/data", false}}; test.whole {
				if err := os.Chown(host, test.own[0], test.own[1]); err != nil {
					t.Fatal(err)
				}
				c.mounts = []mount{{host, "/app", false}}
			}
			type call = servertest.Call
			at := servertest.At(t, "http://"+address, filepath.Join(host, "basalt.yaml"))
			for start := range 2 {
				server := c.command(t)
				var log strings.Builder
				server.Stdout, server.Stderr = &log, &log
				if err := server.Start(); err != nil {
					t.Fatal(err)
				}
				if !servertest.Ready("http://" + address + "/readyz") {
					_ = server.Process.Kill()
					_ = server.Wait()
					t.Fatalf("it does not serve: %s", log.String())
				}
				if start == 0 {
					at.Want(t, 201, call{Method: "POST", Path: "/v1/auth/signup", Body: `{"email":"ada@example.com","password":"correct horse"}`})
					at.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Body: `{"id":"first","text":"keep me"}`})
					at.Want(t, 201, call{Method: "PUT", Path: "/v1/files/papers?path=a.txt", Body: "keep me too", Header: map[string]string{"Content-Type": "text/plain"}})
				}
				health := c
				health.args = []string{"healthcheck"}
				if out, err := health.command(t).CombinedOutput(); err != nil {
					t.Errorf("the health check of the image: %v %s", err, out)
				}
				at.Want(t, 200, call{Path: "/v1/db/notes/first"})
				if a := at.Want(t, 200, call{Path: "/v1/files/papers?path=a.txt"}); a.Body != "keep me too" {
					t.Errorf("the file has %q", a.Body)
				}
				at.Want(t, 200, call{Method: "POST", Path: "/v1/auth/signin", Body: `{"email":"ada@example.com","password":"correct horse"}`})
				if err := server.Process.Signal(os.Interrupt); err != nil { // runc hands it on
					t.Fatal(err)
				}
				if err := server.Wait(); err != nil {
					t.Errorf("it ends with %v: %s", err, log.String())
				}
			}
			kept, err := os.ReadDir(data)
			if err != nil || !slices.ContainsFunc(kept, func(e os.DirEntry) bool { return e.Name() == "app.db" }) {
				t.Errorf("the host has %v: %v", kept, err)
			}
		})
	}
}
