package store

import (
	"time"

	"github.com/basalt-dev/basalt/modules/query"
)

// User is an account.
type User struct {
	ID       string
	Email    string // empty for an anonymous user
	Password string // the hash, empty for none
	// Claims are an object in the user's tokens; null for none.
	Claims           query.Value
	Created, Updated time.Time
	// Verified is when the address was proven; zero if it was not.
	Verified time.Time
	// TOTP is the sealed second factor, empty for none, and Recovery the hashes of recovery codes.
	TOTP     string
	Recovery query.Value
	// Disabled is when the account was disabled; zero if it is not.
	Disabled time.Time
	// NewEmail replaces Email when it is proven; empty for none.
	NewEmail string
	// Metadata is an object that the user writes, and that is in no token; null for none.
	Metadata query.Value
	// Epoch is another one whenever all that the user has made is taken back, such as links to files; empty at first.
	Epoch string
}

// The columns of users.
var (
	UserID       = id(func(u *User) *string { return &u.ID })
	UserEmail    = text("email", func(u *User) *string { return &u.Email }).unique()
	UserPassword = text("password", func(u *User) *string { return &u.Password })
	UserClaims   = document("claims", func(u *User) *query.Value { return &u.Claims })
	UserCreated  = moment("created", func(u *User) *time.Time { return &u.Created })
	UserUpdated  = moment("updated", func(u *User) *time.Time { return &u.Updated })
	UserVerified = moment("verified", func(u *User) *time.Time { return &u.Verified })
	UserTOTP     = text("totp", func(u *User) *string { return &u.TOTP })
	UserRecovery = document("recovery", func(u *User) *query.Value { return &u.Recovery })
	UserDisabled = moment("disabled", func(u *User) *time.Time { return &u.Disabled })
	UserNewEmail = text("new_email", func(u *User) *string { return &u.NewEmail })
	UserMetadata = document("metadata", func(u *User) *query.Value { return &u.Metadata })
	UserEpoch    = text("epoch", func(u *User) *string { return &u.Epoch })
)

// Users are the accounts.
var Users = table("_users", UserID, UserEmail, UserPassword, UserClaims, UserCreated, UserUpdated, UserVerified, UserTOTP, UserRecovery, UserDisabled, UserNewEmail, UserMetadata, UserEpoch)

// Identity is an account at a provider that can sign in.
type Identity struct {
	// ID is made of the provider and the hash of the subject.
	ID, User, Provider string
	Email              string // empty for none
	Created            time.Time
}

// The columns of identities.
var (
	IdentityID       = id(func(i *Identity) *string { return &i.ID })
	IdentityUser     = text("user", func(i *Identity) *string { return &i.User }).indexed()
	identityProvider = text("provider", func(i *Identity) *string { return &i.Provider })
	identityEmail    = text("email", func(i *Identity) *string { return &i.Email })
	identityCreated  = moment("created", func(i *Identity) *time.Time { return &i.Created })
)

// Identities are the accounts at providers.
var Identities = table("_identities", IdentityID, IdentityUser, identityProvider, identityEmail, identityCreated)

// Passkey is a passkey of a user.
type Passkey struct {
	ID, User, Name string
	// Data is the credential.
	Data          query.Value
	Created, Used time.Time // Used is zero if it was not used yet
}

// The columns of passkeys.
var (
	PasskeyID      = id(func(p *Passkey) *string { return &p.ID })
	PasskeyUser    = text("user", func(p *Passkey) *string { return &p.User }).indexed()
	passkeyName    = text("name", func(p *Passkey) *string { return &p.Name })
	PasskeyData    = document("data", func(p *Passkey) *query.Value { return &p.Data })
	passkeyCreated = moment("created", func(p *Passkey) *time.Time { return &p.Created })
	PasskeyUsed    = moment("used", func(p *Passkey) *time.Time { return &p.Used })
)

// Passkeys are the passkeys of users.
var Passkeys = table("_passkeys", PasskeyID, PasskeyUser, passkeyName, PasskeyData, passkeyCreated, PasskeyUsed)
