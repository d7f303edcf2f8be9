package basalt

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// reads reports whether a call changes nothing.
func (r *call) reads() bool {
	return r.method == http.MethodGet || strings.HasPrefix(r.path, "/v1/db/") && (strings.HasSuffix(r.path, "/query") || strings.HasSuffix(r.path, "/aggregate"))
}

// keeps reports whether the server keeps the answer to a write with an Idempotency-Key for it.
func (r *call) keeps() bool {
	for _, prefix := range []string{"/v1/db/", "/v1/batch", "/v1/channels/", "/v1/fn/", "/v1/events"} {
		if strings.HasPrefix(r.path, prefix) {
			return true
		}
	}
	return false
}

// maxWait bounds how long to wait before a call is sent again.
const maxWait = 5 * time.Second

// again reports whether an error may pass, and how long to wait for that.
func again(err error, n int) (time.Duration, bool) {
	wait := time.Duration(float64(150*time.Millisecond) * (0.5 + rand.Float64()))
	for range n {
		wait *= 3
	}
	var e *Error
	if errors.As(err, &e) {
		if e.RetryAfter > 0 {
			wait = min(e.RetryAfter, maxWait)
		}
		return wait, e.Code == Unavailable || e.Code == Timeout && e.Status == http.StatusGatewayTimeout && !e.FromServer || e.Code == Conflict && e.RetryAfter > 0
	}
	var failed *url.Error
	return wait, errors.As(err, &failed)
}

// seenTime is how long what was written is asked for: longer than a cache may show something older.
const seenTime = 10 * time.Minute

// seen has from which versions of collections on a client has seen them, so that no cache shows it anything
// older.
type seen struct {
	mu sync.Mutex // guards at
	at map[string]version
}

type version struct {
	number int64
	until  time.Time
}

func (s *seen) note(header http.Header) {
	text := header.Get("X-Basalt-Seen")
	if text == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.at == nil {
		s.at = map[string]version{}
	}
	for part := range strings.SplitSeq(text, ",") {
		name, number, _ := strings.Cut(part, "=")
		if n, err := strconv.ParseInt(number, 10, 64); err == nil && n > s.at[name].number {
			s.at[name] = version{n, time.Now().Add(seenTime)}
		}
	}
}

func (s *seen) ask(header http.Header) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var parts []string
	for name, v := range s.at {
		if time.Now().After(v.until) {
			delete(s.at, name)
			continue
		}
		parts = append(parts, name+"="+strconv.FormatInt(v.number, 10))
	}
	if len(parts) > 0 {
		header.Set("X-Basalt-Seen", strings.Join(parts, ","))
	}
}
