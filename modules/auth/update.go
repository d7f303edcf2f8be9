package auth

import (
	"cmp"
	"context"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// Change is a change that users make to their account; nil fields stay unchanged.
type Change struct {
	Email, Password *string
	// CurrentPassword must be correct, if there is a password.
	CurrentPassword string
}

// UpdateUser changes the address or the password of the client's user, who must reauthenticate. A new password
// ends all other sessions. A new address replaces the old one once it is proven.
func (s *Service) UpdateUser(ctx context.Context, change Change, client Client) (User, error) {
	user, err := s.user(ctx, client.User)
	if err != nil {
		return User{}, err
	}
	client.Password = change.CurrentPassword
	if err := s.mayUpdate(ctx, user, change, client); err != nil {
		return User{}, err
	}
	set := []db.Assignment{{Field: userUpdated, Value: query.Time(s.Now())}}
	var problems []fault.FieldError
	if change.Email != nil {
		var email string
		if email, problems = normalEmail(*change.Email); problems == nil {
			next, err := s.newAddress(ctx, user, email, client)
			if err != nil {
				return User{}, err
			}
			set = append(set, next...)
		}
	}
	if change.Password != nil {
		err = s.passwordProblems(ctx, *change.Password, user[userEmail].Text())
	}
	if err := withFields(err, problems); err != nil {
		return User{}, err
	}
	return s.update(ctx, user, set, change, client)
}

var errAnonymous = fault.Errorf(fault.Conflict, "an anonymous user sets an address by signing up, with the token in the Authorization header")

// mayUpdate requires reauthentication.
func (s *Service) mayUpdate(ctx context.Context, user query.Row, change Change, client Client) error {
	if change.Password != nil {
		if user[userEmail].IsNull() {
			return errAnonymous
		}
		if err := s.enabled(); err != nil {
			return err
		}
		if !user[userPassword].IsNull() { // nothing else is accepted (OWASP ASVS 5, 6.2.3)
			return s.checkPassword(ctx, user, client)
		}
	}
	return s.reauthenticated(ctx, user, client)
}

// newAddress returns what a new address changes.
func (s *Service) newAddress(ctx context.Context, user query.Row, email string, client Client) ([]db.Assignment, error) {
	if user[userEmail].IsNull() {
		if known, err := s.find(ctx, identities, equal("user", user[0])); err != nil || known == nil {
			return nil, cmp.Or(err, error(errAnonymous))
		}
	}
	switch {
	case email == user[userEmail].Text():
		return []db.Assignment{{Field: userNewEmail, Value: query.Null}}, nil
	case s.Mail == nil && unproven(user): // it is a name to sign in with, before and after
		return []db.Assignment{{Field: userEmail, Value: query.String(email)}}, nil
	case s.Mail == nil:
		return nil, errMail
	}
	return []db.Assignment{{Field: userNewEmail, Value: query.String(email)}}, s.throttle(ctx, "mail", email, client.IP)
}

// update stores a change, and sends the notifications.
func (s *Service) update(ctx context.Context, user query.Row, set []db.Assignment, change Change, client Client) (User, error) {
	if change.Password != nil {
		hash, err := s.hasher.hash(ctx, *change.Password)
		if err != nil {
			return User{}, err
		}
		set = append(set, db.Assignment{Field: userPassword, Value: query.String(hash)})
	}
	_, rows, err := s.Database.Update(ctx, users, db.Update{Where: query.All(users.ByKey(user[0].Text()), equal("password", user[userPassword])), Set: set, Return: true})
	if err != nil {
		return User{}, taken(err)
	}
	if len(rows) == 0 {
		return User{}, errNoUser
	}
	changed := rows[0]
	if change.Password != nil {
		session, _ := client.User["sid"].(string)
		if err := s.end(ctx, query.All(equal("user", user[0]), query.Negate(sessions.ByKey(session)))); err != nil {
			return User{}, err
		}
		s.audit(ctx, Event{Name: "password.changed", User: user[0].Text(), Client: client})
		s.notify(ctx, user, "The password of the account has been changed.")
	}
	switch next := changed[userNewEmail]; {
	case !next.IsNull() && change.Email != nil:
		s.audit(ctx, Event{Name: "email.asked", User: user[0].Text(), Client: client})
		s.notify(ctx, user, "The account is to get the address "+next.Text()+", as soon as that is confirmed.")
		s.sendConfirm(ctx, changed)
	case !changed[userEmail].Equal(user[userEmail]):
		s.audit(ctx, Event{Name: "email.changed", User: user[0].Text(), Client: client})
	}
	return userOf(changed), nil
}
