// Command basalt is the server and its tools.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	_ "time/tzdata" // timezone: works on machines without the files of time zones

	"github.com/spf13/cobra"

	"github.com/basalt-dev/basalt/cmd/internal/cli"
	_ "github.com/basalt-dev/basalt/modules/db/memory"
	_ "github.com/basalt-dev/basalt/modules/db/mongo"
	_ "github.com/basalt-dev/basalt/modules/db/mysql"
	_ "github.com/basalt-dev/basalt/modules/db/postgres"
	_ "github.com/basalt-dev/basalt/modules/db/sqlite"
	_ "github.com/basalt-dev/basalt/modules/files/local"
	_ "github.com/basalt-dev/basalt/modules/files/s3"
)

// version is set by the release build. See [release] for other builds.
var version = "dev"

// release is the version of this binary: of the release build, or of the module that `go install` has built.
func release() string {
	info, ok := debug.ReadBuildInfo()
	if version != "dev" || !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return version
	}
	return info.Main.Version
}

// newRoot returns the program with its commands, in the order of its help.
func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "basalt",
		Short: "A backend in one binary: data, sign-in and rules over the databases you have.",
	}
	root.AddCommand(
		newServeCommand(),
		newDevCommand(),
		newInitCommand(),
		newCheckCommand(),
		newSchemaCommand(),
		newRulesCommand(),
		newMigrateCommand(),
		newBackupCommand(),
		newRestoreCommand(),
		newExportCommand(),
		newImportCommand(),
		newFilesCommand(),
		newIntrospectCommand(),
		newGenCommand(),
		newKeysCommand(),
		newUsersCommand(),
		newTokenCommand(),
		newHealthcheckCommand(),
		newMCPCommand(),
		newUpgradeCommand(),
		newVersionCommand(),
		newCompletionCommand(),
	)
	return root
}

// configFlag adds the flag that most commands have.
func configFlag(cmd *cobra.Command, config *string) {
	cmd.Flags().StringVarP(config, "config", "c", "basalt.yaml", "The configuration `FILE`.")
}

// argument returns an argument that can be left out.
func argument(args []string, i int) string {
	if i >= len(args) {
		return ""
	}
	return args[i]
}

// untilStopped returns a context that SIGINT and SIGTERM end.
func untilStopped() (context.Context, context.CancelFunc) {
	return signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
}

func main() { cli.Main(newRoot()) }
