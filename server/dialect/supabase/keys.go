package supabase

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"strings"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/auth/token"
	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/server/dialect"
)

// Keys are what a client passes to createClient: that of anyone, and that of programs which may do everything.
type Keys struct{ Anon, Service string }

// KeysOf returns the keys of a configuration: those that it names, and otherwise ones that follow from
// auth.tokens.secret, so that every node has the same.
func KeysOf(c *config.Config) Keys {
	s := c.Compat.Supabase
	out := Keys{s.AnonKey.Reveal(), s.ServiceKey.Reveal()}
	secret := ""
	if c.Auth != nil {
		secret = c.Auth.Tokens.Secret.Reveal()
	}
	if out.Anon == "" && secret != "" {
		out.Anon = derived(secret, "anon")
	}
	if out.Service == "" && secret != "" {
		out.Service = derived(secret, "service_role")
	}
	return out
}

// derived makes the key of a role. It has the form of a token, because some clients look into it, but it is only ever
// compared: it is signed with a key of its own, and no token of a user.
func derived(secret, role string) string {
	mac := func(key, text string) []byte {
		h := hmac.New(sha256.New, []byte(key))
		h.Write([]byte(text))
		return h.Sum(nil)
	}
	encode := base64.RawURLEncoding.EncodeToString
	text := encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encode([]byte(`{"iss":"basalt","role":"`+role+`","iat":1735689600,"exp":4891363200}`))
	return text + "." + encode(mac(string(mac(secret, "compat.supabase "+role)), text))
}

type role uint8

const (
	unknown role = iota
	anon
	service
)

// role returns what a key stands for. It takes the same time for any key of one length.
func (k Keys) role(key string) role {
	is := func(known string) bool {
		return known != "" && subtle.ConstantTimeCompare([]byte(known), []byte(key)) == 1
	}
	switch isAnon, isService := is(k.Anon), is(k.Service); {
	case isService:
		return service
	case isAnon:
		return anon
	}
	return unknown
}

// unkeyed are the addresses that people come to from a mail or from another site, with no key.
var unkeyed = []string{"/auth/v1/verify", "/auth/v1/authorize", "/auth/v1/callback", "/auth/v1/health", "/auth/v1/settings", "/auth/v1/.well-known/", storagePrefix}

// Identify implements [dialect.Identifier]: every request has a key in the header apikey, and in Authorization either that
// key again or the token of a user, whose rights it then has.
func (d *Dialect) Identify(r *dialect.Request, verify dialect.Verify) (crud.Caller, token.Verified, error) {
	scheme, credential, _ := strings.Cut(r.Peek("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		credential = ""
	}
	key := r.Peek("apikey")
	if key == "" {
		if q, err := r.Query(); err == nil {
			key = q.Get("apikey")
		}
	}
	if key == "" && d.keys.role(credential) != unknown {
		key = credential
	}
	is := d.keys.role(key)
	open := false
	for _, path := range unkeyed {
		open = open || strings.HasPrefix(r.Path, path)
	}
	switch {
	case is == unknown && key == "" && !open:
		return r.Caller, token.Verified{}, fault.Errorf(fault.Unauthenticated, "No API key found in request: send the header apikey; basalt keys supabase prints it")
	case is == unknown && key != "":
		return r.Caller, token.Verified{}, fault.Errorf(fault.Unauthenticated, "Invalid API key")
	}
	if credential != "" && d.keys.role(credential) == unknown {
		if takesHalfway(r) && halfwaySecret(credential) != "" {
			return r.Caller, token.Verified{}, nil // the call goes by the secret in it
		}
		caller, verified, err := verify(credential)
		if fault.CodeOf(err) == fault.Unauthenticated && strings.HasPrefix(r.Path, "/auth/v1/") { // as GoTrue begins it
			err = fault.Errorf(fault.Unauthenticated, "invalid JWT: unable to parse or verify signature, %s", err)
		}
		return caller, verified, err
	}
	caller := r.Caller
	if credential != "" {
		is = d.keys.role(credential)
	}
	if is == service {
		caller.Admin = true
		d.Log.Info("the service key of compat.supabase was used", "request", r.ID(), "method", r.Method, "path", r.Path, "ip", caller.IP)
	}
	return caller, token.Verified{}, nil
}
