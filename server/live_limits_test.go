package server_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/basalt-dev/basalt/modules/db/postgres/postgrestest"
	"github.com/basalt-dev/basalt/server/servertest"
)

func TestLive_ChangesOfOtherProgramsAreSeen(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		s := servertest.Start(t, liveConfig)
		l := s.Live(t, "")
		send(t, l, `{"id":"1","op":"subscribe","collection":"log"}`)
		l.Want(t, "snapshot")
		// Another process, which knows nothing of Basalt: the shell's, where there is one; otherwise another server.
		file := filepath.Join(filepath.Dir(s.Path), "test.db")
		if sqlite, err := exec.LookPath("sqlite3"); err == nil {
			if out, err := exec.Command(sqlite, file, `INSERT INTO log (id, text) VALUES ('x', 'by hand')`).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
		} else {
			p := servertest.StartProcess(t, s.Path)
			p.Instance(s.Path).Want(t, 201, call{Method: "POST", Path: "/v1/db/log", Body: `{"id":"x","text":"by hand"}`})
		}
		wantOn(t, l, "change", `"by hand"`)
	})
	t.Run("postgres", func(t *testing.T) {
		database := postgrestest.Database(t)
		s := servertest.Start(t, strings.Replace(liveConfig, `sqlite, url: "file:test.db"`, `postgres, url: "`+database+`"`, 1))
		l := s.Live(t, "")
		send(t, l, `{"id":"1","op":"subscribe","collection":"log"}`)
		l.Want(t, "snapshot")
		ctx := context.Background()
		c, err := pgx.Connect(ctx, database)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close(ctx)
		for _, sql := range []string{`INSERT INTO log (id, text) VALUES ('x', 'by hand')`, `UPDATE log SET text = 'again by hand'`, `UPDATE log SET id = 'y'`, `TRUNCATE log`} {
			if _, err := c.Exec(ctx, sql); err != nil {
				t.Fatal(err)
			}
			switch m := l.Want(t, "change"); {
			case strings.HasPrefix(sql, "INSERT") && m.Type == "added", strings.HasPrefix(sql, "TRUNCATE") && m.Type == "removed":
			case strings.Contains(sql, "SET text") && m.Type == "modified":
			case strings.Contains(sql, "SET id") && m.Type == "removed" && m.Key == "x":
				if m := l.Want(t, "change"); m.Type != "added" || m.Key != "y" {
					t.Errorf("got %s", m.Text)
				}
			default:
				t.Errorf("%s: got %s", sql, m.Text)
			}
		}
	})
}

