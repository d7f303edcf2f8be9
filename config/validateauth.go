package config

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/basalt-dev/basalt/modules/auth/passkey"
	"github.com/basalt-dev/basalt/modules/auth/token"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

func (v *validator) auth(a *Auth) {
	v.knownDatabase(a.At, a.Database)
	if u, err := url.Parse(a.URL); err == nil {
		a.URL = strings.TrimRight(a.URL, "/")
		v.origin(a.At, "auth.url", strings.TrimSuffix(a.URL, strings.TrimRight(u.EscapedPath(), "/")))
	}
	for _, r := range a.Redirects {
		if u, err := url.Parse(r); strings.Contains(r, "*") || err == nil && u.Host != strings.ToLower(u.Host) {
			v.fail(a.At, "auth.redirects: %q is compared as it is written; write each origin out, without *, and its host in small letters", r)
			continue
		}
		if u, err := url.Parse(r); err != nil || u.Scheme == "" || u.Scheme == "javascript" || u.Scheme == "data" {
			v.fail(a.At, "auth.redirects: %q is not an origin such as http://localhost:5173, nor an address of an app such as myapp://signed-in", r)
		}
	}
	v.tokens(&a.Tokens)
	seen := map[string]bool{}
	for _, i := range a.Issuers {
		if seen[i.Issuer] {
			v.fail(i.At, "the issuer %q appears twice", i.Issuer)
		}
		seen[i.Issuer] = true
		v.issuer(i, a)
	}
	v.providers(a)
	if a.Hooks != nil {
		v.address(a.At, "auth.hooks.signup", a.Hooks.SignUp)
		v.address(a.At, "auth.hooks.token", a.Hooks.Token)
	}
	if a.Captcha != nil {
		v.address(a.At, "auth.captcha.url", a.Captcha.URL)
	}
}

func (v *validator) tokens(t *Tokens) {
	if !slices.Contains(token.Algorithms, t.Algorithm) {
		v.fail(t.At, "auth.tokens.algorithm is one of %s, not %q%s", strings.Join(token.Algorithms, ", "), t.Algorithm, didYouMean(t.Algorithm, token.Algorithms))
	}
	if strings.HasPrefix(t.Algorithm, "HS") {
		for _, secret := range append([]Secret{t.Secret}, t.Previous...) {
			if n := len(secret); n > 0 && n < 32 {
				v.warn(t.At, "auth.tokens.secret is shorter than the 32 bytes that HS256 asks for, and can be guessed; make one with: openssl rand -hex 32")
			}
		}
	}
	if len(t.Previous) > 0 && t.Secret == "" {
		v.fail(t.At, "auth.tokens.previous is for keys of the file; those of the database rotate with: basalt keys rotate")
	}
	if t.MaxSize < 512 || t.MaxSize > 16<<10 {
		v.fail(t.At, "auth.tokens.max_size is from 512 bytes to 16KiB")
	}
}

func (v *validator) issuer(i *Issuer, a *Auth) {
	v.address(i.At, "jwks", i.JWKS)
	hmac := slices.ContainsFunc(i.Algorithms, func(name string) bool { return strings.HasPrefix(name, "HS") })
	others := slices.ContainsFunc(i.Algorithms, func(name string) bool { return !strings.HasPrefix(name, "HS") })
	for _, name := range i.Algorithms {
		if !slices.Contains(token.Algorithms, name) {
			v.fail(i.At, "there is no algorithm %q%s", name, didYouMean(name, token.Algorithms))
		}
	}
	switch {
	case i.Secret != "" && (i.JWKS != "" || others):
		v.fail(i.At, "an issuer with a secret signs with HS256, HS384 or HS512, and has no keys besides")
	case i.Secret == "" && hmac:
		v.fail(i.At, "HS256, HS384 and HS512 need the secret of the issuer; its public keys would be one that is public")
	case i.Secret != "" && len(i.Secret) < 32:
		v.warn(i.At, "the secret of the issuer is shorter than 32 bytes, and can be guessed")
	case i.Secret == "" && i.JWKS == "":
		v.address(i.At, "issuer", i.Issuer)
	}
	if len(i.Audience) == 0 || slices.Contains(i.Audience, "") {
		v.fail(i.At, "say which audience the issuer's tokens are for; it makes others for others")
	}
	if i.Issuer == a.Tokens.Issuer {
		v.fail(i.At, "this is the issuer of this server's own tokens")
	}
	if own := a.Providers; i.Prefix == "" && (own.Password != nil || own.Email != nil || own.Elsewhere() || own.Anonymous != nil) {
		v.warn(i.At, "without a prefix, this issuer can name any user of this server in its sub; write for example prefix: \"ext:\"")
	}
}

