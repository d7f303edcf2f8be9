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

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/server/offline"
)

type checkCommand struct {
	File   string `arg:"" optional:"" help:"The configuration file." placeholder:"FILE"`
	Config string `help:"The configuration file." default:"basalt.yaml" short:"c"`
	Strict bool   `help:"Make warnings errors, and ask the databases which lists and rules read a table whole."`
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

type schemaCommand struct {
	Out string `help:"Write to this file instead." short:"o" placeholder:"FILE"`
}

// Run prints or writes the schema.
func (c *schemaCommand) Run() error {
	if c.Out == "" {
		_, err := os.Stdout.Write(config.Schema)
		return err
	}
	return os.WriteFile(c.Out, config.Schema, 0o644) //nolint:gosec // everyone may read it
}

type introspectCommand struct {
	Database string `help:"The database of the configuration; optional if there is only one."`
	Config   string `help:"The configuration file." default:"basalt.yaml" short:"c"`
}

// Run prints the section collections.
func (c *introspectCommand) Run() error {
	return offline.Introspect(context.Background(), c.Config, c.Database, os.Stdout)
}

type tokenCommand struct {
	Claims  string        `help:"The claims, as a JSON object such as {\"sub\":\"u1\"}." required:"" placeholder:"JSON"`
	Expires time.Duration `help:"How long the token is valid, unless the claims have exp." default:"24h"`
	Config  string        `help:"The configuration file." default:"basalt.yaml" short:"c"`
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

type versionCommand struct{}

// Run prints the version and what the binary was built from.
func (versionCommand) Run() error {
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

type healthcheckCommand struct {
	Config string `help:"The configuration file, which says where the server listens." default:"basalt.yaml" short:"c"`
	URL    string `help:"Where the server is, instead of what the configuration says." placeholder:"URL"`
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
