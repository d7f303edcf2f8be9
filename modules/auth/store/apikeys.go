package store

import (
	"time"

	"github.com/basalt-dev/basalt/modules/query"
)

// APIKey is an API key.
type APIKey struct {
	ID   string
	Hash string // of the secret
	Name string
	// Claims are those of its callers.
	Claims           query.Value
	Created, Expires time.Time // Expires is zero for never
}

// The columns of API keys.
var (
	APIKeyID      = id(func(k *APIKey) *string { return &k.ID })
	apiKeyHash    = text("hash", func(k *APIKey) *string { return &k.Hash })
	apiKeyName    = text("name", func(k *APIKey) *string { return &k.Name })
	APIKeyClaims  = document("claims", func(k *APIKey) *query.Value { return &k.Claims })
	apiKeyCreated = moment("created", func(k *APIKey) *time.Time { return &k.Created })
	apiKeyExpires = moment("expires", func(k *APIKey) *time.Time { return &k.Expires }).indexed()
)

// APIKeys are the API keys.
var APIKeys = table("_api_keys", APIKeyID, apiKeyHash, apiKeyName, APIKeyClaims, apiKeyCreated, apiKeyExpires)

// Reference has claims that are too large for a token.
type Reference struct {
	ID      string // a hash of the token that refers to them
	Claims  query.Value
	Expires time.Time
}

// The columns of references.
var (
	ReferenceID      = id(func(r *Reference) *string { return &r.ID })
	ReferenceClaims  = document("claims", func(r *Reference) *query.Value { return &r.Claims })
	ReferenceExpires = moment("expires", func(r *Reference) *time.Time { return &r.Expires }).indexed()
)

// References are the claims that tokens refer to.
var References = table("_references", ReferenceID, ReferenceClaims, ReferenceExpires)

// Event is a security event.
type Event struct {
	ID      string
	Created time.Time
	// Name is one of those in package audit.
	Name string
	// User is the affected account, and Actor who acted if it is not the user; empty for none.
	User, Actor, IP string
	Detail          query.Value
}

// The columns of events.
var (
	EventID      = id(func(e *Event) *string { return &e.ID })
	EventCreated = moment("created", func(e *Event) *time.Time { return &e.Created }).indexed()
	EventName    = text("event", func(e *Event) *string { return &e.Name })
	EventUser    = text("user", func(e *Event) *string { return &e.User }).indexed()
	eventActor   = text("actor", func(e *Event) *string { return &e.Actor })
	EventIP      = text("ip", func(e *Event) *string { return &e.IP })
	EventDetail  = document("detail", func(e *Event) *query.Value { return &e.Detail })
)

// Events are the security events, for administrators to query.
var Events = table("_audit", EventID, EventCreated, EventName, EventUser, eventActor, EventIP, EventDetail)
