package auth

import (
	"context"
	"errors"
	"time"

	"github.com/basalt-dev/basalt/modules/auth/store"
	"github.com/basalt-dev/basalt/modules/fault"
)

// reauthTime is how long the code of a reauthentication is valid.
const reauthTime = 10 * time.Minute

// SendReauthentication mails the client's user a code, which the next change of how they sign in takes instead of the
// current password: who reads the mails of a proven address could set a new password as well.
func (s *Service) SendReauthentication(ctx context.Context, client Client) error {
	user, err := s.user(ctx, client.User)
	if err != nil {
		return err
	}
	if s.Mail == nil {
		return errMail
	}
	if unproven(user) || user.Email == "" {
		return fault.Errorf(fault.Conflict, "a code is sent to a confirmed address, and the account has none")
	}
	if err := s.throttleMail(ctx, user.Email, client.IP); err != nil {
		return err
	}
	m := mailing{kind: "reauthenticate", email: user.Email, subject: user.ID, lifetime: reauthTime, withCode: true}
	_, code, err := s.mint(ctx, m)
	if err != nil {
		return err
	}
	return s.Mail.Send(ctx, Message{Kind: m.kind, To: mailbox(m.email), Code: code, Minutes: int(reauthTime.Minutes())})
}

// reauthenticatedByMail reports whether the client has sent the code of such a mail, which it uses up. A wrong one is an error.
func (s *Service) reauthenticatedByMail(ctx context.Context, user *store.User, client Client) (bool, error) {
	if client.Nonce == "" {
		return false, nil
	}
	row, email, err := s.verifyCode(ctx, "reauthenticate", user.ID, MailCode{Code: client.Nonce})
	if err == nil && email != user.Email { // the address is another one since
		err = errLink
	}
	if err == nil {
		err = s.useUp(ctx, row)
	}
	if errors.Is(err, errLink) {
		err = &fault.Error{Code: fault.Forbidden, Detail: "the code of the mail is wrong, used or expired", Fields: []fault.FieldError{{Field: "nonce", Code: "mismatch", Detail: "request a new one"}}}
	}
	return err == nil, err
}
