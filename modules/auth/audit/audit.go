// Package audit names the security events that package auth records, for all who refer to them. It is not for
// recording them.
package audit

// Events are the names of all security events.
var Events = []string{
	"configuration.changed", "email.asked", "email.changed", "email.confirmed", "identity.linked", "identity.unlinked", "impersonation", "invite.accepted", "invite.made", "invite.revoked", "key.made", "key.removed", "key.used", "link.made", "owner.changed",
	"passkey.added", "passkey.removed",
	"password.changed", "password.reset", "recovery.used", "refresh.again", "refresh.reuse", "removed", "session.end", "signin", "signin.failed", "signin.refused",
	"signout", "signup", "totp.off", "totp.on", "user.changed", "user.made", "user.removed", "users.imported",
}
