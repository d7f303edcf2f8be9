package server

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"reflect"
	"regexp"
	"sync"
	"time"

	"github.com/valyala/fasthttp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/modules/bus"
	"github.com/basalt-dev/basalt/modules/cache"
	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/events"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/modules/realtime"
	"github.com/basalt-dev/basalt/modules/shared"
)

// generation is everything that one configuration needs to serve. It is not changed after it has
// been provisioned.
type generation struct {
	server    *Server
	config    *config.Config
	logger    *slog.Logger
	databases map[string]*database
	crud      *crud.Service
	live      realtime.Collections
	tokens    *auth.Tokens  // nil without auth
	auth      *auth.Service // nil without auth
	adminKeys [][32]byte
	shared    shared.Store
	sharedURL string // of Redis, empty without
	bus       bus.Bus
	replicas  bool  // whether a database has replicas
	memo      *memo // nil where nothing is cached
	// counts says that a collection has limits.
	counts      bool
	admission   *admission
	configHash  string
	stopHearing func()                   // of other nodes
	traces      *sdktrace.TracerProvider // nil without telemetry
	services    map[string]*service
	deliverers  map[string]*events.Deliverer // by database
	queued      map[string]*crud.Callable    // the events of clients
	buses       map[busKey]bus.Bus           // that services have besides the one of the nodes
	remembers   map[string]bool              // the databases that keep answers to writes with a key
	static      *os.Root                     // nil without static
	openAPI     []byte
	handler     fasthttp.RequestHandler

	mu     sync.RWMutex // held for reading by each request
	closed bool         // guarded by mu
}

// database is an open database, which may serve several generations.
type database struct {
	driver   string
	settings db.Config
	measured
}

// enter begins a request, and reports false when the generation is not the current one any more.
func (g *generation) enter() bool {
	g.mu.RLock()
	if g.closed {
		g.mu.RUnlock()
		return false
	}
	return true
}

func (g *generation) leave() { g.mu.RUnlock() }

// close waits for the generation's requests and closes the databases that the next one does not
// use. next is nil at the end.
func (g *generation) close(next *generation) error {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	for _, d := range g.deliverers {
		d.Stop()
	}
	if g.auth != nil {
		g.auth.Wait()
	}
	var errs []error
	for name, d := range g.databases {
		if next == nil || next.databases[name] != d {
			errs = append(errs, d.Close())
		}
	}
	if g.static != nil {
		errs = append(errs, g.static.Close())
	}
	if g.traces != nil && (next == nil || next.traces != g.traces) {
		errs = append(errs, g.endTracing())
	}
	if g.stopHearing != nil && (next == nil || next.bus != g.bus) {
		g.stopHearing()
	}
	if g.bus != nil && (next == nil || next.bus != g.bus) {
		errs = append(errs, g.bus.Close())
	}
	for key, b := range g.buses {
		if next == nil || next.buses[key] != b {
			errs = append(errs, b.Close())
		}
	}
	if g.shared != nil && (next == nil || next.shared != g.shared) {
		errs = append(errs, g.shared.Close())
	}
	return errors.Join(errs...)
}

// provision makes a generation beside the old one, from which it takes the databases that have not
// changed. What it has opened is closed again when something fails.
func (s *Server) provision(ctx context.Context, c *config.Config, old *generation) (g *generation, err error) {
	g = &generation{server: s, config: c, logger: s.log.logger(c.Log), databases: map[string]*database{}, admission: newAdmission(c.Limits.Concurrency), configHash: hashFile(c.Path)}
	defer func() {
		if err != nil {
			err = errors.Join(err, g.close(old))
		}
	}()
	for _, w := range c.Warnings {
		g.logger.Warn(w.String())
	}
	if err := g.prepareBus(old); err != nil {
		return g, err
	}
	if err := g.hearOfNodes(old); err != nil {
		return g, err
	}
	if err := g.prepareTracing(ctx, old); err != nil {
		return g, err
	}
	if err := g.openDatabases(ctx, old); err != nil {
		return g, err
	}
	if err := g.prepareShared(old); err != nil {
		return g, err
	}
	if err := g.prepareAuth(ctx); err != nil {
		return g, err
	}
	if err := g.prepareCollections(ctx); err != nil {
		return g, err
	}
	g.prepareIdempotency(ctx)
	if err := g.prepareServices(old); err != nil {
		return g, err
	}
	if err := g.prepareEvents(ctx); err != nil {
		return g, err
	}
	for _, key := range c.Admin.Keys {
		g.adminKeys = append(g.adminKeys, sha256.Sum256([]byte(key.Reveal())))
	}
	if c.Static != nil {
		if g.static, err = os.OpenRoot(c.Static.Dir); err != nil {
			return g, fmt.Errorf("static.dir: %w", err)
		}
	}
	if g.openAPI, err = openAPI(c, s.options.Version); err != nil {
		return g, err
	}
	g.handler = g.routes()
	return g, nil
}

