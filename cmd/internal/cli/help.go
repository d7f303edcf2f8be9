package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// width is how many characters a line of help has.
const width = 80

// help prints what a command does, and what it takes.
func help(w io.Writer, cmd *cobra.Command) {
	fmt.Fprintf(w, "Usage: %s\n", usage(cmd))
	if cmd.Long != "" {
		fmt.Fprintf(w, "\n%s\n", cmd.Long)
	} else {
		fmt.Fprintf(w, "\n%s\n", wrap(cmd.Short, 0))
	}
	var explained []row
	for _, name := range arguments(cmd) {
		if text := cmd.Annotations[strings.Trim(name, "[].")]; text != "" {
			explained = append(explained, row{name, text})
		}
	}
	table(w, "Arguments", explained)
	table(w, "Commands", commands(cmd, ""))
	if cmd.Example != "" {
		fmt.Fprintf(w, "\nExamples:\n  %s\n", strings.ReplaceAll(cmd.Example, "\n", "\n  "))
	}
	fmt.Fprintf(w, "\nFlags:\n%s", cmd.Flags().FlagUsagesWrapped(width))
	if len(cmd.Commands()) > 0 {
		fmt.Fprintf(w, "\n%s COMMAND --help says more about a command.\n", cmd.CommandPath())
	}
}

// usage is the line to type: the flags that are required, the arguments, and whether there are other flags.
func usage(cmd *cobra.Command) string {
	line := []string{cmd.CommandPath()}
	others := false
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if required(f) {
			line = append(line, withValue(f))
		}
		others = others || !required(f) && !f.Hidden && f.Name != "help"
	})
	line = append(line, arguments(cmd)...)
	if cmd.RunE == nil {
		line = append(line, "COMMAND")
	}
	if others {
		line = append(line, "[flags]")
	}
	return strings.Join(line, " ")
}

// commands lists what can be run below a command.
func commands(cmd *cobra.Command, before string) (all []row) {
	for _, c := range cmd.Commands() {
		if !c.IsAvailableCommand() {
			continue
		}
		if c.RunE != nil {
			all = append(all, row{before + c.Name(), c.Short})
		}
		all = append(all, commands(c, before+c.Name()+" ")...)
	}
	return all
}

type row struct{ name, text string }

func table(w io.Writer, title string, rows []row) {
	if len(rows) == 0 {
		return
	}
	longest := 0
	for _, r := range rows {
		longest = max(longest, len(r.name))
	}
	fmt.Fprintf(w, "\n%s:\n", title)
	for _, r := range rows {
		fmt.Fprintf(w, "  %-*s   %s\n", longest, r.name, wrap(r.text, longest+5))
	}
}

// wrap breaks lines, all but the first of which are indented.
func wrap(text string, indent int) string {
	var b strings.Builder
	at := indent
	for i, word := range strings.Fields(text) {
		switch {
		case i == 0:
		case at+1+len(word) > width:
			b.WriteString("\n" + strings.Repeat(" ", indent))
			at = indent
		default:
			b.WriteByte(' ')
			at++
		}
		b.WriteString(word)
		at += len(word)
	}
	return b.String()
}
