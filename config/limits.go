package config

import (
	"slices"
	"strings"
)

// Limits is the section `limits`.
type Limits struct {
	At Position `json:"-"`
	// Documents in one page.
	Page int `json:"page,omitempty"`
	// Documents that all expansions of one read find together.
	Documents int `json:"documents,omitempty"`
	// Expansions of one read.
	Expansions int `json:"expansions,omitempty"`
	// Bytes of one answer, and of the result of a live query.
	Answer Size `json:"answer,omitempty"`
	// Bytes that the requests of a node hold at once: what large answers are made of until they are written, and large
	// bodies, which take half of it at most. Others wait for a moment, and are then answered with 503; while they wait, a
	// connection that holds some of it and moves less than 32 KiB of it in a second is closed. A node stays under 512MiB
	// besides memory, cache, history and live.
	Memory Size `json:"memory,omitempty"`
	// Webhook calls of one request, including retries of its transaction.
	Webhooks int `json:"webhooks,omitempty"`
	// Bytes of a request body.
	Body Size `json:"body,omitempty"`
	// Nesting of a filter or a document.
	Depth int `json:"depth,omitempty"`
	// Conditions and values of one filter.
	Nodes int `json:"nodes,omitempty"`
	// The timeout of one request.
	Timeout Duration `json:"timeout,omitempty"`
	// Documents or operations in one write.
	Batch int `json:"batch,omitempty"`
	// Documents that one delete deletes or changes, by the on_delete of the refs to them.
	Cascade int `json:"cascade,omitempty"`
	// Live connections per node.
	Connections int `json:"connections,omitempty"`
	// Live connections of one user, or of one address for anonymous callers.
	UserConnections int `json:"user_connections,omitempty"`
	// Subscriptions per live connection.
	Subscriptions int `json:"subscriptions,omitempty"`
	// Bytes queued for a slow live connection, before they are replaced by a snapshot.
	Queue Size `json:"queue,omitempty"`
	// Bytes of one message of a channel.
	Message Size `json:"message,omitempty"`
	// Bytes of the presence state of a channel member.
	State Size `json:"state,omitempty"`
	// Bytes of channel history per node. The least recently used channel loses its messages first.
	History Size `json:"history,omitempty"`
	// Bytes that clients make a node hold besides that: the rows of live windows and the changes that they remember, the
	// members of channels, and what waits for clients. When they are used up, new subscriptions are refused, snapshots wait,
	// and slow clients lose what waits for them first.
	Live Size `json:"live,omitempty"`
	// Bytes of cached answers in the memory of a node.
	Cache Size `json:"cache,omitempty"`
	// Concurrent requests per node. Others wait briefly, and then get 503.
	Concurrency int `json:"concurrency,omitempty"`
	// How long a node that is shutting down goes on taking requests, while /readyz says that it stops: as long as a
	// load balancer takes to notice.
	Drain Duration `json:"drain,omitempty"`
}

// RateLimit is one entry of `limits` of a collection or a function.
type RateLimit struct {
	At Position `json:"-"`
	// How many in which time, such as 100/1m.
	Rate Rate `json:"rate"`
	// What the rate is counted by: user, or the address of anonymous callers; address; key, which is an API key,
	// or else the user; or all callers together.
	By string `json:"by,omitempty" jsonschema:"enum=user,enum=address,enum=key,enum=all"`
}

// limit checks what a rate is counted by.
func (v *validator) limit(l *RateLimit) {
	setDefault(&l.By, "user")
	if kinds := []string{"user", "address", "key", "all"}; !slices.Contains(kinds, l.By) {
		v.fail(l.At, "by is %s, not %q", strings.Join(kinds, ", "), l.By)
	}
}

// Cache is the section `cache` of a collection.
type Cache struct {
	At Position `json:"-"`
	// How long an answer stays fresh where changes are not observed, as in 30s.
	TTL Duration `json:"ttl"`
	// How much longer it is served while it is refreshed, if no change is known.
	Stale Duration `json:"stale,omitempty"`
}

// Telemetry is the section `telemetry`.
type Telemetry struct {
	At Position `json:"-"`
	// The collector that accepts OTLP over HTTP, such as http://127.0.0.1:4318.
	OTLP Secret `json:"otlp"`
	// The percentage of requests that are traced, if the client has not decided; 100 by default.
	Sample int `json:"sample,omitempty"`
	// The name of this service in traces.
	Name string `json:"name,omitempty"`
}
