package supabase

import (
	"encoding/json"
	"net/http"

	"github.com/google/uuid"

	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/server/dialect"
)

// Factors by WebAuthn are the passkeys of an account, also those that were made through Basalt's own API: a passkey signs in
// without a password there, and is the second factor after one here.

// passkeyFactor is a passkey as a factor; of is its own id, empty of one that is being enrolled.
type passkeyFactor struct {
	id, of, name string
	at           query.Value
}

var (
	errWrongPasskey = authProblem{http.StatusUnprocessableEntity, "mfa_verification_failed", "The passkey is not valid here, or the challenge has expired: begin with a new challenge", nil}
	errEnrolAAL     = authProblem{http.StatusForbidden, "insufficient_aal", "AAL2 required to enroll a new factor", nil}
	errNoWebAuthn   = authProblem{http.StatusUnprocessableEntity, "mfa_webauthn_enroll_not_enabled", "MFA enroll is disabled for WebAuthn", nil}
)

// passkeyFactors are the passkeys of a user, and last the one that they are enrolling.
func (c *authCall) passkeyFactors(user string) ([]passkeyFactor, error) {
	all, enrolling, err := c.service.PasskeyFactors(c.Context, user)
	if err != nil {
		return nil, err
	}
	var out []passkeyFactor
	for _, p := range all {
		out = append(out, passkeyFactor{uuid.NewSHA1(factorSpace, []byte("passkey "+p.ID)).String(), p.ID, p.Name, p.Created})
	}
	if enrolling != nil {
		out = append(out, passkeyFactor{uuid.NewSHA1(factorSpace, []byte("enrolling "+user)).String(), "", *enrolling, query.Null})
	}
	return out, nil
}

func shownFactors(all []passkeyFactor) []any {
	var out []any
	for _, p := range all {
		out = append(out, factorOf(p.id, "webauthn", p.name, p.of != "", p.at))
	}
	return out
}

// withPasskeys adds the passkeys of a user to their factors.
func (c *authCall) withPasskeys(out map[string]any, user auth.User) error {
	all, err := c.passkeyFactors(user.ID)
	if err == nil && len(all) > 0 {
		out["factors"] = append(factorsOf(user), shownFactors(all)...)
	}
	return err
}

// enrolPasskey is POST /factors with the type webauthn. Who has a factor adds another one with two factors alone.
func (d *Dialect) enrolPasskey(c *authCall) (dialect.Response, error) {
	if c.client.User == nil {
		return dialect.Response{}, errNoSession
	}
	user, err := c.service.User(c.Context, c.client)
	if err == nil {
		err = c.mayEnrol(user)
	}
	if err != nil {
		return dialect.Response{}, instead(err, errNoSession, fault.Unauthenticated)
	}
	if err := c.service.EnrolPasskey(c.Context, c.text("friendly_name"), c.client); err != nil {
		return dialect.Response{}, instead(err, errNoWebAuthn, fault.NotFound)
	}
	all, err := c.passkeyFactors(user.ID)
	if err != nil || len(all) == 0 {
		return dialect.Response{}, err
	}
	made := all[len(all)-1]
	return encoded(http.StatusOK, map[string]any{"id": made.id, "type": "webauthn", "friendly_name": made.name})
}

// mayEnrol refuses a factor more to a session of one, where there are two: the new one would make two of it.
func (c *authCall) mayEnrol(user auth.User) error {
	if c.client.User == nil {
		return errNoSession
	}
	all, err := c.passkeyFactors(user.ID)
	if err == nil && (user.TOTP || len(all) > 0 && all[0].of != "") && c.client.User["aal"] != "aal2" {
		err = errEnrolAAL
	}
	return err
}

// challengePasskey asks the browser to make the passkey of an enrolment, or to use one that is there.
func (d *Dialect) challengePasskey(c *authCall, of factor) (dialect.Response, error) {
	if err := c.relyingParty(); err != nil {
		return dialect.Response{}, err
	}
	kind := "request"
	var made auth.Challenge
	var err error
	if of.passkey.of == "" {
		kind = "create"
		if err = c.mayEnrol(of.user); err == nil {
			made, err = c.service.AddPasskey(c.Context, c.client)
		}
	} else {
		made, err = c.service.ChallengeFactor(c.Context, of.user.ID, of.passkey.of, c.client)
	}
	if err != nil {
		return dialect.Response{}, err
	}
	return encoded(http.StatusOK, map[string]any{
		"id": made.ID, "type": "webauthn", "expires_at": d.Now().Add(challengeTime).Unix(),
		"webauthn": map[string]any{"type": kind, "credential_options": map[string]any{"publicKey": json.RawMessage(made.Options)}},
	})
}

// relyingParty refuses a domain that is not the configured one: its passkeys would not be valid here.
func (c *authCall) relyingParty() error {
	given, settings := inside(inside(c.fields, "webauthn"), "rpId").Text(), c.service.Passkeys
	if given == "" || settings == nil || given == settings.ID {
		return nil
	}
	return authProblem{http.StatusBadRequest, "validation_failed", "rpId is " + fault.Clip(given) + ", and passkeys of this server are for " + settings.ID + " (auth.providers.passkey, auth.url)", nil}
}

// verifyPasskey ends an enrolment or a sign-in, or gives a session of two factors to who has one.
func (d *Dialect) verifyPasskey(c *authCall, of factor) (dialect.Response, error) {
	if err := c.relyingParty(); err != nil {
		return dialect.Response{}, err
	}
	response := []byte(inside(inside(c.fields, "webauthn"), "credential_response").JSON())
	var session auth.Session
	var err error
	if of.passkey.of == "" {
		if err = c.mayEnrol(of.user); err == nil {
			session, err = c.service.FinishFactor(c.Context, c.text("challenge_id"), response, c.client)
		}
	} else {
		c.client.Passkey = &auth.Assertion{ID: c.text("challenge_id"), Response: response}
		if secret := c.halfway(); secret != "" {
			session, err = c.service.CompleteSignIn(c.Context, secret, c.client)
		} else {
			session, _, err = c.service.Upgrade(c.Context, "", c.client)
		}
	}
	if err != nil {
		return dialect.Response{}, instead(err, errWrongPasskey, fault.Unauthenticated)
	}
	return d.session(c, session)
}

// unenrolPasskey removes a passkey, in a session of two factors, or the enrolment of one.
func (d *Dialect) unenrolPasskey(c *authCall, of factor) (dialect.Response, error) {
	var err error
	switch {
	case of.passkey.of == "":
		err = c.service.GiveUpPasskey(c.Context, c.client)
	case c.client.User["aal"] != "aal2":
		err = errAAL
	default:
		err = c.service.RemovePasskey(c.Context, of.passkey.of, c.client)
	}
	if err != nil {
		return dialect.Response{}, err
	}
	return encoded(http.StatusOK, map[string]any{"id": of.passkey.id})
}
