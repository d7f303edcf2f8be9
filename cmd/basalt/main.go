// Command basalt is the server and its tools.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	_ "time/tzdata" // timezone: works on machines without the files of time zones

	"github.com/alecthomas/kong"

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

type commands struct {
	Serve       serveCommand       `cmd:"" help:"Serve a configuration."`
	Dev         devCommand         `cmd:"" help:"Serve for development: mails are shown, seeds loaded, types kept up to date."`
	Init        initCommand        `cmd:"" help:"Make a directory with a configuration and a page to start from."`
	Check       checkCommand       `cmd:"" help:"Report every mistake of a configuration."`
	Schema      schemaCommand      `cmd:"" help:"Print the JSON Schema of the configuration, for editors."`
	Rules       rulesCommand       `cmd:"" help:"Explain and test the rules."`
	Migrate     migrateCommand     `cmd:"" help:"Migrate the databases to the configuration, or show the steps."`
	Backup      backupCommand      `cmd:"" help:"Write a backup of the databases to a file, while servers run."`
	Restore     restoreCommand     `cmd:"" help:"Replace the databases by those of a backup."`
	Export      exportCommand      `cmd:"" help:"Write all documents and accounts as JSON Lines, to move to another database."`
	Import      importCommand      `cmd:"" help:"Read what export has written."`
	Files       filesCommand       `cmd:"" help:"List, read, store and check files, without a server and its rules."`
	Introspect  introspectCommand  `cmd:"" help:"Print the collections that a database has, for the configuration."`
	Gen         genCommand         `cmd:"" help:"Generate code from the configuration."`
	Keys        keysCommand        `cmd:"" help:"Rotate the keys of tokens, or print those of clients."`
	Users       usersCommand       `cmd:"" help:"List and change accounts."`
	Token       tokenCommand       `cmd:"" help:"Print an access token with given claims."`
	Healthcheck healthcheckCommand `cmd:"" help:"Ask a running server whether it is ready; for containers."`
	MCP         mcpCommand         `cmd:"" name:"mcp" help:"Give the tools of a running server to an assistant, over standard input and output."`
	Upgrade     upgradeCommand     `cmd:"" help:"Say whether there is a newer version, with --check."`
	Version     versionCommand     `cmd:"" help:"Print the version."`
}

// untilStopped returns a context that SIGINT and SIGTERM end.
func untilStopped() (context.Context, context.CancelFunc) {
	return signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
}

func main() {
	var c commands
	parser := kong.Must(&c, kong.Name("basalt"), kong.UsageOnError(),
		kong.Description("A backend in one binary: data, sign-in and rules over the databases you have."))
	ctx, err := parser.Parse(os.Args[1:])
	parser.FatalIfErrorf(err)
	if err := ctx.Run(); err != nil {
		os.Stderr.WriteString("basalt: " + err.Error() + "\n")
		os.Exit(1)
	}
}
