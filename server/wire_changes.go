package server

import (
	"context"

	"github.com/basalt-dev/basalt/modules/changes"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/server/api"
)

// observed returns a database whose writes are reported: to the cache of this node, and, where the database does not
// report its changes by itself, then to the other nodes.
func (s *Server) observed(ctx context.Context, driver db.Driver, name string, r *runtime) db.Driver {
	if watcher, ok := db.As[db.Watcher](driver); ok {
		if source := watcher.Source(ctx); !source.Complete {
			peers := changes.NewPeers(driver, r.bus, changes.PeersConfig{Name: name, Node: s.node, Source: source, Now: s.options.Now, Log: r.logger})
			return changes.NewDriver(peers, s.cache, s.tail, peers)
		}
	}
	return changes.NewDriver(driver, s.cache, s.tail)
}

// openFeeds makes the feeds of the databases, which do nothing until they have a listener.
func (r *runtime) openFeeds(collections map[string][]*db.Collection) {
	r.feeds, r.live.Feeds = map[string]*changes.Feed{}, map[*db.Collection]*changes.Feed{}
	for name, list := range collections {
		feed := changes.NewFeed(changes.Config{
			Driver: r.databases[name], Collections: list, Clock: r.server.clock, Log: r.logger.With("database", name), Observe: liveMetrics{r.server.metrics},
		})
		r.feeds[name] = feed
		for _, c := range list {
			r.live.Feeds[c] = feed
		}
	}
}

// follow lets the cache follow the changes of this configuration's databases, whether or not anything of them is live.
func (r *runtime) follow() {
	r.server.tail.Use(r.watched())
	if api.CachedCollections(r.config) == nil {
		return
	}
	for _, feed := range r.watched() {
		feed.Subscribe(r.server.cache.Listener())
	}
}

// watched are the feeds of databases that report changes.
func (r *runtime) watched() map[string]*changes.Feed {
	out := map[string]*changes.Feed{}
	for name, feed := range r.feeds {
		if _, ok := db.As[db.Watcher](r.databases[name]); ok {
			out[name] = feed
		}
	}
	return out
}
