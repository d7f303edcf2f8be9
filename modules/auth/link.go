package auth

import (
	"cmp"
	"context"
	"crypto/rand"
	"net/url"
	"slices"
	"time"

	"github.com/basalt-dev/basalt/modules/auth/oauth"
	"github.com/basalt-dev/basalt/modules/auth/store"
	"github.com/basalt-dev/basalt/modules/query"
)

// Links of mails in another form than the server's own, for the clients of other products: the link leads to a call of
// this server, which sends the browser on to the app. Where the app has sent a challenge (RFC 7636), the browser only
// brings a code, and the app that has the verifier gets the session for it.

// Links are how the links of mails are written for a client.
type Links struct {
	// Write returns the link of a mail, for the kinds of package mail.
	Write func(kind, secret string, to *url.URL) string
	// Challenge is that of the app; empty for none.
	Challenge string
}

// linkKinds are the kinds of mails whose receipt signs in.
var linkKinds = []string{"signin", "confirm", "reset"}

// Landing is where a link of a mail leads.
type Landing struct {
	// Session is that of the user; nil where the app exchanges Code for it.
	Session *Session
	Code    string
	// To is the page of the app.
	To *url.URL
}

// Land uses a link of a mail. redirect is validated, whatever the link says. An error with a Landing is one for the page.
func (s *Service) Land(ctx context.Context, kinds []string, secret, redirect string, client Client) (Landing, error) {
	to, err := s.target(redirect)
	if err != nil {
		return Landing{}, err
	}
	l := Landing{To: to}
	row, err := s.linkOf(ctx, kinds, secret)
	if err != nil {
		return l, err
	}
	var what sent
	if err := decodeData(row, &what); err != nil {
		return l, err
	}
	if what.Challenge != "" {
		l.Code = rand.Text()
		return l, s.storeCode(ctx, "landing", l.Code, "", landing{what.Challenge, row.ID}, exchangeTime)
	}
	session, err := s.enter(ctx, row, what.Email, client)
	if err == nil {
		l.Session = &session
	}
	return l, err
}

// landing is what is kept until an app exchanges the code of a link.
type landing struct {
	Challenge string `json:"challenge"`
	// Row is the id of the link's code.
	Row string `json:"row"`
}

// linkOf returns the code of a link of one of some kinds.
func (s *Service) linkOf(ctx context.Context, kinds []string, secret string) (*store.Code, error) {
	for _, kind := range kinds {
		if !slices.Contains(linkKinds, kind) {
			continue
		}
		if row, err := s.loadCode(ctx, kind, secret); err != nil || row != nil {
			return row, err
		}
	}
	return nil, errLink
}

// enter signs in with the code of a link.
func (s *Service) enter(ctx context.Context, row *store.Code, email string, client Client) (Session, error) {
	switch row.Kind {
	case "signin":
		return s.enterByMail(ctx, row, email, client)
	case "confirm":
		return s.enterConfirmed(ctx, row, email, client)
	}
	return s.enterToReset(ctx, row, email, client)
}

// VerifyLink signs in with the secret of a link.
func (s *Service) VerifyLink(ctx context.Context, kinds []string, secret string, client Client) (Session, error) {
	row, err := s.linkOf(ctx, kinds, secret)
	if err != nil {
		return Session{}, err
	}
	var what sent
	if err := decodeData(row, &what); err != nil {
		return Session{}, err
	}
	return s.enter(ctx, row, what.Email, client)
}

