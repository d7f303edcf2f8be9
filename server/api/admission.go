package api

import (
	"strings"
	"time"

	"github.com/basalt-dev/basalt/modules/fault"
)

// admission bounds the requests that a node works on at once, so that one with too many answers some of them in
// time instead of all of them too late. Those of health and metrics are not counted; those of signing in have
// places of their own, besides all others.
type admission struct {
	places   chan struct{}
	reserved chan struct{}
}

const (
	// queueTime is how long a request waits for a place.
	queueTime = 500 * time.Millisecond
	// reservedPart is the part of the places that is kept for signing in.
	reservedPart = 8
)

func newAdmission(n int) *admission {
	return &admission{make(chan struct{}, n), make(chan struct{}, max(1, n/reservedPart))}
}

// enter waits for a place. One element of the channel that it returns is the caller's, who takes it out again.
func (a *admission) enter(path string) (place <-chan struct{}, err error) {
	select {
	case a.places <- struct{}{}:
		return a.places, nil
	default:
	}
	reserved := a.reserved
	if !strings.HasPrefix(path, "/v1/auth/") && !strings.HasPrefix(path, "/v1/admin/") {
		reserved = nil
	}
	timer := time.NewTimer(queueTime)
	defer timer.Stop()
	select {
	case a.places <- struct{}{}:
		return a.places, nil
	case reserved <- struct{}{}:
		return a.reserved, nil
	case <-timer.C:
		return nil, fault.Retry(fault.Unavailable, time.Second, "this node is overloaded; try again")
	}
}

// inFlight is how many requests have a place.
func (a *admission) inFlight() int { return len(a.places) + len(a.reserved) }
