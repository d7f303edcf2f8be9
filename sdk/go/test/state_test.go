package test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	basalt "github.com/basalt-dev/basalt/sdk/go"
	"github.com/basalt-dev/basalt/server/servertest"
)

// network is a transport that can be held up, and answer instead of the server.
type network struct {
	mu     sync.Mutex
	answer func(*http.Request) (*http.Response, error)
	holds  string
	held   chan struct{}
	gone   chan struct{}
	bodies []string
}

func (n *network) client() basalt.Option {
	return basalt.WithHTTPClient(&http.Client{Transport: n})
}

// hold holds the answer to the next call of a path back. It returns what waits for it, and what lets it go.
func (n *network) hold(path string) (wait, release func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	held, gone := make(chan struct{}), make(chan struct{})
	n.holds, n.held, n.gone = path, held, gone
	return func() { <-held }, func() { close(gone) }
}

func (n *network) set(answer func(*http.Request) (*http.Response, error)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.answer = answer
}

func (n *network) RoundTrip(r *http.Request) (*http.Response, error) {
	n.mu.Lock()
	answer := n.answer
	var held, gone chan struct{}
	if n.holds != "" && strings.HasSuffix(r.URL.Path, n.holds) {
		held, gone, n.holds = n.held, n.gone, ""
	}
	n.bodies = append(n.bodies, r.URL.Path+" "+r.Header.Get("Authorization"))
	n.mu.Unlock()
	if answer != nil {
		return answer(r)
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if held != nil {
		close(held)
		<-gone
	}
	return resp, err
}

func says(status int, kind, body string, headers ...string) func(*http.Request) (*http.Response, error) {
	return func(r *http.Request) (*http.Response, error) {
		w := httptest.NewRecorder()
		w.Header().Set("Content-Type", kind)
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
		resp := w.Result()
		resp.Request = r
		return resp, nil
	}
}

const page = "<!doctype html><title>Sign in to the network</title>"

// two starts a server with two accounts.
func two(t *testing.T) (url string, signIn func(*basalt.Client, string) error) {
	t.Helper()
	s := servertest.Start(t, config)
	for _, name := range []string{"a", "b"} {
		must[basalt.User](t)(basalt.New(s.URL).Auth.SignUp(t.Context(), name+"@example.com", "correct horse"))
	}
	return s.URL, func(c *basalt.Client, name string) error {
		_, err := c.Auth.SignIn(t.Context(), name+"@example.com", "correct horse")
		return err
	}
}

func TestAuth_ALateRefreshReplacesNobody(t *testing.T) {
	t.Parallel()
	url, signIn := two(t)
	for name, then := range map[string]func(*basalt.Client) error{
		"signed in":  func(c *basalt.Client) error { return signIn(c, "b") },
		"signed out": func(c *basalt.Client) error { return c.Auth.SignOut(t.Context()) },
	} {
		first := basalt.New(url)
		if err := signIn(first, "a"); err != nil {
			t.Fatal(err)
		}
		session := *first.Auth.Session()
		session.Expires = time.Now()
		n := &network{}
		c := basalt.New(url, n.client(), basalt.WithSession(session))
		wait, release := n.hold("/refresh")
		wrote := make(chan error)
		go func() {
			_, err := basalt.Collection[todo](c, "todos").Add(t.Context(), todo{Title: "of a"})
			wrote <- err
		}()
		wait()
		if err := then(c); err != nil {
			t.Fatal(err)
		}
		release()
		if err := <-wrote; basalt.CodeOf(err) != basalt.Unauthenticated {
			t.Errorf("%s: what a has written has become that of another user: %v", name, err)
		}
		switch s := c.Auth.Session(); {
		case name == "signed out" && s != nil, name == "signed in" && (s == nil || s.User.Email != "b@example.com"):
			t.Errorf("%s: the session is %+v", name, s)
		}
	}
}

func TestAuth_ALateSignInReplacesNobody(t *testing.T) {
	t.Parallel()
	url, signIn := two(t)
	n := &network{}
	c := basalt.New(url, n.client())
	wait, release := n.hold("/signin")
	late := make(chan error)
	go func() { late <- signIn(c, "a") }()
	wait()
	if err := signIn(c, "b"); err != nil {
		t.Fatal(err)
	}
	release()
	if err := <-late; !errors.Is(err, basalt.ErrSuperseded) {
		t.Errorf("got %v", err)
	}
	if got := c.Auth.Session().User.Email; got != "b@example.com" {
		t.Errorf("%s is signed in", got)
	}
}

func TestAuth_ARefreshGoesOnForThoseWhoWait(t *testing.T) {
	t.Parallel()
	url, signIn := two(t)
	first := basalt.New(url)
	if err := signIn(first, "a"); err != nil {
		t.Fatal(err)
	}
	session := *first.Auth.Session()
	session.Expires = time.Now()
	n := &network{}
	c := basalt.New(url, n.client(), basalt.WithSession(session))
	wait, release := n.hold("/refresh")
	impatient, cancel := context.WithCancel(t.Context())
	gaveUp, patient := make(chan error), make(chan error)
	go func() { _, err := c.Auth.User(impatient); gaveUp <- err }()
	wait()
	go func() { _, err := c.Auth.User(t.Context()); patient <- err }()
	cancel()
	if err := <-gaveUp; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	release()
	if err := <-patient; err != nil {
		t.Errorf("the other call has failed: %v", err)
	}
}

func TestAuth_ATokenIsUsedWhileItIsValid(t *testing.T) {
	t.Parallel()
	url, signIn := two(t)
	first := basalt.New(url)
	if err := signIn(first, "a"); err != nil {
		t.Fatal(err)
	}
	session := *first.Auth.Session()
	session.Expires = time.Now().Add(20 * time.Second)
	n := &network{}
	c := basalt.New(url, n.client(), basalt.WithSession(session))
	for name, answer := range map[string]func(*http.Request) (*http.Response, error){
		"unreachable": func(*http.Request) (*http.Response, error) { return nil, errors.New("no route") },
		"a page":      says(401, "text/html", page),
	} {
		n.set(func(r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, "/refresh") {
				return answer(r)
			}
			return http.DefaultTransport.RoundTrip(r)
		})
		if _, err := c.Auth.User(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if c.Auth.Session() == nil {
			t.Errorf("%s: the session has ended", name)
		}
	}
}

func TestClient_ASessionGoesToItsServerAlone(t *testing.T) {
	t.Parallel()
	url, signIn := two(t)
	first := basalt.New(url + "/")
	if err := signIn(first, "a"); err != nil {
		t.Fatal(err)
	}
	stored := must[[]byte](t)(json.Marshal(first.Auth.Session()))
	var session basalt.Session
	if err := json.Unmarshal(stored, &session); err != nil {
		t.Fatal(err)
	}
	if c := basalt.New(strings.Replace(url, "http", "HTTP", 1), basalt.WithSession(session)); c.Auth.Session() == nil {
		t.Error("it is not used at its own server")
	}
	for _, other := range []string{"http://other.example", url + "/api"} {
		if c := basalt.New(other, basalt.WithSession(session)); c.Auth.Session() != nil {
			t.Errorf("it is used at %s", other)
		}
	}
}

func TestClient_WhatIsNoAnswerOfTheServerConfirmsNothing(t *testing.T) {
	t.Parallel()
	url, signIn := two(t)
	n := &network{}
	c := basalt.New(url, n.client(), basalt.WithRetries(0))
	if err := signIn(c, "a"); err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	todos := basalt.Collection[todo](c, "todos")
	one := must[todo](t)(todos.Add(ctx, todo{Title: "there"}))
	last := func(_ any, err error) error { return err }
	calls := map[string]func() error{
		"get":       func() error { return last(todos.Doc(one.ID).Get(ctx)) },
		"list":      func() error { return last(todos.Get(ctx)) },
		"count":     func() error { return last(todos.Count(ctx)) },
		"add":       func() error { return last(todos.Add(ctx, todo{Title: "x"})) },
		"addAll":    func() error { return last(todos.AddAll(ctx, []todo{{Title: "x"}})) },
		"update":    func() error { return last(todos.Doc(one.ID).Update(ctx, basalt.Patch{"title": "y"})) },
		"set":       func() error { return last(todos.Doc(one.ID).Set(ctx, todo{Title: "y"})) },
		"bulk":      func() error { return last(todos.Filter("done", nil).Delete(ctx)) },
		"batch":     func() error { return last(c.Batch().Delete("todos", one.ID).Commit(ctx)) },
		"user":      func() error { return last(c.Auth.User(ctx)) },
		"sessions":  func() error { return last(c.Auth.Sessions(ctx)) },
		"signIn":    func() error { return signIn(c, "b") },
		"signUp":    func() error { return last(c.Auth.SignUp(ctx, "c@example.com", "correct horse")) },
		"call":      func() error { return last(basalt.Call[any](ctx, c, "billing.charge", nil)) },
		"mail":      func() error { return c.Auth.SendSignInMail(ctx, "a@example.com") },
		"delete":    func() error { return todos.Doc(one.ID).Delete(ctx) },
		"publish":   func() error { return c.Channel("room").Publish(ctx, "x") },
		"end":       func() error { return c.Auth.EndSession(ctx, "x") },
		"subscribe": func() error { return last(basalt.Call[any](ctx, c, "billing.charge", nil)) },
	}
	answers := map[string]func(*http.Request) (*http.Response, error){
		"html": says(200, "text/html", page), "other JSON": says(200, "application/json", `{"hello":"world"}`),
		"a list": says(200, "application/json", `[]`), "nothing": says(200, "", ""), "no content": says(204, "", ""),
	}
	takesAnything := map[string]bool{"call": true, "subscribe": true, "mail": true, "publish": true}
	for what, answer := range answers {
		n.set(answer)
		for name, call := range calls {
			isNothing := what == "no content" && (name == "delete" || name == "end")
			if isNothing || takesAnything[name] && what != "html" && what != "nothing" {
				continue
			}
			if err := call(); basalt.CodeOf(err) != basalt.Unavailable {
				t.Errorf("%s took %s: %v", name, what, err)
			}
		}
	}
	n.set(nil)
	if got := must[todo](t)(todos.Doc(one.ID).Get(ctx)); got.Title != "there" || c.Auth.Session().User.Email != "a@example.com" {
		t.Errorf("got %+v of %+v", got, c.Auth.Session())
	}
}

func TestClient_ErrorsOfProxiesHaveTheCodeOfTheirStatus(t *testing.T) {
	t.Parallel()
	n := &network{}
	c := basalt.New("http://basalt.example", n.client(), basalt.WithRetries(0))
	date := time.Now().Add(time.Minute).UTC().Format(http.TimeFormat)
	for _, test := range []struct {
		status int
		after  string
		want   basalt.Code
	}{
		{400, "", basalt.Invalid}, {401, "", basalt.Unauthenticated}, {403, "", basalt.Forbidden}, {404, "", basalt.NotFound},
		{405, "", basalt.MethodNotAllowed}, {413, "", basalt.TooLarge}, {429, "7", basalt.RateLimited}, {429, date, basalt.RateLimited},
		{500, "", basalt.Unavailable}, {502, "", basalt.Unavailable}, {503, "", basalt.Unavailable}, {504, "", basalt.Timeout},
	} {
		for _, body := range []string{page, `{"code":"AccessDenied","message":"no"}`} {
			n.set(says(test.status, "text/html", body, "Retry-After", test.after))
			_, err := basalt.Collection[todo](c, "todos").Get(t.Context())
			var e *basalt.Error
			if !errors.As(err, &e) || e.Code != test.want || e.FromServer || (e.RetryAfter > 0) != (test.after != "") {
				t.Errorf("%d %s: %+v", test.status, body, err)
			}
		}
	}
}

func TestStream_CountsSilence(t *testing.T) {
	t.Parallel()
	quiet := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for range 12 {
			_, _ = io.WriteString(w, "data: 1\r\n\r\n")
			w.(http.Flusher).Flush()
			time.Sleep(100 * time.Millisecond)
		}
		if strings.HasSuffix(r.URL.Path, "/silent") {
			<-quiet
		}
		_, _ = io.WriteString(w, "event: result\ndata: null\n\n")
	}))
	t.Cleanup(s.Close)
	t.Cleanup(func() { close(quiet) })
	for _, test := range []struct {
		function string
		want     basalt.Code
	}{{"billing.count", ""}, {"billing.silent", basalt.Timeout}} {
		c := basalt.New(s.URL, basalt.WithTimeout(600*time.Millisecond))
		n := 0
		var failed error
		for _, err := range basalt.Stream[int](t.Context(), c, test.function, nil) {
			if failed = err; err == nil {
				n++
			}
		}
		if n != 12 || basalt.CodeOf(failed) != test.want || test.want == "" && failed != nil {
			t.Errorf("%s: %d pieces, then %v", test.function, n, failed)
		}
	}
}
