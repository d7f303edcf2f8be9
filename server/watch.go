package server

import (
	"context"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
)

// settle is how long a file has to stay as it is before it is read: editors write in steps.
const settle = 100 * time.Millisecond

// watch reloads the configuration when its file changes or on request, until ctx ends.
func (s *Server) watch(ctx context.Context, reload <-chan struct{}) {
	log := s.logger.Load()
	var events chan fsnotify.Event
	var failures chan error
	watcher, err := fsnotify.NewWatcher()
	if err == nil {
		defer watcher.Close()
		// The directory, because editors and Kubernetes replace the file.
		err = watcher.Add(filepath.Dir(s.path))
		events, failures = watcher.Events, watcher.Errors
	}
	if err != nil {
		log.Warn("the configuration file cannot be watched; send SIGHUP after a change", "error", err)
	}
	var settled <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-reload:
			s.reload(ctx, "signal")
		case e, ok := <-events:
			if !ok {
				events = nil
			} else if filepath.Base(e.Name) == filepath.Base(s.path) || filepath.Base(e.Name) == "..data" {
				settled = time.After(settle)
			}
		case err, ok := <-failures:
			if !ok {
				failures = nil
			} else {
				s.logger.Load().Warn("watching the configuration file", "error", err)
			}
		case <-settled:
			settled = nil
			s.reload(ctx, "the file has changed")
		}
	}
}