// originOf is an address without its path.
func originOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return strings.TrimSuffix(address, u.EscapedPath())
}

// origin checks an address without a path.
func (v *validator) origin(at Position, name, value string) {
	u, err := url.Parse(value)
	if value != "" && (err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.Path != "" || u.RawQuery != "" || u.User != nil) {
		v.fail(at, "%s: %q is not an address such as https://app.example.com", name, value)
	}
}

// address checks where a request goes to.
func (v *validator) address(at Position, name, value string) {
	u, err := url.Parse(value)
	if value != "" && (err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "") {
		v.fail(at, "%s: %q is not an address such as https://example.com/x", name, value)
	}
}

func (v *validator) providers(a *Auth) {
	p := &a.Providers
	needsURL := func(at Position, what string) {
		if a.URL == "" {
			v.fail(at, "%s needs auth.url, the address where people reach this server", what)
		}
	}
	if v.c.Mail != nil {
		needsURL(v.c.Mail.At, "mail")
	}
	if p.Email != nil && v.c.Mail == nil {
		v.fail(p.Email.At, `signing in by mail needs to send some; for development: mail: { url: "file:mails", from: "me@example.com" }`)
	}
	if p.Password != nil && p.Password.Confirm != nil && *p.Password.Confirm && v.c.Mail == nil {
		v.fail(p.Password.At, `confirming addresses needs to send mail; for development: mail: { url: "file:mails", from: "me@example.com" }`)
	}
	if p.Password != nil && p.Password.Confirm == nil && v.c.Mail != nil {
		v.warn(p.Password.At, "without confirm: true, signing up tells whether an address has an account; say confirm: false where that may be")
	}
	if p.Elsewhere() {
		needsURL(a.At, "signing in elsewhere")
	}
	if p.Passkey != nil {
		needsURL(p.Passkey.At, "signing in with passkeys")
		for _, o := range p.Passkey.Origins {
			v.origin(p.Passkey.At, "origins", o)
		}
		if u, err := url.Parse(a.URL); err == nil && p.Passkey.ID == "" {
			p.Passkey.ID = u.Hostname()
		}
		if _, err := netip.ParseAddr(strings.Trim(p.Passkey.ID, "[]")); err == nil {
			v.fail(p.Passkey.At, "passkeys belong to a domain, and %s is an address; give auth.url, or the id here, a name, as in https://app.example.com or http://localhost:4122", p.Passkey.ID)
		}
		if p.Passkey.Origins = append([]string{originOf(a.URL)}, p.Passkey.Origins...); a.URL == "" {
			p.Passkey.Origins = nil
		}
		if a.URL != "" {
			settings := passkey.Settings{Name: p.Passkey.Name, ID: p.Passkey.ID, Origins: p.Passkey.Origins}
			if err := settings.Check(); err != nil {
				v.warn(p.Passkey.At, "passkeys cannot be used, since browsers create none for %q; write a domain into auth.url or id, such as localhost", p.Passkey.ID)
			}
		}
	}
	for _, name := range sorted(p.OIDC) {
		if _, taken := p.wellKnown()[name]; taken || name == "apple" || !namePattern.MatchString(name) {
			v.fail(p.OIDC[name].At, "the name %q is taken, or not made of letters, digits and _", name)
		}
		v.address(p.OIDC[name].At, "issuer", p.OIDC[name].Issuer)
	}
}

