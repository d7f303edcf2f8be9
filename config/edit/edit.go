// Package edit changes the collections of a configuration file as a person would: it takes out, puts in or replaces the
// few characters that are meant, so that comments, order and the shape of everything else stay as they are.
//
// It is not for reading a configuration, nor for saying whether one is right: package config does that with the result.
// What it makes is parsed again and compared with what was asked for; a text in which that fails is left to its author.
package edit

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// The things that an Edit does.
const (
	Set    = "set"    // gives a place a value, as the last of its section if it is new
	Remove = "remove" // takes a place out
	Rename = "rename" // gives a field another name
)

// Edit is one change. Value is what JSON has: nil, bool, [encoding/json.Number], string, []any or map[string]any.
type Edit struct {
	Do    string
	Path  []string // begins with collections and the name of one
	To    string   // the new name
	Value any
}

// Error says what is wrong with an edit, or why the text cannot be changed there.
type Error struct {
	Edit int // its position among the edits
	What string
}

func (e *Error) Error() string { return e.What }

// editable are the sections of a collection that may be edited. What they have in them is about documents alone: no secret, no
// address and no file of the server.
var editable = []string{"fields", "indexes", "rules", "fields_readable", "fields_writable", "set", "unset", "queries", "realtime"}

// named is what a new name looks like; nothing that means anything in YAML.
var named = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)

// mostEdits bounds the edits of one call, and mostDepth how deep a value is.
const (
	mostEdits = 200
	mostDepth = 8
)

// Apply makes edits one after another.
func Apply(text string, edits []Edit) (string, error) {
	if len(edits) > mostEdits {
		return "", &Error{0, fmt.Sprintf("there are more than %d edits", mostEdits)}
	}
	for i, e := range edits {
		if err := e.check(); err != nil {
			return "", &Error{i, err.Error()}
		}
		steps := []Edit{e}
		if e.Do == Rename {
			var err error
			if steps, err = renameField(text, e); err != nil {
				return "", &Error{i, err.Error()}
			}
		}
		for _, step := range steps {
			changed, err := apply(text, step)
			if err != nil {
				return "", &Error{i, err.Error()}
			}
			text = changed
		}
	}
	return text, nil
}

// check refuses what leads out of the collections, and what is more than data.
func (e *Edit) check() error {
	switch {
	case len(e.Path) < 2 || len(e.Path) > 8 || e.Path[0] != "collections":
		return errors.New(`the path of an edit is that of a collection, or of something in one, such as ["collections", "notes", "fields", "title"]`)
	case len(e.Path) > 2 && !slices.Contains(editable, e.Path[2]):
		return fmt.Errorf("%s cannot be edited here; of a collection, these can: %s", e.Path[2], strings.Join(editable, ", "))
	}
	for _, name := range append(e.Path[1:len(e.Path):len(e.Path)], e.names()...) {
		if !named.MatchString(name) {
			return fmt.Errorf("%q is not a name: letters, digits, _ and - make one", name)
		}
	}
	switch e.Do {
	case Set:
		return e.checkValue()
	case Remove:
		return nil
	case Rename:
		if len(e.Path) == 4 && e.Path[2] == "fields" {
			return nil
		}
		return errors.New("a field can be renamed, nothing else: a collection with another name would have another table")
	}
	return errors.New("an edit does one of: set, remove, rename")
}

func (e *Edit) names() []string {
	if e.Do == Rename {
		return []string{e.To}
	}
	return nil
}

func (e *Edit) checkValue() error {
	if len(e.Path) == 2 {
		sections, ok := e.Value.(map[string]any)
		if !ok {
			return errors.New("a collection is an object")
		}
		for name := range sections {
			if !slices.Contains(editable, name) && name != "database" {
				return fmt.Errorf("%s cannot be edited here; of a collection, these can: %s", name, strings.Join(editable, ", "))
			}
		}
	}
	return checkValue(e.Value, e.Path, 0)
}

// isExpression says that what is at a path, and in it, is code: there, ${…} is not a variable of the environment.
func isExpression(path []string) bool {
	return len(path) > 2 && slices.Contains([]string{"rules", "fields_readable", "fields_writable", "set"}, path[2])
}

