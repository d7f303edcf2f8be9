package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/basalt-dev/basalt/cmd/internal/cli"
	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/server/offline"
)

type checkCommand struct {
	File, Config string
	Strict       bool
}

func newCheckCommand() *cobra.Command {
	var c checkCommand
	cmd := &cobra.Command{
		Use:         "check [FILE]",
		Short:       "Report every mistake of a configuration.",
		Annotations: map[string]string{"FILE": "The configuration file, instead of that of --config."},
		RunE: func(_ *cobra.Command, args []string) error {
			c.File = argument(args, 0)
			return c.Run()
		},
	}
	configFlag(cmd, &c.Config)
	cmd.Flags().BoolVar(&c.Strict, "strict", false, "Make warnings errors, and ask the databases which lists and rules read a table whole.")
	return cmd
}

// Run prints all mistakes, or that there are none.
func (c *checkCommand) Run() error {
	file := c.Config
	if c.File != "" {
		file = c.File
	}
	checked, err := offline.Check(file)
	if err != nil {
		return fmt.Errorf("the configuration is not valid:\n%w", err)
	}
	for _, n := range checked.Notes {
		fmt.Fprintln(os.Stderr, "note:", n)
	}
	warnings := checked.Warnings
	if c.Strict {
		slow, notes := offline.Probe(context.Background(), file, checked)
		warnings = append(warnings, slow...)
		for _, n := range notes {
			fmt.Fprintln(os.Stderr, "note:", n)
		}
	}
	for _, w := range warnings {
		fmt.Fprintln(os.Stderr, "warning:", w)
	}
	if c.Strict && len(warnings) > 0 {
		return fmt.Errorf("%d warning(s), which --strict makes errors", len(warnings))
	}
	fmt.Printf("%s is valid: %d database(s), %d collection(s)\n", file, len(checked.Databases), len(checked.Collections))
	for _, s := range offline.Sources(context.Background(), checked) {
		fmt.Printf("  live queries on %s: %s\n", s.Database, s.Name)
		if s.Advice != "" {
			fmt.Printf("    better: %s\n", s.Advice)
		}
	}
	return nil
}

type schemaCommand struct{ Out string }

func newSchemaCommand() *cobra.Command {
	var c schemaCommand
	cmd := &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of the configuration, for editors.",
		RunE:  func(*cobra.Command, []string) error { return c.Run() },
	}
	cmd.Flags().StringVarP(&c.Out, "out", "o", "", "Write to this `FILE` instead.")
	return cmd
}

// Run prints or writes the schema.
func (c *schemaCommand) Run() error {
	if c.Out == "" {
		_, err := os.Stdout.Write(config.Schema)
		return err
	}
	return os.WriteFile(c.Out, config.Schema, 0o644) //nolint:gosec // everyone may read it
}

type introspectCommand struct{ Database, Config string }

func newIntrospectCommand() *cobra.Command {
	var c introspectCommand
	cmd := &cobra.Command{
		Use:   "introspect",
		Short: "Print the collections that a database has, for the configuration.",
		RunE:  func(*cobra.Command, []string) error { return c.Run() },
	}
	cmd.Flags().StringVar(&c.Database, "database", "", "The `DATABASE` of the configuration; optional if there is only one.")
	configFlag(cmd, &c.Config)
	return cmd
}

// Run prints the section collections.
func (c *introspectCommand) Run() error {
	return offline.Introspect(context.Background(), c.Config, c.Database, os.Stdout)
}

type tokenCommand struct {
	Claims  string
	Expires time.Duration
	Config  string
}

func newTokenCommand() *cobra.Command {
	var c tokenCommand
	cmd := &cobra.Command{
		Use:     "token",
		Short:   "Print an access token with given claims.",
		Example: `basalt token --claims '{"sub":"u1","role":"admin"}' --expires 1h`,
		RunE:    func(*cobra.Command, []string) error { return c.Run() },
	}
	cmd.Flags().StringVar(&c.Claims, "claims", "", "The claims, as a `JSON` object such as {\"sub\":\"u1\"}.")
	cmd.Flags().DurationVar(&c.Expires, "expires", 24*time.Hour, "How long the token is valid, unless the claims have exp.")
	configFlag(cmd, &c.Config)
	cli.Require(cmd, "claims")
	return cmd
}

// Run prints a token that a server with the same configuration accepts.
func (c *tokenCommand) Run() error {
	var claims map[string]any
	decoder := json.NewDecoder(strings.NewReader(c.Claims))
	decoder.UseNumber() // integers stay exact
	if err := decoder.Decode(&claims); err != nil || claims == nil {
		return fmt.Errorf(`--claims is a JSON object such as {"sub":"u1"}, not %s`, c.Claims)
	}
	token, err := offline.Token(context.Background(), c.Config, claims, time.Now(), c.Expires)
	if err != nil {
		return err
	}
	fmt.Println(token)
	return nil
}

func newVersionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version.",
		RunE:  func(*cobra.Command, []string) error { return printVersion() },
	}
}

// printVersion prints the version and what the binary was built from.
func printVersion() error {
	revision, toolchain := "", ""
	if info, ok := debug.ReadBuildInfo(); ok {
		toolchain = info.GoVersion
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				revision = " " + s.Value
			}
		}
	}
	fmt.Printf("basalt %s%s %s\n", release(), revision, toolchain)
	return nil
}

type healthcheckCommand struct{ Config, URL string }

func newHealthcheckCommand() *cobra.Command {
	var c healthcheckCommand
	cmd := &cobra.Command{
		Use:   "healthcheck",
		Short: "Ask a running server whether it is ready; for containers.",
		RunE:  func(*cobra.Command, []string) error { return c.Run() },
	}
	cmd.Flags().StringVarP(&c.Config, "config", "c", "basalt.yaml", "The configuration `FILE`, which says where the server listens.")
	cmd.Flags().StringVar(&c.URL, "url", "", "The `URL` of the server, instead of what the configuration says.")
	return cmd
}

// Run exits with an error when the server is not ready.
func (c *healthcheckCommand) Run() error {
	name := ""
	if c.URL == "" {
		cfg, err := config.Load(c.Config)
		if err != nil {
			return fmt.Errorf("%w; or say where the server is with --url", err)
		}
		if c.URL, err = local(cfg.Listen); err != nil {
			return err
		}
		if cfg.TLS != nil {
			c.URL = strings.Replace(c.URL, "http:", "https:", 1)
			name = append(cfg.TLS.Domains, "localhost")[0]
		}
	}
	client := http.Client{Timeout: 3 * time.Second, Transport: &http.Transport{
		// The certificate is for the name that others use, and this asks no more than whether the server is ready.
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true, ServerName: name, MinVersion: tls.VersionTLS12}, //nolint:gosec // see above
	}}
	resp, err := client.Get(strings.TrimSuffix(c.URL, "/") + "/readyz")
	if err != nil {
		return err
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, 4096))
	if err = errors.Join(err, resp.Body.Close()); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("not ready: %s", body)
	}
	return nil
}

// local is the URL of a server on this machine that listens at an address.
func local(listen string) (string, error) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return "", err
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port), nil
}
