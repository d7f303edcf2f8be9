package config

import (
	"os"
	"time"
)

// WatchInterval is how often to ask a [Watch]. A change is seen after one to two of them.
const WatchInterval = 200 * time.Millisecond

// Watch tells when a configuration file has changed, by its state. Being told of events instead would wake the process for each
// write of a database in the same directory, and miss a link on the way to the file that leads somewhere else, or a change on
// another machine of a network.
//
// One goroutine uses it at a time.
type Watch struct {
	path string
	// seen is the state that the owner knows of, and last that of the last time it asked. States are nil where there is no file.
	seen, last os.FileInfo
}

// NewWatch returns a watch of the changes from now on.
func NewWatch(path string) *Watch {
	w := &Watch{path: path}
	w.Seen()
	return w
}

// Seen is for when the file is about to be read for another reason than a change.
func (w *Watch) Seen() {
	w.last = w.look()
	w.seen = w.last
}

// Changed reports whether the file has changed, or links lead to another one, since the last time that it was so. A file
// that is still being written is left alone until it is the same twice in a row, because editors write in several steps.
func (w *Watch) Changed() bool {
	now := w.look()
	settled := same(now, w.last)
	w.last = now
	if !settled || same(now, w.seen) {
		return false
	}
	w.seen = now
	return true
}

// look returns the state of the file that all links lead to.
func (w *Watch) look() os.FileInfo {
	state, err := os.Stat(w.path)
	if err != nil {
		return nil
	}
	return state
}

func same(a, b os.FileInfo) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}
