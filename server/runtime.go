package server

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"reflect"
	"slices"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/modules/auth/token"
	"github.com/basalt-dev/basalt/modules/bus"
	"github.com/basalt-dev/basalt/modules/changes"
	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/db/profile"
	"github.com/basalt-dev/basalt/modules/events"
	"github.com/basalt-dev/basalt/modules/files"
	"github.com/basalt-dev/basalt/modules/idempotency"
	"github.com/basalt-dev/basalt/modules/realtime"
	"github.com/basalt-dev/basalt/modules/shared"
	"github.com/basalt-dev/basalt/server/api"
	"github.com/basalt-dev/basalt/server/offline"
	"github.com/basalt-dev/basalt/server/wiring"
)

// runtime is everything that one configuration needs to serve. It is not changed after it has
// been provisioned.
type runtime struct {
	server      *Server
	config      *config.Config
	logger      *slog.Logger
	databases   map[string]*database
	statements  profile.Table
	crud        *crud.Service
	live        realtime.Collections
	feeds       map[string]*changes.Feed // of the changes of databases
	verifier    *token.Verifier          // nil without auth
	auth        *auth.Service            // nil without auth
	shared      shared.Store
	sharedURL   string // of Redis, empty without
	bus         bus.Bus
	fileHash    string
	stopMembers func()                   // ends the subscription to other nodes
	traces      *sdktrace.TracerProvider // nil without telemetry
	services    map[string]*api.Service
	outboxes    *events.Outboxes
	queued      map[string]*crud.Callable // the events of clients
	buses       map[busKey]bus.Bus        // that services have besides the one of the nodes
	repeats     map[string]bool           // the databases that keep answers to writes with a key
	static      *os.Root                  // nil without static
	stores      map[string]*openStorage   // where the bytes of files are
	files       *files.Service            // nil without files
	handler     *api.Handler
	lease       api.Lease // held while it is in use
}

// database is an open database, which may serve several generations.
type database struct {
	driver   string
	settings db.Config
	measured
}

// close waits for the requests of a runtime and closes the databases that the next one does not
// use. next is nil at the end.
func (r *runtime) close(next *runtime) error {
	r.lease.Close()
	for _, d := range r.outboxes.Deliverers {
		d.Stop()
	}
	if r.auth != nil {
		r.auth.Wait()
	}
	r.files.Close()
	for _, feed := range r.feeds {
		feed.Close()
	}
	var errs []error
	for name, d := range r.databases {
		if next == nil || next.databases[name] != d {
			errs = append(errs, d.Close())
		}
	}
	for name, s := range r.stores {
		if next == nil || next.stores[name] != s {
			errs = append(errs, s.Close())
		}
	}
	if r.static != nil {
		errs = append(errs, r.static.Close())
	}
	if r.traces != nil && (next == nil || next.traces != r.traces) {
		errs = append(errs, r.endTracing())
	}
	if r.stopMembers != nil && (next == nil || next.bus != r.bus) {
		r.stopMembers()
	}
	if r.bus != nil && (next == nil || next.bus != r.bus) {
		errs = append(errs, r.bus.Close())
	}
	for key, b := range r.buses {
		if next == nil || next.buses[key] != b {
			errs = append(errs, b.Close())
		}
	}
	if r.shared != nil && (next == nil || next.shared != r.shared) {
		errs = append(errs, r.shared.Close())
	}
	return errors.Join(errs...)
}

// provision makes a runtime beside the old one, from which it takes the databases that have not
// changed. What it has opened is closed again when something fails.
func (s *Server) provision(ctx context.Context, c *config.Config, old *runtime) (r *runtime, err error) {
	r = &runtime{server: s, config: c, logger: s.log.logger(c.Log), databases: map[string]*database{}, fileHash: hashFile(c.Path)}
	r.outboxes = &events.Outboxes{Deliverers: map[string]*events.Deliverer{}, Scheduler: &events.Scheduler{Log: r.logger}, Log: r.logger}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.close(old))
		}
	}()
	for _, w := range c.Warnings {
		r.logger.Warn(w.String())
	}
	for _, prepare := range []func(context.Context, *runtime) error{
		r.openBus, r.subscribeMembers, r.openTracing, r.openDatabases, r.openStorages, r.openShared,
		r.wireAuth, r.wireCollections, r.wireRepeats, r.wireServices, r.wireEvents, r.openStatic, r.startFiles,
	} {
		if err := prepare(ctx, old); err != nil {
			return r, err
		}
	}
	r.handler, err = s.transport.NewHandler(r.backend())
	return r, err
}

