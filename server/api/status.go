package api

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/pprof"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/adaptor"

	"github.com/basalt-dev/basalt/modules/bus"
	"github.com/basalt-dev/basalt/modules/cluster"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/events"
	"github.com/basalt-dev/basalt/modules/shared"
)

// statusTime bounds how long one part of the status may take.
const statusTime = 2 * time.Second

// databaseStatus is what the status says of a database.
type databaseStatus struct {
	Driver string `json:"driver"`
	OK     bool   `json:"ok"`
	// Milliseconds is how long it takes to answer.
	Milliseconds float64 `json:"ms"`
	// Changes says where live queries and the cache learn of changes.
	Changes string `json:"changes,omitempty"`
	// Events has how many there are, by state; nil without an outbox.
	Events map[events.State]int64 `json:"events,omitempty"`
}

type partStatus struct {
	Driver string `json:"driver,omitempty"`
	OK     bool   `json:"ok"`
}

// node says how this node and its cluster are.
type node struct {
	cluster   *cluster.Node
	databases map[string]Database
	outboxes  map[string]*events.Deliverer
	bus       bus.Bus
	busDriver string
	limits    shared.Store
	redis     bool // limits are counted there
	draining  func() bool
	now       func() time.Time
	logger    *slog.Logger
}

// status is GET /v1/admin/status: the whole cluster, as this node sees it.
func (n *node) status(r *request) ([]byte, error) {
	self := n.cluster.Self()
	out := struct {
		Node      string                    `json:"node"`
		Version   string                    `json:"version"`
		Nodes     []cluster.Member          `json:"nodes"`
		SameFile  bool                      `json:"same_configuration"`
		Databases map[string]databaseStatus `json:"databases"`
		Bus       partStatus                `json:"bus"`
		Redis     *partStatus               `json:"redis,omitempty"`
	}{Node: self.ID, Version: self.Version, Databases: map[string]databaseStatus{}, SameFile: true}
	var mu sync.Mutex // guards out.Databases
	var asking sync.WaitGroup
	ctx, cancel := context.WithTimeout(r.context, statusTime)
	defer cancel()
	for name, d := range n.databases {
		asking.Go(func() {
			s := n.databaseStatus(ctx, d, name)
			mu.Lock()
			defer mu.Unlock()
			out.Databases[name] = s
		})
	}
	asking.Go(func() {
		out.Bus = partStatus{n.busDriver, n.bus.Publish(ctx, "status", nil) == nil}
	})
	if n.redis {
		asking.Go(func() {
			_, _, err := n.limits.Get(ctx, "status")
			out.Redis = &partStatus{OK: err == nil}
		})
	}
	asking.Wait()
	out.Nodes = []cluster.Member{self}
	for _, m := range n.cluster.Members.Alive(n.now()) {
		if m.ID != self.ID {
			out.Nodes = append(out.Nodes, m)
		}
		out.SameFile = out.SameFile && m.Config == self.Config
	}
	return json.Marshal(out)
}

func (n *node) databaseStatus(ctx context.Context, d Database, name string) databaseStatus {
	start := time.Now()
	s := databaseStatus{Driver: d.DriverName, OK: d.Ping(ctx) == nil}
	s.Milliseconds = float64(time.Since(start).Microseconds()) / 1000
	if w, ok := db.As[db.Watcher](d.Driver); ok && s.OK {
		s.Changes = w.Source(ctx).Name
	}
	if o := n.outboxes[name]; o != nil && s.OK {
		s.Events, _ = events.Count(ctx, o.Database) // the rest is shown without them
	}
	return s
}

// profile makes a handler of one of net/http/pprof, for administrators.
func (h *Handler) profile(profile http.Handler) fiber.Handler {
	handler := adaptor.HTTPHandler(profile)
	rt := &route{admin: true}
	run := h.identify(rt, h.authorize(rt, func(r *request) error { return handler(r.http) }))
	return func(c *fiber.Ctx) error { return run(&request{http: c, route: rt, context: c.Context()}) }
}

// profiles are the routes of /v1/admin/pprof.
func (h *Handler) profiles(router fiber.Router) {
	router.Get("/v1/admin/pprof/profile", h.profile(http.HandlerFunc(pprof.Profile)))
	router.Get("/v1/admin/pprof/trace", h.profile(http.HandlerFunc(pprof.Trace)))
	for _, name := range []string{"heap", "allocs", "goroutine", "block", "mutex", "threadcreate"} {
		router.Get("/v1/admin/pprof/"+name, h.profile(pprof.Handler(name)))
	}
}
