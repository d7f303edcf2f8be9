package server

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"go.opentelemetry.io/otel/attribute"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/db/profile"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/memo"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/modules/realtime"
	"github.com/basalt-dev/basalt/modules/tracing"
	"github.com/basalt-dev/basalt/rules"
	"github.com/basalt-dev/basalt/server/api"
)

// metrics are the figures of one process. They live longer than any configuration.
type metrics struct {
	registry *prometheus.Registry
	http     *api.Metrics
	verdicts *prometheus.CounterVec
	calls    *prometheus.HistogramVec
	failures *prometheus.CounterVec
	reloads  *prometheus.CounterVec
	files    *prometheus.CounterVec
	events   *prometheus.CounterVec
	backups  *prometheus.CounterVec
	compiled prometheus.Counter
	// Of live queries.
	liveApplied, liveSent, liveSlow, liveLost, liveDiverged prometheus.Counter
	liveSeconds                                             prometheus.Histogram
	liveBehind                                              prometheus.Gauge
	cached                                                  *prometheus.CounterVec
	cachedHere                                              prometheus.Counter
	cacheRedis                                              prometheus.Gauge
	functions                                               *prometheus.HistogramVec
	deliveries, dialects                                    *prometheus.CounterVec
	breakers                                                *prometheus.GaugeVec
	// What was looked up of verdicts and calls.
	byVerdict memo.Map[verdictKey, prometheus.Counter]
	byCall    memo.Map[callKey, prometheus.Observer]
}

// spoken counts a call in a dialect.
func (m *metrics) spoken(dialect, call, code string) {
	m.dialects.WithLabelValues(dialect, call, code).Inc()
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		verdicts: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "basalt_rule_verdicts_total", Help: "Verdicts of the rules: allow, deny, or filter for a condition put into the statement."}, []string{"collection", "op", "verdict"}),
		calls:    prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "basalt_db_call_seconds", Help: "Time of calls to a database.", Buckets: prometheus.ExponentialBuckets(0.00005, 3, 12)}, []string{"database", "call"}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "basalt_db_call_errors_total", Help: "Calls to a database that failed, by the code of the error."}, []string{"database", "call", "code"}),
		files:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "basalt_files_total", Help: "Files: received, refused for their type, allowed or denied by their check, or removed because no document has them any more."}, []string{"event"}),
		reloads:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "basalt_config_reloads_total", Help: "Reloads of the configuration: done or refused."}, []string{"outcome"}),
	}
	m.events = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "basalt_auth_events_total", Help: "Security events, such as signin, signin.failed and refresh.reuse."}, []string{"event"})
	m.backups = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "basalt_backups_total", Help: "Backups that the configuration schedules: done or failed; and continuous copies that were interrupted."}, []string{"outcome"})
	m.compiled = prometheus.NewCounter(prometheus.CounterOpts{Name: "basalt_rules_compiled_total", Help: "Rules that were parsed and checked, which happens when a configuration is loaded and at no other time."})
	m.liveApplied = prometheus.NewCounter(prometheus.CounterOpts{Name: "basalt_realtime_changes_total", Help: "Changed documents that live queries were brought up to date with."})
	m.liveSent = prometheus.NewCounter(prometheus.CounterOpts{Name: "basalt_realtime_messages_total", Help: "Messages to live connections."})
	m.liveSlow = prometheus.NewCounter(prometheus.CounterOpts{Name: "basalt_realtime_resyncs_total", Help: "Times that what had piled up for a slow reader was replaced by snapshots."})
	m.liveDiverged = prometheus.NewCounter(prometheus.CounterOpts{Name: "basalt_realtime_divergence_total", Help: "Live queries that did not show what their query returns, as a check every 30 s has found, and were loaded again. It is 0 unless Basalt has a fault."})
	m.liveLost = prometheus.NewCounter(prometheus.CounterOpts{Name: "basalt_realtime_lost_total", Help: "Times that the place in a database's changes was lost, and live queries were loaded again."})
	m.liveSeconds = prometheus.NewHistogram(prometheus.HistogramOpts{Name: "basalt_realtime_apply_seconds", Help: "Time to bring live queries up to date with the documents of some commits.", Buckets: prometheus.ExponentialBuckets(0.00005, 3, 12)})
	m.liveBehind = prometheus.NewGauge(prometheus.GaugeOpts{Name: "basalt_realtime_lag_bytes", Help: "Bytes of the log of a PostgreSQL database that this node has not read, and the database keeps for it."})
	m.cached = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "basalt_cache_answers_total", Help: "Answers to reads of cached collections: from this process (local), from Redis (shared), past their ttl (stale), from another reader's question (waited), and from the database (miss)."}, []string{"from"})
	m.cachedHere = m.cached.WithLabelValues("local")
	m.cacheRedis = prometheus.NewGauge(prometheus.GaugeOpts{Name: "basalt_cache_redis_up", Help: "1 while Redis answers, 0 while cached collections are read from this process and the database."})
	m.cacheRedis.Set(1)
	m.functions = prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "basalt_function_seconds", Help: "Calls of functions of services, by the code of the error, ok without one.", Buckets: prometheus.ExponentialBuckets(0.0005, 3, 11)}, []string{"service", "function", "code"})
	m.breakers = prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "basalt_service_circuit_open", Help: "1 while the circuit breaker of a service over HTTP is open."}, []string{"service"})
	m.deliveries = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "basalt_event_deliveries_total", Help: "Deliveries of events: delivered, retried (it has failed and is tried again) or dead."}, []string{"event", "outcome"})
	m.dialects = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "basalt_dialect_calls_total", Help: "What was asked in the languages of other products, by the code of the error, ok without one: tools of assistants (mcp), and queries, mutations, subscriptions and documents that are none (graphql)."}, []string{"dialect", "call", "code"})
	m.registry.MustRegister(m.dialects, m.cached, m.cacheRedis, m.functions, m.breakers, m.deliveries)
	m.registry.MustRegister(m.liveBehind, m.liveApplied, m.liveSent, m.liveSlow, m.liveLost, m.liveDiverged, m.liveSeconds)
	m.registry.MustRegister(m.verdicts, m.calls, m.failures, m.reloads, m.files, m.compiled, m.events, m.backups,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.http = api.NewMetrics(m.registry)
	return m
}

