package auth

import (
	"context"
	"crypto/rand"
	"net/url"
	"strings"
	"time"

	"github.com/basalt-dev/basalt/modules/auth/store"
	"github.com/basalt-dev/basalt/modules/fault"
)

// Email enables sign-in with a mailed link or code.
type Email struct {
	// Lifetime is how long a link and a code are valid.
	Lifetime time.Duration
	// SignUp creates an account for an unknown address.
	SignUp bool
}

// Message is a mail to send.
type Message struct {
	// Kind names the template: signin, confirm, change, reset, invite, taken, notice or reauthenticate.
	Kind, To string
	// Link and Code are the secrets of the mail; either may be empty.
	Link, Code string
	// Minutes is how long they are valid, Hours for an invitation.
	Minutes, Hours int
	// What is a sentence that describes the change, for a notice.
	What string
}

// Mailer sends mails.
type Mailer interface {
	Send(ctx context.Context, m Message) error
}

const (
	linkTime  = time.Hour // for links to confirm an address or to set a password
	linkBytes = 64        // the longest token of a link, in characters
)

// sent is the data of a mailed link.
type sent struct {
	Email string `json:"email"`
	// Code is the stored form of the six-digit code in the same mail.
	Code string `json:"code,omitempty"`
	// Challenge is that of an app which exchanges a code for the session; see [Links].
	Challenge string `json:"challenge,omitempty"`
}

var (
	errMail = notEnabled("sending mail", "mail")
	errLink = fault.Errorf(fault.Unauthenticated, "the link or the code is invalid or expired; request a new one")
)

// target validates the target of a link: a URL of this server, or of one of the configured origins. It is never
// taken from the headers of a request.
func (s *Service) target(redirect string) (*url.URL, error) {
	if s.URL == "" {
		return nil, notEnabled("sending people back", "auth.url")
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
	return nil, fault.FieldErrorf("redirect", "not_allowed", "redirect is an address of this server, or of an origin that auth.redirects names")
}

// withErrand returns the address of a page with what it is opened for, in the fragment, where it reaches no server and no
// log. The route of an app that has its routes there stays, as in #/welcome?basalt=signin&token=….
func withErrand(page *url.URL, errand, values string) string {
	to := *page
	route := to.EscapedFragment()
	to.Fragment, to.RawFragment = "", ""
	switch {
	case route == "":
	case strings.Contains(route, "?"):
		route += "&"
	default:
		route += "?"
	}
	return to.String() + "#" + route + "basalt=" + errand + "&" + values
}

// mailing is a mail with a secret that proves its receipt.
type mailing struct {
	kind, email string
	// subject is the owner of the secret: the address, or the user who requested it.
	subject, redirect string
	lifetime          time.Duration
	withCode          bool // also send a six-digit code
	links             *Links
}

// send mails a link with a new secret. Earlier secrets of the same subject and purpose become invalid.
func (s *Service) send(ctx context.Context, m mailing) error {
	if s.Mail == nil {
		return errMail
	}
	to, err := s.target(m.redirect)
	if err != nil {
		return err
	}
	token, code, err := s.mint(ctx, m)
	if err != nil {
		return err
	}
	kind := m.kind
	if kind == "change" {
		kind = "confirm" // the page treats it like that
	}
	link := s.link(to, kind, token)
	if m.links != nil && m.kind != "change" { // that one takes the token of the user as well
		link = m.links.Write(m.kind, token, to)
	}
	return s.Mail.Send(ctx, Message{Kind: m.kind, To: mailbox(m.email), Link: link, Code: code, Minutes: int(m.lifetime.Minutes())})
}

// mint stores the secret of a mail, and returns it with the code.
func (s *Service) mint(ctx context.Context, m mailing) (secret, code string, err error) {
	if m.subject == "" {
		m.subject = m.email
	}
	if err := s.deleteCodes(ctx, m.subject, m.kind); err != nil {
		return "", "", err
	}
	what := sent{Email: m.email}
	if m.links != nil {
		what.Challenge = m.links.Challenge
	}
	if m.withCode {
		if code, err = digits(); err != nil {
			return "", "", err
		}
		what.Code = s.secretOf(m.kind+" code "+m.email, code)
	}
	secret = rand.Text()
	return secret, code, s.storeCode(ctx, m.kind, secret, m.subject, what, m.lifetime)
}

// Name identifies this server, across its nodes and addresses, to a page that uses several servers: the link of a
// mail belongs to the server that sent it.
func (s *Service) Name() string { return s.secretOf("server", "")[:16] }

// later runs f in the background so that response times do not reveal whether an account exists.
func (s *Service) later(ctx context.Context, what string, f func(context.Context) error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	s.working.Go(func() {
		defer cancel()
		if err := f(ctx); err != nil {
			s.Log.Error("a mail could not be sent", "kind", what, "error", err.Error())
		}
	})
}

// SendSignIn sends a link and a code to sign in with. It does not reveal whether the address has an account.
func (s *Service) SendSignIn(ctx context.Context, address, redirect string, client Client) error {
	if s.Email == nil {
		return notEnabled("signing in by mail", "auth.providers.email")
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
		return s.send(ctx, mailing{kind: "signin", email: email, redirect: redirect, lifetime: s.Email.Lifetime, withCode: true, links: client.Links})
	})
	return nil
}

// asking validates a request for a mail.
func (s *Service) asking(ctx context.Context, address, redirect string, client Client) (email string, err error) {
	if s.Mail == nil {
		return "", errMail
	}
	email, problems := normalEmail(address)
	if problems != nil {
		return "", &fault.Error{Code: fault.Invalid, Detail: "no mail can be sent to this", Fields: problems}
	}
	if _, err := s.target(redirect); err != nil {
		return "", err
	}
	if err := s.Captcha.check(ctx, s.Client, client); err != nil {
		return "", err
	}
	return email, s.throttleMail(ctx, email, client.IP)
}

// SendReset sends a link to set a new password.
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
		return s.send(ctx, mailing{kind: "reset", email: email, redirect: redirect, lifetime: linkTime, links: client.Links})
	})
	return nil
}

// SendConfirm sends the client's user a link to confirm the address: the new one, if one was requested.
func (s *Service) SendConfirm(ctx context.Context, redirect string, client Client) error {
	user, err := s.user(ctx, client.User)
	if err != nil {
		return err
	}
	m := confirmation(user)
	if m.email, err = s.asking(ctx, m.email, redirect, client); err != nil {
		return err
	}
	m.redirect, m.links = redirect, client.Links
	return s.send(ctx, m)
}

// confirmation is the mail that proves an unconfirmed address.
func confirmation(user *store.User) mailing {
	m := mailing{kind: "confirm", email: user.Email, lifetime: linkTime, withCode: true}
	if user.NewEmail != "" {
		m.kind, m.email, m.subject = "change", user.NewEmail, user.ID
	}
	return m
}

func (s *Service) sendConfirm(ctx context.Context, user *store.User, client Client) {
	m := confirmation(user)
	m.links = client.Links
	s.later(ctx, "confirm", func(ctx context.Context) error { return s.send(ctx, m) })
}

// sendTaken notifies the owner of an address that a sign-up with it was attempted.
func (s *Service) sendTaken(ctx context.Context, email string) {
	s.later(ctx, "taken", func(ctx context.Context) error {
		return s.Mail.Send(ctx, Message{Kind: "taken", To: mailbox(email), Link: s.URL})
	})
}
