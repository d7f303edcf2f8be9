package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/basalt-dev/basalt/server/offline"
)

type migrateCommand struct {
	What             string
	AllowDestructive bool
	Config           string
}

func newMigrateCommand() *cobra.Command {
	var c migrateCommand
	cmd := &cobra.Command{
		Use:         "migrate plan|apply|status",
		Short:       "Migrate the databases to the configuration, or show the steps.",
		ValidArgs:   []string{offline.MigratePlan, offline.MigrateApply, offline.MigrateStatus},
		Annotations: map[string]string{"plan|apply|status": "plan shows the steps, apply runs them, status shows what was applied."},
		RunE: func(_ *cobra.Command, args []string) error {
			c.What = args[0]
			return c.Run()
		},
	}
	cmd.Flags().BoolVar(&c.AllowDestructive, "allow-destructive", false, "Apply steps that can lose data, too.")
	configFlag(cmd, &c.Config)
	return cmd
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
