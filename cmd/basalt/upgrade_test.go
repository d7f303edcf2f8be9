//go:build !browser

package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestUpgrade_Compares(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ now, newest, want string }{
		{"v0.2.0", "v0.2.0", "the newest version"},
		{"v0.10.0", "v0.9.0", "the newest version"},
		{"dev", "v0.2.0", "a build of your own (dev); the newest version is v0.2.0"},
		{"v0.2.0-rc.1", "v0.2.0", "error: this is v0.2.0-rc.1, and there is v0.2.0"},
		{"v0.9.0", "v0.10.0", "@v0.10.0"},
	} {
		got, err := compared(c.now, c.newest)
		if err != nil {
			got = "error: " + err.Error()
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("%s of %s: %s", c.now, c.newest, got)
		}
	}
}

func TestUpgrade_AsksAProxy(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]string{`{"Version":"v1.2.3","Time":"2026-01-01T00:00:00Z"}`: "", `{"Version":"x"}`: "no version", `<html>`: "no version", "": "404"} {
		proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/github.com/basalt-dev/basalt/@latest" || answer == "" {
				http.NotFound(w, r)
				return
			}
			_, _ = w.Write([]byte(answer))
		}))
		err := (&upgradeCommand{From: proxy.URL + "/"}).Run()
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", answer, err)
		}
		proxy.Close()
	}
	if err := (&upgradeCommand{From: "http://127.0.0.1:1"}).Run(); err == nil || !strings.Contains(err.Error(), "asking http://127.0.0.1:1") {
		t.Error(err)
	}
}
