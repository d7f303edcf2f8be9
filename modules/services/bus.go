package services

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/basalt-dev/basalt/modules/bus"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/services/wire"
)

// Bus calls a service whose workers are on a bus.
type Bus struct{ Bus bus.Bus }

// Call implements [Caller].
func (b Bus) Call(ctx context.Context, c wire.Call, piece func(json.RawMessage) error) (json.RawMessage, error) {
	c.Deadline, _ = ctx.Deadline()
	message, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	collected := collector{piece: piece}
	err = b.Bus.Request(ctx, wire.Subject(c.Service), message, func(text []byte) bool {
		var a wire.Answer
		if err := json.Unmarshal(text, &a); err != nil {
			collected.err = fmt.Errorf("the worker answered with something other than JSON: %w", err)
			return false
		}
		return collected.take(a)
	})
	switch {
	case errors.Is(err, bus.ErrNobody):
		return nil, fault.Retry(fault.Unavailable, time.Second, "the service %s has no worker now; try again", c.Service)
	case errors.Is(err, context.DeadlineExceeded):
		return nil, late(err)
	case err != nil:
		return nil, errors.Join(fault.Retry(fault.Unavailable, time.Second, "the service cannot be reached; try again"), err)
	}
	return collected.whole()
}
