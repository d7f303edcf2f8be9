package auth

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"time"

	"github.com/basalt-dev/basalt/modules/auth/store"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/modules/shared"
)

// Invitations. An invitation is a mailed link: who opens it has proven the address, and gets an account with it, or
// brings one along. It gives claims, and a document such as a membership. Whether the inviter may give these is asked
// when the invitation is made, and again when it is accepted. No answer depends on whether the address has an account.

// Invitation is what an invitation gives to whom.
type Invitation struct {
	Email string `json:"email"`
	// Claims are added to those of the account. Inviters who are no administrators can give what they have themselves.
	Claims map[string]any `json:"claims,omitempty"`
	// Membership is created as the inviter.
	Membership *Membership `json:"membership,omitempty"`
}

// Membership is a document that is created when an invitation is accepted.
type Membership struct {
	Collection string `json:"collection"`
	// Field gets the id of the user.
	Field string `json:"field"`
	// Doc is an object with the other fields.
	Doc json.RawMessage `json:"doc"`
}

// Inviter is who invites.
type Inviter struct {
	// User is empty for the key of an administrator.
	User  string
	Admin bool
	// Claims are those that the inviter has now.
	Claims map[string]any
}

// Documents decides about invitations, and stores documents in the transactions of accounts.
type Documents interface {
	// MayInvite refuses an invitation that the inviter may not make.
	MayInvite(ctx context.Context, by Inviter, i Invitation, client Client) error
	// IsAdmin reports whether claims make a user an administrator.
	IsAdmin(claims map[string]any) bool
	// Transaction runs f in one transaction of the accounts and of a collection in their database. f may run several times.
	Transaction(ctx context.Context, collection string, f func(tx db.Store, docs DocumentsIn) error) error
}

// DocumentsIn are the documents inside a transaction.
type DocumentsIn interface {
	ProfilesIn
	// Join creates the document of an invitation for a user, as the inviter.
	Join(ctx context.Context, by Inviter, m Membership, user string, client Client) error
}

// Invitations configures invitations.
type Invitations struct {
	// Lifetime is how long one can be accepted.
	Lifetime time.Duration
	// Documents decides about them.
	Documents Documents
}

// openInvitations is how many invitations of one user may wait to be accepted.
const openInvitations = 100

// invited is what is kept of an invitation.
type invited struct {
	Invitation
	// By is the user who invites, empty for the key of an administrator.
	By    string `json:"by,omitempty"`
	Admin bool   `json:"admin,omitempty"`
}

// OpenInvitation is an invitation that waits to be accepted.
type OpenInvitation struct {
	Invitation
	ID, By           string
	Created, Expires query.Value
	// Link is set when an administrator has asked for the link instead of the mail.
	Link string
}

var errNoInvitations = notEnabled("inviting", "auth")

// Invite makes an invitation and mails it. With unsent, an administrator gets the link instead.
func (s *Service) Invite(ctx context.Context, i Invitation, redirect string, unsent bool, client Client) (OpenInvitation, error) {
	if s.Invitations == nil {
		return OpenInvitation{}, errNoInvitations
	}
	by, err := s.inviter(ctx, client)
	if err != nil {
		return OpenInvitation{}, err
	}
	if unsent && !by.Admin {
		return OpenInvitation{}, fault.FieldErrorf("send", "not_allowed", "the link proves the address, so that only its mail has it; an administrator can get it with send: false")
	}
	if !unsent && s.Mail == nil {
		return OpenInvitation{}, errMail
	}
	var problems []fault.FieldError
	if i.Email, problems = normalEmail(i.Email); problems == nil {
		problems = claimProblems(i.Claims)
	}
	if problems != nil {
		return OpenInvitation{}, &fault.Error{Code: fault.Invalid, Detail: "the invitation cannot be made with these values", Fields: problems}
	}
	to, err := s.target(redirect)
	if err != nil {
		return OpenInvitation{}, err
	}
	if err := s.mayInvite(ctx, by, i, client); err != nil {
		return OpenInvitation{}, err
	}
	if err := s.limitInvitations(ctx, by, i.Email, client); err != nil {
		return OpenInvitation{}, err
	}
	secret := rand.Text()
	if err := s.storeCode(ctx, "invite", secret, by.User, invited{i, by.User, by.Admin}, s.Invitations.Lifetime); err != nil {
		return OpenInvitation{}, err
	}
	row, err := s.loadCode(ctx, "invite", secret)
	if err != nil || row == nil {
		return OpenInvitation{}, err
	}
	out := openInvitation(row, i, by.User)
	link := s.link(to, "invite", secret)
	if unsent {
		out.Link = link
	} else if err := s.Mail.Send(ctx, Message{Kind: "invite", To: mailbox(i.Email), Link: link, Hours: int(s.Invitations.Lifetime.Hours())}); err != nil {
		_, _ = s.consumeCode(ctx, row) // no caller has it
		return OpenInvitation{}, err
	}
	s.audit(ctx, Event{Name: "invite.made", User: by.User, Actor: by.actor(client), Client: client, Detail: map[string]any{"invitation": row.ID}})
	return out, nil
}

func (by Inviter) actor(client Client) string {
	if by.Admin {
		return client.actor()
	}
	return ""
}

func openInvitation(row *store.Code, i Invitation, by string) OpenInvitation {
	return OpenInvitation{Invitation: i, ID: row.ID, By: by, Created: moment(row.Created), Expires: moment(row.Expires)}
}