func (g *generation) openDatabases(ctx context.Context, old *generation) error {
	for name, d := range g.config.Databases {
		g.replicas = g.replicas || len(d.Replicas) > 0
		if old != nil {
			if o := old.databases[name]; o != nil && o.driver == d.Driver && reflect.DeepEqual(o.settings, d.Settings(g.config.Dir)) {
				g.databases[name] = o
				if p, ok := db.Ability[*realtime.Published](o); ok {
					p.Use(g.bus)
				}
				continue
			}
		}
		driver, err := db.Open(ctx, d.Driver, d.Settings(g.config.Dir))
		if err != nil {
			return fmt.Errorf("database %s: %w", name, err)
		}
		driver = cache.Tell(g.server.published(ctx, driver, name, g), g.server.cache)
		g.databases[name] = &database{d.Driver, d.Settings(g.config.Dir), measured{driver, g.server.metrics, name}}
	}
	return nil
}

func (g *generation) prepareCollections(ctx context.Context) error {
	g.live = realtime.Collections{Drivers: map[*db.Collection]db.Driver{}, Off: map[string]bool{}, Log: g.logger}
	var collections []*crud.Collection
	stored := map[string][]*db.Collection{}
	for _, c := range g.config.Collections {
		g.server.metrics.compiled.Add(float64(len(c.Compiled)))
		spec := specOf(c)
		spec.Triggers = g.triggersOf(c.Name)
		collection := crud.NewCollection(spec, g.databases[c.Database])
		collections = append(collections, collection)
		g.live.Drivers[collection.Stored()] = g.databases[c.Database]
		g.live.Off[c.Name] = c.Realtime != nil && !*c.Realtime
		stored[c.Database] = append(stored[c.Database], collection.Stored())
	}
	for name, list := range stored {
		if err := g.databases[name].Sync(ctx, list); err != nil {
			return fmt.Errorf("database %s: %w", name, err)
		}
	}
	if g.config.Auth != nil {
		audit := crud.NewCollection(auditSpec(), g.databases[g.config.Auth.Database])
		collections = append(collections, audit)
		g.live.Drivers[audit.Stored()] = g.databases[g.config.Auth.Database]
	}
	cursorKey, err := g.cursorKey(ctx)
	if err != nil {
		return err
	}
	var sealer *crud.Sealer
	if e := g.config.Encryption; e != nil {
		keys := map[string]string{}
		for id, key := range e.Keys {
			keys[id] = key.Reveal()
		}
		if sealer, err = crud.NewSealer(keys, e.Current); err != nil {
			return err
		}
	}
	limits := g.config.Limits
	g.crud = crud.New(crud.Config{
		Collections: collections,
		Limits:      crud.Limits{Page: limits.Page, Batch: limits.Batch, Depth: limits.Depth, Nodes: limits.Nodes, Documents: limits.Documents, Expansions: limits.Expansions, Answer: int(limits.Answer), Webhooks: limits.Webhooks},
		Cursors:     query.NewCursors(cursorKey),
		Sealer:      sealer,
		Webhook:     crud.NewWebhook(g.config.Webhooks.Secret.Reveal(), time.Duration(g.config.Webhooks.Timeout), g.server.options.Now),
		Raise:       g.raise,
		Now:         g.server.options.Now,
		Observe:     g.server.metrics.verdict,
	})
	g.counts = counts(g.config)
	g.live.Service, g.live.Bus = g.crud, g.bus
	if g.cachedCollections() != nil {
		g.memo = newMemo(len(g.config.CORS.Origins) == 0, int64(limits.Cache)/memoPart)
		for _, d := range g.databases {
			if _, watched := db.Ability[db.Watcher](d); watched {
				g.live.Followed = append(g.live.Followed, d)
			}
		}
	}
	for _, c := range g.config.Channels {
		g.live.Channels = append(g.live.Channels, &realtime.Channel{Pattern: c.Pattern, Params: c.Params, Subscribe: c.MaySubscribe, Publish: c.MayPublish, History: c.History})
	}
	g.live.Limits = realtime.Limits{Connections: limits.Connections, UserConnections: limits.UserConnections, Subscriptions: limits.Subscriptions, Queue: int(limits.Queue),
		Message: int(limits.Message), State: int(limits.State), History: int(limits.History)}
	return nil
}

