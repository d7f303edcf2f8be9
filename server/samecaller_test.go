package server_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/server/servertest"
)

// TestSameConnection_VerifiesWhoCalls sends requests of several callers over one connection, the same ones twice: each is its own
// caller, and a session that has ended has ended there, too.
func TestSameConnection_VerifiesWhoCalls(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, `
databases: { main: { driver: memory } }
auth: { tokens: { secret: "0123456789abcdef0123456789abcdef" }, providers: { password: {} } }
admin: { keys: ["admin-key-admin-key"] }
log: { level: error }
collections:
  notes:
    fields: { owner: { type: string } }
    set: { create: { owner: auth.id } }
    rules: { read: 'doc.owner == auth.id', create: 'auth != nil' }
`)
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() // the test is over
	reader := bufio.NewReader(conn)
	send := func(want int, method, path, token, body string) string {
		t.Helper()
		if token != "" {
			token = "Authorization: Bearer " + token + "\r\n"
		}
		if _, err := fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n%sContent-Length: %d\r\n\r\n%s", method, path, token, len(body), body); err != nil {
			t.Fatal(err)
		}
		answer, err := http.ReadResponse(reader, nil)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode != want {
			t.Fatalf("%s %s: %d, want %d: %s %v", method, path, answer.StatusCode, want, text, err)
		}
		return string(text)
	}
	type session struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
	}
	var people [2]session
	for i := range people {
		if err := json.Unmarshal([]byte(send(201, "POST", "/v1/auth/signup", "", fmt.Sprintf(`{"email":"p%d@example.com","password":"a long password"}`, i))), &people[i]); err != nil {
			t.Fatal(err)
		}
		send(201, "POST", "/v1/db/notes", people[i].Access, fmt.Sprintf(`{"id":"n%d"}`, i))
	}
	for range 2 {
		send(200, "GET", "/v1/db/notes/n0", people[0].Access, "")
		send(200, "GET", "/v1/db/notes/n0", people[0].Access, "")
		send(404, "GET", "/v1/db/notes/n0", people[1].Access, "")
		send(404, "GET", "/v1/db/notes/n0", "", "")
		send(200, "GET", "/v1/db/notes/n0", "admin-key-admin-key", "")
		send(200, "GET", "/v1/db/notes/n0", "admin-key-admin-key", "")
		send(401, "GET", "/v1/db/notes/n0", people[0].Access+"x", "")
		send(200, "GET", "/v1/db/notes/n1", people[1].Access, "")
	}
	send(200, "GET", "/v1/db/notes/n0", people[0].Access, "")
	s.Want(t, 204, call{Method: "POST", Path: "/v1/auth/signout", Body: map[string]any{"refresh_token": people[0].Refresh}})
	send(401, "GET", "/v1/db/notes/n0", people[0].Access, "")
	send(200, "GET", "/v1/db/notes/n1", people[1].Access, "")
}
