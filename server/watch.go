package server

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/fsnotify/fsnotify"
)

// settle is how long a file has to stay as it is before it is read: editors write in steps.
const settle = 100 * time.Millisecond

// maxLinks bounds the symbolic links that lead to a file.
const maxLinks = 40

// trail returns the paths whose change may change a file: its own, those that symbolic links lead to, and where it is in
// the end, if directories are links too.
func trail(path string) (out []string) {
	for range maxLinks {
		absolute, err := filepath.Abs(path)
		if err != nil {
			break
		}
		out = append(out, absolute)
		next, err := os.Readlink(absolute)
		if err != nil {
			break
		}
		if path = next; !filepath.IsAbs(next) {
			path = filepath.Join(filepath.Dir(absolute), next)
		}
	}
	if end, err := filepath.EvalSymlinks(path); err == nil && !slices.Contains(out, end) {
		out = append(out, end)
	}
	return out
}

// watch reloads the configuration when its file changes or on request, until ctx ends.
func (s *Server) watch(ctx context.Context, reload <-chan struct{}) {
	log := s.logger.Load()
	var events chan fsnotify.Event
	var failures chan error
	var paths []string
	follow := func() {}
	watcher, err := fsnotify.NewWatcher()
	if err == nil {
		defer watcher.Close()
		follow = func() {
			paths = trail(s.path)
			for _, path := range paths {
				// The directory, because editors and Kubernetes replace the file.
				err = errors.Join(err, watcher.Add(filepath.Dir(path)))
			}
		}
		follow()
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
			follow()
			s.reload(ctx, "signal")
		case <-s.edited:
			s.reload(ctx, "edited in the console")
		case e, ok := <-events:
			if !ok {
				events = nil
			} else if slices.Contains(paths, e.Name) || filepath.Base(e.Name) == "..data" {
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
			follow() // a link may lead somewhere else now
			s.reload(ctx, "the file has changed")
		}
	}
}
