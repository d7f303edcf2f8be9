package edit

import (
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// document is a file with its syntax tree. The tree says where keys are; where values end is read from the source.
type document struct {
	text  string
	lines []int // where each begins
	end   string
	root  ast.Node
}

func parse(text string) (*document, error) {
	file, err := parser.ParseBytes([]byte(text), 0)
	if err != nil {
		return nil, errors.New("the file is not valid YAML")
	}
	d := &document{text: text, lines: []int{0}, end: "\n"}
	if strings.Contains(text, "\r\n") {
		d.end = "\r\n"
	}
	for i := range len(text) {
		if text[i] == '\n' {
			d.lines = append(d.lines, i+1)
		}
	}
	for _, doc := range file.Docs {
		if doc.Body != nil && doc.Body.Type() != ast.CommentType && doc.Body.Type() != ast.NullType {
			d.root = doc.Body
			break
		}
	}
	return d, nil
}

// members are the entries of a mapping.
func members(n ast.Node) []*ast.MappingValueNode {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}
	}
	return nil
}

func member(n ast.Node, name string) *ast.MappingValueNode {
	for _, m := range members(n) {
		if m.Key.GetToken().Value == name {
			return m
		}
	}
	return nil
}

// entry is where an entry of a mapping is: its key, the end of that with the colon, and its value. A value that is nothing
// begins and ends behind the colon.
type entry struct {
	key, keyEnd, colon int
	start, stop        int
	indent             int  // of the key, in bytes
	below              bool // the value begins on a line of its own
	flow               bool // within braces
	node               ast.Node
}

// entry finds an entry in the text.
func (d *document) entry(m *ast.MappingValueNode, flow bool) (*entry, error) {
	at := m.Key.GetToken().Position
	line := d.lines[min(at.Line, len(d.lines))-1]
	e := &entry{key: line, flow: flow, node: m.Value}
	for range at.Column - 1 {
		_, size := utf8.DecodeRuneInString(d.text[e.key:])
		e.key += size
	}
	e.indent = e.key - line
	e.keyEnd = e.key
	switch {
	case e.key >= len(d.text):
		return nil, errSpecial
	case d.text[e.key] == '"' || d.text[e.key] == '\'':
		e.keyEnd = quoteEnd(d.text, e.key)
	default:
		for e.keyEnd < len(d.text) && !strings.ContainsRune(": \t\r\n", rune(d.text[e.keyEnd])) {
			e.keyEnd++
		}
	}
	colon := strings.IndexByte(d.text[e.keyEnd:], ':')
	if colon < 0 || strings.TrimSpace(d.text[e.keyEnd:e.keyEnd+colon]) != "" {
		return nil, errSpecial
	}
	e.colon = e.keyEnd + colon + 1
	return e, d.value(e)
}

// value finds where the value of an entry is.
func (d *document) value(e *entry) error {
	e.start = skipBlanks(d.text, e.colon)
	rest := d.text[e.start:]
	if rest == "" || rest[0] == '\n' || rest[0] == '\r' || rest[0] == '#' {
		next := d.nextContent(e.start)
		column := next - d.lineStart(next)
		listBelow := column == e.indent && strings.HasPrefix(d.text[next:], "-")
		if isNull(e.node) || next >= len(d.text) || !e.flow && column <= e.indent && !listBelow {
			e.start, e.stop = e.colon, e.colon
			return nil
		}
		if e.start = next; !e.flow {
			e.below = true
			if isMapping(e.node) && !isFlow(e.node) || isBlockList(e.node) {
				e.stop = d.blockEnd(e, listBelow)
				return nil
			}
		}
	}
	var err error
	e.stop, err = d.inlineEnd(e)
	return err
}

func isBlockList(n ast.Node) bool {
	s, ok := n.(*ast.SequenceNode)
	return ok && !s.IsFlowStyle
}

