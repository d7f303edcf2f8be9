package supabase

import (
	"strings"

	"github.com/basalt-dev/basalt/modules/fault"
)

// scanner reads the text of a parameter from left to right.
type scanner struct {
	text string
	at   int
}

func (s *scanner) rest() string { return s.text[s.at:] }

func (s *scanner) done() bool { return s.at >= len(s.text) }

// take consumes a piece of text if it is next.
func (s *scanner) take(piece string) bool {
	if !strings.HasPrefix(s.rest(), piece) {
		return false
	}
	s.at += len(piece)
	return true
}

// next reports whether a piece of text is next.
func (s *scanner) next(piece string) bool { return strings.HasPrefix(s.rest(), piece) }

// space skips blanks.
func (s *scanner) space() {
	for !s.done() && s.text[s.at] == ' ' {
		s.at++
	}
}

// quoted reads a string in double quotes, in which a backslash makes the next character stand for itself.
func (s *scanner) quoted() (string, bool) {
	var out []byte
	for i := s.at + 1; i < len(s.text); i++ {
		switch c := s.text[i]; {
		case c == '\\' && i+1 < len(s.text):
			i++
			out = append(out, s.text[i])
		case c == '"':
			s.at = i + 1
			return string(out), true
		default:
			out = append(out, c)
		}
	}
	return "", false
}

// name reads the name of a column, a relation or an alias, which may stand in quotes.
func (s *scanner) name() (string, error) {
	s.space()
	if s.next(`"`) {
		if name, ok := s.quoted(); ok {
			return name, nil
		}
		return "", s.unexpected()
	}
	from := s.at
	for !s.done() && !strings.ContainsRune(`,():!."`, rune(s.text[s.at])) && !s.next("->") {
		s.at++
	}
	name := strings.TrimSpace(s.text[from:s.at])
	if name == "" {
		return "", s.unexpected()
	}
	return name, nil
}

// unexpected is the error that the text cannot be read from here on.
func (s *scanner) unexpected() error {
	what := "the end of the text"
	if !s.done() {
		what = `"` + fault.Clip(s.rest()) + `"`
	}
	return problem{Status: 400, Code: "PGRST100", Message: `failed to parse "` + fault.Clip(s.text) + `"`, Details: "unexpected " + what}
}

// column is a field, or a place inside a json field.
type column struct {
	field string
	// path leads into a json field, and text says that it ends with ->>, which makes text of what is there.
	path []string
	text bool
}

func (c column) String() string {
	out := c.field
	for i, step := range c.path {
		if c.text && i == len(c.path)-1 {
			out += "->>" + step
		} else {
			out += "->" + step
		}
	}
	return out
}

// last is the name that the value has in an answer.
func (c column) last() string {
	if n := len(c.path); n > 0 {
		return c.path[n-1]
	}
	return c.field
}

// inside reads the steps of a path into a json field.
func (s *scanner) inside(c *column) error {
	for s.next("->") {
		if c.text {
			return s.unexpected()
		}
		s.at += 2
		c.text = s.take(">")
		step, err := s.name()
		if err != nil {
			return err
		}
		c.path = append(c.path, step)
	}
	return nil
}

// parseColumn reads a whole column such as `a` or `data->b->>c`.
func parseColumn(text string) (column, error) {
	s := &scanner{text: text}
	name, err := s.name()
	if err != nil {
		return column{}, err
	}
	c := column{field: name}
	if err := s.inside(&c); err != nil {
		return c, err
	}
	if !s.done() {
		return c, s.unexpected()
	}
	return c, nil
}
