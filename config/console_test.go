package config_test

import (
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/config"
)

// TestConsole_AppIsAPage: the console opens it with a code, so that nothing else than a page of the web is taken.
func TestConsole_AppIsAPage(t *testing.T) {
	t.Parallel()
	for app, good := range map[string]bool{
		"https://app.example.com/": true, "http://127.0.0.1:5173/app?x=1": true, "javascript:alert(1)": false, "data:text/html,x": false, "/app": false, "app.example.com": false,
		"https://ann:secret@app.example.com/": false, "https://app.example.com/#/x": false, "https://": false, "file:///etc/passwd": false,
	} {
		text := "databases: { main: { driver: memory } }\nconsole: { app: \"" + app + "\" }\n"
		_, err := config.Parse("basalt.yaml", t.TempDir(), []byte(text))
		if good && err != nil || !good && (err == nil || !strings.Contains(err.Error(), "console.app")) {
			t.Errorf("%s: %v", app, err)
		}
	}
}