// inlineEnd finds the end of a value that begins where the value does.
func (d *document) inlineEnd(e *entry) (int, error) {
	text := d.text
	switch text[e.start] {
	case '{', '[':
		return flowEnd(text, e.start)
	case '"', '\'':
		return quoteEnd(text, e.start), nil
	case '|', '>':
		if !e.flow {
			return d.blockEnd(e, false), nil
		}
	case '&', '*', '!':
		return 0, errSpecial
	}
	stop := plainEnd(text, e.start, e.flow)
	for !e.flow { // a string may go on below
		next := d.nextContent(stop)
		if next >= len(text) || next-d.lineStart(next) <= e.indent || strings.HasPrefix(text[skipBlanks(text, stop):], "#") {
			break
		}
		stop = plainEnd(text, next, false)
	}
	return stop, nil
}

// blockEnd is the end of the last line that belongs to an entry: those that are further in than its key.
func (d *document) blockEnd(e *entry, listBelow bool) int {
	stop := d.lineEnd(e.start)
	for at := d.nextLine(stop); at < len(d.text); at = d.nextLine(d.lineEnd(at)) {
		first := skipBlanks(d.text, at)
		if first >= len(d.text) || d.text[first] == '\n' || d.text[first] == '\r' {
			continue
		}
		if in := first - at; in < e.indent || in == e.indent && !(listBelow && d.text[first] == '-') {
			break
		}
		stop = d.lineEnd(at)
	}
	return stop
}

// lineStart and lineEnd are the ends of the line that an offset is in; nextLine begins behind the end of one.
func (d *document) lineStart(at int) int {
	return strings.LastIndexByte(d.text[:min(at, len(d.text))], '\n') + 1
}

func (d *document) lineEnd(at int) int {
	end := len(d.text)
	if i := strings.IndexByte(d.text[min(at, end):], '\n'); i >= 0 {
		end = at + i
	}
	for end > at && d.text[end-1] == '\r' {
		end--
	}
	return end
}

func (d *document) nextLine(end int) int {
	if i := strings.IndexByte(d.text[end:], '\n'); i >= 0 {
		return end + i + 1
	}
	return len(d.text)
}

// nextContent is the first character after an offset that is no blank, no end of a line and in no comment.
func (d *document) nextContent(at int) int {
	for at < len(d.text) {
		switch d.text[at] {
		case ' ', '\t', '\r', '\n':
			at++
		case '#':
			at = d.nextLine(at)
		default:
			return at
		}
	}
	return at
}

func skipBlanks(text string, at int) int {
	for at < len(text) && (text[at] == ' ' || text[at] == '\t') {
		at++
	}
	return at
}

func quoteEnd(text string, at int) int {
	quote := text[at]
	for at++; at < len(text); at++ {
		switch {
		case text[at] == '\\' && quote == '"':
			at++
		case text[at] == quote && quote == '\'' && strings.HasPrefix(text[at+1:], "'"):
			at++
		case text[at] == quote:
			return at + 1
		}
	}
	return len(text)
}

// flowEnd is the end of what braces or brackets begin.
func flowEnd(text string, at int) (int, error) {
	for depth, fresh := 0, true; at < len(text); at++ {
		switch c := text[at]; {
		case c == '{' || c == '[':
			depth, fresh = depth+1, true
			continue
		case c == '}' || c == ']':
			if depth--; depth == 0 {
				return at + 1, nil
			}
		case (c == '"' || c == '\'') && fresh:
			at = quoteEnd(text, at) - 1
		case c == '#' && strings.ContainsRune(" \t\n", rune(text[at-1])):
			for at+1 < len(text) && text[at+1] != '\n' {
				at++
			}
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			continue
		}
		fresh = text[at] == ',' || text[at] == ':'
	}
	return 0, errSpecial
}

// plainEnd is the end of a string without quotes, on its line.
func plainEnd(text string, at int, flow bool) int {
	end := at
	for ; at < len(text); at++ {
		c := text[at]
		if c == '\n' || c == '#' && at > 0 && (text[at-1] == ' ' || text[at-1] == '\t') || flow && strings.ContainsRune(",]}", rune(c)) {
			break
		}
		if c != ' ' && c != '\t' && c != '\r' {
			end = at + 1
		}
	}
	return end
}
