package servertest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// Call is one request. A Body that is a string is sent as it is, anything else as JSON.
type Call struct {
	Method, Path, Token string
	Body                any
	Header              map[string]string
}

// Answer is what came back.
type Answer struct {
	Status int
	Header http.Header
	Body   string
}

var client = &http.Client{Timeout: 3 * time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 512}}

// Do sends a request. It may be called from any goroutine.
func (i *Instance) Do(t testing.TB, c Call) Answer {
	t.Helper()
	var body io.Reader
	switch b := c.Body.(type) {
	case nil:
	case string:
		body = strings.NewReader(b)
	default:
		encoded, err := json.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		body = bytes.NewReader(encoded)
	}
	req, err := http.NewRequest(c.Method, i.URL+c.Path, body)
	if err != nil {
		t.Fatalf("%s %s: %v", c.Method, c.Path, err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.Token != "" {
		req.Header.Set("Authorization", "Bearer "+c.Token)
	}
	for name, value := range c.Header {
		req.Header.Set(name, value)
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Errorf("%s %s: %v", c.Method, c.Path, err)
		return Answer{}
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Errorf("%s %s: reading the answer: %v", c.Method, c.Path, err)
	}
	a := Answer{resp.StatusCode, resp.Header, string(text)}
	i.judge(t, c, a)
	return a
}

// Want sends a request and fails the test when the status is another one.
func (i *Instance) Want(t testing.TB, status int, c Call) Answer {
	t.Helper()
	a := i.Do(t, c)
	if a.Status != status {
		t.Fatalf("%s %s: got %d, want %d: %s", c.Method, c.Path, a.Status, status, a.Body)
	}
	return a
}

// Decode reads the body as JSON.
func (a Answer) Decode(t testing.TB, out any) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.Body), out); err != nil {
		t.Fatalf("%v in %q", err, a.Body)
	}
}

// Code returns the code of a problem, "" for an answer that is none.
func (a Answer) Code() string {
	var p struct{ Code string }
	if a.Header.Get("Content-Type") != "application/problem+json" || json.Unmarshal([]byte(a.Body), &p) != nil {
		return ""
	}
	return p.Code
}

// IDs returns the ids of a list's items, in their order.
func (a Answer) IDs(t testing.TB) []string {
	t.Helper()
	var page struct {
		Items []struct{ ID string }
	}
	a.Decode(t, &page)
	ids := make([]string, len(page.Items))
	for i, item := range page.Items {
		ids[i] = item.ID
	}
	return ids
}
