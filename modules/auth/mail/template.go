package mail

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/modules/fault"
)

// values are what a template can insert, as in {{.Link}}. Those that a kind of mail has not are empty.
var values = []string{"App", "To", "Link", "Code", "Minutes", "Hours", "What"}

// template is a string with placeholders. Only values replace them, so that it has no conditions, and a value that has a
// placeholder in it stays as it is.
type template struct {
	before []string // a piece before each name
	names  []string
	after  string
}

// parse reads a template; file names it in errors.
func parse(file, text string) (t template, err error) {
	line := 1
	for {
		before, rest, found := strings.Cut(text, "{{")
		line += strings.Count(before, "\n")
		if !found {
			t.after = text
			return t, nil
		}
		inside, rest, closed := strings.Cut(rest, "}}")
		if !closed {
			return t, fmt.Errorf("%s:%d: {{ without }}", file, line)
		}
		name, isValue := strings.CutPrefix(strings.TrimSpace(inside), ".")
		if !isValue || !slices.Contains(values, name) {
			return t, fmt.Errorf("%s:%d: {{%s}} is not a value%s; there are {{.%s}}, and no conditions such as {{if}}", file, line, fault.Clip(inside), fault.DidYouMean(name, values), strings.Join(values, "}}, {{."))
		}
		t.before, t.names = append(t.before, before), append(t.names, name)
		line += strings.Count(inside, "\n")
		text = rest
	}
}

// fill inserts the values of a mail.
func (t template) fill(app string, m auth.Message) string {
	of := map[string]string{"App": app, "To": m.To, "Link": m.Link, "Code": m.Code, "Minutes": strconv.Itoa(m.Minutes), "Hours": strconv.Itoa(m.Hours), "What": m.What}
	var b strings.Builder
	for i, name := range t.names {
		b.WriteString(t.before[i])
		b.WriteString(of[name])
	}
	b.WriteString(t.after)
	return b.String()
}
