package edit

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// replace puts another value in the place of one.
func (d *document) replace(e *entry, value any) string {
	if e.flow {
		return d.text[:e.colon] + " " + inline(value) + d.text[e.stop:]
	}
	tail := strings.TrimSpace(d.text[e.stop:d.lineEnd(e.stop)])
	written := " " + inline(value)
	if members, ok := value.(map[string]any); ok && len(members) > 0 && e.below {
		written = d.end + strings.Repeat(" ", e.indent+2) + inline(value)
	} else if tail == "" && !e.below {
		written = d.after(value, strings.Repeat(" ", e.indent))
	}
	if e.below { // what is behind the colon on its line is a comment, and stays
		return d.text[:e.colon] + written + d.text[e.colon:d.lineEnd(e.colon)] + d.text[e.stop:]
	}
	return d.text[:e.colon] + gap(d.text[e.colon:e.start], written) + d.text[e.stop:]
}

// gap keeps the blanks before a value, which line it up with others.
func gap(blanks, written string) string {
	if len(blanks) > 1 && strings.TrimSpace(blanks) == "" && strings.HasPrefix(written, " ") {
		return blanks + written[1:]
	}
	return written
}

// insert puts the last name of a path into what has it, whose place is nil for the whole document.
func (d *document) insert(parent *entry, path []string, value any) (string, error) {
	node := d.root
	if parent != nil {
		node = parent.node
	}
	if isFlow(node) {
		if parent == nil {
			return "", errFlow
		}
		return d.insertFlow(parent, path, value), nil
	}
	if node != nil && !isMapping(node) && !isNull(node) {
		return "", fmt.Errorf("%s is not a mapping", strings.Join(path[:len(path)-1], "."))
	}
	all := members(node)
	if len(all) == 0 {
		return d.insertFirst(parent, path, value), nil
	}
	last, err := d.entry(all[len(all)-1], false)
	if err != nil {
		return "", err
	}
	line := d.block(path, value, strings.Repeat(" ", last.indent))
	if len(path) > 2 {
		if width := d.column(node, path[len(path)-1]); width > 0 && !strings.Contains(line, "\n") {
			name, rest, _ := strings.Cut(line, ": ")
			line = fmt.Sprintf("%-*s%s", width, name+":", rest)
		}
	}
	at := d.lineEnd(last.stop)
	between := d.end
	if len(path) < 3 && d.spaced(all[len(all)-1].Key.GetToken().Position.Line, len(all)) {
		between += d.end
	}
	rest := d.text[at:]
	if rest == "" {
		rest = d.end
	}
	return d.text[:at] + between + line + rest, nil
}

// spaced reports whether there is an empty line before the last of several entries.
func (d *document) spaced(line, entries int) bool {
	return entries > 1 && line > 1 && strings.TrimSpace(d.text[d.lines[line-2]:d.lines[line-1]]) == ""
}

// column is where the values of a mapping begin, if they all begin at one place further in than needed; 0 if not.
func (d *document) column(node ast.Node, name string) int {
	at := 0
	all := members(node)
	for _, m := range all {
		e, err := d.entry(m, false)
		if err != nil || e.below || e.start == e.stop {
			return 0
		}
		column := e.start - d.lineStart(e.start)
		if at != 0 && at != column || e.indent+len(name)+2 > column {
			return 0
		}
		at = column
	}
	if len(all) < 2 {
		return 0
	}
	return at
}

// insertFirst puts something into a section that has nothing.
func (d *document) insertFirst(parent *entry, path []string, value any) string {
	if parent == nil {
		text := d.text
		if text != "" && !strings.HasSuffix(text, "\n") {
			text += d.end
		}
		return text + d.block(path, value, "") + d.end
	}
	name := path[len(path)-1]
	if parent.flow {
		return d.text[:parent.colon] + " " + inline(map[string]any{name: value}) + d.text[parent.stop:]
	}
	line := d.block(path, value, strings.Repeat(" ", parent.indent+2))
	// It may say null; a comment behind it stays.
	kept := d.text[parent.stop:d.lineEnd(parent.stop)]
	return d.text[:parent.colon] + kept + d.end + line + d.text[d.lineEnd(parent.stop):]
}

// insertFlow puts something into braces, as the last.
func (d *document) insertFlow(parent *entry, path []string, value any) string {
	written := path[len(path)-1] + ": " + inline(value)
	closing := parent.stop - 1
	inside := strings.TrimRight(d.text[parent.start+1:closing], " \t\r\n")
	switch at := parent.start + 1 + len(inside); {
	case inside == "":
		return d.text[:parent.start] + "{ " + written + " }" + d.text[parent.stop:]
	case strings.HasSuffix(inside, ","):
		return d.text[:at] + " " + written + d.text[at:]
	default:
		return d.text[:at] + ", " + written + d.text[at:]
	}
}

