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
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/modules/shared"
)

// prepareShared opens what nodes share, or takes it over from the generation before.
func (g *generation) prepareShared(old *generation) error {
	url := ""
	if g.config.Redis != nil {
		url = g.config.Redis.URL.Reveal()
	}
	if old != nil && old.sharedURL == url {
		g.shared, g.sharedURL = old.shared, url
		return nil
	}
	g.sharedURL = url
	if url == "" {
		g.shared = shared.NewMemory(g.server.options.Now)
		return nil
	}
	var err error
	g.shared, err = shared.OpenRedis(url, g.server.options.Now)
	return err
}

func (g *generation) prepareAuth(ctx context.Context) error {
	a := g.config.Auth
	if a == nil {
		return nil
	}
	database := g.databases[a.Database]
	if err := database.Sync(ctx, auth.Collections()); err != nil {
		return fmt.Errorf("database %s: %w", a.Database, err)
	}
	var err error
	if g.tokens, err = newTokens(ctx, g.config, database, g.server.options.Now()); err != nil {
		return err
	}
	for _, i := range a.Issuers {
		g.tokens.Issuers = append(g.tokens.Issuers, issuerOf(i, g.server.options))
	}
	settings := auth.Config{
		Database: database, Tokens: g.tokens, Refresh: time.Duration(a.Tokens.Refresh), MaxToken: int(a.Tokens.MaxSize), Shared: g.shared,
		URL: strings.TrimSuffix(a.URL, "/"), Redirects: a.Redirects, Client: g.server.options.Client, Log: g.logger, Now: g.server.options.Now,
		KeepAudit: time.Duration(a.Audit.Keep), Raise: g.raiseSecurity, Raises: g.raisesSecurity,
		OAuth: map[string]*auth.Provider{}, Observe: func(event string) { g.server.metrics.events.WithLabelValues(event).Inc() },
	}
	if settings.Key, err = auth.StoredKey(ctx, database, "identities", g.server.options.Now()); err != nil {
		return err
	}
	if e := g.config.Encryption; e != nil {
		settings.Seals = append(settings.Seals, []byte(e.Keys[e.Current].Reveal()))
		for _, id := range slices.Sorted(maps.Keys(e.Keys)) {
			settings.Seals = append(settings.Seals, []byte(e.Keys[id].Reveal()))
		}
	}
	settings.Seals = append(settings.Seals, settings.Key) // of before there was a section encryption
	if err := waysIn(&settings, a, g.server.options); err != nil {
		return err
	}
	if len(a.Computed) > 0 {
		settings.Claims = computed{g}
	}
	if h := a.Hooks; h != nil {
		settings.Hooks = &auth.Hooks{SignUp: h.SignUp, Token: h.Token, Secret: []byte(g.config.Webhooks.Secret.Reveal()), Timeout: time.Duration(g.config.Webhooks.Timeout)}
	}
	if a.Captcha != nil {
		settings.Captcha = &auth.Captcha{URL: a.Captcha.URL, Secret: a.Captcha.Secret.Reveal()}
	}
	if m := g.config.Mail; m != nil {
		settings.Mail, err = mail.New(mail.Config{URL: m.URL.Reveal(), From: m.From, App: m.App, Templates: m.Templates, Dir: g.config.Dir, Print: g.server.options.Log})
		if err != nil {
			return err
		}
	}
	g.auth = auth.New(settings)
	return g.auth.Poll(ctx, g.server.options.Now().Add(-settings.Tokens.Access))
}

// newTokens returns the tokens of a configuration: with its keys, or those that the database keeps.
func newTokens(ctx context.Context, c *config.Config, database db.Driver, now time.Time) (*auth.Tokens, error) {
	t := c.Auth.Tokens
	var keys []auth.Key
	root := []byte(t.Secret.Reveal())
	if t.Secret == "" {
		var err error
		if keys, root, err = auth.ReadKeys(ctx, database, t.Algorithm, now); err != nil {
			return nil, err
		}
	}
	tokens, err := auth.NewTokens(t.Algorithm, root, time.Duration(t.Access))
	if err != nil {
		return nil, err
	}
	if t.Secret != "" && len(t.Previous) > 0 {
		for _, secret := range append([]config.Secret{t.Secret}, t.Previous...) {
			k, err := auth.ParseKey(t.Algorithm, []byte(secret.Reveal()))
			if err != nil {
				return nil, fmt.Errorf("auth.tokens: %w", err)
			}
			keys = append(keys, k)
		}
	}
	if keys != nil {
		tokens.SetKeys(keys)
	}
	tokens.Issuer, tokens.Audience = t.Issuer, t.Audience
	return tokens, nil
}

