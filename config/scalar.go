package config

import (
	"fmt"
	"log/slog"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/basalt-dev/basalt/modules/query"
)

// Position is a place in the file; lines and columns count from 1.
type Position struct{ Line, Column int }

// Secret is a string that is never printed.
type Secret string

// String hides the secret.
func (Secret) String() string { return "[secret]" }

// GoString hides the secret.
func (Secret) GoString() string { return "[secret]" }

// LogValue hides the secret.
func (Secret) LogValue() slog.Value { return slog.StringValue("[secret]") }

// MarshalText hides the secret.
func (s Secret) MarshalText() ([]byte, error) {
	if s == "" {
		return nil, nil
	}
	return []byte("[secret]"), nil
}

// Reveal returns the secret.
func (s Secret) Reveal() string { return string(s) }

func (s *Secret) parse(text string) error {
	*s = Secret(text)
	return nil
}

// Duration is written as in Go: 90s, 15m, 720h; or in whole days: 90d.
type Duration time.Duration

func (d *Duration) parse(text string) error {
	v, err := time.ParseDuration(text)
	if days, ok := strings.CutSuffix(text, "d"); ok {
		var n uint64
		n, err = strconv.ParseUint(days, 10, 16) // 179 years
		v = time.Duration(n) * 24 * time.Hour
	}
	if err != nil || v <= 0 {
		return fmt.Errorf("expected a duration such as 10s, 15m, 720h or 30d, got %q", text)
	}
	*d = Duration(v)
	return nil
}

// MarshalText implements [encoding.TextMarshaler].
func (d Duration) MarshalText() ([]byte, error) { return []byte(shortDuration(time.Duration(d))), nil }

// shortDuration is a duration as people write it: 15m, 30d.
func shortDuration(d time.Duration) string {
	if days := d / (24 * time.Hour); days > 0 && d%(24*time.Hour) == 0 {
		return strconv.Itoa(int(days)) + "d"
	}
	text := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if short, ok := strings.CutSuffix(text, zero); ok {
			text = short + zero[:1]
		}
	}
	return text
}

// Rate is so many in a time: 100/1m, 5/s.
type Rate struct {
	N      int
	Window time.Duration
}

func (r *Rate) parse(text string) error {
	number, window, ok := strings.Cut(text, "/")
	n, err := strconv.Atoi(strings.TrimSpace(number))
	if window = strings.TrimSpace(window); window != "" && !strings.ContainsAny(window[:1], "0123456789") {
		window = "1" + window
	}
	d, failed := time.ParseDuration(window)
	if !ok || err != nil || failed != nil || n <= 0 || n > 1e9 || d < time.Second || d > 24*time.Hour {
		return fmt.Errorf("expected a rate such as 5/s or 100/1m, in a time of 1s to 24h, got %q", text)
	}
	*r = Rate{n, d}
	return nil
}

// MarshalText implements [encoding.TextMarshaler].
func (r Rate) MarshalText() ([]byte, error) {
	return fmt.Appendf(nil, "%d/%s", r.N, shortDuration(r.Window)), nil
}

// Size is a number of bytes, written with KiB, MiB or GiB, or bare.
type Size int

func (s *Size) parse(text string) error {
	number, unit := text, 1
	for suffix, factor := range map[string]int{"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30} {
		if n, ok := strings.CutSuffix(text, suffix); ok {
			number, unit = strings.TrimSpace(n), factor
		}
	}
	n, err := strconv.ParseInt(number, 10, 32)
	if err != nil || n <= 0 || n > math.MaxInt32/int64(unit) {
		return fmt.Errorf("expected a size such as 512KiB or 1MiB, up to 2GiB, got %q", text)
	}
	*s = Size(int(n) * unit)
	return nil
}

// MarshalText implements [encoding.TextMarshaler].
func (s Size) MarshalText() ([]byte, error) {
	for _, unit := range []struct {
		name string
		size Size
	}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}} {
		if s > 0 && s%unit.size == 0 {
			return fmt.Appendf(nil, "%d%s", s/unit.size, unit.name), nil
		}
	}
	return strconv.AppendInt(nil, int64(s), 10), nil
}

// Names is a name, or a list of them.
type Names []string

// Text is a string that is a small program: a rule or a pattern. It keeps its place, and `${…}` in it
// is not the environment's.
type Text struct {
	At     Position
	Source string
	// indent is the column where the lines of a block string start, 0 for a string on one line.
	indent int
}

// MarshalText implements [encoding.TextMarshaler].
func (t Text) MarshalText() ([]byte, error) { return []byte(t.Source), nil }

// place returns where the byte at an offset of the text is in the file.
func (t *Text) place(offset int) Position {
	before := t.Source[:min(offset, len(t.Source))]
	if t.indent == 0 {
		return Position{t.At.Line, t.At.Column + len([]rune(before))}
	}
	line := before[strings.LastIndexByte(before, '\n')+1:]
	return Position{t.At.Line + strings.Count(before, "\n"), t.indent + len([]rune(line))}
}

// Action is what a delete does: restrict, cascade or null, which may be the null of YAML.
type Action string

// Literal is a value of the file: a string, a number, true, false, or a list of these.
type Literal struct {
	At    Position
	Value query.Value
}

// MarshalJSON implements [json.Marshaler].
func (l Literal) MarshalJSON() ([]byte, error) { return []byte(l.Value.JSON()), nil }
