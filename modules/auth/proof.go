package auth

import (
	"cmp"
	"context"
	"crypto/subtle"
	"errors"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// Proof is what somebody has got by mail: the token of a link, or the code and the address.
type Proof struct{ Token, Email, Code string }

// proven returns the row of the code that a proof is about, which the caller has to use.
func (s *Service) proven(ctx context.Context, kind string, p Proof, client Client) (query.Row, string, error) {
	if p.Token != "" {
		row, err := s.recall(ctx, kind, p.Token)
		if err != nil || row == nil {
			return nil, "", cmp.Or(err, error(errLink))
		}
		return row, row[codeSubject].Text(), nil
	}
	email, problems := normalEmail(p.Email)
	if problems != nil || len(p.Code) != 6 {
		return nil, "", errLink
	}
	if err := s.take(ctx, "codes:address:"+client.IP, s.window(10)); err != nil {
		return nil, "", err
	}
	row, err := s.find(ctx, codes, query.All(equal("subject", query.String(email)), equal("kind", query.String(kind))))
	if err != nil {
		return nil, "", err
	}
	if row == nil || !s.Now().Before(row[codeExpires].Time()) {
		return nil, "", errLink
	}
	var what sent
	if err := decodeData(row, &what); err != nil {
		return nil, "", err
	}
	more, err := s.tried(ctx, row)
	if err != nil {
		return nil, "", err
	}
	if !more || what.Code == "" || subtle.ConstantTimeCompare([]byte(what.Code), []byte(s.secretOf(kind+" code "+email, p.Code))) != 1 {
		return nil, "", errLink
	}
	return row, email, nil
}

// VerifyMail signs in, or up, whoever has got a mail to sign in with or to confirm an address.
func (s *Service) VerifyMail(ctx context.Context, p Proof, client Client) (Session, error) {
	for _, kind := range []string{"signin", "confirm"} {
		row, email, err := s.proven(ctx, kind, p, client)
		if errors.Is(err, errLink) {
			continue
		}
		if err != nil {
			return Session{}, err
		}
		user, err := s.owner(ctx, kind, email, client)
		if err != nil {
			return Session{}, err
		}
		if err := s.mayEnter(ctx, user, "email", client); err != nil { // the link stays valid for another try
			return Session{}, err
		}
		if ok, err := s.use(ctx, row); err != nil || !ok {
			return Session{}, cmp.Or(err, error(errLink))
		}
		if user, err = s.confirm(ctx, user, email, kind == "confirm", client); err != nil {
			return Session{}, err
		}
		return s.entered(ctx, user, "email", client)
	}
	return Session{}, errLink
}

// owner returns the user of an address that is proven, a new row when there is none yet.
func (s *Service) owner(ctx context.Context, kind, email string, client Client) (query.Row, error) {
	user, err := s.byEmail(ctx, email)
	if err != nil || user != nil {
		return user, err
	}
	if kind != "signin" || s.Email == nil || !s.Email.SignUp {
		return nil, errLink
	}
	if err := s.mayMake(ctx, "email", email, client); err != nil {
		return nil, err
	}
	user, before, err := s.signingUp(ctx, client, email)
	if err != nil {
		return nil, err
	}
	user[userEmail] = query.String(email)
	if err := s.keep(ctx, user, before); err != nil {
		return nil, taken(err)
	}
	s.audit(ctx, Event{Name: "signup", User: user[0].Text(), Client: client, Detail: map[string]any{"method": "email", "anonymous_before": before}})
	return user, nil
}

// confirm notes that an address is its user's, when that was not known yet. Unless the proof is of a mail
// that the account itself has asked for, whoever made the account may be somebody else: their password
// and sessions go.
func (s *Service) confirm(ctx context.Context, user query.Row, email string, own bool, client Client) (query.Row, error) {
	if !user[userVerified].IsNull() {
		return user, nil
	}
	set := []db.Assignment{{Field: userVerified, Value: query.Time(s.Now())}}
	if !own {
		set = append(set, db.Assignment{Field: userPassword, Value: query.Null}, db.Assignment{Field: userTOTP, Value: query.Null})
		if err := s.end(ctx, equal("user", user[0])); err != nil {
			return nil, err
		}
	}
	n, rows, err := s.Database.Update(ctx, users, db.Update{Where: query.All(users.ByKey(user[0].Text()), equal("email", query.String(email))), Set: set, Return: true})
	if err != nil {
		return nil, err
	}
	if n == 0 {
		return nil, errLink
	}
	s.audit(ctx, Event{Name: "email.confirmed", User: user[0].Text(), Client: client})
	return rows[0], nil
}

// ResetPassword sets a new password for whoever has got the mail to do so, ends all sessions and signs in.
func (s *Service) ResetPassword(ctx context.Context, token, password string, client Client) (Session, error) {
	if err := s.enabled(); err != nil {
		return Session{}, err
	}
	if len(token) > linkBytes {
		return Session{}, errLink
	}
	row, email, err := s.proven(ctx, "reset", Proof{Token: token}, client)
	if err != nil {
		return Session{}, err
	}
	if problems := s.passwordProblems(password, email); problems != nil {
		return Session{}, &query.Error{Code: query.Invalid, Detail: "this can not be the password", Fields: problems}
	}
	user, err := s.byEmail(ctx, email)
	if err != nil || user == nil {
		return Session{}, cmp.Or(err, error(errLink))
	}
	if err := s.mayEnter(ctx, user, "reset", client); err != nil {
		return Session{}, err
	}
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return Session{}, err
	}
	if ok, err := s.use(ctx, row); err != nil || !ok {
		return Session{}, cmp.Or(err, error(errLink))
	}
	set := []db.Assignment{{Field: userPassword, Value: query.String(hash)}, {Field: userUpdated, Value: query.Time(s.Now())}}
	if user[userVerified].IsNull() { // the mail has proven it
		set = append(set, db.Assignment{Field: userVerified, Value: query.Time(s.Now())})
	}
	n, rows, err := s.Database.Update(ctx, users, db.Update{Where: users.ByKey(user[0].Text()), Set: set, Return: true})
	if err != nil || n == 0 {
		return Session{}, cmp.Or(err, error(errLink))
	}
	if err := s.end(ctx, equal("user", user[0])); err != nil {
		return Session{}, err
	}
	s.audit(ctx, Event{Name: "password.reset", User: user[0].Text(), Client: client})
	return s.open(ctx, rows[0], "reset", client)
}
