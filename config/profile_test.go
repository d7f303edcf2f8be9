package config

import (
	"errors"
	"strings"
	"testing"
)

// TestProfile_TheCollectionHasToFit: auth.profile names a collection in which each user can have a document.
func TestProfile_TheCollectionHasToFit(t *testing.T) {
	t.Parallel()
	const two = "databases: { main: { driver: memory }, other: { driver: memory } }\n"
	for _, c := range []struct{ databases, auth, collection, want string }{
		{head, "profile: peple", "people: { fields: { name: { type: string } } }", `b.yaml:2:18: auth.profile: there is no collection "peple"; did you mean "people"?`},
		{head, "profile: people", "people: { fields: { id: { type: int } } }", "b.yaml:2:18: auth.profile: the id of people is of type int"},
		{head, "profile: people", "people: { fields: { id: { type: uuid } } }", "b.yaml:2:18: auth.profile: the id of people is of type uuid"},
		{head, "profile: people", "people: { key: [a, b], fields: { a: { type: string }, b: { type: string } } }", "b.yaml:2:18: auth.profile: the key of people is made of several columns"},
		{head, "profile: people", "people: { files: {} }", "b.yaml:2:18: auth.profile: the documents of people are files"},
		{head, "profile: people", `people: { fields: { name: { type: string } }, set: { create: { id: 'auth.email' } } }`, "b.yaml:3:84: set.create of people has the id"},
		{two, "database: main, profile: people", "people: { database: other, fields: { name: { type: string } } }", "b.yaml:2:34: auth.profile: an account and its profile are stored in one transaction, and people is in the database other, the accounts in main"},
	} {
		_, err := Parse("b.yaml", t.TempDir(), []byte(c.databases+"auth: { "+c.auth+" }\ncollections: { "+c.collection+" }\n"))
		var all *Error
		if !errors.As(err, &all) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s with %s:\n got %v\nwant %s", c.auth, c.collection, err, c.want)
		}
	}
	fits, err := Parse("b.yaml", t.TempDir(), []byte(head+"auth: { profile: people }\ncollections: { people: { fields: { name: { type: string } } } }\n"))
	if err != nil {
		t.Fatal(err)
	}
	warned := false
	for _, w := range fits.Warnings {
		warned = warned || strings.Contains(w.String(), "auth.profile: people has no rule create")
	}
	if !warned {
		t.Errorf("nothing says that each sign-up is refused: %v", fits.Warnings)
	}
}

// TestProfile_InExpressions: auth.profile is the document wherever documents can be looked up, and refused elsewhere.
func TestProfile_InExpressions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ more, auth, rule, want string }{
		{rule: `auth.profile.plan == "pro"`},
		{rule: `auth.profile.paln == "pro"`, want: `did you mean "plan"`},
		{more: `roles: { pro: 'auth.profile.plan == "pro"' }`, rule: "roles.pro"},
		{more: `roles: { pro: 'auth.profile.paln == "pro"' }`, rule: "true", want: `did you mean "plan"`},
		{auth: `claims: { plan: 'auth.profile.plan' }`, rule: `auth.plan == "pro"`},
		{auth: `claims: { plan: 'auth.profile' }`, rule: "true", want: "auth.profile is a whole document"},
		{auth: `claims: { profile: '"x"' }`, rule: "true", want: "give the claim another name"},
		{more: `admin: { users: 'auth.profile.plan == "pro"' }`, rule: "true", want: "put its field into a claim"},
		{more: `console: { access: 'auth.profile.plan == "pro"' }`, rule: "true", want: "put its field into a claim"},
		{more: `channels: { room: { subscribe: 'auth.profile.plan == "pro"' } }`, rule: "true"},
	} {
		auth := "profile: people"
		if c.auth != "" {
			auth += ", " + c.auth
		}
		_, err := Parse("b.yaml", t.TempDir(), []byte(head+"auth: { "+auth+" }\n"+c.more+"\ncollections: { people: { fields: { plan: { type: string } } }, notes: { fields: { x: { type: string } }, rules: { read: '"+c.rule+"' } } }\n"))
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s %s %s: got %v, want %q", c.more, c.auth, c.rule, err, c.want)
		}
	}
}
