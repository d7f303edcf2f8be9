package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/mod/semver"

	"github.com/basalt-dev/basalt/cmd/internal/cli"
)

type upgradeCommand struct {
	Check bool
	From  string
}

func newUpgradeCommand() *cobra.Command {
	var c upgradeCommand
	cmd := &cobra.Command{
		Use:   "upgrade",
		Short: "Say whether there is a newer version, with --check.",
		RunE:  func(*cobra.Command, []string) error { return c.Run() },
	}
	cmd.Flags().BoolVar(&c.Check, "check", false, "Say whether there is a newer version; the command ends with an error if there is one.")
	cmd.Flags().StringVar(&c.From, "from", "https://proxy.golang.org", "The `URL` of the Go module proxy that knows the versions.")
	cli.Require(cmd, "check")
	return cmd
}

// Run compares this version with the newest. It changes nothing: programs come from where they were installed from.
func (c *upgradeCommand) Run() error {
	newest, err := newestVersion(c.From)
	if err != nil {
		return fmt.Errorf("asking %s for the newest version: %w", c.From, err)
	}
	text, err := compared(release(), newest)
	if err == nil {
		fmt.Println(text)
	}
	return err
}

// compared says how a version stands to the newest one. An older one is an error, for scripts.
func compared(now, newest string) (string, error) {
	switch {
	case !semver.IsValid(now):
		return fmt.Sprintf("this is a build of your own (%s); the newest version is %s", now, newest), nil
	case semver.Compare(now, newest) < 0:
		return "", fmt.Errorf("this is %s, and there is %s; read CHANGELOG.md, make a backup with basalt backup, then: go install github.com/basalt-dev/basalt/cmd/basalt@%s", now, newest, newest)
	}
	return fmt.Sprintf("this is %s, the newest version", now), nil
}

// newestVersion asks a module proxy.
func newestVersion(proxy string) (string, error) {
	client := http.Client{Timeout: 15 * time.Second}
	resp, err := client.Get(strings.TrimSuffix(proxy, "/") + "/github.com/basalt-dev/basalt/@latest")
	if err != nil {
		return "", err
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err = errors.Join(err, resp.Body.Close()); err != nil {
		return "", err
	}
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("it answers %s", resp.Status)
	}
	var found struct{ Version string }
	if err := json.Unmarshal(body, &found); err != nil || !semver.IsValid(found.Version) {
		return "", errors.New("it answers with no version")
	}
	return found.Version, nil
}