// cursorKey derives from the key of the tokens, or is kept in the first database.
func (g *generation) cursorKey(ctx context.Context) ([32]byte, error) {
	if g.tokens != nil {
		return g.tokens.Key("cursors"), nil
	}
	first := g.databases[g.firstDatabase()]
	if err := first.Sync(ctx, auth.Collections()); err != nil {
		return [32]byte{}, err
	}
	key, err := auth.StoredKey(ctx, first, "cursors", g.server.options.Now())
	if err != nil {
		return [32]byte{}, err
	}
	return [32]byte(key), nil
}

// auditSpec is the collection of security events: without rules, so that administrators alone can read it,
// and nobody can change it.
func auditSpec() crud.Spec {
	stored := auth.Audit()
	spec := crud.Spec{Name: stored.Name, Table: stored.Table, Key: []string{"id"}, Shape: stored.Shape, ReadOnly: true}
	for _, c := range stored.Columns {
		spec.Fields = append(spec.Fields, crud.Field{Name: c.Name, Type: c.Type, Index: c.Index})
	}
	return spec
}

// specOf translates a collection of the file into the one that package crud runs.
func specOf(c *config.Collection) crud.Spec {
	spec := crud.Spec{
		Name: c.Name, Table: c.Table, Key: c.Key, Shape: c.Shape, Rules: c.Compiled,
		Readable: c.Readable, Writable: c.Writable, UnsetCreate: c.UnsetCreate, UnsetUpdate: c.UnsetUpdate, Cached: c.Cache != nil,
	}
	spec.Fields = fieldsOf(c.Ordered)
	force := func(set []config.Forced) (out []crud.Forced) {
		for _, f := range set {
			out = append(out, crud.Forced{Field: f.Field, Value: f.Value})
		}
		return out
	}
	spec.SetCreate, spec.SetUpdate = force(c.SetCreate), force(c.SetUpdate)
	return spec
}

func fieldsOf(fields []*config.Field) []crud.Field {
	out := make([]crud.Field, len(fields))
	for i, f := range fields {
		out[i] = fieldOf(f)
	}
	return out
}

func fieldOf(f *config.Field) crud.Field {
	field := crud.Field{
		Name: f.Name, Type: f.Type, To: f.To, Search: f.Search, Required: f.Required, Unique: f.Unique, Index: f.Index,
		DefaultNow: f.DefaultsToNow(),
	}
	switch {
	case f.Encrypt:
		field.Sealing = crud.Encrypted
	case f.Hash:
		field.Sealing = crud.Hashed
	}
	if f.Default != nil && !field.DefaultNow {
		field.Default = f.Default.Value
	}
	if f.Min != nil {
		field.Min = f.Min.Value
	}
	if f.Max != nil {
		field.Max = f.Max.Value
	}
	if f.Pattern != nil {
		field.Pattern = regexp.MustCompile(f.Pattern.Source) // compiled once already, by config
	}
	for _, e := range f.Enum {
		field.Enum = append(field.Enum, e.Value)
	}
	return field
}

// isAdmin reports whether a bearer token is one of the administrators' keys.
func (g *generation) isAdmin(token string) bool {
	sum := sha256.Sum256([]byte(token))
	found := 0
	for _, k := range g.adminKeys {
		found |= subtle.ConstantTimeCompare(k[:], sum[:])
	}
	return found == 1
}
