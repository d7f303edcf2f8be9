package graphql_test

import (
	"bufio"
	"context"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"
)

// A subscription as server-sent events, in the mode of distinct connections.
func TestEvents_ASubscriptionIsLive(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	const query = `subscription { posts(where: {comments: {text: {_eq: "new"}}}) { id comments(where: {text: {_eq: "new"}}) { text } } }`
	ann := s.Token(map[string]any{"sub": "ann"})
	post, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL+"/v1/graphql", strings.NewReader(`{"query":`+quoted(query)+`}`))
	if err != nil {
		t.Fatal(err)
	}
	post.Header = http.Header{"Content-Type": {"application/json"}, "Accept": {"text/event-stream"}, "Authorization": {"Bearer " + ann}}
	get, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/v1/graphql?access_token="+ann+"&query="+url.QueryEscape(query), nil) // as EventSource
	if err != nil {
		t.Fatal(err)
	}
	get.Header.Set("Accept", "text/event-stream")
	var streams []*bufio.Scanner
	for _, r := range []*http.Request{post, get} {
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/event-stream" {
			t.Fatalf("got %d %s", resp.StatusCode, resp.Header)
		}
		streams = append(streams, bufio.NewScanner(resp.Body))
	}
	event := func(want string) {
		t.Helper()
		for i, s := range streams {
			var got []string
			for s.Scan() && (s.Text() != "" || got == nil) {
				if !strings.HasPrefix(s.Text(), ":") && !strings.HasPrefix(s.Text(), "id: ") && s.Text() != "" {
					got = append(got, resumes.ReplaceAllString(s.Text(), ""))
				}
			}
			if strings.Join(got, "|") != want {
				t.Fatalf("stream %d: got %s %v, want %s", i, got, s.Err(), want)
			}
		}
	}
	event(`event: next|data: {"data":{"posts":[]}}`)
	s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/comments/c4", Token: admin, Body: `{"text":"new"}`})
	event(`event: next|data: {"data":{"posts":[{"id":"p1","comments":[{"text":"new"}]}]}}`)
	s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/comments/c4", Token: admin, Body: `{"text":"spam"}`})
	event(`event: next|data: {"data":{"posts":[]}}`)
	// A new configuration has another schema: the stream ends, and clients connect again.
	text, err := os.ReadFile(s.Path)
	if err == nil {
		err = os.WriteFile(s.Path, append(text, "  more:\n    fields: { a: { type: string } }\n"...), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Reload(); err != nil {
		t.Fatal(err)
	}
	event("")
}
