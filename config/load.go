package config

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Problem is one mistake of a file.
type Problem struct {
	File string
	At   Position
	What string
}

// String returns `file:line:column: what`.
func (p Problem) String() string {
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.At.Line, p.At.Column, p.What)
}

// Error is everything that is wrong with a file, in the order of the file.
type Error struct{ Problems []Problem }

// Error returns one line a problem.
func (e *Error) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// maxFile is the largest configuration file, in bytes.
const maxFile = 4 << 20

// Load reads and checks a file. What is wrong with its content is one *Error; a file that cannot
// be read is another error.
func Load(path string) (*Config, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("reading the configuration: %w; `basalt init DIR` writes one to start from, and --config names one elsewhere", err)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	dir, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	return Parse(path, dir, data)
}

// Parse checks the content of a file. Relative paths in it start from dir.
func Parse(path, dir string, data []byte) (*Config, error) {
	d := &decoder{file: path, places: map[any]Position{}}
	if len(data) > maxFile {
		d.fail(Position{1, 1}, "the file is larger than %d bytes", maxFile)
		return nil, &Error{d.problems}
	}
	file, err := parser.ParseBytes(data, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		var syntax *yaml.SyntaxError
		if errors.As(err, &syntax) {
			at := tokenPosition(syntax.Token)
			if opened := unclosed(data, at); opened != nil && unquoted(data, at.Line) == "" {
				d.fail(tokenPosition(opened), "this %s is not closed, or a comma is missing, before line %d", opened.Value, at.Line)
			} else {
				d.fail(at, "%s%s", syntax.Message, unquoted(data, at.Line))
			}
		} else {
			d.fail(Position{1, 1}, "%s", err)
		}
		return nil, &Error{d.problems}
	}
	c := &Config{Path: path, Dir: dir}
	body := root(file)
	switch {
	case body == nil:
		d.fail(Position{1, 1}, "the file is empty; `basalt init DIR` writes one to start from")
	case len(file.Docs) > 1:
		d.fail(position(file.Docs[1].Body), "a configuration is one document; take the --- out")
	default:
		d.decode(body, reflect.ValueOf(c).Elem())
	}
	if c.Databases != nil {
		c.defaults()
		v := validator{d, c}
		v.all()
	}
	if len(d.problems) > 0 {
		slices.SortStableFunc(d.problems, func(a, b Problem) int {
			return cmp.Or(cmp.Compare(a.At.Line, b.At.Line), cmp.Compare(a.At.Column, b.At.Column))
		})
		return nil, &Error{slices.Compact(d.problems)}
	}
	return c, nil
}

// unclosed returns the bracket of an earlier line that a place is inside of.
func unclosed(data []byte, at Position) *token.Token {
	var opened []*token.Token
	for _, t := range lexer.Tokenize(string(data)) {
		if p := tokenPosition(t); p.Line > at.Line || p.Line == at.Line && p.Column >= at.Column {
			break
		}
		switch t.Type {
		case token.MappingStartType, token.SequenceStartType:
			opened = append(opened, t)
		case token.MappingEndType, token.SequenceEndType:
			opened = opened[:max(0, len(opened)-1)]
		}
	}
	if len(opened) == 0 || tokenPosition(opened[len(opened)-1]).Line == at.Line {
		return nil
	}
	return opened[len(opened)-1]
}

// unquoted says what is probably wrong with a line that YAML refuses: an expression without quotes.
func unquoted(data []byte, line int) string {
	lines := strings.Split(string(data), "\n")
	if line < 1 || line > len(lines) {
		return ""
	}
	m := expression.FindStringSubmatch(lines[line-1])
	if m == nil {
		return ""
	}
	quote := "'"
	if strings.Contains(m[2], "'") {
		quote = `"`
	}
	return fmt.Sprintf("; put the expression after %s: in quotes, %s…%s", m[1], quote, quote)
}

// expression is a line with a key and what looks like an expression rather than a value of YAML.
var expression = regexp.MustCompile("^\\s*([\\w.]+):\\s+([^'\"#|>].*(?:[=!<>]=|&&|\\|\\||\\?|\\bauth\\b|\\bdoc\\.|\\bnext\\.|\\().*|[&!%@`].*|[\"'].*[\"'][^\\s#,}].*)$")

func root(file *ast.File) ast.Node {
	for _, doc := range file.Docs {
		if doc.Body != nil && doc.Body.Type() != ast.CommentType && doc.Body.Type() != ast.NullType {
			return doc.Body
		}
	}
	return nil
}
