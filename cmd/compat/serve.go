package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// secret signs the tokens of a Supabase on a developer's machine. It is public, and so are the two keys that it signs.
const secret = "super-secret-jwt-token-with-at-least-32-characters-long"

// configuration has the collections over the tables of the suites, with their policies as rules.
//
//go:embed collections.yaml
var configuration []byte

// demoKey is the key of a role that Supabase publishes for tests.
func demoKey(role string) string {
	encode := base64.RawURLEncoding.EncodeToString
	text := encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encode([]byte(`{"iss":"supabase-demo","role":"`+role+`","exp":1983812996}`))
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(text))
	return text + "." + encode(mac.Sum(nil))
}

// node is a running Basalt.
type node struct {
	process *exec.Cmd
	address string
}

func (n *node) stop() {
	_ = n.process.Process.Signal(syscall.SIGTERM) // it may have ended
	_ = n.process.Wait()
}

// serve builds Basalt, starts it on a free port, and waits until it is ready.
func serve(ctx context.Context, dir, database string) (*node, error) {
	binary, file := filepath.Join(dir, "basalt"), filepath.Join(dir, "basalt.yaml")
	if err := command(ctx, "", "go", "build", "-o", binary, "github.com/basalt-dev/basalt/cmd/basalt"); err != nil {
		return nil, err
	}
	if err := os.WriteFile(file, configuration, 0o600); err != nil {
		return nil, err
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	n := &node{address: free.Addr().String()}
	if err := free.Close(); err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(dir, "basalt.log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	n.process = exec.CommandContext(ctx, binary, "serve", "--config", file)
	n.process.Env = append(os.Environ(), "COMPAT_LISTEN="+n.address, "COMPAT_DATABASE="+database, "COMPAT_SECRET="+secret,
		"COMPAT_ANON="+demoKey("anon"), "COMPAT_SERVICE="+demoKey("service_role"))
	n.process.Stdout, n.process.Stderr = log, log
	if err := n.process.Start(); err != nil {
		return nil, err
	}
	for range 600 {
		if resp, err := http.Get("http://" + n.address + "/readyz"); err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return n, nil
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
	n.stop()
	text, err := os.ReadFile(log.Name())
	return nil, errors.Join(fmt.Errorf("the server does not start: %s", text), err)
}

// gateway stands where the suites expect the gateway of Supabase, which lets calls of /rest/v1 and /auth/v1 through that have no key.
func gateway(l net.Listener, to string, keys passes) (closed func()) {
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: to})
	anon := demoKey("anon")
	s := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if (strings.HasPrefix(r.URL.Path, "/rest/v1") || strings.HasPrefix(r.URL.Path, "/auth/v1")) && r.Header.Get("apikey") == "" {
			r.Header.Set("apikey", anon)
		}
		keys.exchange(r.Header)
		proxy.ServeHTTP(w, r)
	})}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Serve(l) // until it is closed
	}()
	return func() {
		_ = s.Close() // its connections are of tests that have ended
		<-done
	}
}