func TestLive_WithoutASourceNodesTellEachOther(t *testing.T) {
	t.Parallel()
	server := postgrestest.Start(t)
	ctx := context.Background()
	c, err := pgx.Connect(ctx, server.URL())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Exec(ctx, "CREATE ROLE plain LOGIN"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Exec(ctx, "CREATE DATABASE plain OWNER plain"); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(ctx); err != nil {
		t.Fatal(err)
	}
	url := strings.Replace(strings.Replace(server.URL(), "//basalt@", "//plain@", 1), "/postgres?", "/plain?", 1)
	s := servertest.Start(t, strings.Replace(liveConfig, `sqlite, url: "file:test.db"`, `postgres, url: "`+url+`"`, 1))
	l := s.Live(t, "")
	send(t, l, `{"id":"1","op":"subscribe","collection":"log","query":{"sort":["id"]}}`)
	var state servertest.State
	follow(t, l, &state, keysAre(&state))
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/log", Body: `[{"id":"a"},{"id":"b"}]`})
	follow(t, l, &state, keysAre(&state, "a", "b"))
	s.Want(t, 200, call{Method: "POST", Path: "/v1/batch", Body: `{"ops":[{"op":"create","collection":"log","doc":{"id":"c"}},{"op":"delete","collection":"log","id":"a"}]}`})
	follow(t, l, &state, keysAre(&state, "b", "c"))
	s.Want(t, 200, call{Method: "DELETE", Path: `/v1/db/log?filter=id%20!=%20"x"`})
	follow(t, l, &state, keysAre(&state))
}

func TestLive_TokensThatEnd(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, liveConfig)
	signUp := func(email string) (access, refresh string) {
		var out struct {
			AccessToken  string `json:"access_token"`
			RefreshToken string `json:"refresh_token"`
		}
		s.Want(t, 201, call{Method: "POST", Path: "/v1/auth/signup", Body: `{"email":"` + email + `","password":"correct horse"}`}).Decode(t, &out)
		return out.AccessToken, out.RefreshToken
	}
	t.Run("revoked", func(t *testing.T) {
		access, refresh := signUp("ann@example.com")
		l := s.Live(t, "")
		send(t, l, `{"id":"1","op":"auth","token":"`+access+`"}`)
		l.Want(t, "auth")
		send(t, l, `{"id":"2","op":"subscribe","collection":"todos"}`)
		l.Want(t, "snapshot")
		s.Want(t, 204, call{Method: "POST", Path: "/v1/auth/signout", Token: access, Body: `{"refresh_token":"` + refresh + `"}`})
		if m := wantOn(t, l, "error", `"unauthenticated"`); m.ID != "2" {
			t.Errorf("got %s", m.Text)
		}
		send(t, l, `{"id":"3","op":"subscribe","collection":"log"}`)
		wantOn(t, l, "error", `"unauthenticated"`)
		other, _ := signUp("bob@example.com")
		send(t, l, `{"id":"4","op":"auth","token":"`+other+`"}`)
		l.Want(t, "auth")
		send(t, l, `{"id":"5","op":"subscribe","collection":"todos"}`)
		l.Want(t, "snapshot")
	})
	t.Run("expired", func(t *testing.T) {
		token := s.Token(map[string]any{"sub": "eve", "exp": time.Now().Add(2 * time.Second).Unix()})
		l := s.Live(t, token)
		send(t, l, `{"id":"1","op":"subscribe","collection":"todos"}`)
		l.Want(t, "snapshot")
		wantOn(t, l, "error", `"expired"`)
	})
	t.Run("replaced", func(t *testing.T) {
		s.Want(t, 201, call{Method: "POST", Path: "/v1/db/todos", Token: admin, Body: `[{"id":"x1","owner":"x"},{"id":"y1","owner":"y"}]`})
		l := s.Live(t, user(s, "x"))
		send(t, l, `{"id":"1","op":"subscribe","collection":"todos"}`)
		wantOn(t, l, "snapshot", `"x1"`)
		send(t, l, `{"id":"2","op":"auth","token":"`+s.Token(map[string]any{"sub": "x", "again": true})+`"}`)
		l.Want(t, "auth")
		l.Silent(t, 50*time.Millisecond) // the same person sees the same
		l = s.Live(t, user(s, "x"))
		send(t, l, `{"id":"1","op":"subscribe","collection":"todos"}`)
		wantOn(t, l, "snapshot", `"x1"`)
		send(t, l, `{"id":"2","op":"auth","token":"`+user(s, "y")+`"}`)
		l.Want(t, "auth")
		if m := wantOn(t, l, "snapshot", `"y1"`); !m.Reset || strings.Contains(m.Text, `"x1"`) {
			t.Errorf("got %s", m.Text)
		}
		send(t, l, `{"id":"3","op":"auth","token":"wrong"}`)
		wantOn(t, l, "error", `"unauthenticated"`)
	})
}

