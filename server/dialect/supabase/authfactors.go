package supabase

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/pquerna/otp"

	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/server/dialect"
)

// The calls of supabase.auth.mfa. An account has one factor of an authenticator app, and its passkeys (authpasskeys.go). Between
// the password and the second factor, what the client has for an access token is none: it is good for the calls here and for
// GET /user.

// factorSpace is where the ids of factors are, which follow from those of users.
var factorSpace = uuid.MustParse("5f1c2b0e-6a3d-4e0c-9b55-0a4f6d1e7c21")

func factorID(user string) string { return uuid.NewSHA1(factorSpace, []byte(user)).String() }

// factorsOf is the factor of an app that a user has.
func factorsOf(u auth.User) []any {
	if !u.TOTP && !u.Enrolling {
		return []any{}
	}
	return []any{factorOf(factorID(u.ID), "totp", "", u.TOTP, u.Updated)}
}

func factorOf(id, kind, name string, verified bool, at query.Value) map[string]any {
	status := "unverified"
	if verified {
		status = "verified"
	}
	return map[string]any{"id": id, "friendly_name": name, "factor_type": kind, "status": status, "created_at": plain(at), "updated_at": plain(at)}
}

// halfwayEnd is the last part of what clients have between the password and the second factor: no signature.
var halfwayEnd = "." + base64.RawURLEncoding.EncodeToString([]byte("a second factor is to come"))

