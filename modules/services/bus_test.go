package services

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/bus"
	"github.com/basalt-dev/basalt/modules/services/wire"
)

// TestBus_AnswersOfAWorker on the bus of this process.
func TestBus_AnswersOfAWorker(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		worker  bool
		answers []string
		want    string
	}{
		"a result":          {true, []string{`{"result":7,"done":true}`}, "7"},
		"pieces":            {true, []string{`{"piece":1}`, `{"piece":2}`, `{"done":true}`}, "[1,2]"},
		"a refusal":         {true, []string{`{"error":{"code":"conflict","detail":"no"},"done":true}`}, "conflict: no"},
		"its own trouble":   {true, []string{`{"error":{"code":"E42","detail":"password"},"done":true}`}, "internal"},
		"what is not JSON":  {true, []string{`<html>`}, "internal"},
		"no worker":         {false, nil, "unavailable: the service billing has no worker now; try again"},
		"no answer in time": {true, nil, "timeout: the function has not answered in time"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := bus.NewMemory()
			if test.worker {
				stop, err := b.Serve(wire.Subject("billing"), 4, func(message []byte, reply func([]byte) error) {
					var c wire.Call
					if err := json.Unmarshal(message, &c); err != nil || c.Function != "charge" || c.Deadline.IsZero() {
						t.Errorf("%s, %v", message, err)
					}
					for _, answer := range test.answers {
						if err := reply([]byte(answer)); err != nil {
							t.Error(err)
						}
					}
				})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(stop)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			if got := outcome(Bus{Bus: b}.Call(ctx, wire.Call{ID: "1", Service: "billing", Function: "charge"}, nil)); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}