func TestLive_ASlowReaderIsBroughtUpToDate(t *testing.T) {
	s := servertest.Start(t, strings.Replace(liveConfig, "log: { level: error }", "log: { level: error }\nlimits: { queue: 64KiB, body: 4MiB }", 1))
	slow, quick := s.Live(t, ""), s.Live(t, "")
	const ask = `{"id":"1","op":"subscribe","collection":"log","query":{"sort":["id"],"limit":5}}`
	send(t, slow, ask)
	send(t, quick, ask)
	var slowState, quickState servertest.State
	follow(t, slow, &slowState, keysAre(&slowState))
	follow(t, quick, &quickState, keysAre(&quickState))
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/log", Body: `{"id":"a","text":""}`})
	slow.ReadAhead(t, 128<<10)
	const writes = 100
	for i := range writes { // far more than the buffers of the system hold, at 100 kB each
		s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/log/a", Body: fmt.Sprintf(`{"text":"%d %s"}`, i, strings.Repeat("x", 100_000))})
		if i%10 == 9 {
			follow(t, quick, &quickState, func() bool { return strings.Contains(quickState.Items(), fmt.Sprintf(`"%d x`, i)) })
			m, err := slow.Next(time.Minute) // a client that reads nothing for 30 s is cut off
			if err == nil {
				err = slowState.Apply(m)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	done := func(state *servertest.State) func() bool {
		return func() bool { return strings.Contains(state.Items(), fmt.Sprintf(`"%d x`, writes-1)) }
	}
	follow(t, quick, &quickState, done(&quickState))
	messages := 0
	follow(t, slow, &slowState, func() bool { messages++; return done(&slowState)() })
	if messages > writes*3/4 {
		t.Errorf("the slow reader got %d messages", messages)
	}
}

func TestLive_LimitsAndNonsense(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, strings.Replace(liveConfig, "log: { level: error }", "log: { level: error }\nlimits: { subscriptions: 3, user_connections: 4, body: 16KiB }", 1))
	l := s.Live(t, user(s, "ann"))
	for _, test := range []struct{ message, code string }{
		{`{`, "invalid_json"}, {`[]`, "invalid_json"}, {`{"op":"subscribe"}`, "invalid"}, {`{"id":"1","op":"dance"}`, "invalid"},
		{`{"id":"1","op":"subscribe","collection":"nothing"}`, "not_found"},
		{`{"id":"1","op":"subscribe","collection":"quiet"}`, "forbidden"},
		{`{"id":"1","op":"subscribe","collection":"todos","query":{"where":{"$or":[1]}}}`, "invalid"},
		{`{"id":"1","op":"subscribe","collection":"todos","query":{"where":{"nope":1}}}`, "invalid"},
		{`{"id":"1","op":"subscribe","collection":"todos","query":[]}`, "invalid"},
		{`{"id":"1","op":"subscribe","collection":"todos","aggregate":{"sum":["title"]}}`, "invalid"},
		{`{"id":"1","op":"subscribe","collection":"todos","query":{"sort":["memo"]}}`, "forbidden"},
		{`{"id":"1","op":"subscribe","collection":"todos","query":{"limit":-1}}`, "invalid"},
		{`{"id":"` + strings.Repeat("x", 65) + `","op":"ping"}`, "invalid"},
		{`{"id":"1","op":"auth","token":"` + strings.Repeat("x", 9000) + `"}`, "unauthenticated"},
		{`{"id":"1","op":"publish","channel":"x"}`, "invalid"}, {`{"id":"1","op":"presence","channel":""}`, "invalid"},
	} {
		send(t, l, test.message)
		if m := l.Want(t, "error"); m.Error.Code != test.code {
			t.Errorf("%.80s: got %s", test.message, m.Text)
		}
	}
	for i := range 3 {
		send(t, l, fmt.Sprintf(`{"id":"%d","op":"subscribe","collection":"log"}`, i))
		l.Want(t, "snapshot")
	}
	send(t, l, `{"id":"0","op":"subscribe","collection":"log"}`)
	wantOn(t, l, "error", "unique")
	send(t, l, `{"id":"4","op":"subscribe","collection":"log"}`)
	wantOn(t, l, "error", `"rate_limited"`)
	for range 3 {
		s.Live(t, user(s, "ann"))
	}
	if _, err := servertest.Dial(s.URL, user(s, "ann")); err == nil {
		t.Error("a fifth connection of one user")
	}
	s.Live(t, user(s, "bob"))
	send(t, l, `{"id":"p","op":"ping","data":"`+strings.Repeat("x", 20_000)+`"}`)
	if m, err := l.Next(5 * time.Second); err == nil {
		t.Errorf("a message that is too large: got %s", m.Text)
	}
	req, err := http.NewRequest("GET", s.URL+"/v1/realtime", nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Origin": "https://evil.example.com"} {
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Error(err)
	}
	if resp.StatusCode != http.StatusForbidden {
		t.Errorf("a page of another origin: got %d", resp.StatusCode)
	}
}

// TestLive_NothingIsToldOfWhatIsHidden tries to learn of documents of others by subscriptions.
func TestLive_NothingIsToldOfWhatIsHidden(t *testing.T) {
	t.Parallel()
	onLive(t, func(t *testing.T, s *servertest.Instance) {
		eve := s.Live(t, user(s, "eve"))
		var asked []string
		for i, ask := range []string{
			`"collection":"todos"`, `"collection":"todos","key":"secret-1"`, `"collection":"todos","query":{"where":{"$or":[{"owner":"ann"},{"id":{"$ne":null}}]}}`,
			`"collection":"todos","query":{"count":true,"limit":1}`, `"collection":"todos","aggregate":{"count":true,"group":["title"]}`,
			`"collection":"todos","query":{"filter":"owner == \"ann\" || true"}`, `"collection":"notes","query":{"where":{"todo.title":{"$startsWith":"secret"}}}`,
			`"collection":"notes","query":{"expand":["todo"]}`, `"collection":"members"`,
		} {
			send(t, eve, fmt.Sprintf(`{"id":"%d","op":"subscribe",%s}`, i, ask))
			if m := eve.Want(t, "snapshot"); strings.Contains(m.Text, "secret") {
				t.Errorf("%s: got %s", ask, m.Text)
			}
			asked = append(asked, ask)
		}
		ann := user(s, "ann")
		s.Want(t, 201, call{Method: "POST", Path: "/v1/db/todos", Token: ann, Body: `{"id":"secret-1","owner":"ann","title":"secret"}`})
		s.Want(t, 201, call{Method: "POST", Path: "/v1/db/members", Token: admin, Body: `{"id":"secret-m","team":"red","user":"ann"}`})
		s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Token: admin, Body: `{"id":"secret-n","team":"red","todo":"secret-1"}`})
		s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/todos/secret-1", Token: ann, Body: `{"title":"secret too"}`})
		s.Want(t, 204, call{Method: "DELETE", Path: "/v1/db/todos/secret-1", Token: ann})
		if m, err := eve.Next(300 * time.Millisecond); err == nil {
			t.Errorf("told %s of %v", m.Text, asked)
		}
	})
}

