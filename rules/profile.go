package rules

import (
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

// exampleField is a field of a collection, for a message.
func exampleField(shape *query.Shape) string { return shape.Names()[len(shape.Names())-1] }
