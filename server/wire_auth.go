package server

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/modules/auth/mail"
	"github.com/basalt-dev/basalt/modules/auth/oauth"
	"github.com/basalt-dev/basalt/modules/auth/passkey"
	"github.com/basalt-dev/basalt/modules/auth/store"
	"github.com/basalt-dev/basalt/modules/auth/token"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/modules/shared"
	"github.com/basalt-dev/basalt/server/wiring"
)

// openShared opens what nodes share, or takes it over from the runtime before.
func (r *runtime) openShared(_ context.Context, old *runtime) error {
	url := ""
	if r.config.Redis != nil {
		url = r.config.Redis.URL.Reveal()
	}
	if old != nil && old.sharedURL == url {
		r.shared, r.sharedURL = old.shared, url
		return nil
	}
	r.sharedURL = url
	if url == "" {
		r.shared = shared.NewMemory(r.server.options.Now)
		return nil
	}
	var err error
	r.shared, err = shared.OpenRedis(url, r.server.options.Now)
	return err
}

// wireAuth makes what signs people in and verifies tokens.
func (r *runtime) wireAuth(ctx context.Context, _ *runtime) error {
	a := r.config.Auth
	if a == nil {
		return nil
	}
	database := r.databases[a.Database]
	if err := database.Sync(ctx, store.Collections()); err != nil {
		return fmt.Errorf("database %s: %w", a.Database, err)
	}
	authority, err := wiring.Authority(ctx, r.config, database, r.server.options.Now())
	if err != nil {
		return err
	}
	r.verifier = &token.Verifier{Authority: authority}
	for _, i := range a.Issuers {
		r.verifier.Issuers = append(r.verifier.Issuers, issuerOf(i, r.server.options))
	}
	settings := auth.Config{
		Database: database, Signer: token.Signer{Authority: authority, Lifetime: time.Duration(a.Tokens.Access)}, Verifier: r.verifier,
		Refresh: time.Duration(a.Tokens.Refresh), Lifetime: time.Duration(a.Tokens.Session), MaxToken: int(a.Tokens.MaxSize), Shared: r.shared,
		URL: strings.TrimSuffix(a.URL, "/"), Base: r.config.Server.Base, Limits: limitsOf(&a.Limits), Redirects: a.Redirects, Client: r.server.options.Client, Log: r.logger, Now: r.server.options.Now,
		Assurance: r.config.Compat.Supabase != nil,
		KeepAudit: time.Duration(a.Audit.Keep), Raise: r.raiseSecurity, Raises: r.raisesSecurity,
		OAuth: map[string]*oauth.Provider{}, Observe: func(event string) { r.server.metrics.events.WithLabelValues(event).Inc() },
	}
	if settings.Key, settings.Seals, err = wiring.Secrets(ctx, r.config, database, r.server.options.Now()); err != nil {
		return err
	}
	if err := configureProviders(&settings, a, r.server.options); err != nil {
		return err
	}
	if len(a.Computed) > 0 {
		settings.Claims = computed{r.config, r.pluck}
	}
	if a.Profile != "" {
		if t, ok := db.As[db.Transactor](database); ok && !t.Atomic() {
			return fmt.Errorf("auth.profile: an account and its profile are stored in one transaction, and the database %s has none", a.Database)
		}
		settings.Profiles = profiles{r, a.Profile}
	}
	settings.Invitations = &auth.Invitations{
		Lifetime: time.Duration(a.Invite.Lifetime), Documents: invites{r, wiring.Callable(a.Invite.Ordered, a.Invite.Allowed)},
	}
	if h := a.Hooks; h != nil {
		settings.Hooks = &auth.Hooks{SignUp: h.SignUp, Token: h.Token, Secret: []byte(r.config.Webhooks.Secret.Reveal()), Timeout: time.Duration(r.config.Webhooks.Timeout)}
	}
	if a.Captcha != nil {
		settings.Captcha = &auth.Captcha{URL: a.Captcha.URL, Secret: a.Captcha.Secret.Reveal()}
	}
	if m := r.config.Mail; m != nil {
		settings.Mail, err = mail.New(mail.Config{URL: m.URL.Reveal(), From: m.From, App: m.App, Templates: m.Templates, Dir: r.config.Dir, Print: r.server.options.Log, Box: r.server.options.Mails})
		if err != nil {
			return err
		}
	}
	r.auth = auth.New(settings)
	return r.auth.Poll(ctx, r.server.options.Now().Add(-settings.Signer.Lifetime))
}

