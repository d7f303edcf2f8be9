package files

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/basalt-dev/basalt/modules/fault"
)

// Lengths in bytes. Bytes are never stored under a name: these are for the clients that save files by it.
const (
	MaxName = 255
	MaxPath = 1024
)

// CheckName returns what is wrong with the name of a file, empty for nothing.
func CheckName(name string) string {
	switch {
	case name == "" || len(name) > MaxName:
		return "a name has 1 to 255 bytes"
	case !utf8.ValidString(name):
		return "a name is UTF-8"
	case name == "." || name == "..":
		return "a name is not . or .."
	case strings.ContainsFunc(name, misleading):
		return "a name has no control characters, and none that change the direction of the text"
	case strings.ContainsAny(name, `/\`):
		return `a name has no / and no \`
	}
	return ""
}

// CheckPath returns what is wrong with a path such as a/b.png, empty for nothing.
func CheckPath(path string) string {
	if path == "" || len(path) > MaxPath {
		return "a path has 1 to 1024 bytes"
	}
	for name := range strings.SplitSeq(path, "/") {
		if name == "" {
			return "a path is relative, without empty parts, as in a/b.png"
		}
		if wrong := CheckName(name); wrong != "" {
			return "each part of a path is a name: " + wrong
		}
	}
	return ""
}

// misleading reports whether a character makes a name look like another one. Joiners are part of words and of emoji.
func misleading(r rune) bool {
	switch {
	case unicode.IsControl(r), r == '\u2028', r == '\u2029', r == '\ufeff', r == '\u061c':
		return true
	case r >= '\u200e' && r <= '\u200f', r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069':
		return true
	}
	return false
}

// baseName returns what follows the last separator: some clients send whole paths.
func baseName(name string) string { return name[strings.LastIndexAny(name, `/\`)+1:] }

func checkNames(path, name string) error {
	if path != "" {
		if wrong := CheckPath(path); wrong != "" {
			return fault.FieldErrorf(fieldPath, "pattern", "%s", wrong)
		}
	}
	if name != "" {
		if wrong := CheckName(name); wrong != "" {
			return fault.FieldErrorf(fieldName, "pattern", "%s", wrong)
		}
	}
	return nil
}