// ExchangeAny is Exchange, for the code of a sign-in elsewhere or of a link.
func (s *Service) ExchangeAny(ctx context.Context, code, verifier string, client Client) (Session, error) {
	row, err := s.loadCode(ctx, "landing", code)
	if err != nil {
		return Session{}, err
	}
	if row == nil {
		return s.Exchange(ctx, code, verifier, client)
	}
	var l landing
	if err := decodeData(row, &l); err != nil {
		return Session{}, err
	}
	if err := s.useUp(ctx, row); err != nil { // a single guess is allowed
		return Session{}, err
	}
	if !(oauth.Result{Challenge: l.Challenge}).ProvenBy(verifier) {
		return Session{}, errLink
	}
	link, err := store.Codes.One(ctx, s.Database, store.CodeID.Is(l.Row))
	if err != nil || link == nil || !s.Now().Before(link.Expires) || !slices.Contains(linkKinds, link.Kind) {
		return Session{}, cmp.Or(err, error(errLink))
	}
	var what sent
	if err := decodeData(link, &what); err != nil {
		return Session{}, err
	}
	return s.enter(ctx, link, what.Email, client)
}

// recovery is the method of a session that sets a new password without the current one, while it is fresh.
const recovery = "recovery"

// enterToReset signs in with the mail to set a new password.
func (s *Service) enterToReset(ctx context.Context, row *store.Code, email string, client Client) (Session, error) {
	user, err := s.byEmail(ctx, email)
	if err != nil || user == nil {
		return Session{}, cmp.Or(err, error(errLink))
	}
	if err := s.mayOwn(ctx, user, recovery, client); err != nil {
		return Session{}, err
	}
	if err := s.useUp(ctx, row); err != nil {
		return Session{}, err
	}
	if unproven(user) {
		if user, err = s.newOwner(ctx, user, client); err != nil {
			return Session{}, err
		}
	}
	return s.signedIn(ctx, user, recovery, client.passed(user, recovery))
}

// recovering reports whether the client's session has just begun with the mail to set a new password.
func (s *Service) recovering(ctx context.Context, user *store.User, client Client) (bool, error) {
	sid, _ := client.User["sid"].(string)
	session, err := store.Sessions.One(ctx, s.Database, query.All(store.SessionID.Is(sid), store.SessionUser.Is(user.ID)))
	return session != nil && firstOf(session.Method) == recovery && s.Now().Sub(session.Created) < freshTime, err
}

// MadeLink is the secret of a mail that an administrator sends in another way.
type MadeLink struct{ Secret, Code, To string }

// MakeLink makes the secret of a mail for an account, for an administrator. It replaces earlier ones of its kind.
func (s *Service) MakeLink(ctx context.Context, kind, email, redirect string, client Client) (MadeLink, error) {
	to, err := s.target(redirect)
	if err != nil {
		return MadeLink{}, err
	}
	m := mailing{kind: kind, email: email, lifetime: linkTime, withCode: kind != "reset", links: client.Links}
	secret, code, err := s.mint(ctx, m)
	if err != nil {
		return MadeLink{}, err
	}
	s.audit(ctx, Event{Name: "link.made", Actor: client.actor(), Client: client, Detail: map[string]any{"kind": kind}})
	return MadeLink{secret, code, to.String()}, nil
}

// InviteUser makes an account without a password, and mails its owner a link to confirm the address with. The address
// belongs to no one until then.
func (s *Service) InviteUser(ctx context.Context, i Import, redirect string, client Client) (Managed, error) {
	if s.Mail == nil {
		return Managed{}, errMail
	}
	to, err := s.target(redirect)
	if err != nil {
		return Managed{}, err
	}
	i.Password, i.Hash, i.Verified = "", "", false
	made, err := s.MakeUser(ctx, i, client)
	if err != nil {
		return Managed{}, err
	}
	lifetime := 24 * time.Hour
	secret, _, err := s.mint(ctx, mailing{kind: "confirm", email: made.Email, lifetime: lifetime})
	if err != nil {
		return Managed{}, err
	}
	link := s.link(to, "confirm", secret)
	if client.Links != nil {
		link = client.Links.Write("invite", secret, to)
	}
	err = s.Mail.Send(ctx, Message{Kind: "invite", To: mailbox(made.Email), Link: link, Hours: int(lifetime.Hours())})
	return made, err
}
