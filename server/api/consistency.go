package api

import (
	"crypto/sha256"
	"sync"
	"time"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/shared"
)

// consistencyHeader asks for reads that see everything written before.
const consistencyHeader = "X-Basalt-Consistency"

// ownWrites is how long the reads of a caller after a write here are strong: longer than a replica
// that is well lags behind.
const ownWrites = 10 * time.Second

// maxWriters bounds the memory of writers.
const maxWriters = 50_000

// writers remembers the callers with recent writes, so that people read their own writes.
type writers struct {
	mu   sync.Mutex // guards last
	last map[string]time.Time
}

func (w *writers) wrote(who string, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.last == nil {
		w.last = map[string]time.Time{}
	}
	if len(w.last) >= maxWriters {
		for other, at := range w.last { // a quarter at least, so that not each of the next writes looks through all
			if len(w.last) < maxWriters*3/4 && now.Sub(at) <= ownWrites {
				break
			}
			delete(w.last, other)
		}
	}
	w.last[who] = now
}

func (w *writers) lately(who string, now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	at, ok := w.last[who]
	return ok && now.Sub(at) < ownWrites
}

// who names a caller: the user, or the address of one who has not signed in.
func who(caller crud.Caller) string {
	if sub, ok := caller.Auth["sub"].(string); ok {
		sum := sha256.Sum256([]byte(sub)) // which an issuer elsewhere may have made long
		return "sub " + string(sum[:])
	}
	return "ip " + shared.Network(caller.IP)
}

// consistency makes the reads of a request strong where they have to be. It is for configurations with replicas; nothing
// else can be behind.
func (h *Handler) consistency(rt *route, next call) call {
	if !h.replicas {
		return next
	}
	writers := &h.transport.writers
	return func(r *request) error {
		now := h.backend.Now()
		switch value := r.header(consistencyHeader); {
		case value != "" && value != "strong":
			return fault.FieldErrorf(consistencyHeader, "enum", "%s is strong, or left out", consistencyHeader)
		case rt.writes, // what decides about a write is read where it is written
			value == "strong", writers.lately(who(r.caller), now):
			r.context = db.ReadPrimary(r.context)
		}
		if rt.writes { // a write that has failed may have happened
			defer func() { writers.wrote(who(r.caller), h.backend.Now()) }()
		}
		return next(r)
	}
}
