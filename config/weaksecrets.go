package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// exampleSecrets are those of our own examples, which are public.
var exampleSecrets = []string{
	"an example, so not a secret at all",
	"a-key-for-trying-it-out",
	"a-secret-of-both",
	"only-for-trying-this-recipe-out-!",
}

// placeholder matches what stands where a secret is to be put.
var placeholder = regexp.MustCompile(`(?i)^[^a-z0-9]*((your|my|the|some|a|an|super|very|top)?[-_ .]?)*(secret|password|passwd|token|key|change[-_ ]?(me|it|this)|replace[-_ ]?(me|it|this)|example|default|admin|test|dev|todo|xxx+)([-_ .]?(secret|password|token|key|here|value|me|now|please|[0-9]{1,4}))*[^a-z0-9]*$`)

// leastDistinct is how many different characters a random secret has at least.
const leastDistinct = 6

// weakness returns why a secret may be publicly known, empty if there is no sign of it.
func weakness(s Secret) string {
	switch text := strings.TrimSpace(string(s)); {
	case text == "":
		return ""
	case slices.Contains(exampleSecrets, text):
		return "stands in the examples of Basalt"
	case placeholder.MatchString(text):
		return "is what stands where a secret is to be put"
	case distinct(text) < leastDistinct:
		return fmt.Sprintf("has %d different characters", distinct(text))
	}
	return ""
}

func distinct(s string) int {
	seen := map[rune]bool{}
	for _, r := range s {
		seen[r] = true
	}
	return len(seen)
}

// secrets records the secrets that may be publicly known: they are a warning, and the server refuses them where others than this
// machine reach it.
func (v *validator) secrets() {
	c := v.c
	check := func(at Position, name string, secrets ...Secret) {
		for _, s := range secrets {
			if why := weakness(s); why != "" {
				v.warn(at, "%s %s and is publicly known; make one with: openssl rand -hex 32", name, why)
				c.Exposed = append(c.Exposed, c.Warnings[len(c.Warnings)-1])
			}
		}
	}
	if a := c.Auth; a != nil {
		check(a.Tokens.At, "auth.tokens.secret", append([]Secret{a.Tokens.Secret}, a.Tokens.Previous...)...)
		for _, i := range a.Issuers {
			check(i.At, "the secret of the issuer "+i.Issuer, i.Secret)
		}
	}
	for i, key := range c.Admin.Keys {
		check(v.place(&c.Admin.Keys[i]), "a key of admin.keys", key)
	}
	if e := c.Encryption; e != nil {
		for _, id := range sorted(e.Keys) {
			check(e.At, "encryption.keys."+id, e.Keys[id])
		}
	}
	check(v.place(&c.Webhooks.Secret), "webhooks.secret", c.Webhooks.Secret)
	for _, name := range sorted(c.Services) {
		check(c.Services[name].At, "services."+name+".secret", c.Services[name].Secret)
	}
	for _, name := range sorted(c.Events) {
		if e := c.Events[name]; e.Secret != c.Webhooks.Secret {
			check(e.At, "events."+name+".secret", e.Secret)
		}
	}
	check(v.place(&c.Metrics.Token), "metrics.token", c.Metrics.Token)
	check(v.place(&c.OpenAPI.Token), "openapi.token", c.OpenAPI.Token)
}
