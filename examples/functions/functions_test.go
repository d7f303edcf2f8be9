package main

import (
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/sdk/go/worker"
	"github.com/basalt-dev/basalt/server/servertest"
)

type call = servertest.Call

func TestFunctions_AreAsTheReadmeSays(t *testing.T) {
	events := make(chan string, 10)
	shopWorker := httptest.NewServer(shop(func(c *worker.Call, event map[string]any) {
		kind, _ := event["type"].(string)
		events <- kind
	}).Handler("a-secret-of-both"))
	defer shopWorker.Close()
	t.Setenv("WORKER_URL", shopWorker.URL)
	config, err := os.ReadFile("basalt.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s := servertest.Start(t, string(config))
	if got := s.Want(t, 200, call{Method: "POST", Path: "/v1/fn/shop/price", Body: `{"item":"mug","count":2}`}).Body; got != `{"cents":998}` {
		t.Errorf("got %s", got)
	}
	s.Want(t, 404, call{Method: "POST", Path: "/v1/fn/shop/price", Body: `{"item":"moon"}`})
	stream := s.Want(t, 200, call{Method: "POST", Path: "/v1/fn/shop/countdown", Header: map[string]string{"Accept": "text/event-stream"}})
	if stream.Body != "data: 3\n\ndata: 2\n\ndata: 1\n\nevent: result\ndata: null\n\n" {
		t.Errorf("got %q", stream.Body)
	}
	s.Want(t, 401, call{Method: "POST", Path: "/v1/fn/shop/ship"})
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/orders", Body: `{"item":"mug"}`})
	s.Want(t, 202, call{Method: "POST", Path: "/v1/events", Body: `{"event":"remind","data":{"order":"1"},"delay":0.1}`})
	for _, want := range []string{"orders.created", ""} {
		select {
		case kind := <-events:
			if kind != want {
				t.Errorf("got an event %q, want %q", kind, want)
			}
		case <-time.After(time.Minute):
			t.Fatal("no event comes")
		}
	}
	if text := s.Want(t, 200, call{Method: "GET", Path: "/openapi.json"}).Body; !strings.Contains(text, "/v1/fn/shop/price") || !strings.Contains(text, "/v1/events") {
		t.Error("the description does not tell of functions and events")
	}
}
