package supabase

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/server/dialect"
)

// authProblem is an error in the form of GoTrue.
type authProblem struct {
	status        int
	code, message string
	reasons       []string // of a weak password
}

// Error implements error.
func (p authProblem) Error() string { return p.message }

const (
	versionHeader = "X-Supabase-Api-Version"
	apiVersion    = "2024-01-01"
)

// response writes the error as the version that the client speaks has it.
func (p authProblem) response(r *dialect.Request) dialect.Response {
	body := map[string]any{}
	versioned := r.Header(versionHeader) >= apiVersion
	if versioned {
		body["code"], body["message"] = p.code, p.message
	} else {
		body["code"], body["error_code"], body["msg"] = p.status, p.code, p.message
	}
	if p.reasons != nil {
		body["weak_password"] = map[string]any{"reasons": p.reasons}
	}
	text, _ := json.Marshal(body) // of strings and numbers
	out := dialect.JSON(p.status, text)
	if versioned {
		out.Header.Set(versionHeader, apiVersion)
	}
	return out
}

// authAnswer is the response of a call, with errors in the form of GoTrue. Unexpected ones are left to the server, which
// logs them.
func authAnswer(r *dialect.Request, answer dialect.Response, err error) (dialect.Response, error) {
	if err == nil {
		return answer, nil
	}
	var p authProblem
	if errors.As(err, &p) {
		return p.response(r), nil
	}
	var e *fault.Error
	if !errors.As(err, &e) {
		return answer, err
	}
	p, ok := authProblemOf(e)
	if !ok {
		return answer, err
	}
	return p.response(r), nil
}

// byField are the errors that depend on the field and its code.
var byField = map[string]authProblem{
	"email unverified":                {400, "email_not_confirmed", "Email not confirmed", nil},
	"email unique":                    {422, "user_already_exists", "User already registered", nil},
	"email pattern":                   {400, "validation_failed", "Unable to validate email address: invalid format", nil},
	"captcha required":                {400, "captcha_failed", "captcha protection: request disallowed", nil},
	"current_password reauthenticate": {400, "reauthentication_needed", "Password update requires reauthentication: send current_password", nil},
	"current_password mismatch":       {400, "current_password_invalid", "Current password is wrong", nil},
	"nonce mismatch":                  {422, "reauthentication_not_valid", "Verification failed: the code is wrong, used or expired", nil},
	"totp required":                   {400, "insufficient_aal", "This account takes a second factor: send its code as totp", nil},
	"totp mismatch":                   {422, "mfa_verification_failed", "Invalid TOTP code entered", nil},
	"redirect not_allowed":            {400, "validation_failed", "redirect_to is not an address that auth.redirects names", nil},
}

func authProblemOf(e *fault.Error) (authProblem, bool) {
	for _, f := range e.Fields {
		if p, ok := byField[f.Field+" "+f.Code]; ok {
			return p, true
		}
		if f.Field == "password" {
			reason := map[string]string{"min": "length", "required": "length"}[f.Code]
			if reason == "" {
				reason = "pwned"
			}
			message := "Password is too weak: " + f.Detail
			if least, ok := strings.CutPrefix(f.Detail, "a password has "); ok {
				message = "Password should be " + least
			}
			return authProblem{422, "weak_password", message, []string{reason}}, true
		}
	}
	switch e.Code {
	case fault.Invalid, fault.InvalidJSON:
		return authProblem{http.StatusBadRequest, "validation_failed", e.Error(), nil}, true
	case fault.Unauthenticated:
		return authProblem{http.StatusUnauthorized, "no_authorization", e.Detail, nil}, true
	case fault.Forbidden:
		return authProblem{http.StatusForbidden, "user_banned", e.Detail, nil}, true
	case fault.NotFound:
		return authProblem{http.StatusNotFound, "user_not_found", e.Detail, nil}, true
	case fault.Conflict:
		return authProblem{http.StatusUnprocessableEntity, "conflict", e.Detail, nil}, true
	case fault.RateLimited:
		return authProblem{http.StatusTooManyRequests, "over_request_rate_limit", e.Detail, nil}, true
	}
	return authProblem{}, false
}

// instead replaces an error of a call that has no field, if it has one of the codes.
func instead(err error, with authProblem, codes ...fault.Code) error {
	var e *fault.Error
	if errors.As(err, &e) && len(e.Fields) == 0 && slices.Contains(codes, e.Code) {
		return with
	}
	return err
}

var (
	errNoAuth      = authProblem{http.StatusNotFound, "not_found", "this server has no section auth", nil}
	errCredentials = authProblem{http.StatusBadRequest, "invalid_credentials", "Invalid login credentials", nil}
	errRefresh     = authProblem{http.StatusBadRequest, "refresh_token_not_found", "Invalid Refresh Token: Refresh Token Not Found", nil}
	errCode        = authProblem{http.StatusForbidden, "otp_expired", "Token has expired or is invalid", nil}
	errNoSession   = authProblem{http.StatusUnauthorized, "no_authorization", "This endpoint requires a valid Bearer token", nil}
	errNoUser      = authProblem{http.StatusNotFound, "user_not_found", "User not found", nil}
	errNoProvider  = authProblem{http.StatusBadRequest, "provider_disabled", "Provider is not enabled", nil}
	errNoWeb3      = authProblem{http.StatusUnprocessableEntity, "web3_provider_disabled", "Web3 provider is disabled", nil}
	errNoSAML      = authProblem{http.StatusNotFound, "saml_provider_disabled", "SAML 2.0 is disabled", nil}
	errNotAdmin    = authProblem{http.StatusForbidden, "not_admin", "User not allowed", nil}
)

// confirms reports whether a sign-up waits for its address to be confirmed.
func confirms(err error) bool { return errors.Is(err, auth.ErrConfirm) }
