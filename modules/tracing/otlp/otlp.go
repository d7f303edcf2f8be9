// Package otlp sends spans to a collector, by OTLP over HTTP.
//
// The library's own client for that imports gRPC and a gateway, for the types of a request whose bytes are those of a
// message that is at hand: megabytes of the binary, and seconds of its build. It is not for deciding what is traced or sampled.
package otlp

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

const (
	// firstPause and longestPause are between attempts, of which there are none after giveUp.
	firstPause   = 5 * time.Second
	longestPause = 30 * time.Second
	giveUp       = time.Minute
	// maxAnswer limits what is read of an answer.
	maxAnswer = 1 << 20
)

// Client is a connection to a collector.
type Client struct {
	url      string
	settings settings
	http     http.Client
	stopped  chan struct{}
	stop     sync.Once
}

var _ otlptrace.Client = (*Client)(nil)

// New returns a client of the collector at an address such as http://127.0.0.1:4318. The variables OTEL_EXPORTER_OTLP_HEADERS,
// _COMPRESSION, _TIMEOUT, _CERTIFICATE, _CLIENT_CERTIFICATE and _CLIENT_KEY of the environment are as OpenTelemetry has them.
// It does not connect.
func New(address string, getenv func(string) string) (*Client, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errors.New("telemetry.otlp is where a collector takes OTLP over HTTP, as in http://127.0.0.1:4318")
	}
	set, err := fromEnvironment(getenv)
	if err != nil {
		return nil, err
	}
	u.Path, u.RawPath, u.RawQuery, u.Fragment = path.Join("/", u.Path, "v1/traces"), "", "", ""
	transport := http.DefaultTransport.(*http.Transport).Clone()
	if set.tls != nil {
		transport.TLSClientConfig = set.tls
	}
	return &Client{url: u.String(), settings: set, http: http.Client{Transport: transport, Timeout: set.timeout}, stopped: make(chan struct{})}, nil
}

// Start implements otlptrace.Client.
func (c *Client) Start(context.Context) error { return nil }

// Stop implements otlptrace.Client: what waits for another attempt ends.
func (c *Client) Stop(ctx context.Context) error {
	c.stop.Do(func() { close(c.stopped) })
	c.http.CloseIdleConnections()
	return ctx.Err()
}

// UploadTraces implements otlptrace.Client. A collector that is away or busy is asked again, for a minute.
func (c *Client) UploadTraces(ctx context.Context, spans []*tracepb.ResourceSpans) error {
	body, err := proto.Marshal(&tracepb.TracesData{ResourceSpans: spans}) // its bytes are those of an ExportTraceServiceRequest
	if err != nil {
		return err
	}
	if c.settings.gzip {
		body = compressed(body)
	}
	return c.upload(ctx, body)
}

func (c *Client) upload(ctx context.Context, body []byte) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-c.stopped:
			cancel()
		case <-ctx.Done():
		}
	}()
	begin := time.Now()
	for pause := firstPause; ; pause = min(pause*3/2, longestPause) {
		err := c.send(ctx, body)
		var later *busyError
		if !errors.As(err, &later) {
			return err
		}
		wait := max(later.after, pause/2+rand.N(pause))
		if time.Since(begin)+wait > giveUp {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		case <-time.After(wait):
		}
	}
}

func compressed(body []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write(body) // a buffer takes everything
	_ = w.Close()
	return out.Bytes()
}

// busyError is of an attempt that is made again.
type busyError struct {
	after time.Duration // when the collector wants it, if it says so
	cause error
}

func (e *busyError) Error() string { return e.cause.Error() }

func (e *busyError) Unwrap() error { return e.cause }

func (c *Client) send(ctx context.Context, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("User-Agent", "OTel OTLP Exporter Go/"+otlptrace.Version())
	for name, value := range c.settings.headers {
		req.Header.Set(name, value)
	}
	req.Header.Set("Content-Type", "application/x-protobuf")
	if c.settings.gzip {
		req.Header.Set("Content-Encoding", "gzip")
	}
	resp, err := c.http.Do(req)
	var failed *url.Error
	if errors.As(err, &failed) && failed.Temporary() && ctx.Err() == nil {
		return &busyError{cause: err}
	}
	if err != nil {
		return err
	}
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err = errors.Join(err, resp.Body.Close()); err != nil {
		return err
	}
	switch {
	case resp.StatusCode >= 200 && resp.StatusCode < 300:
		if resp.Header.Get("Content-Type") == "application/x-protobuf" {
			return rejected(answer)
		}
		return nil
	case resp.StatusCode == http.StatusTooManyRequests, resp.StatusCode >= 502 && resp.StatusCode <= 504:
		return &busyError{after: retryAfter(resp.Header.Get("Retry-After")), cause: fmt.Errorf("the collector answers %s", resp.Status)}
	}
	return fmt.Errorf("the collector answers %s: %s", resp.Status, cmp.Or(strings.TrimSpace(string(answer)), "(nothing)"))
}

func retryAfter(header string) time.Duration {
	if seconds, err := strconv.Atoi(header); err == nil && seconds >= 0 && seconds <= 1<<20 {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(header); err == nil {
		return time.Until(at)
	}
	return 0
}

// rejected reads an ExportTraceServiceResponse: whether the collector has refused spans, and why.
func rejected(answer []byte) error {
	partial := field(answer, 1).bytes
	spans, message := field(partial, 1).number, string(field(partial, 2).bytes)
	if spans == 0 && message == "" {
		return nil
	}
	return fmt.Errorf("the collector has refused %d spans: %s", spans, cmp.Or(message, "it does not say why"))
}

type value struct {
	number uint64
	bytes  []byte
}

// field returns the last value of a number in a message, which is what counts in protobuf.
func field(message []byte, number protowire.Number) (out value) {
	for len(message) > 0 {
		n, kind, size := protowire.ConsumeTag(message)
		if size < 0 {
			return out
		}
		message = message[size:]
		if size = protowire.ConsumeFieldValue(n, kind, message); size < 0 {
			return out
		}
		switch {
		case n != number:
		case kind == protowire.VarintType:
			out.number, _ = protowire.ConsumeVarint(message)
		case kind == protowire.BytesType:
			out.bytes, _ = protowire.ConsumeBytes(message)
		}
		message = message[size:]
	}
	return out
}
