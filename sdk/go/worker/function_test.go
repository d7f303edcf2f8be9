package worker_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/bus/bustest"
	"github.com/basalt-dev/basalt/modules/shared/redistest"
	basalt "github.com/basalt-dev/basalt/sdk/go"
	"github.com/basalt-dev/basalt/sdk/go/worker"
	"github.com/basalt-dev/basalt/server/servertest"
)

type call = servertest.Call

const admin = "admin-key-admin-key"

func user(s *servertest.Instance, id string) string { return s.Token(map[string]any{"sub": id}) }

const servicesConfig = `
databases: { main: { driver: sqlite, url: "file:test.db" } }
auth: { tokens: { algorithm: HS256, secret: "a-secret-of-32-bytes-or-more-....", access: 15m, refresh: 720h } }
admin: { keys: ["admin-key-admin-key"] }
collections:
  accounts: { fields: { owner: { type: string, index: true }, open: { type: bool } } }
services:
  billing:
    SERVICE
    functions:
      charge:
        rule: 'auth != nil && exists("accounts", {"id": request.params.account, "owner": auth.id, "open": true})'
        params:
          account: { type: string, required: true }
          amount:  { type: int, required: true, min: 1, max: 1000 }
          note:    { type: string, default: "none" }
        idempotent: true
      count:  { rule: 'true', params: { to: { type: int, required: true } } }
      fail:   { rule: 'true', params: { how: { type: string } }, timeout: 500ms }
      unsafe: { rule: 'true' }
      hidden: {}
      rare:   { rule: 'true', limit: { rate: 2/1h, by: all } }
`

type charge struct {
	Account string `json:"account"`
	Amount  int    `json:"amount"`
	Note    string `json:"note"`
}

type receipt struct {
	Text string `json:"text"`
	Who  string `json:"who"`
	Key  string `json:"key"`
}

// billing is a worker as one would write it. Calls are counted.
func billing(calls *atomic.Int64) *worker.Worker {
	s := worker.New("billing")
	worker.Handle(s, "charge", func(_ context.Context, c *worker.Call, p charge) (receipt, error) {
		calls.Add(1)
		who, _ := c.Auth["sub"].(string)
		return receipt{fmt.Sprintf("%s pays %d (%s)", p.Account, p.Amount, p.Note), who, c.Key}, nil
	})
	worker.Handle(s, "count", func(_ context.Context, c *worker.Call, p struct{ To int }) (any, error) {
		for n := range p.To {
			if err := c.Send(n); err != nil {
				return nil, err
			}
		}
		return nil, nil
	})
	worker.Handle(s, "fail", func(ctx context.Context, _ *worker.Call, p struct{ How string }) (any, error) {
		switch p.How {
		case "told":
			return nil, &basalt.Error{Code: basalt.Conflict, Detail: "the card was charged already"}
		case "slow":
			<-ctx.Done()
			time.Sleep(50 * time.Millisecond)
			return nil, ctx.Err()
		case "panic":
			panic("secret")
		}
		return nil, errors.New("the password of the bank is secret")
	})
	worker.Handle(s, "rare", func(context.Context, *worker.Call, struct{}) (any, error) { return 1, nil })
	return s
}

// eachService runs a test with a service behind each driver.
func eachService(t *testing.T, f func(t *testing.T, s *servertest.Instance, calls *atomic.Int64)) {
	run := func(t *testing.T, service string, start func(*worker.Worker)) {
		calls := &atomic.Int64{}
		for range 2 {
			start(billing(calls))
		}
		f(t, servertest.Start(t, strings.Replace(servicesConfig, "SERVICE", service, 1)), calls)
	}
	onBus := func(t *testing.T, url string) func(*worker.Worker) {
		return func(s *worker.Worker) {
			ctx, cancel := context.WithCancel(context.Background())
			done := make(chan error, 1)
			go func() { done <- s.Run(ctx, url) }()
			t.Cleanup(func() {
				cancel()
				if err := <-done; err != nil {
					t.Error(err)
				}
			})
		}
	}
	t.Run("nats", func(t *testing.T) {
		url := bustest.Start(t).URL()
		run(t, fmt.Sprintf("driver: nats\n    url: %q", url), onBus(t, url))
	})
	t.Run("redis", func(t *testing.T) {
		url := redistest.Start(t).URL()
		run(t, fmt.Sprintf("driver: redis\n    url: %q", url), onBus(t, url))
	})
	t.Run("http", func(t *testing.T) {
		var server *httptest.Server
		mux := http.NewServeMux()
		server = httptest.NewServer(mux)
		t.Cleanup(server.Close)
		first := true
		run(t, fmt.Sprintf("driver: http\n    url: %q\n    secret: \"whsec\"", server.URL+"/fn"), func(s *worker.Worker) {
			if first {
				mux.Handle("/fn/", s.Handler("whsec"))
			}
			first = false
		})
	})
}

func callUntilThere(t *testing.T, s *servertest.Instance, c call) servertest.Answer {
	t.Helper()
	for range 100 {
		if a := s.Do(t, c); a.Status != 503 {
			return a
		}
		time.Sleep(50 * time.Millisecond) // the workers are on their way
	}
	t.Fatal("no worker comes")
	return servertest.Answer{}
}

