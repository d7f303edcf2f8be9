package server

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

const (
	sendTime    = 10 * time.Second // for one attempt; the batcher ends all after 30 s
	firstPause  = time.Second
	answerBytes = 64 << 10 // what is read of an answer
)

// collector sends spans as OTLP over HTTP. It is here because otlptracehttp imports gRPC, which took 3 MB, and has the
// linker keep every exported method of the binary: golang.org/x/net/trace, which gRPC imports, uses html/template.
type collector struct {
	url    string
	header http.Header
	client *http.Client
	pause  time.Duration // before the second attempt; each one waits twice as long
}

// newCollector returns what sends to the collector below a URL. It does not connect. Headers are also those of the
// variable that OpenTelemetry has for them.
func newCollector(base string) (*collector, error) {
	to, err := url.Parse(base)
	if err != nil {
		return nil, errors.New("this is not a URL") // err has the password
	}
	c := &collector{header: http.Header{"Content-Type": {"application/x-protobuf"}}, client: &http.Client{Timeout: sendTime}, pause: firstPause}
	for pair := range strings.SplitSeq(os.Getenv("OTEL_EXPORTER_OTLP_HEADERS"), ",") {
		name, value, _ := strings.Cut(pair, "=")
		if value, err := url.PathUnescape(strings.TrimSpace(value)); err == nil && value != "" {
			c.header.Set(strings.TrimSpace(name), value)
		}
	}
	if to.User != nil {
		password, _ := to.User.Password()
		c.header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(to.User.Username()+":"+password)))
		to.User = nil // errors have the URL
	}
	c.url = to.JoinPath("v1/traces").String()
	return c, nil
}

// Start implements [otlptrace.Client].
func (c *collector) Start(context.Context) error { return nil }

// Stop implements [otlptrace.Client].
func (c *collector) Stop(context.Context) error {
	c.client.CloseIdleConnections()
	return nil
}

// UploadTraces implements [otlptrace.Client]. It tries again while the collector asks for that, until ctx ends.
func (c *collector) UploadTraces(ctx context.Context, spans []*tracepb.ResourceSpans) error {
	// The request is an ExportTraceServiceRequest, whose package imports gRPC. This has the same form.
	body, err := proto.Marshal(&tracepb.TracesData{ResourceSpans: spans})
	if err != nil {
		return err
	}
	for pause := c.pause; ; pause *= 2 {
		wait, err := c.post(ctx, body)
		if err == nil || wait < 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(cmp.Or(wait, pause)):
		}
	}
}

// post sends spans once. After an error, wait is how long the collector wants to be left alone, 0 if it does not say, and
// negative if there is no use in trying again.
func (c *collector) post(ctx context.Context, body []byte) (wait time.Duration, err error) {
	const never = -1
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return never, err
	}
	request.Header = c.header.Clone()
	response, err := c.client.Do(request)
	if err != nil {
		if failed, ok := errors.AsType[*url.Error](err); ok && failed.Timeout() {
			return 0, err
		}
		return never, err
	}
	answer, err := io.ReadAll(io.LimitReader(response.Body, answerBytes))
	if err = errors.Join(err, response.Body.Close()); err != nil {
		return never, err
	}
	switch response.StatusCode {
	case http.StatusOK, http.StatusAccepted, http.StatusNoContent:
		if refused, why := refusedSpans(answer); refused > 0 && response.Header.Get("Content-Type") == "application/x-protobuf" {
			return never, fmt.Errorf("the collector has refused %d spans: %s", refused, why)
		}
		return 0, nil
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		if seconds, err := strconv.Atoi(response.Header.Get("Retry-After")); err == nil {
			wait = time.Duration(max(seconds, 0)) * time.Second
		}
	default:
		wait = never
	}
	return wait, fmt.Errorf("the collector answers %s: %s", response.Status, strings.TrimSpace(string(answer)))
}

// refusedSpans reads an ExportTraceServiceResponse: its field 1 is partial_success, which has the number of refused spans as
// field 1, and why as field 2.
func refusedSpans(answer []byte) (count uint64, why string) {
	fields := func(message []byte, each func(protowire.Number, []byte, uint64)) {
		for len(message) > 0 {
			number, kind, head := protowire.ConsumeTag(message)
			if head < 0 {
				return
			}
			length := protowire.ConsumeFieldValue(number, kind, message[head:])
			if length < 0 {
				return
			}
			switch value := message[head : head+length]; kind {
			case protowire.BytesType:
				text, _ := protowire.ConsumeBytes(value)
				each(number, text, 0)
			case protowire.VarintType:
				n, _ := protowire.ConsumeVarint(value)
				each(number, nil, n)
			}
			message = message[head+length:]
		}
	}
	fields(answer, func(number protowire.Number, partial []byte, _ uint64) {
		if number == 1 {
			fields(partial, func(number protowire.Number, text []byte, n uint64) {
				switch number {
				case 1:
					count = n
				case 2:
					why = string(text)
				}
			})
		}
	})
	return count, why
}
