package api

import (
	"encoding/json"
	"net/http"

	"github.com/gofiber/fiber/v2"

	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/modules/schema"
)

// The handlers of /v1/auth/invite.

// inviting is client for a call that administrators may make, too.
func (a *accounts) inviting(r *request) (*auth.Service, auth.Client, error) {
	s, err := a.service()
	client := a.client(r, nil)
	client.Admin = r.caller.Admin
	return s, client, err
}

func (a *accounts) invite(r *request) ([]byte, error) {
	s, client, err := a.inviting(r)
	if err != nil {
		return nil, err
	}
	var i auth.Invitation
	var membership query.Value
	redirect, unsent := "", false
	err = r.deepObject(r.depth+1, func(name string, v query.Value) bool {
		ok := true
		switch name {
		case "claims":
			i.Claims, ok = claimsIn(v)
			return ok
		case "membership":
			membership = v
			return true
		case "send":
			unsent = !v.Bool()
			return v.Kind() == query.KindBool
		case "redirect":
			redirect = v.Text()
		case "email":
			i.Email = v.Text()
		}
		return v.Kind() == query.KindString
	})
	if err == nil && !membership.IsNull() {
		i.Membership, err = membershipOf(membership, r.depth)
	}
	if err != nil {
		return nil, err
	}
	made, err := s.Invite(r.context, i, redirect, unsent, client)
	return encode(invitationMap(made), err)
}

// membershipOf reads a membership: by default the field user gets the id of who accepts.
func membershipOf(v query.Value, depth int) (*auth.Membership, error) {
	m := auth.Membership{Field: "user", Doc: json.RawMessage("{}")}
	if v.Kind() != query.KindJSON || v.Text()[0] != '{' {
		return nil, fault.FieldErrorf("membership", "type", `this is an object, as in {"collection": "members", "field": "user", "doc": {"team": "red"}}`)
	}
	reader := schema.Reader{Names: []string{"collection", "field", "doc"}}
	err := reader.Parse([]byte(v.JSON()), depth+1, func(name string, v query.Value) {
		ok := v.Kind() == query.KindString
		switch name {
		case "collection":
			m.Collection = v.Text()
		case "field":
			m.Field = v.Text()
		case "doc":
			m.Doc = json.RawMessage(v.JSON())
			ok = v.Kind() == query.KindJSON && v.Text()[0] == '{'
		}
		if !ok {
			reader.Add("membership."+name, "type", "this is of another type than expected")
		}
	})
	if err == nil && m.Collection == "" {
		err = fault.FieldErrorf("membership.collection", "required", "name the collection of the document")
	}
	return &m, err
}

func invitationMap(i auth.OpenInvitation) fiber.Map {
	out := fiber.Map{"id": i.ID, "email": i.Email, "created": raw(i.Created), "expires": raw(i.Expires), "by": nil, "claims": i.Claims, "membership": i.Membership}
	if i.By != "" {
		out["by"] = i.By
	}
	if i.Claims == nil {
		out["claims"] = fiber.Map{}
	}
	if i.Link != "" {
		out["link"] = i.Link
	}
	return out
}

func (a *accounts) listInvitations(r *request) ([]byte, error) {
	s, client, err := a.inviting(r)
	if err != nil {
		return nil, err
	}
	open, err := s.OpenInvitations(r.context, client)
	if err != nil {
		return nil, err
	}
	items := make([]any, len(open))
	for i, one := range open {
		items[i] = invitationMap(one)
	}
	return itemsJSON(items)
}

func (a *accounts) revokeInvitation(r *request) ([]byte, error) {
	s, client, err := a.inviting(r)
	if err != nil {
		return nil, err
	}
	return nil, s.RevokeInvitation(r.context, r.id(), client)
}

// acceptInvitation answers with a session; 202 for who is signed in, and keeps theirs.
func (a *accounts) acceptInvitation(r *request) ([]byte, error) {
	s, f, client, err := a.newcomer(r)
	if err != nil {
		return nil, err
	}
	session, err := s.AcceptInvitation(r.context, auth.Acceptance{Token: f["token"], Password: f["password"]}, client)
	if err == nil && session == nil {
		r.status(http.StatusAccepted)
		return []byte(`{"accepted":true}`), nil
	}
	if err != nil {
		return nil, err
	}
	return sessionJSON(*session, nil)
}
