package server

import (
	"context"
	"time"

	"github.com/basalt-dev/basalt/config"
)

// watch reloads the configuration when its file changes or on request, until ctx ends.
func (s *Server) watch(ctx context.Context, reload <-chan struct{}) {
	ticker := time.NewTicker(config.WatchInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-reload:
			s.watched.Seen()
			s.reload(ctx, "signal")
		case <-s.edited:
			s.watched.Seen()
			s.reload(ctx, "edited in the console")
		case <-ticker.C:
			if s.watched.Changed() {
				s.reload(ctx, "the file has changed")
			}
		}
	}
}
