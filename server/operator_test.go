package server_test

import (
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/server/servertest"
)

// TestConfiguration_HasNoSecrets puts a secret wherever the file takes one, and reads the configuration that runs.
func TestConfiguration_HasNoSecrets(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, `
databases: { main: { driver: sqlite, url: "file:hunter2.db" } }
auth:
  url: "https://app.example.com"
  tokens: { secret: "hunter2hunter2hunter2hunter2hunter2", previous: ["hunter2-before-hunter2-before-hunter2"] }
  providers:
    google: { client_id: "id", client_secret: "hunter2-client" }
mail: { url: "smtp://ann:hunter2@127.0.0.1:1", from: "app@example.com" }
admin: { keys: ["hunter2-key-of-an-administrator-hunter2"], users: 'auth.role == "admin"' }
console: { access: 'auth.role == "editor"' }
metrics: { token: "hunter2-metrics-hunter2" }
openapi: { token: "" }
webhooks: { secret: "hunter2-webhooks-hunter2-webhooks" }
compat: { supabase: { anon_key: "hunter2-anon-key-hunter2-anon-key", service_key: "hunter2-service-key-hunter2-service" } }
telemetry: { otlp: "http://ann:hunter2@127.0.0.1:1" }
encryption: { current: k1, keys: { k1: "aHVudGVyMmh1bnRlcjJodW50ZXIyaHVudGVyMjEyMzQ=" } }
collections:
  notes:
    fields: { owner: { type: string, index: true }, state: { type: string, enum: [a, b], default: a } }
    rules: { read: 'doc.owner == auth.id' }
    limits: { read: { rate: 600/1m, by: address } }
`)
	root := s.Token(map[string]any{"sub": "root", "role": "admin"})
	for _, path := range []string{"/v1/admin/configuration", "/v1/admin/figures"} {
		for token, status := range map[string]int{"": 401, s.Token(map[string]any{"sub": "ann"}): 403, s.Token(map[string]any{"sub": "ed", "role": "editor"}): 403, "hunter2-key-of-an-administrator-hunterX": 401} {
			s.Want(t, status, call{Method: "GET", Path: path, Token: token})
		}
		s.Want(t, 200, call{Method: "GET", Path: path, Token: root})
	}
	for _, query := range []string{"after=x", "after=-1", "after=1&after=2"} {
		s.Want(t, 422, call{Method: "GET", Path: "/v1/admin/figures?" + query, Token: root})
	}
	a := s.Want(t, 200, call{Method: "GET", Path: "/v1/admin/configuration", Token: root})
	for _, secret := range []string{"hunter2", "aHVudGVyMm"} {
		if at := strings.Index(a.Body, secret); at >= 0 {
			t.Errorf("a secret is shown: %s", a.Body[max(0, at-80):at+40])
		}
	}
	for _, want := range []string{`"read":"doc.owner == auth.id"`, `"default":"a"`, `"enum":["a","b"]`, `"rate":"600/1m"`, `"timeout":"10s"`, `"body":"1MiB"`, `"secret":"[secret]"`, `"refresh":"30d"`, `no one may create`} {
		if !strings.Contains(a.Body, want) {
			t.Errorf("%s is not in %s", want, a.Body)
		}
	}
}
