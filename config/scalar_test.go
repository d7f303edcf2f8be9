package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/config"
)

func TestDuration_MayBeInDays(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"": 90 * 24 * time.Hour, "keep: 1d": 24 * time.Hour, "keep: 365d": 8760 * time.Hour, "keep: 36h": 36 * time.Hour, "keep: 65535d": 65535 * 24 * time.Hour,
		"keep: 0d": 0, "keep: 1.5d": 0, "keep: -1d": 0, "keep: +1d": 0, "keep: d": 0, "keep: 1d12h": 0, "keep: 106752000d": 0, "keep: 30": 0, "keep: 0s": 0,
	} {
		path := filepath.Join(t.TempDir(), "basalt.yaml")
		content := "databases: { main: { driver: sqlite, url: \"file:x.db\" } }\nauth: { audit: { " + text + " } }\n"
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := config.Load(path)
		switch {
		case want == 0 && (err == nil || !strings.Contains(err.Error(), "such as 10s, 15m, 720h or 30d")):
			t.Errorf("%q: got %v", text, err)
		case want != 0 && (err != nil || time.Duration(c.Auth.Audit.Keep) != want):
			t.Errorf("%q: got %v", text, err)
		}
	}
}
