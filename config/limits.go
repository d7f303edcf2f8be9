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
	// Documents that the expansions of one read find, all of them together.
	Documents int `json:"documents,omitempty"`
	// Expansions of one read.
	Expansions int `json:"expansions,omitempty"`
	// Bytes of one answer, and of what a live query shows.
	Answer Size `json:"answer,omitempty"`
	// Bytes that the requests of a node hold at once: what large answers are made of until they are written, and bodies that
	// are decoded. Others wait for a moment, and are then answered with 503. A node stays under 512MiB besides memory, cache
	// and history.
	Memory Size `json:"memory,omitempty"`
	// Questions to webhooks that one request may take, however often its transaction is tried.
	Webhooks int `json:"webhooks,omitempty"`
	// Bytes of a request body.
	Body Size `json:"body,omitempty"`
	// Nesting of a filter or a document.
	Depth int `json:"depth,omitempty"`
	// Conditions and values of one filter.
	Nodes int `json:"nodes,omitempty"`
	// How long one request may take.
	Timeout Duration `json:"timeout,omitempty"`
	// Documents or operations in one write.
	Batch int `json:"batch,omitempty"`
	// Live connections of a node.
	Connections int `json:"connections,omitempty"`
	// Live connections of one user, or of one address for anonymous callers.
	UserConnections int `json:"user_connections,omitempty"`
	// Subscriptions of one live connection.
	Subscriptions int `json:"subscriptions,omitempty"`
	// Bytes that may wait for a live connection that reads slowly, before they are replaced by a snapshot.
	Queue Size `json:"queue,omitempty"`
	// Bytes of one message of a channel.
	Message Size `json:"message,omitempty"`
	// Bytes of what a member of a channel says of itself.
	State Size `json:"state,omitempty"`
	// Bytes of the last messages of all channels that a node keeps. The channel that was used longest ago loses
	// its messages first.
	History Size `json:"history,omitempty"`
	// Bytes of answers that a node keeps in its memory.
	Cache Size `json:"cache,omitempty"`
	// Requests that a node works on at once. Others wait for a moment, and are then answered with 503.
	Concurrency int `json:"concurrency,omitempty"`
	// How long a node that is shutting down goes on taking requests, while /readyz says that it stops: as long as a
	// load balancer takes to notice.
	Drain Duration `json:"drain,omitempty"`
}

// RateLimit is one entry of `limits` of a collection or a function.
type RateLimit struct {
	At Position `json:"-"`
	// How many in which time, as in 100/1m.
	Rate Rate `json:"rate"`
	// What is counted by: user, or the address of those who have not signed in; address; key, which is an API
	// key, or else the user; or all together.
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
	// How long after that it is still given, while a new one is fetched and nothing is known to have changed.
	Stale Duration `json:"stale,omitempty"`
}

// Telemetry is the section `telemetry`.
type Telemetry struct {
	At Position `json:"-"`
	// The collector that takes OTLP over HTTP, as in http://127.0.0.1:4318.
	OTLP Secret `json:"otlp"`
	// How many of a hundred requests are traced, where the client has not decided; 100 where this is left out.
	Sample int `json:"sample,omitempty"`
	// The name of this service in traces.
	Name string `json:"name,omitempty"`
}