// pools reports the pools of connections of the current configuration when it is collected.
type pools struct{ server *Server }

var connectionsMetric = prometheus.NewDesc("basalt_db_connections", "Connections of a pool by state: used, idle, max; and callers that wait for one.", []string{"database", "state"}, nil)

// Of the backups that the configuration schedules.
var (
	lastBackup  = prometheus.NewDesc("basalt_backup_last_success_timestamp_seconds", "When the newest backup was made, as the configuration schedules them; it is not there before the first one.", nil, nil)
	backupAge   = prometheus.NewDesc("basalt_backup_age_seconds", "How old the newest backup is.", nil, nil)
	copiedUntil = prometheus.NewDesc("basalt_backup_copied_timestamp_seconds", "Until when the commits of a database are copied by backups.continuous.", []string{"database"}, nil)
)

// Describe implements prometheus.Collector.
func (p pools) Describe(ch chan<- *prometheus.Desc) { ch <- connectionsMetric }

// Collect implements prometheus.Collector.
func (p pools) Collect(ch chan<- prometheus.Metric) {
	r := p.server.current.Load()
	if r == nil {
		return
	}
	for name, d := range r.databases {
		pool, ok := db.As[db.Pooled](d)
		if !ok {
			continue
		}
		used, idle, most, waiting := pool.Connections()
		for state, n := range map[string]int{"used": used, "idle": idle, "max": most, "waiting": waiting} {
			ch <- prometheus.MustNewConstMetric(connectionsMetric, prometheus.GaugeValue, float64(n), name, state)
		}
	}
}

// liveMetrics counts what packages realtime and changes do.
type liveMetrics struct{ m *metrics }

