package test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	basalt "github.com/basalt-dev/basalt/sdk/go"
	"github.com/basalt-dev/basalt/server/servertest"
)

// lossy loses the answers to some requests that have arrived, and answers as a cache would.
type lossy struct {
	lose  int
	asked []string
}

func (l *lossy) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasPrefix(r.URL.Path, "/v1/db/") { // and no token that is renewed
		l.asked = append(l.asked, r.Header.Get("X-Basalt-Seen"))
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err == nil && l.lose > 0 {
		l.lose--
		return nil, errors.Join(errors.New("the connection broke"), resp.Body.Close())
	}
	if err == nil && r.Method == http.MethodPatch {
		resp.Header.Set("X-Basalt-Seen", "todos=12")
	}
	return resp, err
}

func TestClient_AWriteWhoseAnswerIsLostHappensOnce(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, config)
	ctx := context.Background()
	l := &lossy{}
	c := basalt.New(s.URL, basalt.WithHTTPClient(&http.Client{Transport: l}))
	must[basalt.User](t)(c.Auth.SignUp(ctx, "ada@example.com", "correct horse"))
	todos := basalt.Collection[todo](c, "todos")
	doc := must[todo](t)
	l.lose = 2
	added := doc(todos.Add(ctx, todo{Title: "once"}))
	l.lose = 1
	if got := doc(todos.Doc(added.ID).Update(ctx, basalt.Patch{"stars": basalt.Increment(1)})); got.Stars != 1 {
		t.Errorf("stars are %d", got.Stars)
	}
	l.asked = nil
	doc(todos.Doc(added.ID).Get(ctx))
	if len(l.asked) != 1 || l.asked[0] != "todos=12" {
		t.Errorf("a read asks for %q", l.asked)
	}
	if n := must[int64](t)(todos.Count(ctx)); n != 1 {
		t.Errorf("there are %d", n)
	}
	l.lose = 20 // those of a refresh, too
	if _, err := todos.Add(ctx, todo{Title: "given up"}); err == nil {
		t.Error("all answers were lost, and the error does not say so")
	}
}
