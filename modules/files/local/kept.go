package local

import (
	"errors"
	"os"
	"sync"
	"time"
)

const (
	// mostKept is how many files stay open after they were read, and keptTime how long: a file that is asked for again and
	// again is not opened each time. The space of one that another process has removed is free after that.
	mostKept = 64
	keptTime = time.Second
)

// kept are files that were read, and are open to be read again. Each is of one reader at a time, since it has a position.
type kept struct {
	mu      sync.Mutex // guards the rest
	idle    []idleFile // the one that was read last is at the end
	changes int        // how often something was removed or replaced
	sweep   *time.Timer
	closed  bool
}

type idleFile struct {
	key   string
	file  *os.File
	since time.Time
}

// take returns an open file; nil for none. What is returned beside it is for give.
func (k *kept) take(key string) (*os.File, int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for i := len(k.idle) - 1; i >= 0; i-- {
		if f := k.idle[i]; f.key == key {
			k.idle = append(k.idle[:i], k.idle[i+1:]...)
			return f.file, k.changes
		}
	}
	return nil, k.changes
}

// give keeps a file that was read, unless something has changed since it was taken.
func (k *kept) give(key string, file *os.File, changes int) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed || k.changes != changes {
		return file.Close()
	}
	k.idle = append(k.idle, idleFile{key, file, time.Now()})
	if k.sweep == nil {
		k.sweep = time.AfterFunc(keptTime, k.end)
	}
	if len(k.idle) > mostKept {
		return k.close(1)
	}
	return nil
}

// end closes what was not read again.
func (k *kept) end() {
	k.mu.Lock()
	defer k.mu.Unlock()
	n, now := 0, time.Now()
	for n < len(k.idle) && now.Sub(k.idle[n].since) >= keptTime {
		n++
	}
	_ = k.close(n) // they were read only
	k.sweep = nil
	if len(k.idle) > 0 {
		k.sweep = time.AfterFunc(keptTime, k.end)
	}
}

// close closes the first n.
func (k *kept) close(n int) (err error) {
	for _, f := range k.idle[:n] {
		err = errors.Join(err, f.file.Close())
	}
	k.idle = append(k.idle[:0], k.idle[n:]...)
	return err
}

// drop keeps nothing of a key that is removed or replaced.
func (k *kept) drop(key string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.changes++
	for i := len(k.idle) - 1; i >= 0; i-- {
		if f := k.idle[i]; f.key == key {
			k.idle = append(k.idle[:i], k.idle[i+1:]...)
			_ = f.file.Close() // it was read only
		}
	}
}

// closeAll keeps nothing any more.
func (k *kept) closeAll() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.closed = true
	if k.sweep != nil {
		k.sweep.Stop()
	}
	return k.close(len(k.idle))
}
