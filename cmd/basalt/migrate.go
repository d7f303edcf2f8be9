package main

import (
	"context"
	"fmt"

	"github.com/basalt-dev/basalt/server/offline"
)

type migrateCommand struct {
	What             string `arg:"" enum:"plan,apply,status" help:"plan shows the steps, apply runs them, status shows what was applied."`
	AllowDestructive bool   `help:"Apply steps that can lose data, too."`
	Config           string `help:"The configuration file." default:"basalt.yaml" short:"c"`
}

// Run plans, applies or prints the status.
func (c *migrateCommand) Run() error {
	all, err := offline.Migrate(context.Background(), c.Config, c.What, c.AllowDestructive)
	for _, m := range all {
		for _, a := range m.History {
			fmt.Printf("%s  %s  %s: %s\n", m.Database, a.At.UTC().Format("2006-01-02 15:04:05"), a.Collection, a.SQL)
		}
		for _, s := range m.Steps {
			label := map[string]string{offline.MigrateApply: "done", offline.MigratePlan: "to do", offline.MigrateStatus: "to do"}[c.What]
			if s.Destructive {
				label += ", destructive"
			}
			fmt.Printf("%s  %s  %s: %s\n    %s\n", m.Database, label, s.Collection, s.Why, s.SQL)
		}
		if len(m.Steps) == 0 {
			fmt.Printf("%s  fits the configuration\n", m.Database)
		}
	}
	return err
}