// Applied implements [realtime.Observer].
func (l liveMetrics) Applied(documents int, took time.Duration) {
	l.m.liveApplied.Add(float64(documents))
	l.m.liveSeconds.Observe(took.Seconds())
}

// Sent implements [realtime.Observer].
func (l liveMetrics) Sent(messages int) { l.m.liveSent.Add(float64(messages)) }

// Resynchronised implements [realtime.Observer].
func (l liveMetrics) Resynchronised() { l.m.liveSlow.Inc() }

// Diverged implements [realtime.Observer].
func (l liveMetrics) Diverged() { l.m.liveDiverged.Inc() }

// Behind implements [changes.Observer].
func (l liveMetrics) Behind(bytes int64) { l.m.liveBehind.Set(float64(bytes)) }

// Lost implements [changes.Observer].
func (l liveMetrics) Lost() { l.m.liveLost.Inc() }

// cacheMetrics counts where answers come from.
type cacheMetrics struct{ m *metrics }

// Answered implements [cache.Observer].
func (c cacheMetrics) Answered(from string) {
	if from == "local" { // by far the commonest, and the one that is to cost nothing
		c.m.cachedHere.Inc()
		return
	}
	c.m.cached.WithLabelValues(from).Inc()
}

// Away implements [cache.Observer].
func (c cacheMetrics) Away(away bool) {
	if away {
		c.m.cacheRedis.Set(0)
	} else {
		c.m.cacheRedis.Set(1)
	}
}

// called counts a call of a function.
func (m *metrics) called(service, function string, err error, took time.Duration) {
	code := "ok"
	if err != nil {
		code = string(fault.CodeOf(err))
	}
	m.functions.WithLabelValues(service, function, code).Observe(took.Seconds())
}

// breaker notes whether a service is left alone.
func (m *metrics) breaker(service string, open bool) {
	value := 0.0
	if open {
		value = 1
	}
	m.breakers.WithLabelValues(service).Set(value)
}

// liveCounts reports how many live connections there are when it is collected.
type liveCounts struct{ hub *realtime.Hub }

var heldMetric = prometheus.NewDesc("basalt_realtime_held_bytes", "What live queries, channels and slow clients hold, of limits.live.", nil, nil)

var liveMetric = prometheus.NewDesc("basalt_realtime_open", "Live connections, subscriptions, and groups of subscriptions that share their work.", []string{"what"}, nil)

// Describe implements prometheus.Collector.
func (l liveCounts) Describe(ch chan<- *prometheus.Desc) {
	ch <- liveMetric
	ch <- heldMetric
}

// Collect implements prometheus.Collector.
func (l liveCounts) Collect(ch chan<- prometheus.Metric) {
	c := l.hub.Counts()
	for what, n := range map[string]int{"connections": c.Connections, "subscriptions": c.Subscriptions, "groups": c.Groups} {
		ch <- prometheus.MustNewConstMetric(liveMetric, prometheus.GaugeValue, float64(n), what)
	}
	ch <- prometheus.MustNewConstMetric(heldMetric, prometheus.GaugeValue, float64(c.Held))
}

// verdictKey and callKey name a counter that was looked up before: looking one up by its labels costs
// more than counting.
type verdictKey struct {
	collection string
	op         rules.Op
	verdict    string
}

func (m *metrics) verdict(collection string, op rules.Op, verdict string) {
	key := verdictKey{collection, op, verdict}
	c, ok := m.byVerdict.Get(key)
	if !ok {
		c = m.byVerdict.Add(key, m.verdicts.WithLabelValues(collection, string(op), verdict))
	}
	c.Inc()
}

// measured is a database whose calls are counted.
type measured struct {
	db.Driver
	m    *metrics
	name string
}

// Unwrap implements db.Wrapper.
func (d measured) Unwrap() db.Driver { return d.Driver }

type callKey struct{ database, call string }

