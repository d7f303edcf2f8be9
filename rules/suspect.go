package rules

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// Opening is a part of a rule, one side of an ||, that an anonymous caller passes.
type Opening struct {
	// Where is the residual in readable form.
	Where string
	// ByAbsence is true if the part uses the caller, and is true because there is none, as in doc.owner !=
	// auth.id.
	ByAbsence bool
	// Explicit is true if the part is explicit about it, by auth == nil or by true && ….
	Explicit bool
}

// Anonymous returns the parts of a rule that an anonymous caller passes for at least one document. A rule that is
// just true has none: it is explicit.
func (r *Rule) Anonymous() []Opening {
	if _, plain := r.root.(literal); plain {
		return nil
	}
	states := make([]State, len(r.scope.Shape.Fields)) // like doc, next may have any values
	for i := range states {
		states[i] = Same
	}
	var out []Opening
	for _, part := range alternativesOf(r.root) {
		asks, explicit := asksWho(part), saysSo(part)
		f, err := r.finishPart(part, &Env{Request: Request{Op: r.op, Time: time.Now().UTC().Truncate(time.Second)}, Next: &Next{Row: make(query.Row, len(states)), States: states}})
		if err == nil && f == query.False {
			continue
		}
		opening := Opening{Where: "the document decides", ByAbsence: asks, Explicit: explicit}
		if err == nil {
			opening.Where = query.Format(f)
		}
		if err != nil && asks { // it uses the caller, and cannot be folded further without a document
			continue
		}
		out = append(out, opening)
	}
	return out
}

func (r *Rule) finishPart(part node, env *Env) (query.Filter, error) {
	e := &evaluator{env: env, shape: r.scope.Shape, stance: pro, calls: r.calls}
	f := e.filter(part)
	return f, e.err
}

// alternativesOf returns the operands of the || of a condition.
func alternativesOf(n node) []node {
	if l, ok := n.(logical); ok && !l.and {
		return append(alternativesOf(l.left), alternativesOf(l.right)...)
	}
	return []node{n}
}

func isCaller(n node) bool {
	switch n := n.(type) {
	case claim:
		return true
	case variable:
		return n.name == "auth"
	case member:
		return isCaller(n.base)
	}
	return false
}

// asksWho reports whether a condition uses the caller.
func asksWho(n node) bool {
	found := false
	walk(n, func(n node) { found = found || isCaller(n) })
	return found
}

// saysSo reports whether a condition is explicit about anonymous callers, or calls a webhook, which receives that
// information.
func saysSo(n node) bool {
	found := false
	walk(n, func(n node) {
		switch n := n.(type) {
		case webhook:
			found = true
		case comparison:
			found = found || n.op == query.Eq && (isNil(n.left) && isCaller(n.right) || isNil(n.right) && isCaller(n.left))
		case logical:
			found = found || n.and && (n.left == node(literal{true}) || n.right == node(literal{true}))
		}
	})
	return found
}

// callers maps names that other systems use for claims to those used here.
var callers = map[string]string{
	"uid": "id", "user_id": "id", "userId": "id", "userid": "id", "userID": "id", "UID": "id", "uId": "id", "user": "id", "_id": "id", "uuid": "id", "ID": "id", "Id": "id",
	"mail": "email", "emailVerified": "email_verified", "verified": "email_verified",
}

// UnverifiedMail is the suspicion about a rule that trusts an unverified address.
const UnverifiedMail = "auth.email may be an address that is not verified; add && auth.email_verified"

// Suspicions returns what is valid in an expression but probably not intended. known are the additional claims of
// tokens.
func (r *Rule) Suspicions(known []string) []string {
	found := map[string]bool{}
	mail, verified := false, false
	walk(r.root, func(n node) {
		switch n := n.(type) {
		case member:
			if n.base == node(claim{"profile"}) && !slices.Contains(known, "profile") {
				found["auth.profile is a claim here, which tokens do not have; for the document about the caller, name its collection: auth: { profile: people }"] = true
			}
		case claim:
			if meant := claimMeant(n.name, known); meant != "" {
				found[fmt.Sprintf("auth.%s is not a claim that tokens have; did you mean auth.%s?", n.name, meant)] = true
			}
			verified = verified || n.name == "email_verified"
		case comparison:
			mail = mail || !isNil(n.left) && !isNil(n.right) && (usesMail(n.left) || usesMail(n.right))
		case textTest:
			mail = mail || usesMail(n.text) || usesMail(n.part)
		case regex:
			mail = mail || usesMail(n.text)
		case inclusion:
			mail = mail || usesMail(n.item)
			if l, ok := n.list.(list); ok && slices.ContainsFunc(l.items, isNil) && isForeign(n.item) {
				found["`in` never finds nil in what comes from auth or another document; write == nil for it"] = true
			}
		case lookup:
			for _, t := range n.terms {
				l, ok := t.value.(list)
				if ok && (t.op == "in" || t.op == "not in") && slices.ContainsFunc(l.items, isNil) {
					found[fmt.Sprintf("$in and $nin never find nil; compare %s with nil on its own", t.path)] = true
				}
				mail = mail || usesMail(t.value)
			}
		case choice:
			if isNil(n.yes) || isNil(n.no) {
				found["the nil of a choice equals nothing, not even a field that is null; write == nil where it is compared"] = true
			}
		case coalesce:
			if isNil(n.right) {
				found["?? nil changes nothing: what is absent equals nothing, and a nil after ?? is absent too"] = true
			}
		}
	})
	if mail && !verified {
		found[UnverifiedMail] = true
	}
	return slices.Sorted(maps.Keys(found))
}

// usesMail reports whether a value is made of the caller's address.
func usesMail(n node) bool {
	found := false
	walk(n, func(n node) { found = found || n == node(claim{"email"}) })
	return found
}

// isForeign reports whether a nil of a node is absent for certain.
func isForeign(n node) bool {
	_, looked := n.(fetched)
	return looked || isCaller(n)
}

// claimMeant returns the claim that a name probably stands for, empty if it is fine as it is.
func claimMeant(name string, known []string) string {
	usual := append(slices.Sorted(maps.Keys(claimTypes)), known...)
	if slices.Contains(usual, name) {
		return ""
	}
	if meant := callers[name]; meant != "" {
		return meant
	}
	if len(name) < 5 {
		return ""
	}
	hint := fault.DidYouMean(name, slices.DeleteFunc(usual, func(s string) bool { return len(s) < 5 || max(len(s), len(name))-min(len(s), len(name)) > 1 }))
	_, hint, _ = strings.Cut(hint, `"`)
	hint, _, _ = strings.Cut(hint, `"`)
	return hint
}

// Changes calls visit for each field that the rule uses in changed().
func (r *Rule) Changes(visit func(field string)) {
	walk(r.root, func(n node) {
		if c, ok := n.(changed); ok {
			for _, p := range c.paths {
				visit(p.Field)
			}
		}
	})
}

// Nils calls visit for each field of doc or next that the rule compares with the literal nil.
func (r *Rule) Nils(visit func(field string)) {
	walk(r.root, func(n node) {
		c, ok := n.(comparison)
		if !ok || !isNil(c.left) && !isNil(c.right) {
			return
		}
		for _, side := range []node{c.left, c.right} {
			switch f := side.(type) {
			case field:
				visit(f.path.Field)
			case nextField:
				visit(f.path.Field)
			}
		}
	})
}
