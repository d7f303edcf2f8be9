package server_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/basalt-dev/basalt/server/servertest"
)

const webhookConfig = `
databases: { main: { driver: sqlite, url: "file:test.db" } }
auth: { tokens: { secret: "0123456789abcdef0123456789abcdef" } }
admin: { keys: ["admin-key-admin-key"] }
webhooks: { secret: "whsec-test-secret", timeout: 1s }
log: { level: error }
collections:
  orders:
    fields: { owner: { type: string, index: true }, total: { type: int } }
    set: { create: { owner: auth.id } }
    rules:
      read:   'doc.owner == auth.id'
      create: 'auth != nil && webhook("HOOK/create")'
      update: 'doc.owner == auth.id && webhook("HOOK/update")'
      delete: 'webhook("HOOK/delete")'
  asked:
    fields: { x: { type: int } }
    rules: { read: 'webhook("HOOK/read")', create: 'true' }
`

func TestWebhook_DecidesOneDocumentAndFailsClosed(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	waiting, goOn := make(chan struct{}), make(chan struct{})
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		body, _ := io.ReadAll(r.Body)
		mac := hmac.New(sha256.New, []byte("whsec-test-secret"))
		mac.Write([]byte(r.Header.Get("webhook-id") + "." + r.Header.Get("webhook-timestamp") + "." + string(body)))
		if want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)); r.Header.Get("webhook-signature") != want {
			t.Errorf("the signature is %s, want %s", r.Header.Get("webhook-signature"), want)
		}
		var question struct {
			Op        string
			Auth      map[string]any
			Doc, Next map[string]any
		}
		if err := json.Unmarshal(body, &question); err != nil || strings.TrimPrefix(r.URL.Path, "/") != question.Op {
			t.Errorf("got %s on %s", body, r.URL.Path)
		}
		total, _ := question.Next["total"].(float64)
		switch {
		case total == 500:
			w.WriteHeader(500)
		case total == 302:
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
		case total == 7: // it answers when it is told to
			close(waiting)
			<-goOn
			_, _ = io.WriteString(w, `{"allow":true}`)
		case question.Op == "delete":
			_, _ = io.WriteString(w, `yes`)
		default:
			_ = json.NewEncoder(w).Encode(map[string]any{"allow": total < 100})
		}
	}))
	defer hook.Close()
	s := servertest.Start(t, strings.ReplaceAll(webhookConfig, "HOOK", hook.URL))
	u := user(s, "u1")
	create := func(total string) servertest.Answer {
		return s.Do(t, call{Method: "POST", Path: "/v1/db/orders", Token: u, Body: `{"id":"o` + total + `","total":` + total + `}`})
	}
	for total, want := range map[string]int{"1": 201, "100": 403, "500": 503, "302": 403} {
		if a := create(total); a.Status != want {
			t.Errorf("%s: got %d %s", total, a.Status, a.Body)
		}
	}
	before := asked.Load()
	if a := s.Do(t, call{Method: "POST", Path: "/v1/db/orders", Body: `{"total":1}`}); a.Status != 401 || asked.Load() != before {
		t.Errorf("an anonymous caller: %d, asked %d times", a.Status, asked.Load()-before)
	}
	update := func(body string) int {
		return s.Do(t, call{Method: "PATCH", Path: "/v1/db/orders/o1", Token: u, Body: body}).Status
	}
	if got := []int{update(`{"total":2}`), update(`{"total":200}`), update(`{"total":{"$inc":1}}`)}; got[0] != 200 || got[1] != 403 || got[2] != 200 {
		t.Errorf("updates: %v", got)
	}
	if a := s.Do(t, call{Method: "DELETE", Path: "/v1/db/orders/o1", Token: u}); a.Status != 403 {
		t.Errorf("an answer that is not understood: %d", a.Status)
	}
	for path, want := range map[string]int{"/v1/db/asked": 403, "/v1/db/asked?filter=true": 403, "/v1/db/asked/none": 404} {
		if a := s.Do(t, call{Method: "GET", Path: path, Token: u}); a.Status != want {
			t.Errorf("%s: got %d %s", path, a.Status, a.Body)
		}
	}
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/asked", Token: u, Body: `{"id":"x","x":1}`})
	s.Want(t, 200, call{Method: "GET", Path: "/v1/db/asked/x", Token: u})
	// While a webhook thinks, others write.
	done := make(chan servertest.Answer)
	go func() { done <- create("7") }()
	<-waiting
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/asked", Token: u, Body: `{"x":1}`})
	close(goOn)
	if a := <-done; a.Status != 201 {
		t.Errorf("got %d %s", a.Status, a.Body)
	}
	hook.Close()
	if a := create("3"); a.Status != 503 || a.Header.Get("Retry-After") == "" || strings.Contains(a.Body, "127.0.0.1") {
		t.Errorf("without the webhook: %d %s", a.Status, a.Body)
	}
}

func TestExplain_IsForAdministrators(t *testing.T) {
	t.Parallel()
	s := world(t, "main")
	ask := func(token, body string) servertest.Answer {
		return s.Do(t, call{Method: "POST", Path: "/v1/admin/explain", Token: token, Body: body})
	}
	question := `{"as":{"sub":"ann"},"op":"read","collection":"notes","id":"b1"}`
	if a := ask("", question); a.Status != 401 {
		t.Errorf("anonymous: %d", a.Status)
	}
	if a := ask(user(s, "ann"), question); a.Status != 403 {
		t.Errorf("a user: %d", a.Status)
	}
	var e struct {
		Rule, Verdict, Residual, Statement string
		Parameters, Plan                   []string
		Fields                             map[string]string
		Document                           struct {
			Found, Allowed bool
			Conditions     []struct{ Source, Outcome string }
		}
	}
	a := ask(admin, question)
	a.Decode(t, &e)
	if a.Status != 200 || e.Verdict != "filter" || !e.Document.Found || !e.Document.Allowed || !strings.Contains(e.Statement, "SELECT") || len(e.Plan) == 0 ||
		!strings.Contains(e.Residual, `exists("members": team == doc.team && user == "ann")`) || e.Fields["grade"] != "false" || e.Fields["secret"] != `doc.author == "ann"` {
		t.Errorf("got %s", a.Body)
	}
	outcomes := map[string]string{}
	for _, c := range e.Document.Conditions {
		outcomes[c.Source] = c.Outcome
	}
	if outcomes[`exists("members", {team: team, user: auth.id})`] != "true" {
		t.Errorf("got %v", outcomes)
	}
	a = ask(admin, `{"as":{"sub":"ann"},"op":"delete","collection":"notes","id":"b1"}`)
	a.Decode(t, &e)
	if e.Document.Allowed || !strings.Contains(a.Body, `{"source":"doc.author == auth.id","outcome":"false"}`) {
		t.Errorf("got %s", a.Body)
	}
	for _, body := range []string{`{"op":"drop","collection":"notes"}`, `{"op":"read","collection":"nothing"}`, `{"as":1}`, `{"x":1}`, `[]`, `{"op":"create","collection":"notes","doc":{"nothing":1}}`} {
		if a := ask(admin, body); a.Status < 400 || a.Status > 422 {
			t.Errorf("%s: got %d %s", body, a.Status, a.Body)
		}
	}
}
