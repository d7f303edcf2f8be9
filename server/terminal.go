package server

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/lmittmann/tint"

	"github.com/basalt-dev/basalt/server/api"
)

// Terminal says how the log is written for people, where the configuration names no format.
type Terminal struct {
	// Is is whether someone reads the log on a terminal.
	Is bool
	// Plain is whether it is without colors.
	Plain bool
}

// readable writes records as a person reads them: a request is one short line, and an error of several lines stands
// below its message.
type readable struct {
	slog.Handler
	plain bool
}

func newReadable(w *logWriter, level slog.Level, plain bool) slog.Handler {
	return readable{tint.NewTextHandler(w, &tint.Options{Level: level, TimeFormat: time.TimeOnly, NoColor: plain}), plain}
}

// Handle implements slog.Handler.
func (h readable) Handle(ctx context.Context, r slog.Record) error {
	if r.Message == api.AccessMessage {
		return h.Handler.Handle(ctx, h.request(r))
	}
	out := slog.NewRecord(r.Time, r.Level, printable(r.Message), r.PC)
	below := ""
	r.Attrs(func(a slog.Attr) bool {
		if text := a.Value.Resolve(); a.Key == "error" && strings.Contains(text.String(), "\n") {
			below += "\n  " + printable(strings.ReplaceAll(text.String(), "\n", "\n  "))
			return true
		}
		out.AddAttrs(a)
		return true
	})
	out.Message += below
	return h.Handler.Handle(ctx, out)
}

// request is a line of the access log in the form `GET /v1/db/notes 200 1.2ms`. What helps with a refusal follows.
func (h readable) request(r slog.Record) slog.Record {
	var method, path string
	var status int64
	var took time.Duration
	var rest []slog.Attr
	r.Attrs(func(a slog.Attr) bool {
		switch a.Key {
		case "method":
			method = a.Value.String()
		case "path":
			path = a.Value.String()
		case "status":
			status = a.Value.Int64()
		case "us":
			took = time.Duration(a.Value.Int64()) * time.Microsecond
		case "rule", "trace":
			rest = append(rest, a)
		case "request":
			if r.Level > slog.LevelInfo || status >= 500 {
				rest = append(rest, a)
			}
		}
		return true
	})
	out := slog.NewRecord(r.Time, r.Level, fmt.Sprintf("%s %s %s %s", printable(method), printable(path), h.status(status), rounded(took)), r.PC)
	out.AddAttrs(rest...)
	return out
}

// status is a status in the color of its kind.
func (h readable) status(code int64) string {
	text := strconv.FormatInt(code, 10)
	if h.plain {
		return text
	}
	color := "32" // green
	switch {
	case code >= 500:
		color = "31" // red
	case code >= 400:
		color = "33" // yellow
	case code >= 300:
		color = "36" // cyan
	}
	return "\x1b[" + color + "m" + text + "\x1b[0m"
}

func rounded(d time.Duration) time.Duration {
	if d < time.Millisecond {
		return d
	}
	return d.Round(100 * time.Microsecond)
}

// printable escapes what a terminal would take for a command, but for the ends of lines: addresses come from clients.
func printable(text string) string {
	if strings.IndexFunc(text, unprintable) < 0 {
		return text
	}
	var out strings.Builder
	for _, c := range text {
		if unprintable(c) {
			quoted := strconv.QuoteRune(c)
			out.WriteString(quoted[1 : len(quoted)-1])
		} else {
			out.WriteRune(c)
		}
	}
	return out.String()
}

func unprintable(c rune) bool { return c != '\n' && !unicode.IsPrint(c) }

// WithAttrs implements slog.Handler.
func (h readable) WithAttrs(attrs []slog.Attr) slog.Handler {
	return readable{h.Handler.WithAttrs(attrs), h.plain}
}

// WithGroup implements slog.Handler.
func (h readable) WithGroup(name string) slog.Handler {
	return readable{h.Handler.WithGroup(name), h.plain}
}
