package auth

import (
	"github.com/basalt-dev/basalt/modules/auth/store"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// The collections of this package. Their names start with _, which is reserved.
var (
	users       = internal("_users", "id", "email", "password", "claims", "created", "updated", "verified", "totp", "recovery", "disabled", "new_email")
	sessions    = internal("_sessions", "id", "user", "hash", "previous", "created", "rotated", "expires", "method", "ip", "agent", "generation")
	identities  = internal("_identities", "id", "user", "provider", "email", "created")
	codes       = internal("_codes", "id", "kind", "subject", "data", "created", "expires", "attempts")
	revoked     = internal("_revoked", "id", "created", "expires")
	largeClaims = internal("_references", "id", "claims", "expires")
	passkeys    = internal("_passkeys", "id", "user", "name", "data", "created", "used")
	apiKeys     = internal("_api_keys", "id", "hash", "name", "claims", "created", "expires")
	events      = internal("_audit", "id", "created", "event", "user", "actor", "ip", "detail")
)

// Positions in the collections; the id is first.
const (
	userEmail, userPassword, userClaims, userCreated, userUpdated          = 1, 2, 3, 4, 5
	userVerified, userTOTP, userRecovery, userDisabled, userNewEmail       = 6, 7, 8, 9, 10
	sessionUser, sessionHash, sessionPrevious, sessionCreated              = 1, 2, 3, 4
	sessionRotated, sessionExpires, sessionMethod, sessionIP, sessionAgent = 5, 6, 7, 8, 9
	sessionGeneration                                                      = 10
	identityUser, identityProvider, identityEmail                          = 1, 2, 3
	codeKind, codeSubject, codeData, codeExpires, codeAttempts             = 1, 2, 3, 5, 6
	passkeyUser, passkeyName, passkeyData, passkeyCreated, passkeyUsed     = 1, 2, 3, 4, 5
	eventIP, eventDetail                                                   = 5, 6
	apiKeyHash, apiKeyName, apiKeyClaims, apiKeyCreated, apiKeyExpires     = 1, 2, 3, 4, 5
)

// Collections returns the internal collections to sync to the database of users.
func Collections() []*db.Collection {
	return []*db.Collection{users, sessions, store.Keys.Collection, identities, codes, revoked, largeClaims, passkeys, apiKeys, events}
}

// types are the types of the fields that are not strings.
var types = map[string]query.Type{
	"id": query.TypeID, "attempts": query.TypeInt, "generation": query.TypeInt, "claims": query.TypeJSON, "data": query.TypeJSON, "recovery": query.TypeJSON, "detail": query.TypeJSON,
	"created": query.TypeTime, "updated": query.TypeTime, "rotated": query.TypeTime, "expires": query.TypeTime, "verified": query.TypeTime,
	"retired": query.TypeTime, "used": query.TypeTime, "disabled": query.TypeTime,
}

func internal(name string, fields ...string) *db.Collection {
	c := &db.Collection{Name: name, Table: name}
	var shape []query.Field
	for _, f := range fields {
		t := query.TypeString
		if typ, ok := types[f]; ok {
			t = typ
		}
		indexed := f == "user" || f == "expires" || f == "subject" || f == "created" && (name == "_revoked" || name == "_audit")
		shape = append(shape, query.Field{Name: f, Type: t, NotNull: f == "id"})
		c.Columns = append(c.Columns, db.Column{Name: f, Type: t, Unique: f == "email" && name == "_users", Index: indexed})
	}
	c.Shape = query.NewShape(shape)
	return c
}