// limitsOf are the limits of the section auth.limits.
func limitsOf(l *config.AuthLimits) auth.Limits {
	per := func(r config.Rate) shared.Limit { return shared.Per(r.N, r.Window) }
	return auth.Limits{SignUps: per(l.SignUps), Anonymous: per(l.Anonymous), Mails: per(l.Mails), OAuth: per(l.OAuth), Recipient: per(l.Recipient)}
}

func issuerOf(i *config.Issuer, options Options) *token.Issuer {
	out := &token.Issuer{Name: i.Issuer, Audiences: i.Audience, Algorithms: i.Algorithms, Prefix: i.Prefix, Claims: i.Claims}
	if i.Secret != "" {
		out.Secret = []byte(i.Secret.Reveal())
	} else {
		out.Keys = &token.KeySet{URL: i.JWKS, Issuer: i.Issuer, Client: options.Client, Now: options.Now}
	}
	return out
}

// configureProviders fills in how people can sign in.
func configureProviders(s *auth.Config, a *config.Auth, options Options) error {
	p := a.Providers
	if c := p.Password; c != nil {
		s.Password = &auth.Password{MinLength: c.MinLength, Attempts: c.Attempts, Weak: c.Weak, Confirm: c.Confirm != nil && *c.Confirm}
	}
	if c := p.Email; c != nil {
		s.Email = &auth.Email{Lifetime: time.Duration(c.Lifetime), SignUp: c.SignUp}
	}
	s.Anonymous = p.Anonymous != nil
	if c := p.TOTP; c != nil {
		s.TOTP = &auth.TOTP{Issuer: c.Issuer}
	}
	if c := p.Passkey; c != nil {
		s.Passkeys = &passkey.Settings{Name: c.Name, ID: c.ID, Origins: c.Origins}
	}
	for name, c := range p.Presets() {
		provider, _ := oauth.Preset(name, c.ClientID, c.ClientSecret.Reveal())
		if c.Scopes != nil {
			provider.Scopes = c.Scopes
		}
		s.OAuth[name] = provider
	}
	for name, c := range p.OIDC {
		provider := &oauth.Provider{ClientID: c.ClientID, ClientSecret: c.ClientSecret.Reveal(), Issuer: c.Issuer, Scopes: c.Scopes}
		if c.Scopes == nil {
			provider.Scopes = []string{"openid", "email", "profile"}
		}
		s.OAuth[name] = provider
	}
	if c := p.Apple; c != nil {
		provider, _ := oauth.Preset("apple", c.ClientID, "")
		var err error
		if provider.Secret, err = (oauth.AppleKey{ClientID: c.ClientID, Team: c.Team, KeyID: c.KeyID, PEM: c.Key.Reveal()}).Secret(); err != nil {
			return fmt.Errorf("auth.providers.apple: %w", err)
		}
		s.OAuth["apple"] = provider
	}
	for _, provider := range s.OAuth {
		provider.Client = options.Client
	}
	return nil
}

// computed computes the claims of the file.
type computed struct {
	config *config.Config
	pluck  func(ctx context.Context, collection string, where query.Filter, field string, limit int) ([]query.Value, error)
}

// pluck finds values for computed claims. The service that does is there when the first token is made.
func (r *runtime) pluck(ctx context.Context, collection string, where query.Filter, field string, limit int) ([]query.Value, error) {
	return r.crud.Pluck(ctx, collection, where, field, limit)
}

// Compute implements [auth.Claims].
func (c computed) Compute(ctx context.Context, claims map[string]any, now time.Time) (map[string]any, error) {
	out := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(c.config.Auth.Computed)) {
		v, err := c.config.Auth.Computed[name].Compute(ctx, claims, now, c.pluck)
		if err != nil {
			return nil, fmt.Errorf("the claim %s: %w", name, err)
		}
		out[name] = v
	}
	return out, nil
}