// checkValue refuses values that would be more than they seem. A variable of the environment in one would show what is
// in it to whoever edits: the names of variables are no secret, what they have in them is.
func checkValue(v any, path []string, depth int) error {
	if depth > mostDepth {
		return errors.New("the value is too deep")
	}
	switch v := v.(type) {
	case string:
		if !isExpression(path) && strings.Contains(v, "${") {
			return errors.New("a value cannot have ${…}: variables of the environment are written in the file itself")
		}
		if strings.ContainsRune(v, 0) {
			return errors.New("a value has a NUL character")
		}
	case []any:
		for _, one := range v {
			if err := checkValue(one, path, depth+1); err != nil {
				return err
			}
		}
	case map[string]any:
		for name, one := range v {
			if !named.MatchString(name) {
				return fmt.Errorf("%q is not a name: letters, digits, _ and - make one", name)
			}
			if err := checkValue(one, append(path[:len(path):len(path)], name), depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// apply makes one change of the text, and holds that it is the one that was meant.
func apply(text string, e Edit) (string, error) {
	d, err := parse(text)
	if err != nil {
		return "", err
	}
	if e.Do == Set {
		return d.set(e.Path, e.Value)
	}
	want := d.plain()
	switch at, err := d.find(e.Path); {
	case err != nil:
		return "", err
	case at == nil:
		return "", fmt.Errorf("there is no %s", strings.Join(e.Path, "."))
	case e.Do == Rename:
		if other, _ := d.find(append(e.Path[:len(e.Path)-1:len(e.Path)-1], e.To)); other != nil {
			return "", fmt.Errorf("there is a %s already", e.To)
		}
		want = renamed(want, e.Path, e.To)
		text = text[:at.key] + e.To + lineUp(text[at.keyEnd:], len(e.To)-(at.keyEnd-at.key), at.colon-at.keyEnd)
	default:
		var path []string
		if text, path, err = d.remove(e.Path); err != nil {
			return "", err
		}
		want = without(want, path)
	}
	return held(text, want)
}

// lineUp moves what follows a key that has become longer, or shorter, where there are blanks to line it up.
func lineUp(rest string, longer, colon int) string {
	blanks := len(rest[colon:]) - len(strings.TrimLeft(rest[colon:], " "))
	if blanks < 2 {
		return rest
	}
	return rest[:colon] + strings.Repeat(" ", max(1, blanks-longer)) + rest[colon+blanks:]
}

// held returns a text if it says what is wanted.
func held(text string, want any) (string, error) {
	d, err := parse(text)
	if err != nil || !reflect.DeepEqual(d.plain(), want) {
		return "", errors.New("this part of the file is written in a way that cannot be changed here without loss; change it in the file itself")
	}
	return text, nil
}

// set gives a place a value. Of an object in the place of another, only what differs is written.
func (d *document) set(path []string, value any) (string, error) {
	at, err := d.find(path)
	switch {
	case err != nil:
		return "", err
	case at == nil:
		return d.add(path, value)
	}
	old, now := plainOf(at.node), plainValue(value)
	if reflect.DeepEqual(old, now) {
		return d.text, nil
	}
	if before, ok := old.(map[string]any); ok && len(before) > 0 {
		if members, ok := value.(map[string]any); ok && len(members) > 0 {
			return d.merge(path, before, members)
		}
	}
	if before, ok := old.([]any); ok {
		if text, ok := d.changeList(at, before, value); ok {
			return held(text, with(d.plain(), path, now))
		}
	}
	return held(d.replace(at, value), with(d.plain(), path, now))
}

// merge makes an object another one, member by member.
func (d *document) merge(path []string, before, members map[string]any) (text string, err error) {
	text = d.text
	step := func(e Edit) {
		if err == nil {
			text, err = apply(text, e)
		}
	}
	for _, name := range ordered(members) { // first what is new, so that nothing is empty in between
		step(Edit{Do: Set, Path: append(path[:len(path):len(path)], name), Value: members[name]})
	}
	for _, name := range ordered(before) {
		if _, stays := members[name]; !stays {
			step(Edit{Do: Remove, Path: append(path[:len(path):len(path)], name)})
		}
	}
	return text, err
}

// add puts a value where there is none, with what leads there.
func (d *document) add(path []string, value any) (string, error) {
	known := len(path) - 1
	var parent *entry
	for ; known > 0; known-- {
		var err error
		if parent, err = d.find(path[:known]); err != nil {
			return "", err
		} else if parent != nil {
			break
		}
	}
	inner := value
	for i := len(path) - 1; i > known; i-- {
		inner = map[string]any{path[i]: inner}
	}
	text, err := d.insert(parent, path[:known+1], inner)
	if err != nil {
		return "", err
	}
	return held(text, with(d.plain(), path, plainValue(value)))
}

var (
	errFlow    = errors.New("the whole file is in one pair of braces; write its sections on lines of their own to change it here")
	errSpecial = errors.New("anchors, aliases and tags of YAML are not supported")
)

// find returns what is at a path, nil if nothing is.
func (d *document) find(path []string) (*entry, error) {
	var at *entry
	node, flow := d.root, false
	for _, name := range path {
		if flow = flow || isFlow(node); at == nil && flow {
			return nil, errFlow
		}
		m := member(node, name)
		if m == nil {
			if node != nil && !isMapping(node) && !isNull(node) {
				return nil, fmt.Errorf("what should have %s in it is not a mapping", name)
			}
			return nil, nil
		}
		var err error
		if at, err = d.entry(m, flow); err != nil {
			return nil, err
		}
		node = m.Value
	}
	return at, nil
}

// renameField gives a field another name, everywhere in its collection: its column keeps what it has, by was.
func renameField(text string, e Edit) ([]Edit, error) {
	d, err := parse(text)
	if err != nil {
		return nil, err
	}
	steps := []Edit{e}
	at, from, to := e.Path[:2:2], e.Path[3], e.To
	collection, _ := dig(d.plain(), at).(map[string]any)
	field, _ := dig(collection, e.Path[2:]).(map[string]any)
	if field != nil && field["column"] == nil {
		steps = append(steps, Edit{Do: Set, Path: append(e.Path[:3:3], to, "was"), Value: from})
	}
	mention := regexp.MustCompile(`\b(doc|next)\.` + regexp.QuoteMeta(from) + `\b|("|')` + regexp.QuoteMeta(from) + `("|')`)
	for _, section := range []string{"rules", "fields_readable", "fields_writable", "set"} {
		walkTexts(collection[section], append(at, section), func(path []string, source string) {
			changed := mention.ReplaceAllStringFunc(source, func(found string) string {
				if strings.HasSuffix(found, "."+from) {
					return strings.TrimSuffix(found, from) + to
				}
				if before, _, _ := strings.Cut(source, found); !strings.Contains(before, "changed(") {
					return found // a text that is only spelled alike
				}
				return found[:1] + to + found[len(found)-1:]
			})
			if changed != source {
				steps = append(steps, Edit{Do: Set, Path: path, Value: changed})
			}
		})
	}
	for _, section := range [][]string{{"fields_readable"}, {"fields_writable"}, {"set", "create"}, {"set", "update"}} {
		if rules, _ := dig(collection, section).(map[string]any); rules[from] != nil {
			steps = append(steps, Edit{Do: Rename, Path: append(append(at, section...), from), To: to})
		}
	}
	if indexes, ok := collection["indexes"].([]any); ok {
		if changed := renameIn(indexes, from, to); !reflect.DeepEqual(changed, indexes) {
			steps = append(steps, Edit{Do: Set, Path: append(at, "indexes"), Value: values(changed)})
		}
	}
	return steps, nil
}

func isMapping(n ast.Node) bool {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return true
	}
	return false
}

func isNull(n ast.Node) bool {
	_, ok := n.(*ast.NullNode)
	return ok
}

func isFlow(n ast.Node) bool {
	m, ok := n.(*ast.MappingNode)
	return ok && m.IsFlowStyle
}
