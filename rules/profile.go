package rules

import (
	"github.com/expr-lang/expr/ast"

	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/modules/syntax"
)

// Profile is the collection with a document about each user. With it, auth.profile.plan is
// get("people", auth.id).plan, wherever a rule may look documents up.
type Profile struct {
	Collection string
	// Shape has the fields of a profile. Nil refuses auth.profile, where an expression cannot look anything up.
	Shape *query.Shape
}

// isProfile reports whether a claim by its name is the profile instead.
func (c *compiler) isProfile(claim string) bool { return claim == "profile" && c.scope.Profile != nil }

// profile compiles auth.profile; a field of it is named by the member that follows.
func (c *compiler) profile(n *syntax.Member) node {
	p := c.scope.Profile
	if p.Shape == nil {
		fail(n, `auth.profile is a document, and nothing is looked up here; put its field into a claim, as in auth: { claims: { plan: 'auth.profile.plan' } }, and write auth.plan`)
	}
	defer c.deeper(n)()
	return fetched{collection: p.Collection, shape: p.Shape, id: claim{"id"}, profile: true}
}

// profileInClaims replaces auth.profile.plan by get("people", auth.id, "plan") in a claim.
type profileInClaims struct{ profile *Profile }

// Visit implements ast.Visitor.
func (v profileInClaims) Visit(n *ast.Node) {
	m, ok := (*n).(*ast.MemberNode)
	if !ok || v.profile == nil || !isProfileNode(m.Node) {
		return
	}
	auth := &ast.MemberNode{Node: &ast.IdentifierNode{Value: "auth"}, Property: &ast.StringNode{Value: "id"}}
	call := &ast.CallNode{
		Callee:    &ast.IdentifierNode{Value: "get"},
		Arguments: []ast.Node{&ast.StringNode{Value: v.profile.Collection}, auth, m.Property},
	}
	call.SetLocation(m.Property.Location())
	ast.Patch(n, call)
}

// isProfileNode reports whether a node of the parser is auth.profile.
func isProfileNode(n ast.Node) bool {
	if chain, ok := n.(*ast.ChainNode); ok {
		n = chain.Node
	}
	m, ok := n.(*ast.MemberNode)
	if !ok {
		return false
	}
	id, isName := m.Node.(*ast.IdentifierNode)
	name, isText := m.Property.(*ast.StringNode)
	return isName && isText && id.Value == "auth" && name.Value == "profile"
}

// exampleField is a field of a collection, for a message.
func exampleField(shape *query.Shape) string { return shape.Names()[len(shape.Names())-1] }
