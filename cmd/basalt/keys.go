package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/server/dialect/supabase"
	"github.com/basalt-dev/basalt/server/offline"
)

func newKeysCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "keys", Short: "Rotate the keys of tokens, or print those of clients."}
	cmd.AddCommand(newRotateCommand(), newSupabaseKeysCommand())
	return cmd
}

type supabaseKeysCommand struct{ Config string }

func newSupabaseKeysCommand() *cobra.Command {
	var c supabaseKeysCommand
	cmd := &cobra.Command{
		Use:   "supabase",
		Short: "Print the keys that clients of Supabase pass to createClient.",
		RunE:  func(*cobra.Command, []string) error { return c.Run() },
	}
	configFlag(cmd, &c.Config)
	return cmd
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
	Retire bool
	Config string
}

func newRotateCommand() *cobra.Command {
	var c rotateCommand
	cmd := &cobra.Command{
		Use:   "rotate",
		Short: "Make a new key for tokens, in the database.",
		RunE:  func(*cobra.Command, []string) error { return c.Run() },
	}
	cmd.Flags().BoolVar(&c.Retire, "retire", false, "Revoke all other keys, and the tokens they signed, at once; sessions continue with new tokens.")
	configFlag(cmd, &c.Config)
	return cmd
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