// profileScope is what auth.profile stands for in rules; nil for a claim.
func (v *validator) profileScope() *rules.Profile {
	if v.c.Auth == nil || v.c.Collections[v.c.Auth.Profile] == nil {
		return nil
	}
	c := v.c.Collections[v.c.Auth.Profile]
	if c.Shape.Fields[0].Of != nil { // the key is made of several columns, which is refused elsewhere
		return nil
	}
	return &rules.Profile{Collection: c.Name, Shape: c.Shape}
}

// callerScope is the scope of a condition on the caller alone, which looks nothing up.
func (v *validator) callerScope() rules.Scope {
	if v.profileScope() == nil {
		return rules.Scope{}
	}
	return rules.Scope{Profile: &rules.Profile{Collection: v.c.Auth.Profile}}
}

// profile checks the collection of profiles, when all rules are compiled.
func (v *validator) profile() {
	a := v.c.Auth
	if a == nil || a.Profile == "" {
		return
	}
	at, c := v.place(&a.Profile), v.c.Collections[a.Profile]
	if c == nil {
		v.fail(at, "auth.profile: there is no collection %q%s", a.Profile, didYouMean(a.Profile, sorted(v.c.Collections)))
		return
	}
	id := c.Fields["id"]
	switch {
	case c.Files != nil:
		v.fail(at, "auth.profile: the documents of %s are files, which a sign-up cannot make; name a collection without files", c.Name)
	case c.composed:
		v.fail(at, "auth.profile: the key of %s is made of several columns; a profile has the id of its user, so name a collection with the key id", c.Name)
	case id != nil && id.Type != query.TypeID && id.Type != "":
		v.fail(at, "auth.profile: the id of %s is of type %s; a profile has the id of its user, so make it { type: id }, or leave the field out", c.Name, id.Type)
	case c.Database != a.Database:
		v.fail(at, "auth.profile: an account and its profile are stored in one transaction, and %s is in the database %s, the accounts in %s; put both into one (auth.database)", c.Name, c.Database, a.Database)
	case c.Set.Create["id"] != nil:
		v.fail(c.Set.Create["id"].At, "set.create of %s has the id, and a profile has the id of its user (auth.profile); take it out", c.Name)
	case len(v.problems) == 0 && c.Compiled[rules.Create] == nil:
		v.warn(at, "auth.profile: %s has no rule create, so that every sign-up is refused; write for example create: 'next.id == auth.id'", c.Name)
	}
}

// invite compiles who may invite.
func (v *validator) invite(scope rules.Scope) {
	a := v.c.Auth
	if a == nil {
		return
	}
	i := &a.Invite
	i.Ordered = []*Field{{Name: "email", Type: query.TypeString}, {Name: "claims", Type: query.TypeJSON}, {Name: "collection", Type: query.TypeString}, {Name: "doc", Type: query.TypeJSON}}
	i.Allowed = v.callRule(i.Rule, i.Ordered, scope)
	if i.Lifetime < Duration(time.Minute) || i.Lifetime > Duration(90*24*time.Hour) {
		v.fail(a.At, "auth.invite.lifetime is between 1m and 90d")
	}
}

// claims compiles what is computed for tokens, when all collections are known.
func (v *validator) claims(scope rules.Scope) {
	a := v.c.Auth
	if a == nil {
		return
	}
	a.Computed = map[string]*rules.Claim{}
	for _, name := range sorted(a.Claims) {
		text := a.Claims[name]
		if name == "id" || slices.Contains(token.ReservedClaims, name) {
			v.fail(text.At, "the claim %s is not for the file to set", name)
			continue
		}
		if name == "profile" && scope.Profile != nil {
			v.fail(text.At, "auth.profile is the document about the caller in rules, so that they cannot see a claim profile; give the claim another name")
			continue
		}
		claim, err := rules.CompileClaim(text.Source, scope)
		if err != nil {
			v.expression(text, "the claim "+name, err)
			continue
		}
		a.Computed[name] = claim
	}
}