// remove takes out what is at a path, and the section that is empty then. It returns the path of what it took.
func (d *document) remove(path []string) (string, []string, error) {
	for len(path) > 3 {
		parent, err := d.find(path[:len(path)-1])
		if err != nil {
			return "", nil, err
		}
		if len(members(parent.node)) > 1 {
			break
		}
		path = path[:len(path)-1]
	}
	e, err := d.find(path)
	if err != nil {
		return "", nil, err
	}
	if e.flow {
		return d.removeFlow(e), path, nil
	}
	start := d.lineStart(e.key)
	if strings.TrimSpace(d.text[start:e.key]) != "" {
		return "", nil, fmt.Errorf("%s is on a line with something else; take it out in the file itself", strings.Join(path, "."))
	}
	return d.text[:start] + d.text[d.nextLine(d.lineEnd(e.stop)):], path, nil
}

// removeFlow takes an entry out of its braces, with one comma.
func (d *document) removeFlow(e *entry) string {
	before := strings.TrimRight(d.text[:e.key], " \t\r\n")
	after := strings.TrimLeft(d.text[e.stop:], " \t\r\n")
	switch {
	case strings.HasPrefix(after, ","):
		return d.text[:e.key] + strings.TrimLeft(after[1:], " \t\r\n")
	case strings.HasSuffix(before, ","):
		return before[:len(before)-1] + d.text[e.stop:]
	}
	return before + after
}

// changeList makes a list another one where that is the old one with more at its end, with some taken out, or with some
// replaced; it reports false where it is neither.
func (d *document) changeList(e *entry, before []any, value any) (string, bool) {
	list, ok := value.([]any)
	if !ok || len(list) == 0 || len(before) == 0 {
		return "", false
	}
	if isBlockList(e.node) && len(list) == len(before) {
		return d.replaceItems(e, before, list)
	}
	kept := 0 // of before that are in list, in order
	var gone []int
	for i, one := range before {
		if kept < len(list) && reflect.DeepEqual(one, plainValue(list[kept])) {
			kept++
		} else {
			gone = append(gone, i)
		}
	}
	if len(gone) == len(before) || len(gone) > 0 && kept < len(list) {
		return "", false
	}
	if isBlockList(e.node) {
		return d.changeLines(e, len(before), gone, list[kept:])
	}
	if len(gone) > 0 {
		return "", false
	}
	text := strings.TrimRight(d.text[:e.stop-1], " \t\r\n")
	inside := strings.TrimSuffix(text, ",")
	for _, one := range list[kept:] {
		inside += ", " + inline(one)
	}
	return inside + d.text[len(text):], true
}

// items are where the items of a list that has one a line begin, with their dashes.
func (d *document) items(e *entry, want int) (starts []int, ok bool) {
	in := e.start - d.lineStart(e.start)
	for at := d.lineStart(e.start); at < e.stop; at = d.nextLine(d.lineEnd(at)) {
		if c := skipBlanks(d.text, at); c-at == in && c < len(d.text) && d.text[c] == '-' {
			starts = append(starts, c)
		}
	}
	return starts, len(starts) == want
}

// replaceItems writes the items that differ, each in its place.
func (d *document) replaceItems(e *entry, before, list []any) (string, bool) {
	starts, ok := d.items(e, len(before))
	text := d.text
	for i := len(starts) - 1; ok && i >= 0; i-- {
		if reflect.DeepEqual(before[i], plainValue(list[i])) {
			continue
		}
		item := &entry{start: skipBlanks(d.text, starts[i]+1), indent: starts[i] - d.lineStart(starts[i])}
		stop, err := d.inlineEnd(item)
		if err != nil || stop > d.lineEnd(item.start) {
			return "", false
		}
		text = text[:item.start] + inline(list[i]) + text[stop:]
	}
	return text, ok
}

// changeLines takes items of a list that has one a line out, and puts others behind it.
func (d *document) changeLines(e *entry, items int, gone []int, more []any) (string, bool) {
	starts, ok := d.items(e, items)
	if !ok {
		return "", false
	}
	in := e.start - d.lineStart(e.start)
	text := d.text[:d.lineEnd(e.stop)]
	tail := d.text[d.lineEnd(e.stop):]
	for _, one := range more {
		text += d.end + strings.Repeat(" ", in) + "- " + inline(one)
	}
	for i := len(gone) - 1; i >= 0; i-- {
		next := len(text)
		if gone[i]+1 < len(starts) {
			next = d.lineStart(starts[gone[i]+1])
		} else if strings.HasPrefix(tail, d.end) {
			tail = tail[len(d.end):]
		}
		text = text[:d.lineStart(starts[gone[i]])] + text[next:]
	}
	return text + tail, true
}