func (d measured) done(ctx context.Context, call, collection string, start time.Time, err error) {
	if tracing.On(ctx) {
		tracing.Note(ctx, "db "+call, start, time.Now(), attribute.String("db.namespace", d.name), attribute.String("db.operation.name", call),
			attribute.String("db.collection.name", collection), attribute.String("error.type", errorType(err)))
	}
	key := callKey{d.name, call}
	c, ok := d.m.byCall.Get(key)
	if !ok {
		c = d.m.byCall.Add(key, d.m.calls.WithLabelValues(d.name, call))
	}
	c.Observe(time.Since(start).Seconds())
	if err != nil {
		d.m.failures.WithLabelValues(d.name, call, string(fault.CodeOf(err))).Inc()
	}
}

// plan returns what explains a read, nil where the database does not explain.
func (d measured) plan(c *db.Collection, f db.Find) profile.Plan {
	explainer, ok := db.As[db.Explainer](d.Driver)
	if !ok {
		return nil
	}
	return func(ctx context.Context) ([]string, error) {
		s, err := explainer.Explain(ctx, c, f)
		return s.Plan, err
	}
}

// errorType is the code of an error for a span, empty without one.
func errorType(err error) string {
	if err == nil {
		return ""
	}
	return string(fault.CodeOf(err))
}

func (d measured) Find(ctx context.Context, c *db.Collection, f db.Find) ([]query.Row, error) {
	ctx, noted := profile.Enter(ctx, d.name)
	start := time.Now()
	rows, err := d.Driver.Find(ctx, c, f)
	noted.Leave(c.Name, time.Since(start), func() profile.Plan { return d.plan(c, f) })
	d.done(ctx, "find", c.Name, start, err)
	return rows, err
}

func (d measured) Insert(ctx context.Context, c *db.Collection, rows []query.Row) error {
	ctx, noted := profile.Enter(ctx, d.name)
	start := time.Now()
	err := d.Driver.Insert(ctx, c, rows)
	noted.Leave(c.Name, time.Since(start), nil)
	d.done(ctx, "insert", c.Name, start, err)
	return err
}

func (d measured) Update(ctx context.Context, c *db.Collection, u db.Update) (int64, []query.Row, error) {
	ctx, noted := profile.Enter(ctx, d.name)
	start := time.Now()
	n, rows, err := d.Driver.Update(ctx, c, u)
	noted.Leave(c.Name, time.Since(start), nil)
	d.done(ctx, "update", c.Name, start, err)
	return n, rows, err
}

func (d measured) Delete(ctx context.Context, c *db.Collection, where query.Filter) (int64, error) {
	ctx, noted := profile.Enter(ctx, d.name)
	start := time.Now()
	n, err := d.Driver.Delete(ctx, c, where)
	noted.Leave(c.Name, time.Since(start), nil)
	d.done(ctx, "delete", c.Name, start, err)
	return n, err
}

func (d measured) Count(ctx context.Context, c *db.Collection, where query.Filter) (int64, error) {
	ctx, noted := profile.Enter(ctx, d.name)
	start := time.Now()
	n, err := d.Driver.Count(ctx, c, where)
	noted.Leave(c.Name, time.Since(start), func() profile.Plan { return d.plan(c, db.Find{Query: query.Query{Where: where}}) })
	d.done(ctx, "count", c.Name, start, err)
	return n, err
}

func (d measured) Aggregate(ctx context.Context, c *db.Collection, a db.Aggregate) ([][]query.Value, error) {
	ctx, noted := profile.Enter(ctx, d.name)
	start := time.Now()
	rows, err := d.Driver.Aggregate(ctx, c, a)
	noted.Leave(c.Name, time.Since(start), nil)
	d.done(ctx, "aggregate", c.Name, start, err)
	return rows, err
}

func (d measured) Transaction(ctx context.Context, f func(db.Store) error) error {
	defer profile.Of(ctx).Transaction(d.name)()
	start := time.Now()
	err := d.Driver.Transaction(ctx, f)
	d.done(ctx, "transaction", "", start, err)
	return err
}
