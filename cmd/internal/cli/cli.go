// Package cli is what the programs of cmd have in common on the command line: it runs a command of
// github.com/spf13/cobra, says what is wrong with what was typed and what to do, and prints help. It knows none of the
// commands, and no flag but --help.
package cli

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/basalt-dev/basalt/modules/fault"
)

// Exit codes. Scripts can tell a command that has failed from one that has not begun.
const (
	failed = 1
	wrong  = 80
)

// Main runs a program and ends it.
func Main(root *cobra.Command) {
	cobra.EnableCommandSorting = false // help has the order of the source: what one needs first
	os.Exit(Execute(root, os.Args[1:]))
}

// Execute runs the command that args name, and returns the exit code. Errors are on the standard error, under the name of
// the program.
//
// The line Use of a command says what arguments it takes, as in "get COLLECTION FILE [TO]": [TO] can be left out, FILE...
// is one or more, and plan|apply is one of ValidArgs. Its Annotations explain an argument under its name.
func Execute(root *cobra.Command, args []string) int {
	begun := false
	prepare(root, &begun)
	root.SetArgs(args)
	root.SilenceErrors, root.SilenceUsage = true, true
	root.CompletionOptions.DisableDefaultCmd = true // a program that wants one has its own
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) { help(cmd.OutOrStdout(), cmd) })
	root.SetFlagErrorFunc(wrongFlag)
	cmd, err := root.ExecuteC()
	out := root.ErrOrStderr()
	switch {
	case err == nil:
		return 0
	case begun:
		fmt.Fprintf(out, "%s: %v\n", root.Name(), err)
		return failed
	case errors.Is(err, errNoCommand):
		help(out, cmd)
		fmt.Fprintf(out, "\n%s: error: %v\n", root.Name(), err)
	default:
		fmt.Fprintf(out, "%s: error: %v\nusage: %s\n%s --help says more\n", root.Name(), err, usage(cmd), cmd.CommandPath())
	}
	return wrong
}

// prepare makes a command and those below it check what was typed, and sets begun when one of them runs.
func prepare(cmd *cobra.Command, begun *bool) {
	for _, below := range cmd.Commands() {
		prepare(below, begun)
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().BoolP("help", "h", false, "Show this help.")
	if len(arguments(cmd)) == 0 {
		cmd.ValidArgsFunction = cobra.NoFileCompletions
	}
	if !cmd.Runnable() {
		cmd.Args = noCommand
		cmd.Run = func(*cobra.Command, []string) {} // which cobra asks for before it has the arguments checked
		return
	}
	run := cmd.RunE
	cmd.Args = check
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		*begun = true
		return run(cmd, args)
	}
}

// arguments returns what the line Use names after the command.
func arguments(cmd *cobra.Command) []string { return strings.Fields(cmd.Use)[1:] }

// check takes flags from the environment, and says what is missing or too much.
func check(cmd *cobra.Command, args []string) error {
	missing, err := checkFlags(cmd)
	if err != nil {
		return err
	}
	names := arguments(cmd)
	for i, name := range names {
		if i >= len(args) && !strings.HasPrefix(name, "[") {
			missing = append(missing, strings.TrimSuffix(name, "..."))
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("missing: %s", strings.Join(missing, ", "))
	}
	if many := len(names) > 0 && strings.HasSuffix(names[len(names)-1], "..."); len(args) > len(names) && !many {
		return fmt.Errorf("unexpected argument %q%s", args[len(names)], fault.DidYouMean(args[len(names)], below(cmd)))
	}
	if len(cmd.ValidArgs) > 0 && !slices.Contains(cmd.ValidArgs, args[0]) {
		return fmt.Errorf("%q is none of %s%s", args[0], strings.Join(cmd.ValidArgs, ", "), fault.DidYouMean(args[0], cmd.ValidArgs))
	}
	return nil
}

var errNoCommand = errors.New("give one of these commands")

// noCommand says which commands there are where none of them was named.
func noCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return errNoCommand
	}
	near := fault.DidYouMean(args[0], below(cmd))
	if near == "" {
		near = "; there are " + strings.Join(below(cmd), ", ")
	}
	return fmt.Errorf("there is no command %q%s", args[0], near)
}

// below names the commands of a command.
func below(cmd *cobra.Command) (names []string) {
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	return names
}

// wrongFlag says what is wrong with a flag.
func wrongFlag(cmd *cobra.Command, err error) error {
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok {
		if unknown.GetSpecifiedShortnames() != "" {
			return fmt.Errorf("unknown flag -%s", unknown.GetSpecifiedName())
		}
		names := below(cmd) // for --version, say
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if !f.Hidden {
				names = append(names, "--"+f.Name)
			}
		})
		name := "--" + unknown.GetSpecifiedName()
		return fmt.Errorf("unknown flag %s%s", name, fault.DidYouMean(name, names))
	}
	if bare, ok := errors.AsType[*pflag.ValueRequiredError](err); ok {
		return fmt.Errorf("--%s takes a value: %s", bare.GetFlag().Name, withValue(bare.GetFlag()))
	}
	if invalid, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		name, value := invalid.GetFlag().Name, invalid.GetValue()
		switch invalid.GetFlag().Value.Type() {
		case "bool":
			return fmt.Errorf("--%s: %q is neither true nor false", name, value)
		case "duration":
			return fmt.Errorf("--%s: %q is not a duration; write it as 90s, 15m or 24h", name, value)
		case "int":
			return fmt.Errorf("--%s: %q is not a number", name, value)
		}
		return fmt.Errorf("--%s: %w", name, invalid.Unwrap())
	}
	return err
}
