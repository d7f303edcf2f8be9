package store

import (
	"time"

	"github.com/basalt-dev/basalt/modules/query"
)

// Session is a session of a user.
type Session struct {
	ID, User string
	// Hash is of the secret of its refresh tokens.
	Hash string
	// Previous is not used any more.
	Previous                  string
	Created, Rotated, Expires time.Time
	Method, IP, Agent         string
	// Generation is that of the latest refresh token; 0 for sessions from before generations.
	Generation int64
}

// The columns of sessions.
var (
	SessionID         = id(func(s *Session) *string { return &s.ID })
	SessionUser       = text("user", func(s *Session) *string { return &s.User }).indexed()
	SessionHash       = text("hash", func(s *Session) *string { return &s.Hash })
	sessionPrevious   = text("previous", func(s *Session) *string { return &s.Previous })
	sessionCreated    = moment("created", func(s *Session) *time.Time { return &s.Created })
	SessionRotated    = moment("rotated", func(s *Session) *time.Time { return &s.Rotated })
	SessionExpires    = moment("expires", func(s *Session) *time.Time { return &s.Expires }).indexed()
	sessionMethod     = text("method", func(s *Session) *string { return &s.Method })
	SessionIP         = text("ip", func(s *Session) *string { return &s.IP })
	SessionAgent      = text("agent", func(s *Session) *string { return &s.Agent })
	SessionGeneration = number("generation", func(s *Session) *int64 { return &s.Generation })
)

// Sessions are the sessions that have not ended.
var Sessions = table("_sessions", SessionID, SessionUser, SessionHash, sessionPrevious, sessionCreated, SessionRotated, SessionExpires, sessionMethod, SessionIP, SessionAgent, SessionGeneration)

// Revoked is a session that has ended, whose access tokens may not have expired yet.
type Revoked struct {
	ID      string
	Created time.Time
	Expires time.Time // when the last of the tokens has
}

// The columns of revoked sessions.
var (
	RevokedID      = id(func(r *Revoked) *string { return &r.ID })
	RevokedCreated = moment("created", func(r *Revoked) *time.Time { return &r.Created }).indexed()
	RevokedExpires = moment("expires", func(r *Revoked) *time.Time { return &r.Expires }).indexed()
)

// RevokedSessions are the sessions that have ended.
var RevokedSessions = table("_revoked", RevokedID, RevokedCreated, RevokedExpires)

// Withdrawn is a session that was ended as that of an intruder: what it has made is taken back.
type Withdrawn struct {
	ID, User string
	Created  time.Time
}

// The columns of withdrawn sessions.
var (
	WithdrawnID      = id(func(w *Withdrawn) *string { return &w.ID })
	WithdrawnUser    = text("user", func(w *Withdrawn) *string { return &w.User }).indexed()
	withdrawnCreated = moment("created", func(w *Withdrawn) *time.Time { return &w.Created })
)

// WithdrawnSessions are those of accounts in their present epoch.
var WithdrawnSessions = table("_withdrawn", WithdrawnID, WithdrawnUser, withdrawnCreated)

// Code is a secret that works once: a link in a mail, the state of a sign-in elsewhere, the challenge of a passkey.
type Code struct {
	ID      string // a hash of the secret
	Kind    string // its purpose
	Subject string // who it is for, such as an address or the id of a user; empty for no one in particular
	// Data is what the secret stands for.
	Data             query.Value
	Created, Expires time.Time
	Attempts         int64
}

// The columns of codes.
var (
	CodeID       = id(func(c *Code) *string { return &c.ID })
	CodeKind     = text("kind", func(c *Code) *string { return &c.Kind })
	CodeSubject  = text("subject", func(c *Code) *string { return &c.Subject }).indexed()
	codeData     = document("data", func(c *Code) *query.Value { return &c.Data })
	codeCreated  = moment("created", func(c *Code) *time.Time { return &c.Created })
	CodeExpires  = moment("expires", func(c *Code) *time.Time { return &c.Expires }).indexed()
	CodeAttempts = number("attempts", func(c *Code) *int64 { return &c.Attempts }).always()
)

// Codes are the secrets that were not used yet.
var Codes = table("_codes", CodeID, CodeKind, CodeSubject, codeData, codeCreated, CodeExpires, CodeAttempts)
