package server

import (
	"context"
	"fmt"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/modules/realtime"
	"github.com/basalt-dev/basalt/server/wiring"
)

// wireCollections makes what runs the operations on documents, and the tables of the collections.
func (r *runtime) wireCollections(ctx context.Context, _ *runtime) error {
	r.live = realtime.Collections{Off: map[string]bool{}, Log: r.logger}
	var collections []*crud.Collection
	stored := map[string][]*db.Collection{}
	for _, c := range r.config.Collections {
		r.server.metrics.compiled.Add(float64(len(c.Compiled)))
		spec := wiring.Spec(c)
		spec.Triggers = r.triggersOf(c.Name)
		collection := crud.NewCollection(spec, r.databases[c.Database])
		if err := collection.Promises(); err != nil {
			return err
		}
		collections = append(collections, collection)
		r.live.Off[c.Name] = c.Realtime != nil && !*c.Realtime
		stored[c.Database] = append(stored[c.Database], collection.Stored())
	}
	for name, list := range stored {
		if err := r.databases[name].Sync(ctx, list); err != nil {
			return fmt.Errorf("database %s: %w", name, err)
		}
	}
	if r.config.Auth != nil {
		audit := crud.NewCollection(wiring.Audit(), r.databases[r.config.Auth.Database])
		collections = append(collections, audit)
		stored[r.config.Auth.Database] = append(stored[r.config.Auth.Database], audit.Stored())
	}
	r.openFeeds(stored)
	cursorKey, err := r.secret(ctx, "cursors")
	if err != nil {
		return err
	}
	settings, err := wiring.Crud(r.config, r.server.options.Now)
	if err != nil {
		return err
	}
	settings.Collections, settings.Cursors = collections, query.NewCursors(cursorKey)
	settings.Raise, settings.Observe = r.raise, r.server.metrics.verdict
	if err := r.wireFiles(ctx, collections); err != nil {
		return err
	}
	if r.files != nil {
		settings.Release = r.files.Note
	}
	r.crud = crud.New(settings)
	r.live.Service, r.live.Bus = r.crud, r.bus
	for _, c := range r.config.Channels {
		r.live.Channels = append(r.live.Channels, &realtime.Channel{Pattern: c.Pattern, Params: c.Params, Subscribe: c.MaySubscribe, Publish: c.MayPublish, History: c.History})
	}
	limits := r.config.Limits
	r.live.Limits = realtime.Limits{Connections: limits.Connections, UserConnections: limits.UserConnections, Subscriptions: limits.Subscriptions, Queue: int(limits.Queue),
		Message: int(limits.Message), State: int(limits.State), History: int(limits.History), Live: int(limits.Live)}
	return nil
}
