// Package server is the process: it makes a running node of a configuration file, from the first listen to the last
// answer, and swaps in a whole new configuration on reload. Everything is opened and wired here.
//
// It is not for HTTP (package api), and decides nothing: the modules do. The commands that serve nothing are in package
// offline.
package server

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/config/edit"
	"github.com/basalt-dev/basalt/modules/auth/mail"
	"github.com/basalt-dev/basalt/modules/cache"
	"github.com/basalt-dev/basalt/modules/changes"
	"github.com/basalt-dev/basalt/modules/clock"
	"github.com/basalt-dev/basalt/modules/cluster"
	"github.com/basalt-dev/basalt/modules/console"
	"github.com/basalt-dev/basalt/modules/events"
	"github.com/basalt-dev/basalt/modules/realtime"
	"github.com/basalt-dev/basalt/server/api"
)

// Options are what a server needs besides its configuration.
type Options struct {
	// Version is what `basalt version` says.
	Version string
	// Log is where the log is written.
	Log io.Writer
	// Terminal is how Log is written where the configuration does not say.
	Terminal Terminal
	// Invite is where the link for the first administrator is written; nil prints none.
	Invite io.Writer
	// Mails, if not nil, keeps the mails instead of sending them.
	Mails *mail.Box
	// Now is the clock; nil is the system's.
	Now func() time.Time
	// Client makes requests to identity providers, hooks and captchas; nil is one that follows no redirects.
	Client *http.Client
	// Edit lets administrators change the file in the console although it does not say so.
	Edit bool
	// Supervisor is told when the server serves, reloads and stops; nil is none.
	Supervisor *Supervisor
}

// drainTime is how long a shutdown waits for requests that are under way. It is longer than any of
// them may take.
const drainTime = 30 * time.Second

// spreadTime is how long a shutdown takes to send live connections away, so that they do not all come to
// another node at once.
const spreadTime = time.Second

// Server serves one configuration file.
type Server struct {
	options Options
	path    string
	metrics *metrics
	log     *logWriter
	logger  atomic.Pointer[slog.Logger]

	current    atomic.Pointer[runtime]
	transport  *api.Transport
	node       string // the name of this process among others
	cluster    cluster.Node
	started    time.Time
	address    atomic.Pointer[string] // where it listens
	clock      clock.Clock
	hub        *realtime.Hub
	cache      *cache.Cache
	dispatcher *events.Dispatcher
	invitation console.Invitation
	backups    backups
	continuous continuous
	recent     api.Recent
	history    *api.History
	tail       *changes.Tail
	reloads    sync.Mutex // one reload at a time
	file       *edit.File
	watched    *config.Watch // of the file; that of watch
	edited     chan struct{} // has one while the file was edited through this server and not read again
}

// cacheLoads bounds the questions that the misses of a node ask of databases at once.
const cacheLoads = 64