// backend is what the API serves this configuration with.
func (r *runtime) backend() api.Backend {
	s := r.server
	b := api.Backend{
		Config: r.config, Crud: r.crud, Verifier: r.verifier, Auth: r.auth, Databases: map[string]api.Database{}, Home: r.home(), Repeats: r.repeats,
		Limits: r.shared, Redis: r.sharedURL != "", Bus: r.bus, Services: r.services, Queued: r.queued, Events: s.dispatcher, Outboxes: r.outboxes.Deliverers,
		Hub: s.hub, Cache: s.cache, Files: r.files, Cluster: &s.cluster, File: s.file, Stored: wiring.Stored, RuleTests: offline.RuleTests, Invitation: &s.invitation, Static: r.static, Metrics: s.metrics.http, Recent: &s.recent, Statements: &r.statements, History: s.history, Tail: s.tail, Log: r.logger,
		Now: s.options.Now, Version: s.options.Version, Lease: &r.lease,
	}
	if r.traces != nil {
		b.Traces = r.traces
	}
	b.Dialects = r.dialects()
	for name, d := range r.databases {
		b.Databases[name] = api.Database{DriverName: d.driver, Driver: d}
	}
	return b
}

// home is the database that keeps what belongs to no collection.
func (r *runtime) home() string {
	if r.config.Auth != nil {
		return r.config.Auth.Database
	}
	return slices.Min(slices.Collect(maps.Keys(r.databases)))
}

// subscribeMembers listens for the other nodes on the bus.
func (r *runtime) subscribeMembers(_ context.Context, old *runtime) (err error) {
	if old != nil && old.bus == r.bus {
		r.stopMembers = old.stopMembers
		return nil
	}
	r.stopMembers, err = r.server.cluster.Members.Subscribe(r.bus, r.server.options.Now)
	return err
}

// openStatic opens the directory of static files.
func (r *runtime) openStatic(context.Context, *runtime) (err error) {
	if r.config.Static == nil {
		return nil
	}
	if r.static, err = os.OpenRoot(r.config.Static.Dir); err != nil {
		return fmt.Errorf("static.dir: %w", err)
	}
	return nil
}

// wireRepeats makes the tables for the answers to writes. Where a database does not let Basalt make one,
// keys mean nothing there, and the answer does not repeat them.
func (r *runtime) wireRepeats(ctx context.Context, _ *runtime) error {
	r.repeats = map[string]bool{}
	for name, d := range r.databases {
		if err := d.Sync(ctx, idempotency.Collections()); err != nil {
			r.logger.Warn("retries of writes to this database cannot be recognised: there is no table _idempotency", "database", name, "error", err.Error())
			continue
		}
		r.repeats[name] = true
	}
	return nil
}

// upgrade brings the internal tables of a database to the version of this release. Where it may make no tables, and has no
// accounts, there are none to bring.
func (r *runtime) upgrade(ctx context.Context, name string, d db.Driver) error {
	err := wiring.Upgrade(ctx, r.config, name, d, r.server.options.Version, r.server.options.Now())
	var newer *db.NewerError
	if err == nil || errors.As(err, &newer) || r.config.Auth != nil && r.config.Auth.Database == name {
		return err
	}
	r.logger.Warn("the version of internal tables cannot be kept in this database: there is no table _basalt", "database", name, "error", err.Error())
	return nil
}

// hashFile returns the first half of the SHA-256 of a file, in hexadecimal.
func hashFile(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}

// openDatabases opens what the runtime before does not have.
func (r *runtime) openDatabases(ctx context.Context, old *runtime) error {
	for name, d := range r.config.Databases {
		if old != nil {
			if o := old.databases[name]; o != nil && o.driver == d.Driver && reflect.DeepEqual(o.settings, d.Settings(r.config.Dir)) {
				r.databases[name] = o
				if p, ok := db.As[*changes.Peers](o); ok {
					p.Use(r.bus)
				}
				continue
			}
		}
		settings := d.Settings(r.config.Dir)
		settings.Log = r.logger
		driver, err := db.Open(ctx, d.Driver, settings)
		if err != nil {
			return fmt.Errorf("database %s: %w", name, err)
		}
		if err := r.upgrade(ctx, name, driver); err != nil {
			return errors.Join(fmt.Errorf("database %s: %w", name, err), driver.Close())
		}
		r.databases[name] = &database{d.Driver, d.Settings(r.config.Dir), measured{r.server.observed(ctx, driver, name, r), r.server.metrics, name}}
	}
	return nil
}
