package main

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/basalt-dev/basalt/cmd/internal/cli"
	"github.com/basalt-dev/basalt/server/dialect/mcp"
)

type mcpCommand struct{ URL, Token string }

func newMCPCommand() *cobra.Command {
	var c mcpCommand
	cmd := &cobra.Command{
		Use:   "mcp",
		Short: "Give the tools of a running server to an assistant, over standard input and output.",
		RunE:  func(*cobra.Command, []string) error { return c.Run() },
	}
	cmd.Flags().StringVar(&c.URL, "url", "", "The `URL` of the server; its configuration has the section mcp.")
	cmd.Flags().StringVar(&c.Token, "token", "", "The `TOKEN` of the user that the assistant acts as. Without one it is anonymous.")
	cli.Environment(cmd, "token", "BASALT_TOKEN")
	cli.Require(cmd, "url")
	return cmd
}

// Run passes calls on to the server until the assistant ends.
func (c *mcpCommand) Run() error {
	ctx, stop := untilStopped()
	defer stop()
	return mcp.Bridge(ctx, c.URL, c.Token, os.Stdin, os.Stdout)
}