// link is an address of the app with the secret of a mail. In the fragment it reaches no server, and no log.
func (s *Service) link(to *url.URL, kind, secret string) string {
	return withErrand(to, kind, "token="+secret+"&server="+s.Name())
}

// inviter is who calls: a user with an account, or an administrator.
func (s *Service) inviter(ctx context.Context, client Client) (Inviter, error) {
	if client.Admin && client.User == nil {
		return Inviter{Admin: true}, nil
	}
	user, err := s.user(ctx, client.User)
	if err != nil {
		return Inviter{}, err
	}
	if user.Email == "" {
		return Inviter{}, fault.Errorf(fault.Forbidden, "an anonymous user cannot invite others; sign up first")
	}
	if err := mayAddFactor(user); err != nil && !client.Admin {
		return Inviter{}, err
	}
	return Inviter{User: user.ID, Admin: client.Admin, Claims: client.User}, nil
}

// mayInvite refuses an invitation that gives more than the inviter may give.
func (s *Service) mayInvite(ctx context.Context, by Inviter, i Invitation, client Client) error {
	if !by.Admin {
		for _, name := range slices.Sorted(maps.Keys(i.Claims)) {
			if !covers(by.Claims[name], i.Claims[name]) {
				return &fault.Error{Code: fault.Forbidden, Detail: "an invitation gives no more than its inviter has",
					Fields: []fault.FieldError{{Field: "claims." + name, Code: "not_yours", Detail: "you do not have this claim with this value; an administrator can give it"}}}
			}
		}
	}
	return s.Invitations.Documents.MayInvite(ctx, by, i, client)
}

// covers reports whether a claim has what is given: the same value, or all elements of a list.
func covers(has, given any) bool {
	if given == nil {
		return false
	}
	hasList, ok := has.([]any)
	if givenList, both := given.([]any); ok && both {
		for _, one := range givenList {
			if !slices.ContainsFunc(hasList, func(h any) bool { return sameJSON(h, one) }) {
				return false
			}
		}
		return true
	}
	return has != nil && sameJSON(has, given)
}

func sameJSON(a, b any) bool {
	one, err := json.Marshal(a)
	other, otherErr := json.Marshal(b)
	return err == nil && otherErr == nil && string(one) == string(other)
}

// limitInvitations limits the mails of one user, and to one address.
func (s *Service) limitInvitations(ctx context.Context, by Inviter, email string, client Client) error {
	if by.Admin {
		return s.take(ctx, "invite:account:"+hashSecret(email)[:32], s.Limits.Recipient)
	}
	if err := s.throttle(ctx, "invite", s.Limits.Mails, client.IP); err != nil {
		return err
	}
	if err := s.take(ctx, "invite:account:"+hashSecret(email)[:32], s.Limits.Recipient); err != nil {
		return err
	}
	if err := s.take(ctx, "invite:user:"+by.User, shared.Per(50, time.Hour)); err != nil {
		return err
	}
	rows, err := store.Codes.Find(ctx, s.Database, query.Query{Where: s.openInvitations(by), Limit: openInvitations})
	if err == nil && len(rows) == openInvitations {
		err = fault.Errorf(fault.RateLimited, "%d of your invitations wait to be accepted, which is the most; revoke some", openInvitations)
	}
	return err
}

// openInvitations selects the invitations that a caller may see: one's own, or all for administrators.
func (s *Service) openInvitations(by Inviter) query.Filter {
	where := query.All(store.CodeKind.Is("invite"), store.CodeExpires.After(s.Now()))
	if !by.Admin {
		where = query.All(where, store.CodeSubject.Is(by.User))
	}
	return where
}

// OpenInvitations returns the invitations of the client that wait to be accepted, the latest first; for an
// administrator those of everyone.
func (s *Service) OpenInvitations(ctx context.Context, client Client) ([]OpenInvitation, error) {
	if s.Invitations == nil {
		return nil, errNoInvitations
	}
	by, err := s.inviter(ctx, client)
	if err != nil {
		return nil, err
	}
	rows, err := store.Codes.Find(ctx, s.Database, query.Query{Where: s.openInvitations(by), Sort: []query.SortKey{{Field: "created", Desc: true}, {Field: "id"}}, Limit: 500})
	out := make([]OpenInvitation, len(rows))
	for i, row := range rows {
		var kept invited
		if err := decodeData(row, &kept); err != nil {
			return nil, err
		}
		out[i] = openInvitation(row, kept.Invitation, kept.By)
	}
	return out, err
}

// RevokeInvitation takes an invitation back.
func (s *Service) RevokeInvitation(ctx context.Context, id string, client Client) error {
	if s.Invitations == nil {
		return errNoInvitations
	}
	by, err := s.inviter(ctx, client)
	if err != nil {
		return err
	}
	n, err := store.Codes.Delete(ctx, s.Database, query.All(store.CodeID.Is(id), s.openInvitations(by)))
	if err == nil && n == 0 {
		err = fault.Errorf(fault.NotFound, "there is no such invitation")
	}
	if err != nil {
		return err
	}
	s.audit(ctx, Event{Name: "invite.revoked", User: by.User, Actor: by.actor(client), Client: client, Detail: map[string]any{"invitation": id}})
	return nil
}
