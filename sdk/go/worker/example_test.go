package worker_test

import (
	"context"
	"log"
	"net/http"
	"os"
	"os/signal"

	basalt "github.com/basalt-dev/basalt/sdk/go"
	"github.com/basalt-dev/basalt/sdk/go/worker"
)

type Charge struct {
	Account string `json:"account"`
	Amount  int    `json:"amount"`
}

type Receipt struct {
	Paid int `json:"paid"`
}

func Example() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	billing := worker.New("billing")
	worker.Handle(billing, "charge", func(_ context.Context, call *worker.Call, c Charge) (Receipt, error) {
		if c.Amount > 1000 {
			return Receipt{}, &basalt.Error{Code: basalt.Forbidden, Detail: "more than the limit"}
		}
		log.Println(call.Auth["sub"], "pays; the key", call.Key, "is the same in a retry")
		return Receipt{Paid: c.Amount}, nil
	})
	if err := billing.Run(ctx, "nats://127.0.0.1:4222"); err != nil {
		log.Println(err)
	}
}

func ExampleConsume() {
	type order struct{ Doc struct{ ID, Item string } }
	mail := worker.New("mail")
	worker.Consume(mail, "orders", func(_ context.Context, e worker.StreamEvent[order]) error {
		log.Println(e.Type, e.Data.Doc.Item)
		return nil // after an error the event comes again
	})
	if err := mail.Run(context.Background(), "redis://127.0.0.1:6379"); err != nil {
		log.Println(err)
	}
}

func ExampleWorker_Handler() {
	billing := worker.New("billing")
	worker.Handle(billing, "count", func(_ context.Context, call *worker.Call, p struct{ To int }) (any, error) {
		for n := range p.To {
			if err := call.Send(n); err != nil { // a piece of the result
				return nil, err
			}
		}
		return nil, nil
	})
	server := &http.Server{Addr: "127.0.0.1:4123", Handler: billing.Handler("the secret of the configuration")}
	log.Println(server.ListenAndServe())
}
