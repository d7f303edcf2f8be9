package server

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/google/uuid"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// invites decides about invitations by the rules, and stores what they give. The service of its runtime is there before
// the first one.
type invites struct {
	runtime *runtime
	rule    *crud.Callable
}

// inviterCaller is an inviter as a caller.
func inviterCaller(by auth.Inviter, client auth.Client) crud.Caller {
	return crud.Caller{Auth: by.Claims, Admin: by.Admin, IP: client.IP, Method: http.MethodPost}
}

// MayInvite implements [auth.Documents]: the rule of the file decides, and that of the membership's collection.
func (v invites) MayInvite(ctx context.Context, by auth.Inviter, i auth.Invitation, client auth.Client) error {
	caller := inviterCaller(by, client)
	parameters := map[string]any{"email": i.Email, "claims": map[string]any{}}
	if i.Claims != nil {
		parameters["claims"] = i.Claims
	}
	if m := i.Membership; m != nil {
		parameters["collection"], parameters["doc"] = m.Collection, m.Doc
	}
	body, err := json.Marshal(parameters)
	if err != nil {
		return fault.FieldErrorf("membership.doc", "type", "this is a JSON object")
	}
	if _, err := v.runtime.crud.Call(ctx, caller, v.rule, body); err != nil {
		return err
	}
	if i.Membership == nil {
		return nil
	}
	return v.mayJoin(ctx, caller, *i.Membership)
}

// mayJoin refuses a membership that the inviter could not create. Whose it will be is not known yet.
func (v invites) mayJoin(ctx context.Context, caller crud.Caller, m auth.Membership) error {
	c := v.runtime.config.Collections[m.Collection]
	if c == nil || c.Files != nil {
		return fault.FieldErrorf("membership.collection", "unknown", "there is no collection %q for it", m.Collection)
	}
	if c.Database != v.runtime.config.Auth.Database {
		return fault.FieldErrorf("membership.collection", "database", "an account and its membership are stored in one transaction, and %s is in another database", m.Collection)
	}
	at := c.Shape.Index(m.Field)
	if at < 0 || c.Shape.Fields[at].Type.Kind() != query.KindString {
		return fault.FieldErrorf("membership.field", "unknown", "%s has no field %q for the id of the user", m.Collection, m.Field)
	}
	body, err := joined(m, uuid.NewString())
	if err != nil {
		return err
	}
	return auth.About("membership", v.runtime.crud.MayCreate(ctx, caller, m.Collection, body, m.Field))
}

// joined is the document of a membership of a user.
func joined(m auth.Membership, user string) ([]byte, error) {
	doc := map[string]json.RawMessage{}
	if len(m.Doc) > 0 && json.Unmarshal(m.Doc, &doc) != nil {
		return nil, fault.FieldErrorf("membership.doc", "type", "this is a JSON object")
	}
	if doc == nil {
		doc = map[string]json.RawMessage{}
	}
	if _, given := doc[m.Field]; given {
		return nil, fault.FieldErrorf("membership.doc."+m.Field, "reserved", "this gets the id of who accepts; leave it out")
	}
	doc[m.Field], _ = json.Marshal(user)
	return json.Marshal(doc)
}

// IsAdmin implements [auth.Documents].
func (v invites) IsAdmin(claims map[string]any) bool {
	return config.Satisfies(v.runtime.config.Admin.Who, claims)
}

// Transaction implements [auth.Documents].
func (v invites) Transaction(ctx context.Context, collection string, f func(db.Store, auth.DocumentsIn) error) error {
	return v.runtime.crud.Transaction(ctx, collection, func(docs *crud.Service, store db.Store) error {
		return f(store, documentsIn{profilesIn{docs, v.runtime.config.Auth.Profile}})
	})
}

// documentsIn are the documents inside a transaction.
type documentsIn struct{ profilesIn }

// Join implements [auth.DocumentsIn].
func (d documentsIn) Join(ctx context.Context, by auth.Inviter, m auth.Membership, user string, client auth.Client) error {
	body, err := joined(m, user)
	if err != nil {
		return err
	}
	caller := inviterCaller(by, client)
	caller.Count = client.Count // whoever accepts makes the document
	_, err = d.docs.Create(ctx, caller, m.Collection, body)
	return err
}
