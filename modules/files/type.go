package files

import (
	"mime"
	"regexp"
	"slices"
	"strings"

	"github.com/gabriel-vasile/mimetype"

	"github.com/basalt-dev/basalt/modules/fault"
)

// sniffed is how many bytes the type of a file is detected from. The library looks at 4096 of what it gets.
const sniffed = 3072

// typeOf returns the media type of a file by its first bytes. What the client has declared counts only where these say
// no more than that it is text, and for types that nothing runs.
func (c *Collection) typeOf(head []byte, declared string) string {
	if len(head) == 0 {
		return "application/octet-stream"
	}
	found := bare(mimetype.Detect(head).String())
	if base := bare(declared); found == "text/plain" && slices.Contains(plainTypes, base) && c.accepts(base) {
		return base
	}
	return found
}

// bare returns a media type without its parameters, so that rules can compare it; empty for what is none.
func bare(mediaType string) string {
	base, _, err := mime.ParseMediaType(mediaType)
	if err != nil {
		return ""
	}
	return base
}

// plainTypes are types of plain text that cannot be detected from their bytes.
var plainTypes = []string{"text/csv", "text/markdown", "text/css", "text/calendar", "text/vtt", "application/json", "application/x-ndjson", "application/yaml", "application/toml"}

// accepts reports whether a collection takes files of a bare media type.
func (c *Collection) accepts(mediaType string) bool { return accepts(c.Types, mediaType) }

// accepts reports whether patterns of media types, of which none means all, have a bare media type.
func accepts(patterns []string, mediaType string) bool {
	return mediaType != "" && (len(patterns) == 0 || slices.ContainsFunc(patterns, func(pattern string) bool {
		class, all := strings.CutSuffix(pattern, "/*")
		return pattern == "*/*" || pattern == mediaType || all && strings.HasPrefix(mediaType, class+"/")
	}))
}

var mediaPattern = regexp.MustCompile(`^([a-z]+/([a-z0-9.+-]+|\*)|\*/\*)$`)

// Accepts reports whether patterns of media types, of which none means all, have a media type.
func Accepts(patterns []string, mediaType string) bool { return accepts(patterns, mediaType) }

// ValidPattern reports whether a text is a media type such as image/png or image/*.
func ValidPattern(text string) bool { return len(text) <= 127 && mediaPattern.MatchString(text) }

// RefusedType is the error for a file of a media type that is not taken.
type RefusedType struct {
	error
	Type string
}

// Unwrap returns the error as every module has it.
func (e *RefusedType) Unwrap() error { return e.error }

func (c *Collection) refuseType(mediaType string) error {
	return refuseType(mediaType, c.Name, c.Types)
}

func refuseType(mediaType, by string, takes []string) error {
	return &RefusedType{fault.Errorf(fault.UnsupportedMedia, "by its content this file is %s, and %s takes %s", mediaType, by, strings.Join(takes, ", ")), mediaType}
}
