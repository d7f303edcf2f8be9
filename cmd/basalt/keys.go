package main

import (
	"context"
	"fmt"
	"time"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/server/dialect/supabase"
	"github.com/basalt-dev/basalt/server/offline"
)

type keysCommand struct {
	Rotate   rotateCommand       `cmd:"" help:"Make a new key for tokens, in the database."`
	Supabase supabaseKeysCommand `cmd:"" help:"Print the keys that clients of Supabase pass to createClient."`
}

type supabaseKeysCommand struct {
	Config string `help:"The configuration file." default:"basalt.yaml" short:"c"`
}

// Run prints the keys.
func (c *supabaseKeysCommand) Run() error {
	conf, err := config.Load(c.Config)
	if err != nil {
		return err
	}
	if conf.Compat.Supabase == nil {
		return fmt.Errorf("%s has no section compat.supabase; write: compat: { supabase: {} }", c.Config)
	}
	keys := supabase.KeysOf(conf)
	fmt.Printf("anon key: %s\nservice_role key: %s\n", keys.Anon, keys.Service)
	return nil
}

type rotateCommand struct {
	Retire bool   `help:"Revoke all other keys, and the tokens they signed, at once; sessions continue with new tokens."`
	Config string `help:"The configuration file." default:"basalt.yaml" short:"c"`
}

// Run makes a new key.
func (c *rotateCommand) Run() error {
	if err := offline.RotateKeys(context.Background(), c.Config, time.Now(), c.Retire); err != nil {
		return err
	}
	if c.Retire {
		fmt.Println("a new key signs; nodes that run refuse all others within twenty seconds")
		return nil
	}
	fmt.Println("a new key signs in a minute; the one before verifies for another 25 hours")
	return nil
}