func issuerOf(i *config.Issuer, options Options) *auth.Issuer {
	out := &auth.Issuer{Name: i.Issuer, Audiences: i.Audience, Algorithms: i.Algorithms, Prefix: i.Prefix, Claims: i.Claims}
	if i.Secret != "" {
		out.Secret = []byte(i.Secret.Reveal())
	} else {
		out.Keys = &auth.KeySet{URL: i.JWKS, Issuer: i.Issuer, Client: options.Client, Now: options.Now}
	}
	return out
}

// waysIn fills in how people can sign in.
func waysIn(s *auth.Config, a *config.Auth, options Options) error {
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
		s.Passkeys = &auth.Passkeys{Name: c.Name, ID: c.ID, Origins: c.Origins}
	}
	for name, c := range p.Presets() {
		provider, _ := auth.Preset(name, c.ClientID, c.ClientSecret.Reveal())
		if c.Scopes != nil {
			provider.Scopes = c.Scopes
		}
		s.OAuth[name] = provider
	}
	for name, c := range p.OIDC {
		provider := &auth.Provider{ClientID: c.ClientID, ClientSecret: c.ClientSecret.Reveal(), Issuer: c.Issuer, Scopes: c.Scopes}
		if c.Scopes == nil {
			provider.Scopes = []string{"openid", "email", "profile"}
		}
		s.OAuth[name] = provider
	}
	if c := p.Apple; c != nil {
		provider, _ := auth.Preset("apple", c.ClientID, "")
		var err error
		if provider.Secret, err = auth.AppleSecret(c.ClientID, c.Team, c.KeyID, c.Key.Reveal()); err != nil {
			return fmt.Errorf("auth.providers.apple: %w", err)
		}
		s.OAuth["apple"] = provider
	}
	for _, provider := range s.OAuth {
		provider.Client = options.Client
	}
	return nil
}

// computed computes the claims of the file, in the databases of a generation.
type computed struct{ g *generation }

// Compute implements [auth.Claims].
func (c computed) Compute(ctx context.Context, claims map[string]any, now time.Time) (map[string]any, error) {
	out := map[string]any{}
	find := func(ctx context.Context, collection string, where query.Filter, field string, limit int) ([]query.Value, error) {
		return c.g.crud.Pluck(ctx, collection, where, field, limit)
	}
	for _, name := range slices.Sorted(maps.Keys(c.g.config.Auth.Computed)) {
		v, err := c.g.config.Auth.Computed[name].Compute(ctx, claims, now, find)
		if err != nil {
			return nil, fmt.Errorf("the claim %s: %w", name, err)
		}
		out[name] = v
	}
	return out, nil
}

const (
	pollInterval  = 2 * time.Second  // how often a node asks which sessions have ended
	keysInterval  = 20 * time.Second // how often it reads the keys of tokens; a new one waits for a minute
	pruneInterval = 10 * time.Minute // how often it removes what has expired
	keepTime      = 5 * time.Second  // bounds what is noted after a request
)

// poll keeps the current generation up to date with what other nodes do, until ctx ends.
func (s *Server) poll(ctx context.Context) {
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	since, keys, pruned, failed := s.options.Now(), s.options.Now(), s.options.Now(), false
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		now := s.options.Now()
		if now.Sub(pruned) >= pruneInterval {
			pruned = now
			s.pruneOnce(ctx)
		}
		err := s.pollOnce(ctx, since, now.Sub(keys) >= keysInterval)
		if err != nil && ctx.Err() == nil && !failed {
			s.logger.Load().Error("asking which sessions have ended; it goes on", "error", err.Error())
		}
		if failed = err != nil; failed {
			continue
		}
		if since = now; now.Sub(keys) >= keysInterval {
			keys = now
		}
	}
}

func (s *Server) pruneOnce(ctx context.Context) {
	g := s.current.Load()
	if !g.enter() {
		return
	}
	defer g.leave()
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := g.prune(ctx); err != nil && ctx.Err() == nil {
		g.logger.Warn("removing what has expired; it is tried again", "error", err.Error())
	}
}

func (s *Server) pollOnce(ctx context.Context, since time.Time, keys bool) error {
	g := s.current.Load()
	if !g.enter() {
		return nil // its successor is asked next time
	}
	defer g.leave()
	if g.auth == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := g.auth.Poll(ctx, since); err != nil || !keys {
		return err
	}
	return g.readKeys(ctx)
}

// readKeys takes over the keys that the database has now.
func (g *generation) readKeys(ctx context.Context) error {
	t := g.config.Auth.Tokens
	if t.Secret != "" {
		return nil
	}
	found, _, err := auth.ReadKeys(ctx, g.databases[g.config.Auth.Database], t.Algorithm, g.server.options.Now())
	if err == nil {
		g.tokens.SetKeys(found)
	}
	return err
}
