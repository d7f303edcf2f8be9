package main

import (
	"fmt"

	"github.com/basalt-dev/basalt/sdk/gen"
)

type genCommand struct {
	Types typesCommand `cmd:"" help:"Print the types of the documents, for the SDKs."`
}

type typesCommand struct {
	Lang   string `help:"ts or go." enum:"ts,go" required:""`
	Config string `help:"The configuration file." default:"basalt.yaml" short:"c"`
}

// Run prints the types.
func (c *typesCommand) Run() error {
	text, err := gen.Types(c.Config, c.Lang)
	if err == nil {
		fmt.Print(text)
	}
	return err
}
