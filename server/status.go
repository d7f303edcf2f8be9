package server

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/pprof"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/adaptor"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/events"
)

// statusTime bounds how long one part of the status may take.
const statusTime = 2 * time.Second

// databaseStatus is what the status says of a database.
type databaseStatus struct {
	Driver string `json:"driver"`
	OK     bool   `json:"ok"`
	// Milliseconds is how long it takes to answer.
	Milliseconds float64 `json:"ms"`
	// Changes says where live queries and the cache hear of changes.
	Changes string `json:"changes,omitempty"`
	// Events has how many there are, by state; nil without an outbox.
	Events map[events.State]int64 `json:"events,omitempty"`
}

type partStatus struct {
	Driver string `json:"driver,omitempty"`
	OK     bool   `json:"ok"`
}

// status is GET /v1/admin/status: the whole cluster, as this node sees it.
func status(r *request) ([]byte, error) {
	if err := r.adminOnly(); err != nil {
		return nil, err
	}
	out := struct {
		Node      string                    `json:"node"`
		Version   string                    `json:"version"`
		Nodes     []member                  `json:"nodes"`
		SameFile  bool                      `json:"same_configuration"`
		Databases map[string]databaseStatus `json:"databases"`
		Bus       partStatus                `json:"bus"`
		Redis     *partStatus               `json:"redis,omitempty"`
	}{Node: r.server.node, Version: r.server.options.Version, Databases: map[string]databaseStatus{}, SameFile: true}
	var mu sync.Mutex // guards out.Databases
	var asking sync.WaitGroup
	ctx, cancel := context.WithTimeout(r.context, statusTime)
	defer cancel()
	for name, d := range r.databases {
		asking.Go(func() {
			s := r.databaseStatus(ctx, d, name)
			mu.Lock()
			defer mu.Unlock()
			out.Databases[name] = s
		})
	}
	asking.Go(func() {
		out.Bus = partStatus{r.config.Bus.Driver, r.bus.Publish(ctx, "status", nil) == nil}
	})
	if r.sharedURL != "" {
		asking.Go(func() {
			_, _, err := r.shared.Get(ctx, "status")
			out.Redis = &partStatus{OK: err == nil}
		})
	}
	asking.Wait()
	now := r.server.options.Now()
	self := r.server.self()
	out.Nodes = []member{self}
	for _, m := range r.server.members.list(now) {
		if m.ID != self.ID {
			out.Nodes = append(out.Nodes, m)
		}
		out.SameFile = out.SameFile && m.Config == self.Config
	}
	return json.Marshal(out)
}

func (g *generation) databaseStatus(ctx context.Context, d *database, name string) databaseStatus {
	start := time.Now()
	s := databaseStatus{Driver: d.driver, OK: d.Ping(ctx) == nil}
	s.Milliseconds = float64(time.Since(start).Microseconds()) / 1000
	if w, ok := db.Ability[db.Watcher](d); ok && s.OK {
		s.Changes = w.Source(ctx).Name
	}
	if o := g.deliverers[name]; o != nil && s.OK {
		s.Events, _ = events.Count(ctx, o.Database) // without them the rest is told
	}
	return s
}

// profile makes a handler of one of net/http/pprof, for administrators.
func (g *generation) profile(h http.Handler) fiber.Handler {
	handler := adaptor.HTTPHandler(h)
	return func(c *fiber.Ctx) error {
		r := &request{Ctx: c, generation: g, context: c.Context()}
		if err := r.identify(); err != nil {
			return err
		}
		if err := r.adminOnly(); err != nil {
			return err
		}
		return handler(c)
	}
}

// profiles are the routes of /v1/admin/pprof.
func (g *generation) profiles(app *fiber.App) {
	app.Get("/v1/admin/pprof/profile", g.profile(http.HandlerFunc(pprof.Profile)))
	app.Get("/v1/admin/pprof/trace", g.profile(http.HandlerFunc(pprof.Trace)))
	for _, name := range []string{"heap", "allocs", "goroutine", "block", "mutex", "threadcreate"} {
		app.Get("/v1/admin/pprof/"+name, g.profile(pprof.Handler(name)))
	}
}