func TestHandle_AnswersCalls(t *testing.T) {
	t.Parallel() // some of it is waiting
	eachService(t, func(t *testing.T, s *servertest.Instance, calls *atomic.Int64) {
		ann, bob := user(s, "ann"), user(s, "bob")
		s.Want(t, 201, call{Method: "POST", Path: "/v1/db/accounts", Token: admin, Body: `[{"id":"a1","owner":"ann","open":true},{"id":"a2","owner":"ann","open":false}]`})
		callUntilThere(t, s, call{Method: "POST", Path: "/v1/fn/billing/count", Body: `{"to":1}`})
		pay := call{Method: "POST", Path: "/v1/fn/billing/charge", Token: ann, Body: `{"account":"a1","amount":7}`, Header: map[string]string{"Idempotency-Key": "k1"}}
		a := s.Want(t, 200, pay)
		if a.Body != `{"text":"a1 pays 7 (none)","who":"ann","key":"k1"}` {
			t.Errorf("got %s", a.Body)
		}
		if again := s.Want(t, 200, pay); again.Body != a.Body || calls.Load() != 1 {
			t.Errorf("got %s after %d calls", again.Body, calls.Load())
		}
		// What the rule does not allow, and what is no call, never reaches the worker.
		for _, refused := range []struct {
			status      int
			token, body string
		}{
			{403, ann, `{"account":"a2","amount":7}`}, {403, bob, `{"account":"a1","amount":7}`}, {401, "", `{"account":"a1","amount":7}`},
			{422, ann, `{"account":"a1","amount":0}`}, {422, ann, `{"account":"a1","amount":"7"}`}, {422, ann, `{"account":"a1"}`},
			{422, ann, `{"account":"a1","amount":7,"x":1}`}, {400, ann, `{`}, {422, ann, `[]`}, {422, ann, ``},
			{403, ann, `{"account":{"$ne":"x"},"amount":7}`},
		} {
			a := s.Do(t, call{Method: "POST", Path: "/v1/fn/billing/charge", Token: refused.token, Body: refused.body})
			if a.Status != refused.status && !(refused.status == 403 && a.Status == 422) {
				t.Errorf("%s: got %d %s", refused.body, a.Status, a.Body)
			}
		}
		s.Want(t, 401, call{Method: "POST", Path: "/v1/fn/billing/hidden"})
		s.Want(t, 403, call{Method: "POST", Path: "/v1/fn/billing/hidden", Token: ann})
		s.Want(t, 404, call{Method: "POST", Path: "/v1/fn/billing/nothing", Token: ann})
		s.Want(t, 404, call{Method: "POST", Path: "/v1/fn/nothing/charge", Token: ann})
		s.Want(t, 404, call{Method: "POST", Path: "/v1/fn/billing/unsafe"}) // the worker has none
		if calls.Load() != 1 {
			t.Errorf("the worker was called %d times", calls.Load())
		}
		// Failures are told as far as they are for the caller.
		fail := func(status int, how, says string) {
			t.Helper()
			a := s.Want(t, status, call{Method: "POST", Path: "/v1/fn/billing/fail", Body: map[string]string{"how": how}})
			if !strings.Contains(a.Body, says) || strings.Contains(a.Body, "secret") {
				t.Errorf("%s: got %s", how, a.Body)
			}
		}
		fail(409, "told", "the card was charged already")
		fail(504, "slow", "timeout")
		fail(500, "error", "internal")
		fail(500, "panic", "internal")
		// Pieces.
		if got := s.Want(t, 200, call{Method: "POST", Path: "/v1/fn/billing/count", Body: `{"to":3}`}).Body; got != "[0,1,2]" {
			t.Errorf("got %s", got)
		}
		c := basalt.New(s.URL)
		var got []int
		for n, err := range basalt.Stream[int](t.Context(), c, "billing.count", map[string]int{"to": 5}) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, n)
		}
		if fmt.Sprint(got) != "[0 1 2 3 4]" {
			t.Errorf("got %v", got)
		}
		for _, err := range basalt.Stream[int](t.Context(), c, "billing.fail", map[string]string{"how": "told"}) {
			if basalt.CodeOf(err) != basalt.Conflict {
				t.Errorf("got %v", err)
			}
		}
		for _, err := range basalt.Stream[int](t.Context(), c, "billing.charge", nil) {
			if basalt.CodeOf(err) != basalt.Invalid && basalt.CodeOf(err) != basalt.Unauthenticated {
				t.Errorf("got %v", err)
			}
		}
		paid, err := basalt.Call[receipt](t.Context(), basalt.New(s.URL, basalt.WithToken(ann)), "billing.charge", charge{"a1", 9, "x"})
		if err != nil || paid.Text != "a1 pays 9 (x)" || paid.Key == "" {
			t.Errorf("got %+v %v", paid, err)
		}
		for _, status := range []int{200, 200, 429} {
			s.Want(t, status, call{Method: "POST", Path: "/v1/fn/billing/rare", Body: `{}`})
		}
		var callers sync.WaitGroup
		for i := range 40 {
			callers.Go(func() {
				if got := s.Want(t, 200, call{Method: "POST", Path: "/v1/fn/billing/count", Body: map[string]int{"to": i % 4}}).Body; got != []string{"null", "[0]", "[0,1]", "[0,1,2]"}[i%4] {
					t.Errorf("got %s", got)
				}
			})
		}
		callers.Wait()
		if text := s.Want(t, 200, call{Method: "GET", Path: "/metrics"}).Body; !strings.Contains(text, `basalt_function_seconds_count{code="conflict",function="fail",service="billing"} 2`) {
			t.Error("the metrics do not tell")
		}
	})
}

func TestHandler_RefusesWhatIsNotSigned(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(billing(&atomic.Int64{}).Handler("whsec"))
	defer server.Close()
	resp, err := http.Post(server.URL+"/charge", "application/json", strings.NewReader(`{"function":"charge","params":{}}`))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if line, _ := bufio.NewReader(resp.Body).ReadString('\n'); resp.StatusCode != 401 {
		t.Errorf("an unsigned call gets %d %s", resp.StatusCode, line)
	}
}
