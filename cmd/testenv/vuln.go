package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"
)

// vulnerabilityDatabase is where govulncheck reads; GOVULNDB names another, as a file:// address without a network.
const vulnerabilityDatabase = "https://vuln.go.dev"

// checkVulnerabilities runs govulncheck over all modules, when its database can be reached. Where it cannot, it says
// so and is no failure: the code has not changed by that.
func checkVulnerabilities(ctx context.Context, e *environment) error {
	database := os.Getenv("GOVULNDB")
	if database == "" {
		database = vulnerabilityDatabase
		if err := reachable(ctx, database+"/index/db.json"); err != nil {
			fmt.Printf("govulncheck: NOT RUN: its database cannot be reached (%v); set GOVULNDB=file:///path to a copy of it\n", err)
			return nil
		}
	}
	return e.inModules(ctx, "go", "run", "golang.org/x/vuln/cmd/govulncheck@latest", "-db", database, "./...")
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
