package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"time"
)

// vulnerabilityDatabase is where govulncheck reads; GOVULNDB names another, as a file:// address without a network.
const vulnerabilityDatabase = "https://vuln.go.dev"

// checkVulnerabilities runs govulncheck over the module in dir, when its database can be had. Where it cannot, it says
// so and is no failure: the code has not changed by that.
func checkVulnerabilities(ctx context.Context, dir string, out io.Writer) error {
	database := os.Getenv("GOVULNDB")
	if database == "" {
		database = vulnerabilityDatabase
		if err := reachable(ctx, database+"/index/db.json"); err != nil {
			_, err = fmt.Fprintf(out, "govulncheck: NOT RUN: its database cannot be reached (%v); set GOVULNDB=file:///path to a copy of it\n", err)
			return err
		}
	}
	check := exec.CommandContext(ctx, "go", "run", "golang.org/x/vuln/cmd/govulncheck@latest", "-db", database, "./...")
	check.Dir, check.Stdout, check.Stderr = dir, out, out
	if err := check.Run(); err != nil {
		return fmt.Errorf("govulncheck: %w", err)
	}
	return nil
}

func reachable(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		err = errors.New(resp.Status)
	}
	return errors.Join(err, resp.Body.Close())
}
