package server

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// profiles keeps the profiles of users in a collection. The service of its runtime is there before the first sign-up.
type profiles struct {
	runtime    *runtime
	collection string
}

// Transaction implements [auth.Profiles].
func (p profiles) Transaction(ctx context.Context, f func(db.Store, auth.ProfilesIn) error) error {
	return p.runtime.crud.Transaction(ctx, p.collection, func(docs *crud.Service, store db.Store) error {
		return f(store, profilesIn{docs, p.collection})
	})
}

// Read implements [auth.Profiles].
func (p profiles) Read(ctx context.Context, claims map[string]any, client auth.Client) (json.RawMessage, error) {
	return profilesIn{p.runtime.crud, p.collection}.read(db.ReadPrimary(ctx), userCaller(claims, client))
}

// Named implements [auth.Profiles]. Names are texts that the database can compare.
func (p profiles) Named(ctx context.Context, text, after string, limit int) ([]string, error) {
	pattern := query.EscapePattern(text)
	var any []query.Filter
	for _, name := range auth.NameFields {
		if f := p.runtime.config.Collections[p.collection].Fields[name]; f != nil && f.Type == query.TypeString && !f.Encrypt && !f.Hash {
			any = append(any, &query.Text{Path: query.Path{Field: name}, Op: query.ILike, Text: "%" + pattern + "%"})
		}
	}
	if any == nil {
		return nil, nil
	}
	where := query.All(&query.Compare{Path: query.Path{Field: "id"}, Op: query.Gt, Value: query.String(after)}, query.Any(any...))
	found, err := p.runtime.crud.Read(ctx, crud.Caller{Admin: true, Method: http.MethodGet}, crud.Read{
		Collection: p.collection, Where: where, Params: crud.Params{"select": "id", "sort": "id", "limit": strconv.Itoa(limit)},
	})
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(found.Documents))
	for i, d := range found.Documents {
		ids[i] = d.ID()
	}
	return ids, nil
}

// Collection implements [auth.Profiles].
func (p profiles) Collection() string { return p.collection }

// profilesIn are the profiles inside a transaction.
type profilesIn struct {
	docs       *crud.Service
	collection string
}

// userCaller is the user of claims as a caller, who sends a POST to sign up, or for whom an administrator does.
func userCaller(claims map[string]any, client auth.Client) crud.Caller {
	return crud.Caller{Auth: claims, Admin: client.Admin, IP: client.IP, Method: http.MethodPost, Count: client.Count}
}

// Put implements [auth.ProfilesIn].
func (p profilesIn) Put(ctx context.Context, claims map[string]any, values query.Value, client auth.Client) error {
	id, _ := claims["sub"].(string)
	caller, everything := userCaller(claims, client), crud.Caller{Auth: claims, Admin: true}
	there, err := p.read(ctx, everything)
	switch {
	case err != nil:
		return err
	case string(there) == "null":
		if values.IsNull() {
			values = query.RawJSON("{}")
		}
		_, err = p.docs.CreateWithID(ctx, caller, p.collection, id, values)
	case !values.IsNull():
		if client.Count != nil {
			if err := client.Count(ctx, p.collection, rules.Update, 1); err != nil {
				return err
			}
		}
		_, err = p.docs.Update(ctx, caller, crud.Target{Collection: p.collection, ID: id}, []byte(values.JSON()))
	}
	return err
}

// Renew implements [auth.ProfilesIn]. A profile that cannot be empty is removed, with what on_delete says of those who refer
// to it.
func (p profilesIn) Renew(ctx context.Context, claims map[string]any) error {
	id, _ := claims["sub"].(string)
	err := p.docs.Renew(ctx, crud.Caller{Auth: claims, Admin: true, Method: http.MethodPut}, p.collection, id)
	switch fault.CodeOf(err) {
	case fault.NotFound:
		return nil
	case fault.Invalid:
		return p.Remove(ctx, id)
	}
	return err
}

// Remove implements [auth.ProfilesIn]. It happens with the account, so that no rule is asked.
func (p profilesIn) Remove(ctx context.Context, user string) error {
	caller := crud.Caller{Auth: map[string]any{"sub": user}, Admin: true, Method: http.MethodDelete}
	err := p.docs.Delete(ctx, caller, crud.Target{Collection: p.collection, ID: user})
	if fault.CodeOf(err) == fault.NotFound {
		return nil
	}
	return err
}

// read returns the profile of a caller in JSON; null if there is none that the caller may read.
func (p profilesIn) read(ctx context.Context, caller crud.Caller) (json.RawMessage, error) {
	id, _ := caller.Auth["sub"].(string)
	result, err := p.docs.Read(ctx, caller, crud.Read{Collection: p.collection, Kind: crud.Get, ID: id})
	switch fault.CodeOf(err) {
	case fault.NotFound, fault.Forbidden, fault.Unauthenticated:
		return json.RawMessage("null"), nil
	}
	if err != nil {
		return nil, err
	}
	body, _, err := result.Encode()
	return body, err
}
