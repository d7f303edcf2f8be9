// Command functions is the worker of basalt.yaml in this directory: an HTTP server at 127.0.0.1:4123. With
// `driver: nats`, Run("nats://…") takes its place, and there may be any number of them.
package main

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"os"
	"time"

	basalt "github.com/basalt-dev/basalt/sdk/go"
	"github.com/basalt-dev/basalt/sdk/go/worker"
)

type order struct {
	Item  string `json:"item"`
	Count int    `json:"count"`
}

// shop has the functions. shipped is called with every event.
func shop(shipped func(call *worker.Call, event map[string]any)) *worker.Worker {
	s := worker.New("shop")
	worker.Handle(s, "price", func(_ context.Context, _ *worker.Call, o order) (map[string]int, error) {
		if o.Item == "moon" {
			return nil, &basalt.Error{Code: basalt.NotFound, Detail: "the moon is not for sale"}
		}
		return map[string]int{"cents": 499 * o.Count}, nil
	})
	worker.Handle(s, "countdown", func(_ context.Context, c *worker.Call, p struct{ From int }) (any, error) {
		for n := p.From; n > 0; n-- {
			if err := c.Send(n); err != nil {
				return nil, err
			}
			time.Sleep(200 * time.Millisecond)
		}
		return nil, nil
	})
	worker.Handle(s, "ship", func(_ context.Context, c *worker.Call, event map[string]any) (any, error) {
		shipped(c, event) // call.Key is the same when an event comes again
		return nil, nil
	})
	return s
}

func main() {
	handler := shop(func(c *worker.Call, event map[string]any) { fmt.Println(c.Key, event) }).Handler("a-secret-of-both")
	server := &http.Server{Addr: cmp.Or(os.Getenv("WORKER_ADDRESS"), "127.0.0.1:4123"), Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	fmt.Println("the worker listens at", server.Addr)
	if err := server.ListenAndServe(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
