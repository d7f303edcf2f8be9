package certificates

import (
	"crypto/tls"
	"log/slog"
	"os"
	"sync"
	"time"
)

// looks is how often files are looked at for a change, at most.
const looks = time.Second

// files is the certificate of two files.
type files struct {
	cert, key string
	log       *slog.Logger

	mu      sync.Mutex // guards the rest
	pair    *tls.Certificate
	version [2]version // of the files that were read last, also if they were no certificate
	looked  time.Time
}

type version struct {
	modified time.Time
	size     int64
}

// get returns the certificate, after a look at the files. What cannot be read leaves the one before.
func (f *files) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	if f.pair != nil && now.Sub(f.looked) < looks {
		return f.pair, nil
	}
	f.looked = now
	is := [2]version{versionOf(f.cert), versionOf(f.key)}
	if f.pair != nil && is == f.version {
		return f.pair, nil
	}
	pair, err := usable(f.cert, f.key)
	switch {
	case err == nil && f.pair != nil:
		f.log.Info("the certificate was read again", "until", pair.Leaf.NotAfter.UTC().Format(time.DateOnly))
	case err != nil && f.pair == nil:
		return nil, err
	case err != nil:
		f.log.Warn("the certificate has changed and cannot be used; the one before stays", "error", err.Error())
		pair = f.pair
	}
	f.pair, f.version = pair, is
	return pair, nil
}

// versionOf is empty for a file that is not there.
func versionOf(path string) version {
	info, err := os.Stat(path)
	if err != nil {
		return version{}
	}
	return version{info.ModTime(), info.Size()}
}
