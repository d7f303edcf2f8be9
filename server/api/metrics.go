package api

import (
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/adaptor"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/basalt-dev/basalt/modules/memo"
)

// Metrics are the figures of the requests of a process. They live longer than any configuration.
type Metrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	limited  *prometheus.CounterVec
	shed     prometheus.Counter
	handler  fiber.Handler
	// byRequest has the counters that were looked up.
	byRequest memo.Map[requestKey, requestCounters]
}

// NewMetrics registers the figures of requests. GET /metrics answers with all that is in the registry.
func NewMetrics(registry *prometheus.Registry) *Metrics {
	m := &Metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "basalt_http_requests_total", Help: "Requests by method, route and status code."}, []string{"method", "route", "code"}),
		seconds:  prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "basalt_http_request_seconds", Help: "Time from the first byte of a request to its answer.", Buckets: prometheus.ExponentialBuckets(0.0002, 2.5, 12)}, []string{"method", "route"}),
		limited:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "basalt_rate_limited_total", Help: "Requests that were refused by a limit of the configuration."}, []string{"limit"}),
		shed:     prometheus.NewCounter(prometheus.CounterOpts{Name: "basalt_http_shed_total", Help: "Requests that were answered with 503 because the node had too much to do."}),
	}
	registry.MustRegister(m.requests, m.seconds, m.limited, m.shed)
	m.handler = adaptor.HTTPHandler(promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	return m
}

// requestKey names a counter that was looked up before: looking one up by its labels costs more than counting.
type requestKey struct {
	method, route string
	status        int
}

type requestCounters struct {
	count   prometheus.Counter
	seconds prometheus.Observer
}

// counters returns those of requests. Routes are those of the router, so that there are few.
func (m *Metrics) counters(method, route string, status int) requestCounters {
	key := requestKey{method, route, status}
	c, ok := m.byRequest.Get(key)
	if !ok {
		key = requestKey{strings.Clone(method), strings.Clone(route), status}
		c = m.byRequest.Add(key, requestCounters{
			m.requests.WithLabelValues(key.method, key.route, strconv.Itoa(status)), m.seconds.WithLabelValues(key.method, key.route),
		})
	}
	return c
}

// add counts a request.
func (c requestCounters) add(took time.Duration) {
	c.count.Inc()
	c.seconds.Observe(took.Seconds())
}
