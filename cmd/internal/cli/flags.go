package cli

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/basalt-dev/basalt/modules/fault"
)

// fromEnvironment annotates a flag with the variable that it is taken from.
const fromEnvironment = "basalt_environment"

// Environment lets a flag of a command be taken from a variable of the environment where it is not given. The value is not
// the flag's default, which help would print.
func Environment(cmd *cobra.Command, flag, variable string) {
	f := cmd.Flags().Lookup(flag)
	f.Usage += " ($" + variable + ")"
	must(cmd.Flags().SetAnnotation(flag, fromEnvironment, []string{variable}))
}

// Require makes flags of a command required.
func Require(cmd *cobra.Command, flags ...string) {
	for _, flag := range flags {
		must(cmd.MarkFlagRequired(flag))
	}
}

// Exclude refuses two flags of a command together.
func Exclude(cmd *cobra.Command, one, other string) {
	cmd.MarkFlagsMutuallyExclusive(one, other) // for the completion
	cmd.PreRunE = func(*cobra.Command, []string) error {
		if cmd.Flags().Changed(one) && cmd.Flags().Changed(other) {
			return fmt.Errorf("--%s and --%s can't be used together; leave one of them out", one, other)
		}
		return nil
	}
}

// Choice adds a flag to a command that takes one of some values, which the shell completes. Without a value at first it is
// empty.
func Choice(cmd *cobra.Command, value *string, name, first, help string, values ...string) {
	*value = first
	cmd.Flags().Var(&choice{value, values}, name, help)
	must(cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)))
}

// must stops a program whose commands name a flag that they have not: every start does.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// choice is a [pflag.Value].
type choice struct {
	value *string
	of    []string
}

func (c *choice) String() string {
	if c.value == nil { // pflag asks an empty one
		return ""
	}
	return *c.value
}

func (c *choice) Type() string { return strings.Join(c.of, "|") }

func (c *choice) Set(value string) error {
	if !slices.Contains(c.of, value) {
		return fmt.Errorf("%q is none of %s%s", value, strings.Join(c.of, ", "), fault.DidYouMean(value, c.of))
	}
	*c.value = value
	return nil
}

// checkFlags sets flags from the environment, and returns those that are required and missing.
func checkFlags(cmd *cobra.Command) (missing []string, err error) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		variable := strings.Join(f.Annotations[fromEnvironment], "")
		if value := os.Getenv(variable); err == nil && !f.Changed && value != "" {
			err = cmd.Flags().Set(f.Name, value)
		}
		if required(f) && !f.Changed {
			name := withValue(f)
			if variable != "" {
				name += " (or " + variable + " in the environment)"
			}
			missing = append(missing, name)
		}
	})
	return missing, err
}

func required(f *pflag.Flag) bool { return f.Annotations[cobra.BashCompOneRequiredFlag] != nil }

// withValue is a flag as help writes it, such as --out FILE.
func withValue(f *pflag.Flag) string {
	value, _ := pflag.UnquoteUsage(f)
	return strings.TrimSpace("--" + f.Name + " " + value)
}