func TestLive_ReloadAndDrain(t *testing.T) {
	t.Parallel()
	path := servertest.Write(t, liveConfig)
	s := servertest.StartFile(t, path)
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/todos", Token: admin, Body: `[{"id":"x1","owner":"x"},{"id":"y1","owner":"y"}]`})
	l := s.Live(t, user(s, "x"))
	send(t, l, `{"id":"1","op":"subscribe","collection":"todos","query":{"sort":["id"]}}`)
	wantOn(t, l, "snapshot", `"x1"`)
	rewrite(t, path, strings.Replace(liveConfig, `rules: { read: 'doc.owner == auth.id'`, `rules: { read: 'true'`, 1))
	if err := s.Reload(); err != nil {
		t.Fatal(err)
	}
	if m := wantOn(t, l, "snapshot", `"y1"`); !m.Reset {
		t.Errorf("got %s", m.Text)
	}
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/todos", Token: admin, Body: `{"id":"z1","owner":"z"}`})
	for { // the file is watched, too: a second reload may say once more what there is
		m, err := l.Next(time.Minute)
		if err != nil || m.Event != "change" && !(m.Event == "snapshot" && m.Reset) {
			t.Fatalf("got %s, %v", m.Text, err)
		}
		if strings.Contains(m.Text, `"z1"`) {
			break
		}
	}
	s.Stop()
	m, err := l.Next(time.Minute)
	if err == nil || !strings.Contains(m.Text, "1012") {
		t.Errorf("a node that leaves says: %s %v", m.Text, err)
	}
}

func rewrite(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
