package rules

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/modules/syntax"
)

// Scope is what an expression may use, besides the variables and functions of the language.
type Scope struct {
	// Shape has the fields of doc and next.
	Shape *query.Shape
	// Collections are those that exists and get may use, with their fields, the id first.
	Collections map[string]*query.Shape
	// Functions and Roles are the named expressions of the configuration.
	Functions map[string]*Function
	Roles     map[string]*Function
	// Profile makes auth.profile the document about the caller; nil leaves it a claim.
	Profile *Profile
}

func (s Scope) functionNames() []string {
	return append([]string{"now", "today", "len", "changed", "exists", "get", "webhook", "like", "ilike", "any", "all", "none", "one"}, slices.Sorted(maps.Keys(s.Functions))...)
}

func firstOr[T any](m map[string]T, name string) string {
	for _, first := range slices.Sorted(maps.Keys(m)) {
		return first
	}
	return name
}

// Function is a named expression with parameters. A call is replaced by the expression.
type Function struct {
	Name   string
	params []string
	source string
	body   syntax.Node
}

var signaturePattern = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9_]*)(?:\(([^()]*)\))?$`)

// ParseFunction reads a signature such as "isMember(team, user)" and its expression. Errors are *Error. The
// expression is checked where it is used, because the fields are known only there.
func ParseFunction(signature, source string) (*Function, error) {
	m := signaturePattern.FindStringSubmatch(strings.TrimSpace(signature))
	if m == nil {
		return nil, &Error{0, fmt.Sprintf("%q is not a name, or a name with parameters such as isMember(team)", signature)}
	}
	f := &Function{Name: m[1]}
	if slices.Contains(reserved, f.Name) || functions[f.Name] != nil || slices.Contains(quantifiers, f.Name) {
		return nil, &Error{0, fmt.Sprintf("the name %s is reserved", f.Name)}
	}
	if strings.TrimSpace(m[2]) != "" {
		for param := range strings.SplitSeq(m[2], ",") {
			param = strings.TrimSpace(param)
			if !signaturePattern.MatchString(param) || slices.Contains(reserved, param) || slices.Contains(f.params, param) {
				return nil, &Error{0, fmt.Sprintf("%q cannot be a parameter", param)}
			}
			f.params = append(f.params, param)
		}
	}
	body, err := parse(source)
	if err != nil {
		return nil, err
	}
	f.source, f.body = source, body
	return f, nil
}

var reserved = []string{"auth", "request", "doc", "next", "roles", "now", "today", "len", "changed", "exists", "get", "webhook", "like", "ilike", "nil", "null", "true", "false", "let", "in", "not", "and", "or", "matches", "contains", "startsWith", "endsWith"}

// inline compiles the body of a function with the arguments in place of its parameters.
func (c *compiler) inline(n syntax.Node, f *Function, arguments []syntax.Node) node {
	if len(arguments) != len(f.params) {
		fail(n, "%s takes %d argument(s), not %d", f.Name, len(f.params), len(arguments))
	}
	if slices.Contains(c.calling, f.Name) {
		fail(n, "%s calls itself (%s); functions are expanded where they are called, so they cannot be recursive", f.Name, strings.Join(append(c.calling, f.Name), " → "))
	}
	args := map[string]node{}
	for i, a := range arguments {
		args[f.params[i]] = c.node(a)
	}
	params, base := c.params, c.base
	c.params, c.base, c.calling = args, len(c.locals), append(c.calling, f.Name)
	defer func() {
		c.params, c.base, c.calling = params, base, c.calling[:len(c.calling)-1]
		if r := recover(); r != nil {
			e, ok := r.(*Error)
			if !ok {
				panic(r)
			}
			panic(&Error{n.Where().Offset, fmt.Sprintf("in %s, column %d: %s", f.Name, utf8.RuneCountInString(f.source[:e.Offset])+1, e.Msg)})
		}
	}()
	return c.node(f.body)
}

// role compiles roles.name.
func (c *compiler) role(n *syntax.Member) node {
	name, ok := n.Property.(*syntax.String)
	if !ok {
		fail(n.Property, "name a role, as in roles.%s", firstOr(c.scope.Roles, "editor"))
	}
	f := c.scope.Roles[name.Value]
	if f == nil {
		fail(n.Property, "there is no role %q%s", name.Value, fault.DidYouMean(name.Value, slices.Sorted(maps.Keys(c.scope.Roles))))
	}
	return c.inline(n, f, nil)
}

// CheckRole reports what is wrong with a role: it may use auth, with the caller's profile, and request only.
func CheckRole(f *Function, scope Scope) error {
	if len(f.params) > 0 {
		return &Error{0, "a role has no parameters"}
	}
	scope.Shape = query.NewShape([]query.Field{{Name: "id", Type: query.TypeID, NotNull: true}})
	scope.Functions, scope.Roles = nil, nil
	c := &compiler{scope: scope, forRole: true}
	r, err := c.tree(f.body)
	if err == nil {
		return c.decides(r)
	}
	var e *Error
	if errors.As(err, &e) {
		e.Msg = "a role looks at auth and request alone: " + e.Msg
	}
	return err
}