// New provisions the configuration of a file. The caller runs the server, or closes it.
func New(ctx context.Context, path string, options Options) (*Server, error) {
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Client == nil {
		options.Client = &http.Client{Timeout: 10 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	watched := config.NewWatch(path) // a change while it is read is one
	c, err := config.Load(path)
	if err != nil {
		return nil, err
	}
	s := newServer(path, options)
	s.watched = watched
	s.cache = cache.New(cache.Config{Now: options.Now, Observe: cacheMetrics{s.metrics}, Size: api.CacheSize(c.Limits.Cache), Loads: cacheLoads})
	s.hub = realtime.New(realtime.Config{Clock: s.clock, Node: s.node, Observe: liveMetrics{s.metrics}})
	s.backups.server, s.continuous.server = s, s
	s.metrics.registry.MustRegister(pools{s}, liveCounts{s.hub}, &s.backups, &s.continuous)
	s.transport = api.NewTransport(time.Duration(c.Limits.Timeout))
	r, err := s.provision(ctx, c, nil)
	if err != nil {
		s.hub.Close()
		return nil, errors.Join(err, s.cache.Close(), s.log.close())
	}
	if err := s.use(r); err != nil {
		s.hub.Close()
		return nil, errors.Join(err, s.cache.Close(), r.close(nil), s.log.close())
	}
	return s, nil
}

// newServer returns a server with what needs no configuration.
func newServer(path string, options Options) *Server {
	s := &Server{options: options, path: path, node: uuid.NewString(), metrics: newMetrics(), log: newLogWriter(options.Log, options.Terminal), started: options.Now(), clock: clock.New(options.Now)}
	s.cluster.Self = s.self
	s.tail = changes.NewTail(options.Now)
	s.edited = make(chan struct{}, 1)
	s.file = edit.NewFile(path, options.Edit, func() {
		select {
		case s.edited <- struct{}{}:
		default: // it will be read again already
		}
	})
	s.history = api.NewHistory(s.metrics.registry, options.Now)
	s.dispatcher = events.NewDispatcher(options.Now, func(f func(*events.Outboxes)) { s.with(func(r *runtime) { f(r.outboxes) }) })
	return s
}

// with calls f with the current configuration, which stays open until f returns; it calls nothing between two.
func (s *Server) with(f func(*runtime)) {
	r := s.current.Load()
	if !r.lease.Enter() {
		return
	}
	defer r.lease.Leave()
	f(r)
}

// Address returns what the configuration says to listen on.
func (s *Server) Address() string { return s.current.Load().config.Listen }

// Close closes the databases of a server that does not run any more, or never did.
func (s *Server) Close() error {
	s.hub.Close()
	s.tail.Close()
	s.transport.WaitLive()
	return errors.Join(s.cache.Close(), s.current.Load().close(nil), s.log.close())
}

// Run serves connections of the listener until ctx ends, then finishes what it has accepted and
// returns. Reloads arrive on the channel, besides changes of the file.
func (s *Server) Run(ctx context.Context, listener net.Listener, reload <-chan struct{}) error {
	if err := exposed(s.current.Load().config, listener.Addr().String()); err != nil {
		return errors.Join(err, listener.Close(), s.Close())
	}
	watching, stop := context.WithCancel(ctx)
	secured, err := s.secure(watching, listener)
	if err != nil {
		stop()
		return errors.Join(err, listener.Close(), s.Close())
	}
	living, leave := context.WithCancel(context.WithoutCancel(ctx)) // deadlines hold, and other nodes see it, while draining, too
	var owned sync.WaitGroup
	owned.Go(func() { s.watch(watching, reload) })
	owned.Go(func() { s.poll(watching) })
	owned.Go(func() { s.dispatcher.Run(watching) })
	owned.Go(func() { s.backups.run(watching) })
	owned.Go(func() { s.continuous.run(living) }) // what is answered while draining is copied, too
	owned.Go(func() { s.history.Run(watching) })
	owned.Go(func() { s.log.flushEvery(watching, 200*time.Millisecond) })
	owned.Go(func() { s.transport.Watch(living) })
	owned.Go(func() { s.attend(living) })
	address := listener.Addr().String()
	s.address.Store(&address)
	owned.Go(func() { cluster.Announce(living, func(gone bool) { s.announce(living, gone) }) })
	served := make(chan error, 1)
	go func() { served <- s.transport.Serve(secured) }()
	secured.begin(watching, &owned)
	s.welcome(ctx, listener.Addr())
	s.invite(ctx, listener.Addr())
	s.serving()
	select {
	case err = <-served:
	case <-ctx.Done():
		err = s.drain(context.WithoutCancel(ctx), served)
	}
	s.hub.Close()
	s.tail.Close()
	s.transport.WaitLive()
	stop()
	leave()
	owned.Wait()
	err = errors.Join(err, s.cache.Close(), s.current.Load().close(nil))
	s.logger.Load().Info("stopped")
	return errors.Join(err, s.log.close())
}

// drain announces that this node leaves, waits for the others to notice, and finishes what was accepted.
func (s *Server) drain(ctx context.Context, served chan error) (err error) {
	s.transport.Drain()
	s.stopping()
	s.logger.Load().Info("shutting down: finishing what was accepted")
	select {
	case err = <-served:
		served <- nil
	case <-time.After(time.Duration(s.current.Load().config.Limits.Drain)):
	}
	ctx, cancel := context.WithTimeout(ctx, drainTime)
	defer cancel()
	err = errors.Join(err, s.transport.Shutdown(ctx, func() { s.hub.Drain(ctx, spreadTime) }))
	return errors.Join(err, <-served)
}

// use makes a configuration the current one.
func (s *Server) use(r *runtime) error {
	s.cache.Resize(api.CacheSize(r.config.Limits.Cache))
	if err := s.cache.Use(r.sharedURL, api.CachedCollections(r.config)); err != nil {
		return err
	}
	if err := s.hub.Serve(r.live); err != nil {
		return err
	}
	r.follow()
	s.logger.Store(r.logger)
	old := s.current.Swap(r)
	s.transport.Use(r.handler)
	if old != nil {
		if err := old.close(r); err != nil {
			r.logger.Error("closing what the old configuration used", "error", err)
		}
	}
	return nil
}

// Reload reads the file again. When something is wrong with it, the previous one keeps serving.
func (s *Server) Reload(ctx context.Context) error {
	s.reloads.Lock()
	defer s.reloads.Unlock()
	c, err := config.Load(s.path)
	if err != nil {
		return err
	}
	if address := s.address.Load(); address != nil {
		if err := exposed(c, *address); err != nil {
			return err
		}
	}
	old := s.current.Load()
	r, err := s.provision(ctx, c, old)
	if err != nil {
		return err
	}
	if c.Listen != old.config.Listen {
		r.logger.Warn("listen has changed; restart the server to use it", "now", old.config.Listen, "file", c.Listen)
	}
	r.warnTLS(old.config)
	if err := s.use(r); err != nil {
		return errors.Join(err, r.close(old))
	}
	return nil
}

func (s *Server) reload(ctx context.Context, why string) {
	s.reloading()
	defer s.serving()
	writes := s.file.Loading()
	err := s.Reload(ctx)
	s.file.Loaded(writes, err)
	if err != nil {
		s.metrics.reloads.WithLabelValues("refused").Inc()
		s.logger.Load().Error("the new configuration is refused; the previous one keeps serving", "reason", why, "error", err.Error())
		return
	}
	s.metrics.reloads.WithLabelValues("done").Inc()
	s.logger.Load().Info("reloaded the configuration", "reason", why)
}
