package auth

import (
	"context"

	"github.com/basalt-dev/basalt/modules/auth/store"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// upgradePage is how many accounts an upgrade reads at once.
const upgradePage = 500

// UpgradeAddresses gives addresses the one spelling that signing in looks for; early releases have stored them as they came.
// Where another account has that spelling already, both stay as they are, for an administrator to look at.
func UpgradeAddresses(ctx context.Context, s db.Store) error {
	var last string
	for {
		users, err := store.Users.Find(ctx, s, query.Query{Where: store.UserID.After(last), Sort: store.Users.KeyOrder(false), Limit: upgradePage})
		if err != nil || len(users) == 0 {
			return err
		}
		last = users[len(users)-1].ID
		for _, u := range users {
			email, problems := normalEmail(u.Email)
			if problems != nil || email == u.Email {
				continue
			}
			taken, err := store.Users.One(ctx, s, store.UserEmail.Is(email))
			if err != nil {
				return err
			}
			if taken != nil {
				continue
			}
			if _, err := store.Users.Update(ctx, s, store.UserID.Is(u.ID), store.UserEmail.To(email)); err != nil {
				return err
			}
		}
	}
}
