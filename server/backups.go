package server

import (
	"context"
	"errors"
	"io/fs"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/clock"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/server/offline"
)

// backupInterval is how often a node looks whether a backup is due.
const backupInterval = 15 * time.Second

// backups makes the backups of the configuration when they are due. Several nodes of one place make each once: it has the
// name of its time.
type backups struct {
	server *Server
	last   atomic.Int64 // when the newest one was made, in seconds; 0 for none
	mu     sync.Mutex   // held while one is made; guards what follows
	asked  string       // the place that last is about
	failed time.Time    // when one that is due has failed
}

// retryBackup is how long a backup that has failed waits for the next try.
const retryBackup = 5 * time.Minute

// run makes backups until ctx ends.
func (b *backups) run(ctx context.Context) {
	clock.Every(ctx, backupInterval, func() { b.once(ctx) })
}

// once makes a backup if one is due. It opens the databases itself, so that a reload need not wait for it.
func (b *backups) once(ctx context.Context) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c, now := b.server.current.Load().config, b.server.options.Now()
	if c.Backups == nil || now.Sub(b.failed) < retryBackup {
		return
	}
	err := b.due(ctx, c, now)
	if err == nil || ctx.Err() != nil {
		return
	}
	b.failed = now
	b.server.metrics.backups.WithLabelValues("failed").Inc()
	b.server.logger.Load().Error("a backup has failed; it is tried again in five minutes", "to", c.Backups.To, "error", err.Error())
}

// Backup makes the backup that is due, if one is, as a running server does by itself.
func (s *Server) Backup(ctx context.Context) { s.backups.once(ctx) }

func (b *backups) due(ctx context.Context, c *config.Config, now time.Time) error {
	settings := c.Backups
	if b.asked != settings.To {
		identities, err := b.identities(ctx, now)
		if err != nil {
			return err
		}
		newest, err := offline.NewestKept(ctx, c, settings.To, identities)
		if err != nil {
			return err
		}
		b.asked = settings.To
		if b.last.Store(0); !newest.IsZero() {
			b.last.Store(newest.Unix())
		}
	}
	since := b.server.started
	if last := b.last.Load(); last > 0 {
		since = time.Unix(last, 0)
	}
	at := settings.Times.Next(since)
	if at.IsZero() || at.After(now) {
		return nil
	}
	for next := settings.Times.Next(at); !next.IsZero() && !next.After(now); next = settings.Times.Next(at) {
		at = next // those that were missed are one
	}
	identities, err := b.identities(ctx, now)
	if err != nil {
		return err
	}
	kept, err := offline.Keep(ctx, c.Path, settings.To, at, time.Duration(settings.Keep), identities, nil)
	if err != nil && !errors.Is(err, fs.ErrExist) { // another node has made it
		return err
	}
	b.last.Store(at.Unix())
	if err == nil {
		b.server.metrics.backups.WithLabelValues("done").Inc()
		b.server.logger.Load().Info("a backup was made, and checked", "to", settings.To, "name", kept.Name, "databases", len(kept.Databases), "files", kept.Files)
	}
	return nil
}

// identities are those of the databases that are copied.
func (b *backups) identities(ctx context.Context, now time.Time) (map[string]string, error) {
	r := b.server.current.Load()
	return offline.Identities(ctx, r.config, func(name string) db.Driver {
		if d := r.databases[name]; d != nil {
			return d
		}
		return nil
	}, now)
}

// Describe implements prometheus.Collector.
func (b *backups) Describe(ch chan<- *prometheus.Desc) { ch <- lastBackup; ch <- backupAge }

// Collect implements prometheus.Collector.
func (b *backups) Collect(ch chan<- prometheus.Metric) {
	last := b.last.Load()
	if last == 0 {
		return
	}
	ch <- prometheus.MustNewConstMetric(lastBackup, prometheus.GaugeValue, float64(last))
	ch <- prometheus.MustNewConstMetric(backupAge, prometheus.GaugeValue, b.server.options.Now().Sub(time.Unix(last, 0)).Seconds())
}
