package edit

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

var (
	plainText = regexp.MustCompile(`^-?[A-Za-z_][A-Za-z0-9_./]*(-[A-Za-z0-9_./]+)*$`)
	// meant is what YAML, or a reader of another YAML, takes for something else than text.
	meant = regexp.MustCompile(`^(?i:true|false|null|yes|no|on|off|y|n)$`)
)

// quoted is a text as YAML has it, on one line; in quotes where it would be something else, or hard to read.
func quoted(s string) string {
	single := true
	for _, r := range s {
		single = single && (unicode.IsPrint(r) && r != '\uFEFF')
	}
	switch {
	case plainText.MatchString(s) && !meant.MatchString(s):
		return s
	case single && !strings.Contains(s, "'"):
		return "'" + s + "'"
	case single && !strings.ContainsAny(s, `"\`):
		return `"` + s + `"`
	case single:
		return "'" + strings.ReplaceAll(s, "'", "''") + "'"
	}
	return strconv.QuoteToASCII(s)
}

// inline is a value on one line.
func inline(v any) string {
	switch v := v.(type) {
	case string:
		return quoted(v)
	case bool:
		return fmt.Sprint(v)
	case json.Number:
		return v.String()
	case []any:
		parts := make([]string, len(v))
		for i, one := range v {
			parts[i] = inline(one)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case map[string]any:
		if len(v) == 0 {
			return "{}"
		}
		var parts []string
		for _, name := range ordered(v) {
			parts = append(parts, name+": "+inline(v[name]))
		}
		return "{ " + strings.Join(parts, ", ") + " }"
	}
	return "null"
}

// block is a key with its value as lines, without the end of the last one. A collection, and each of its sections, has what is in
// it on lines of its own; what is deeper is on one.
func (d *document) block(path []string, v any, indent string) string {
	name := path[len(path)-1]
	members, ok := v.(map[string]any)
	if !ok || len(members) == 0 || !spreads(path) {
		return indent + name + ":" + d.after(v, indent)
	}
	var out strings.Builder
	out.WriteString(indent + name + ":")
	for _, one := range ordered(members) {
		out.WriteString(d.end + d.block(append(path[:len(path):len(path)], one), members[one], indent+"  "))
	}
	return out.String()
}

func spreads(path []string) bool {
	switch len(path) {
	case 1, 2:
		return true
	case 3:
		return path[2] != "unset" && path[2] != "set"
	}
	return false
}

// after is what follows a key: a value on its line, or a text of several lines below it.
func (d *document) after(v any, indent string) string {
	s, ok := v.(string)
	if !ok || !spansLines(s) {
		return " " + inline(v)
	}
	return " |-" + d.end + indent + "  " + strings.ReplaceAll(s, "\n", d.end+indent+"  ")
}

// spansLines says that a text is better on lines of its own, and the same there.
func spansLines(s string) bool {
	if !strings.Contains(s, "\n") || strings.HasPrefix(s, " ") || strings.TrimSpace(s) != s {
		return false
	}
	for line := range strings.SplitSeq(s, "\n") {
		if strings.TrimRight(line, " ") != line || line == "" {
			return false
		}
		for _, r := range line {
			if !unicode.IsPrint(r) {
				return false
			}
		}
	}
	return true
}
