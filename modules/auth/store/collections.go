package store

import "github.com/basalt-dev/basalt/modules/db"

// Collections returns what has to be synced to the database of users.
func Collections() []*db.Collection {
	return []*db.Collection{
		Users.Collection, Sessions.Collection, Keys.Collection, Identities.Collection, Codes.Collection, RevokedSessions.Collection, WithdrawnSessions.Collection,
		References.Collection, Passkeys.Collection, APIKeys.Collection, Events.Collection,
	}
}
