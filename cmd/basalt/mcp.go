package main

import (
	"os"

	"github.com/basalt-dev/basalt/server/dialect/mcp"
)

type mcpCommand struct {
	URL   string `help:"Where the server is; its configuration has the section mcp." required:"" placeholder:"URL"`
	Token string `help:"The token of the user that the assistant acts as. Without one it is anonymous." env:"BASALT_TOKEN"`
}

// Run passes calls on to the server until the assistant ends.
func (c *mcpCommand) Run() error {
	ctx, stop := untilStopped()
	defer stop()
	return mcp.Bridge(ctx, c.URL, c.Token, os.Stdin, os.Stdout)
}
