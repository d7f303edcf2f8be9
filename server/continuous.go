package server

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/server/offline"
)

const (
	// stepInterval is how often what was committed is copied.
	stepInterval = 500 * time.Millisecond
	// retryContinuous is how long a copy that has failed waits for the next try.
	retryContinuous = 10 * time.Second
	// lastStep is how long a node that stops may take for the last step.
	lastStep = 10 * time.Second
)

// continuous copies the databases that backups.continuous is for, commit by commit.
type continuous struct {
	server *Server
	copied sync.Map // by database: *atomic.Int64, the milliseconds until which it is copied
}

// run copies until ctx ends, and then what is left. Each database has a goroutine, so that a large one keeps no other
// waiting.
func (c *continuous) run(ctx context.Context) {
	var owned sync.WaitGroup
	defer owned.Wait()
	running := map[string]context.CancelFunc{}
	ticker := time.NewTicker(stepInterval)
	defer ticker.Stop()
	for {
		wanted := c.wanted()
		for name, stop := range running {
			if !slices.Contains(wanted, name) {
				stop()
				delete(running, name)
			}
		}
		for _, name := range wanted {
			if running[name] == nil {
				one, stop := context.WithCancel(ctx)
				running[name] = stop
				owned.Go(func() { defer stop(); c.follow(one, name) })
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// wanted are the databases to copy.
func (c *continuous) wanted() (names []string) {
	r := c.server.current.Load()
	if r.config.Backups == nil || !r.config.Backups.Continuous {
		return nil
	}
	for _, name := range r.config.Copied() {
		d := r.config.Databases[name]
		if _, ok := db.As[db.Streamer](r.databases[name]); ok && len(db.Files(d.Driver, d.Settings(r.config.Dir))) > 0 {
			names = append(names, name)
		}
	}
	return names
}

// follow copies a database until ctx ends, and begins again after each error and each change of the configuration.
func (c *continuous) follow(ctx context.Context, name string) {
	value, _ := c.copied.LoadOrStore(name, new(atomic.Int64))
	until := value.(*atomic.Int64)
	for ctx.Err() == nil {
		wait, err := stepInterval, c.copy(ctx, name, until)
		if err != nil && ctx.Err() == nil {
			wait = retryContinuous
			c.server.metrics.backups.WithLabelValues("interrupted").Inc()
			c.server.logger.Load().Error("the continuous copy of a database was interrupted; it begins again in ten seconds, if the server still runs", "database", name, "error", err.Error())
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
	c.copied.Delete(name)
}

// copy copies a database until ctx ends, its configuration changes, or the schedule asks for a new base.
func (c *continuous) copy(ctx context.Context, name string, until *atomic.Int64) (err error) {
	r, now := c.server.current.Load(), c.server.options.Now
	driver := r.databases[name]
	if driver == nil || r.config.Backups == nil || !r.config.Backups.Continuous {
		return nil // a reload has just taken it out
	}
	began := now()
	defer func() {
		if err != nil {
			err = fmt.Errorf("copying to %s: %w", r.config.Backups.To, err)
		}
	}()
	copying, err := offline.Continue(ctx, r.config, name, driver, now)
	if err != nil {
		return err
	}
	defer func() {
		if err := copying.Close(); err != nil {
			c.server.logger.Load().Warn("ending the continuous copy of a database", "database", name, "error", err.Error())
		}
	}()
	until.Store(began.UnixMilli())
	if err := copying.Forget(ctx, now().Add(-time.Duration(r.config.Backups.Keep))); err != nil {
		return err
	}
	c.server.logger.Load().Info("each commit is copied", "database", name, "to", r.config.Backups.To, "base", copying.Begun().UTC().Format(time.RFC3339))
	due := r.config.Backups.Times.Next(now())
	ticker := time.NewTicker(stepInterval)
	defer ticker.Stop()
	for {
		last := false
		select {
		case <-ctx.Done():
			last = true
		case <-ticker.C:
		}
		current := c.server.current.Load()
		closed := current.databases[name] != driver
		last = last || closed || !sameBackups(current.config, r.config) || !due.IsZero() && now().After(due)
		at, err := step(ctx, copying)
		if err != nil {
			if closed { // with the configuration that it belongs to
				err = nil
			}
			return err
		}
		if until.Store(at.UnixMilli()); last {
			return nil
		}
	}
}

// step copies what there is, also when ctx has ended, or ends meanwhile.
func step(ctx context.Context, copying *offline.Continuous) (time.Time, error) {
	limited, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(lastStep, cancel) })()
	return copying.Step(limited)
}

func sameBackups(a, b *config.Config) bool {
	if a == b {
		return true
	}
	if a.Backups == nil || b.Backups == nil {
		return false
	}
	x, y := *a.Backups, *b.Backups
	x.At, y.At = config.Position{}, config.Position{}
	return reflect.DeepEqual(x, y) && a.Dir == b.Dir
}

// Describe implements prometheus.Collector.
func (c *continuous) Describe(ch chan<- *prometheus.Desc) { ch <- copiedUntil }

// Collect implements prometheus.Collector.
func (c *continuous) Collect(ch chan<- prometheus.Metric) {
	c.copied.Range(func(name, until any) bool {
		if ms := until.(*atomic.Int64).Load(); ms > 0 {
			ch <- prometheus.MustNewConstMetric(copiedUntil, prometheus.GaugeValue, float64(ms)/1000, name.(string))
		}
		return true
	})
}
