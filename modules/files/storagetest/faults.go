package storagetest

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"time"
)

// Faults is an S3 server that fails: some of its requests are refused, cut off before, within or after they have happened,
// or slow.
type Faults struct {
	server http.Handler

	mu   sync.Mutex // guards the fields below
	rate float64
	rand *rand.Rand
	seen map[string]int
}

// NewFaults puts faults in front of a server. Which ones come is decided by the seed.
func NewFaults(server http.Handler, seed uint64) *Faults {
	return &Faults{server: server, rand: rand.New(rand.NewPCG(seed, 0)), seen: map[string]int{}}
}

// Rate sets which share of all requests has a fault, 0 to 1.
func (f *Faults) Rate(share float64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rate = share
}

// Seen returns how often each fault was made.
func (f *Faults) Seen() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return fmt.Sprint(f.seen)
}

var faults = []string{"an error of the server", "too many requests", "expired credentials", "cut off before", "cut off within", "cut off after", "an answer that is cut off", "slow"}

func (f *Faults) next() (fault string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.rand.Float64() >= f.rate {
		return ""
	}
	fault = faults[f.rand.IntN(len(faults))]
	f.seen[fault]++
	return fault
}

// ServeHTTP implements http.Handler.
func (f *Faults) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	refuse := func(status int, code string) {
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, "<Error><Code>%s</Code><Message>a fault of the test</Message></Error>", code) // to a client that may be gone
	}
	switch f.next() {
	case "an error of the server":
		refuse(http.StatusInternalServerError, "InternalError")
	case "too many requests":
		refuse(http.StatusServiceUnavailable, "SlowDown")
	case "expired credentials":
		refuse(http.StatusForbidden, "ExpiredToken")
	case "cut off before":
		panic(http.ErrAbortHandler)
	case "cut off within":
		_, _ = io.CopyN(io.Discard, r.Body, r.ContentLength/2) // as much as there is
		panic(http.ErrAbortHandler)
	case "cut off after":
		f.server.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	case "an answer that is cut off":
		answer := httptest.NewRecorder()
		f.server.ServeHTTP(answer, r)
		for name, values := range answer.Header() {
			w.Header()[name] = values
		}
		body := answer.Body.Bytes()
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.WriteHeader(answer.Code)
		if len(body) > 0 {
			_, _ = io.Copy(w, bytes.NewReader(body[:len(body)/2])) // to a client that may be gone
			if flusher, ok := w.(http.Flusher); ok {
				flusher.Flush()
			}
			panic(http.ErrAbortHandler)
		}
	case "slow":
		r.Body = &slow{r.Body}
		f.server.ServeHTTP(w, r)
	default:
		f.server.ServeHTTP(w, r)
	}
}

// slow reads in small pieces, each after a while.
type slow struct{ io.ReadCloser }

func (s *slow) Read(p []byte) (int, error) {
	time.Sleep(5 * time.Millisecond)
	return s.ReadCloser.Read(p[:min(len(p), 32<<10)])
}
