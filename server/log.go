package server

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/clock"
	"github.com/basalt-dev/basalt/server/api"
)

// logWriter collects lines, because a system call for each request would cost as much as the
// request. What is an error or worse is written at once, with all before it.
type logWriter struct {
	terminal Terminal
	mu       sync.Mutex // guards buffer
	buffer   *bufio.Writer
}

func newLogWriter(w io.Writer, terminal Terminal) *logWriter {
	return &logWriter{terminal: terminal, buffer: bufio.NewWriterSize(w, 64<<10)}
}

// Write implements io.Writer.
func (w *logWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.buffer.Write(p)
}

func (w *logWriter) flush() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.buffer.Flush()
}

func (w *logWriter) flushEvery(ctx context.Context, interval time.Duration) {
	clock.Every(ctx, interval, func() { _ = w.flush() }) // there is nowhere to report that the log cannot be written
}

func (w *logWriter) close() error { return w.flush() }

// logger returns the logger of a configuration.
func (w *logWriter) logger(c config.Log) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.Level)) // checked by the configuration
	options := &slog.HandlerOptions{Level: level}
	var h slog.Handler
	switch {
	case c.Format == "json":
		h = slog.NewJSONHandler(w, options)
	case c.Format == "" && w.terminal.Is:
		h = newReadable(w, level, w.terminal.Plain)
	default:
		h = slog.NewTextHandler(w, options)
	}
	return slog.New(flushing{h, w})
}

// flushing flushes after everything that is not the access log, which is what there is much of. On a terminal someone
// waits for that, too.
type flushing struct {
	slog.Handler
	w *logWriter
}

// Handle implements slog.Handler.
func (f flushing) Handle(ctx context.Context, r slog.Record) error {
	err := f.Handler.Handle(ctx, r)
	if r.Level >= slog.LevelError || r.Message != api.AccessMessage || f.w.terminal.Is {
		_ = f.w.flush()
	}
	return err
}