// halfSession answers a sign-in whose second factor is to come. What it has for an access token says to its client what a
// token would.
func (d *Dialect) halfSession(c *authCall, h *auth.HalfSignedIn) (dialect.Response, error) {
	encode := base64.RawURLEncoding.EncodeToString
	user := d.userOf(h.User, nil)
	if err := c.withPasskeys(user, h.User); err != nil {
		return dialect.Response{}, err
	}
	payload, err := json.Marshal(map[string]any{
		"sub": h.User.ID, "email": h.User.Email, "role": "authenticated", "aal": "aal1", "amr": []any{map[string]any{"method": "password", "timestamp": d.Now().Unix()}},
		"iat": d.Now().Unix(), "exp": h.Expires.Unix(), "halfway": h.Secret,
	})
	if err != nil {
		return dialect.Response{}, err
	}
	token := encode([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + encode(payload) + halfwayEnd
	return encoded(http.StatusOK, map[string]any{
		"access_token": token, "token_type": "bearer", "expires_in": int64(h.Expires.Sub(d.Now()).Seconds()), "expires_at": h.Expires.Unix(),
		"refresh_token": "a-second-factor-is-to-come", "user": user,
	})
}

// halfwaySecret is the secret in what a client has between the password and the second factor; empty without one.
func halfwaySecret(credential string) string {
	text, half := strings.CutSuffix(credential, halfwayEnd)
	_, payload, _ := strings.Cut(text, ".")
	raw, err := base64.RawURLEncoding.DecodeString(payload)
	var said struct{ Halfway string }
	if !half || err != nil || json.Unmarshal(raw, &said) != nil {
		return ""
	}
	return said.Halfway
}

// takesHalfway reports whether a call is one of those that come between the password and the second factor.
func takesHalfway(r *dialect.Request) bool {
	return strings.HasPrefix(r.Path, "/auth/v1/factors/") || r.Path == "/auth/v1/user" && (r.Method == http.MethodGet || r.Method == http.MethodHead)
}

func (c *authCall) halfway() string {
	_, credential, _ := strings.Cut(c.Header("Authorization"), " ")
	return halfwaySecret(strings.TrimSpace(credential))
}

var (
	errNoFactor  = authProblem{http.StatusNotFound, "mfa_factor_not_found", "Factor not found", nil}
	errChallenge = authProblem{http.StatusUnprocessableEntity, "mfa_challenge_expired", "MFA challenge has expired, verify against another challenge or create a new challenge.", nil}
	errWrongTOTP = authProblem{http.StatusUnprocessableEntity, "mfa_verification_failed", "Invalid TOTP code entered", nil}
	errAAL       = authProblem{http.StatusUnprocessableEntity, "insufficient_aal", "AAL2 required to unenroll verified factor: sign in again with the second factor", nil}
)

// who is the user of a call, signed in or on the way.
func (c *authCall) who() (auth.User, error) {
	if secret := c.halfway(); secret != "" {
		return c.service.Halfway(c.Context, secret)
	}
	user, err := c.service.User(c.Context, c.client)
	return user, instead(err, errNoSession, fault.Unauthenticated)
}

// factor is what the address of a call names: the factor of an app, where passkey is nil, or a passkey.
type factor struct {
	user    auth.User
	passkey *passkeyFactor
}

// factor is the factor of the caller that the address names.
func (c *authCall) factor() (factor, error) {
	user, err := c.who()
	if err != nil {
		return factor{}, err
	}
	return c.factorOf(user)
}

func (c *authCall) factorOf(user auth.User) (factor, error) {
	id := c.Segment("factor")
	if id == factorID(user.ID) && (user.TOTP || user.Enrolling) {
		return factor{user: user}, nil
	}
	all, err := c.passkeyFactors(user.ID)
	for _, p := range all {
		if p.id == id {
			return factor{user, &p}, err
		}
	}
	if err == nil {
		err = errNoFactor
	}
	return factor{}, err
}

// enrol is POST /factors.
func (d *Dialect) enrol(c *authCall) (dialect.Response, error) {
	switch kind := c.text("factor_type"); kind {
	case "totp":
	case "webauthn":
		return d.enrolPasskey(c)
	case "phone":
		return dialect.Response{}, authProblem{http.StatusUnprocessableEntity, "mfa_" + kind + "_enroll_not_enabled", "MFA enroll is disabled for " + kind, nil}
	default:
		return dialect.Response{}, authProblem{http.StatusBadRequest, "validation_failed", "factor_type needs to be totp, phone, or webauthn", nil}
	}
	if c.client.User == nil {
		return dialect.Response{}, errNoSession
	}
	user, err := c.service.User(c.Context, c.client)
	if err == nil && !user.TOTP { // which says what it has
		err = c.mayEnrol(user)
	}
	if err != nil {
		return dialect.Response{}, instead(err, errNoSession, fault.Unauthenticated)
	}
	made, err := c.service.EnrolTOTP(c.Context, c.client)
	switch fault.CodeOf(err) {
	case fault.NotFound:
		err = authProblem{http.StatusUnprocessableEntity, "mfa_totp_enroll_not_enabled", "MFA enroll is disabled for TOTP", nil}
	case fault.Conflict:
		err = authProblem{http.StatusUnprocessableEntity, "too_many_enrolled_mfa_factors", "An account has one factor; unenroll it first", nil}
	}
	if err != nil {
		return dialect.Response{}, err
	}
	picture, err := qrOf(made.URL)
	if err != nil {
		return dialect.Response{}, err
	}
	return encoded(http.StatusOK, map[string]any{
		"id": factorID(user.ID), "type": "totp", "friendly_name": c.text("friendly_name"),
		"totp": map[string]any{"qr_code": picture, "secret": made.Secret, "uri": made.URL},
	})
}

// challengeTime is how long a challenge is good. A code of an app answers none: it is good once, and for its half minute.
const challengeTime = 5 * time.Minute

// challenge is POST /factors/{id}/challenge.
func (d *Dialect) challenge(c *authCall) (dialect.Response, error) {
	of, err := c.factor()
	if err == nil && of.passkey != nil {
		return d.challengePasskey(c, of)
	}
	if err != nil {
		return dialect.Response{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return dialect.Response{}, err
	}
	for i, made := 5, d.Now().UnixMilli(); i >= 0; i-- { // by the clock of the server
		id[i] = byte(made)
		made >>= 8
	}
	return encoded(http.StatusOK, map[string]any{"id": id.String(), "type": "totp", "expires_at": d.Now().Add(challengeTime).Unix()})
}

// challenged reports whether a challenge was made just now, by the time in its id.
func (d *Dialect) challenged(id string) bool {
	parsed, err := uuid.Parse(id)
	if err != nil || parsed.Version() != 7 {
		return false
	}
	made := int64(0)
	for _, b := range parsed[:6] {
		made = made<<8 | int64(b)
	}
	age := d.Now().Sub(time.UnixMilli(made))
	return age > -time.Minute && age < challengeTime
}

// verifyFactor is POST /factors/{id}/verify: it ends a sign-in or an enrolment, or gives a new session to who has one.
func (d *Dialect) verifyFactor(c *authCall) (dialect.Response, error) {
	of, err := c.factor()
	if err == nil && of.passkey != nil {
		return d.verifyPasskey(c, of)
	}
	if err != nil {
		return dialect.Response{}, err
	}
	code := c.text("code")
	switch {
	case !d.challenged(c.text("challenge_id")):
		return dialect.Response{}, errChallenge
	case code == "":
		return dialect.Response{}, errWrongTOTP
	}
	if secret := c.halfway(); secret != "" {
		c.client.TOTP = code
		session, err := c.service.CompleteSignIn(c.Context, secret, c.client)
		if err != nil {
			return dialect.Response{}, err
		}
		return d.session(c, session)
	}
	if !of.user.TOTP {
		if err := c.mayEnrol(of.user); err != nil {
			return dialect.Response{}, err
		}
	}
	session, recovery, err := c.service.Upgrade(c.Context, code, c.client)
	if fault.CodeOf(err) == fault.Invalid {
		err = errWrongTOTP
	}
	if err != nil {
		return dialect.Response{}, err
	}
	body, err := d.sessionOf(c, session)
	if err != nil {
		return dialect.Response{}, err
	}
	if recovery != nil {
		body["recovery_codes"] = recovery
	}
	return encoded(http.StatusOK, body)
}

// unenrol is DELETE /factors/{id}: of one that is verified, in a session that has just begun with it, or with a code as totp.
func (d *Dialect) unenrol(c *authCall) (dialect.Response, error) {
	of, err := c.factor()
	if err == nil && c.client.User == nil {
		err = errAAL
	}
	if err == nil && of.passkey != nil {
		return d.unenrolPasskey(c, of)
	}
	if err != nil {
		return dialect.Response{}, err
	}
	c.client.Halfway = true
	err = c.service.RemoveTOTP(c.Context, c.client)
	if c.client.TOTP == "" && fault.CodeOf(err) == fault.Unauthenticated {
		err = errAAL
	}
	if err != nil {
		return dialect.Response{}, err
	}
	return encoded(http.StatusOK, map[string]any{"id": factorID(of.user.ID)})
}

// factors is GET /admin/users/{id}/factors.
func (d *Dialect) factors(c *authCall) (dialect.Response, error) {
	m, err := c.find()
	if err != nil {
		return dialect.Response{}, err
	}
	passkeys, err := c.passkeyFactors(m.ID)
	if err != nil {
		return dialect.Response{}, err
	}
	return encoded(http.StatusOK, append(factorsOf(m.User), shownFactors(passkeys)...))
}

// removeFactor is DELETE /admin/users/{id}/factors/{factor}.
func (d *Dialect) removeFactor(c *authCall) (dialect.Response, error) {
	m, err := c.find()
	if err != nil {
		return dialect.Response{}, err
	}
	of, err := c.factorOf(m.User)
	if err != nil {
		return dialect.Response{}, err
	}
	edit := auth.Edit{RemoveTOTP: of.passkey == nil}
	if of.passkey != nil {
		edit.RemovePasskey = of.passkey.of
	}
	if _, err := c.service.EditUser(c.Context, m.ID, edit, c.client); err != nil {
		return dialect.Response{}, err
	}
	return encoded(http.StatusOK, map[string]any{"id": c.Segment("factor")})
}

// qrSide is the side of a QR code, in pixels of which several make a module.
const qrSide = 240

// qrOf is the QR code of an address as SVG.
func qrOf(address string) (string, error) {
	key, err := otp.NewKeyFromURL(address)
	if err != nil {
		return "", err
	}
	picture, err := key.Image(qrSide, qrSide)
	if err != nil {
		return "", err
	}
	var path strings.Builder
	bounds := picture.Bounds()
	for y := bounds.Min.Y; y < bounds.Max.Y; {
		row, next := dark(picture, y), y+1
		for next < bounds.Max.Y && slices.Equal(row, dark(picture, next)) {
			next++
		}
		for x := 0; x < len(row); {
			from := x
			for x < len(row) && row[x] == row[from] {
				x++
			}
			if row[from] {
				fmt.Fprintf(&path, "M%d %dh%dv%dh-%dz", from, y-bounds.Min.Y, x-from, next-y, x-from)
			}
		}
		y = next
	}
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d"><rect width="100%%" height="100%%" fill="white"/><path d="%s"/></svg>`, qrSide, qrSide, qrSide, qrSide, path.String()), nil
}

// dark says which pixels of a row are.
func dark(picture image.Image, y int) []bool {
	bounds := picture.Bounds()
	out := make([]bool, bounds.Dx())
	for x := range out {
		out[x] = color.GrayModel.Convert(picture.At(bounds.Min.X+x, y)).(color.Gray).Y < 128
	}
	return out
}
