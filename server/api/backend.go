// Package api is Basalt over HTTP: routes, errors as problem+json, limits of requests, live connections, the access log
// and the description of it all. It is the only package that knows fiber and fasthttp.
//
// It is not for deciding: package crud and package auth do. It is not for opening or wiring anything either: a process
// (package server) makes a Backend of each configuration, and a Handler of the Backend, and gives the newest Handler to
// the Transport.
package api

import (
	"context"
	"log/slog"
	"os"
	"sync"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/config/edit"
	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/modules/auth/token"
	"github.com/basalt-dev/basalt/modules/bus"
	"github.com/basalt-dev/basalt/modules/cache"
	"github.com/basalt-dev/basalt/modules/changes"
	"github.com/basalt-dev/basalt/modules/cluster"
	"github.com/basalt-dev/basalt/modules/console"
	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/db/profile"
	"github.com/basalt-dev/basalt/modules/events"
	"github.com/basalt-dev/basalt/modules/files"
	"github.com/basalt-dev/basalt/modules/realtime"
	"github.com/basalt-dev/basalt/modules/services"
	"github.com/basalt-dev/basalt/modules/shared"
	"github.com/basalt-dev/basalt/rules/ruletest"
	"github.com/basalt-dev/basalt/server/dialect"
)

// Backend is what a configuration serves with. The process makes it, owns what is in it, and changes nothing of it
// afterwards.
type Backend struct {
	Config *config.Config
	Crud   *crud.Service
	// Verifier and Auth are nil without the section auth.
	Verifier  *token.Verifier
	Auth      *auth.Service
	Databases map[string]Database
	// Home is the database that keeps what belongs to no collection.
	Home string
	// Repeats are the databases that keep answers to writes with an Idempotency-Key.
	Repeats map[string]bool
	// Limits counts for the limits of the configuration, and Redis says that it does so for all nodes.
	Limits shared.Store
	Redis  bool
	Bus    bus.Bus
	// Services are those whose functions can be called, and Queued the events that clients may queue.
	Services map[string]*Service
	Queued   map[string]*crud.Callable
	Events   *events.Dispatcher
	Outboxes map[string]*events.Deliverer // by database
	Hub      *realtime.Hub
	Cache    *cache.Cache
	Files    *files.Service
	Cluster  *cluster.Node
	// File is the configuration file, which the console may change.
	File *edit.File
	// Stored is what a configuration keeps in each database.
	Stored func(*config.Config) map[string][]*db.Collection
	// RuleTests opens empty databases in memory in the place of those of a configuration.
	RuleTests func(context.Context, *config.Config) (ruletest.Backend, error)
	// Invitation lets the first administrator in.
	Invitation *console.Invitation
	Static     *os.Root             // nil without the section static
	Traces     trace.TracerProvider // nil without the section telemetry
	Metrics    *Metrics
	Recent     *Recent
	Statements *profile.Table
	History    *History
	Tail       *changes.Tail
	Log        *slog.Logger
	Now        func() time.Time
	Version    string
	// Dialects are the languages besides the native API.
	Dialects []dialect.Dialect
	// Lease is held by each request.
	Lease *Lease
}

// Database is an open database with the name of its driver.
type Database struct {
	DriverName string
	db.Driver
}

// Service is one whose functions can be called.
type Service struct {
	Caller    services.Caller
	Functions map[string]*Function
}

// Function is a function of a service.
type Function struct {
	*config.Function
	Callable *crud.Callable
}

// Lease is held while what a configuration has open is in use, so that it is closed after the last user. The zero value
// is open.
type Lease struct {
	mu     sync.RWMutex // held for reading by each user
	closed bool         // guarded by mu
}

// Enter begins a use, and reports false when the lease has been closed. The caller leaves when it is true.
func (l *Lease) Enter() bool {
	l.mu.RLock()
	if l.closed {
		l.mu.RUnlock()
		return false
	}
	return true
}

// Leave ends a use.
func (l *Lease) Leave() { l.mu.RUnlock() }

// Close waits until every Enter has its Leave, and refuses new ones.
func (l *Lease) Close() {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
}
