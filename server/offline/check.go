// Package offline has the commands that serve nothing: each reads a configuration, does one thing with what it names, and
// ends. They run beside a server of the same configuration, or without one.
//
// It is not for changing schemas behind anyone's back: Migrate and the commands for accounts say what they make, and the
// others make nothing. It does not know HTTP.
package offline

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/auth/mail"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/server/wiring"
)

// Check loads a file and opens nothing. It is what `basalt check` runs.
func Check(path string) (*config.Config, error) {
	c, err := config.Load(path)
	if err != nil {
		return nil, err
	}
	if c.Auth != nil && c.Auth.Tokens.Secret != "" {
		if _, err := wiring.Authority(context.Background(), c, nil, time.Now()); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	if m := c.Mail; m != nil {
		if _, err := mail.New(mail.Config{URL: m.URL.Reveal(), From: m.From, App: m.App, Templates: m.Templates, Dir: c.Dir}); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return c, nil
}

// Source is where the changes of a database come from.
type Source struct {
	Database string
	db.Source
}

// sourceTime bounds how long a database is asked where its changes come from.
const sourceTime = 3 * time.Second

// Sources asks where the changes for live queries will come from. Nothing is made or changed.
func Sources(ctx context.Context, c *config.Config) []Source {
	ctx, cancel := context.WithTimeout(ctx, sourceTime)
	defer cancel()
	var out []Source
	for _, name := range slices.Sorted(maps.Keys(c.Databases)) {
		d := c.Databases[name]
		out = append(out, Source{name, db.SourceOf(ctx, d.Driver, d.Settings(c.Dir))})
	}
	return out
}
