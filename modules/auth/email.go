package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// Email allows signing in with a link or a code that is sent by mail.
type Email struct {
	// Lifetime is how long a link and a code are valid.
	Lifetime time.Duration
	// SignUp makes an account for an address that has none.
	SignUp bool
}

// Message is a mail to send.
type Message struct {
	// Kind names the template: signin, confirm, reset or taken.
	Kind, To string
	// Link and Code are what the mail is for; either may be empty.
	Link, Code string
	// Minutes is how long they are valid.
	Minutes int
}

// Mailer sends mails.
type Mailer interface {
	Send(ctx context.Context, m Message) error
}

const (
	linkTime  = time.Hour // of links to confirm an address or to set a password
	linkBytes = 64        // the longest token of a link, in characters
)

// sent is what a link in a mail stands for.
type sent struct {
	Email string `json:"email"`
	// Code is the stored form of the code of six digits that was sent along.
	Code string `json:"code,omitempty"`
}

var (
	errMail = off("sending mail", "mail")
	errLink = query.Errorf(query.Unauthenticated, "the link or the code is not valid any more; ask for another one")
)

// target checks where a link leads to: an address of this server, or of one of the origins that the
// configuration names. It is never taken from the headers of a request.
func (s *Service) target(redirect string) (*url.URL, error) {
	if s.URL == "" {
		return nil, off("sending people back", "auth.url")
	}
	if redirect == "" {
		redirect = s.URL
	}
	u, err := url.Parse(redirect)
	if err == nil && u.User == nil && u.Opaque == "" && !strings.Contains(redirect, `\`) && !strings.ContainsFunc(redirect, func(r rune) bool { return r <= ' ' }) {
		for _, allowed := range append([]string{s.URL}, s.Redirects...) {
			if a, err := url.Parse(allowed); err == nil && a.Scheme == u.Scheme && a.Host == u.Host && (a.Scheme == "http" || a.Scheme == "https" || u.String() == a.String()) {
				return u, nil
			}
		}
	}
	return nil, query.FieldErrorf("redirect", "not_allowed", "redirect is an address of this server, or of an origin that auth.redirects names")
}

// send mails a link with a new secret, and a code as well where one is asked for. What was sent to the
// address before for the same purpose is not valid any more.
func (s *Service) send(ctx context.Context, kind, email, redirect string, lifetime time.Duration, withCode bool) error {
	if s.Mail == nil {
		return errMail
	}
	link, err := s.target(redirect)
	if err != nil {
		return err
	}
	if err := s.forget(ctx, email, kind); err != nil {
		return err
	}
	token := rand.Text()
	what := sent{Email: email}
	code := ""
	if withCode {
		if code, err = digits(); err != nil {
			return err
		}
		what.Code = s.secretOf(kind+" code "+email, code)
	}
	if err := s.remember(ctx, kind, token, email, what, lifetime); err != nil {
		return err
	}
	fragment := url.Values{}
	fragment.Set("basalt", kind)
	fragment.Set("token", token)
	link.Fragment = "" // in the fragment it reaches no server, and no log
	return s.Mail.Send(ctx, Message{Kind: kind, To: email, Link: link.String() + "#" + fragment.Encode(), Code: code, Minutes: int(lifetime.Minutes())})
}

// later does work that nobody is to wait for, so that the time of an answer says nothing about accounts.
func (s *Service) later(ctx context.Context, what string, f func(context.Context) error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	s.working.Go(func() {
		defer cancel()
		if err := f(ctx); err != nil {
			s.Log.Error("a mail could not be sent", "kind", what, "error", err.Error())
		}
	})
}

// SendSignIn sends a link and a code to sign in with. Whether the address has an account, nobody learns.
func (s *Service) SendSignIn(ctx context.Context, address, redirect string, client Client) error {
	if s.Email == nil {
		return off("signing in by mail", "auth.providers.email")
	}
	email, err := s.asking(ctx, address, redirect, client)
	if err != nil {
		return err
	}
	s.later(ctx, "signin", func(ctx context.Context) error {
		user, err := s.byEmail(ctx, email)
		if err != nil || user == nil && !s.Email.SignUp {
			return err
		}
		return s.send(ctx, "signin", email, redirect, s.Email.Lifetime, true)
	})
	return nil
}

// asking checks a request for a mail.
func (s *Service) asking(ctx context.Context, address, redirect string, client Client) (email string, err error) {
	if s.Mail == nil {
		return "", errMail
	}
	email, problems := normalEmail(address)
	if problems != nil {
		return "", &query.Error{Code: query.Invalid, Detail: "no mail can be sent to this", Fields: problems}
	}
	if _, err := s.target(redirect); err != nil {
		return "", err
	}
	if err := s.Captcha.check(ctx, s.Client, client); err != nil {
		return "", err
	}
	return email, s.throttle(ctx, "mail", email, client.IP)
}

// SendReset sends a link to set a new password with.
func (s *Service) SendReset(ctx context.Context, address, redirect string, client Client) error {
	if err := s.enabled(); err != nil {
		return err
	}
	email, err := s.asking(ctx, address, redirect, client)
	if err != nil {
		return err
	}
	s.later(ctx, "reset", func(ctx context.Context) error {
		user, err := s.byEmail(ctx, email)
		if err != nil || user == nil {
			return err
		}
		return s.send(ctx, "reset", email, redirect, linkTime, false)
	})
	return nil
}

// SendConfirm sends the client's user a link to confirm the address with.
func (s *Service) SendConfirm(ctx context.Context, redirect string, client Client) error {
	user, err := s.user(ctx, client.User)
	if err != nil {
		return err
	}
	email, err := s.asking(ctx, user[userEmail].Text(), redirect, client)
	if err != nil {
		return err
	}
	return s.send(ctx, "confirm", email, redirect, linkTime, true)
}

func (s *Service) sendConfirm(ctx context.Context, user query.Row) error {
	email := user[userEmail].Text()
	s.later(ctx, "confirm", func(ctx context.Context) error { return s.send(ctx, "confirm", email, "", linkTime, true) })
	return nil
}

// sendTaken tells the owner of an address that somebody wanted to sign up with it.
func (s *Service) sendTaken(ctx context.Context, email string) error {
	s.later(ctx, "taken", func(ctx context.Context) error {
		return s.Mail.Send(ctx, Message{Kind: "taken", To: email, Link: s.URL})
	})
	return nil
}

// Proof is what somebody has got by mail: the token of a link, or the code and the address.
type Proof struct{ Token, Email, Code string }

// proven returns the row of the code that a proof is about, which the caller has to use.
func (s *Service) proven(ctx context.Context, kind string, p Proof, client Client) (query.Row, string, error) {
	if p.Token != "" {
		row, err := s.recall(ctx, kind, p.Token)
		if err != nil || row == nil {
			return nil, "", errors.Join(err, missing(row == nil && err == nil))
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

func missing(is bool) error {
	if is {
		return errLink
	}
	return nil
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
		if err := s.precheck(ctx, user, client); err != nil { // the link stays valid for another try
			return Session{}, err
		}
		if ok, err := s.use(ctx, row); err != nil || !ok {
			return Session{}, errors.Join(err, missing(!ok && err == nil))
		}
		if user, err = s.confirm(ctx, user, email, kind == "confirm", client); err != nil {
			return Session{}, err
		}
		client.TOTP = "" // checked, and used up
		session, err := s.open(ctx, user, "email", client)
		if err == nil {
			s.audit(ctx, Event{Name: "signin", User: user[0].Text(), Client: client, Detail: map[string]any{"method": "email"}})
		}
		return session, err
	}
	return Session{}, errLink
}

// precheck refuses a user who is switched off, or does not send the second factor.
func (s *Service) precheck(ctx context.Context, user query.Row, client Client) error {
	if !user[userDisabled].IsNull() {
		return query.Errorf(query.Forbidden, "this account is switched off; ask whoever runs this service")
	}
	if enrolled(user) {
		return s.secondFactor(ctx, user, client)
	}
	return nil
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
		return Session{}, errors.Join(err, missing(user == nil && err == nil))
	}
	if err := s.precheck(ctx, user, client); err != nil {
		return Session{}, err
	}
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return Session{}, err
	}
	if ok, err := s.use(ctx, row); err != nil || !ok {
		return Session{}, errors.Join(err, missing(!ok && err == nil))
	}
	set := []db.Assignment{{Field: userPassword, Value: query.String(hash)}, {Field: userUpdated, Value: query.Time(s.Now())}}
	if user[userVerified].IsNull() { // the mail has proven it
		set = append(set, db.Assignment{Field: userVerified, Value: query.Time(s.Now())})
	}
	n, rows, err := s.Database.Update(ctx, users, db.Update{Where: users.ByKey(user[0].Text()), Set: set, Return: true})
	if err != nil || n == 0 {
		return Session{}, errors.Join(err, missing(n == 0 && err == nil))
	}
	if err := s.end(ctx, equal("user", user[0])); err != nil {
		return Session{}, err
	}
	s.audit(ctx, Event{Name: "password.reset", User: user[0].Text(), Client: client})
	return s.open(ctx, rows[0], "reset", client)
}

// SignInAnonymously makes a user without an address, who can get one later and keeps the id.
func (s *Service) SignInAnonymously(ctx context.Context, client Client) (Session, error) {
	if !s.Anonymous {
		return Session{}, off("signing in anonymously", "auth.providers.anonymous")
	}
	if err := s.mayMake(ctx, "anonymous", "", client); err != nil {
		return Session{}, err
	}
	user := s.newUser(uuid.Must(uuid.NewV7()).String(), "")
	if err := s.Database.Insert(ctx, users, []query.Row{user}); err != nil {
		return Session{}, err
	}
	return s.enter(ctx, user, "anonymous", client)
}
