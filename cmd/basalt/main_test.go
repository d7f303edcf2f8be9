package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/basalt-dev/basalt/cmd/internal/cli"
)

// TestCommands_AreExplained: help says what each command, argument and flag is for.
func TestCommands_AreExplained(t *testing.T) {
	t.Parallel()
	commands := 0
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		commands++
		if !strings.HasSuffix(cmd.Short, ".") {
			t.Errorf("%s: %q is no sentence", cmd.CommandPath(), cmd.Short)
		}
		arguments := strings.Fields(cmd.Use)[1:]
		for _, a := range arguments {
			if cmd.Annotations[strings.Trim(a, "[].")] == "" {
				t.Errorf("%s: say in Annotations what %s is", cmd.CommandPath(), a)
			}
		}
		if len(cmd.Annotations) != len(arguments) {
			t.Errorf("%s explains %v and takes %v", cmd.CommandPath(), cmd.Annotations, arguments)
		}
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if f.Usage == "" {
				t.Errorf("%s: --%s is not explained", cmd.CommandPath(), f.Name)
			}
		})
		for _, below := range cmd.Commands() {
			walk(below)
		}
	}
	walk(newRoot())
	if commands < 40 {
		t.Errorf("only %d commands", commands)
	}
}

func TestCompletion(t *testing.T) {
	t.Parallel()
	complete := func(args ...string) string {
		var out bytes.Buffer
		root := newRoot()
		root.SetOut(&out)
		root.SetErr(&out)
		if code := cli.Execute(root, args); code != 0 {
			t.Errorf("%v: the code is %d: %s", args, code, out.String())
		}
		return out.String()
	}
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if script := complete("completion", shell); !strings.Contains(script, "__complete") || !strings.Contains(script, "basalt") {
			t.Errorf("the script of %s is %.200s", shell, script)
		}
	}
	for typed, want := range map[string][]string{
		"ser":                     {"serve\t"},
		"users s":                 {"set\t", "signout\t"},
		"migrate ":                {"plan\n", "apply\n", "status\n"},
		"gen types --l":           {"--lang\t"},
		"gen types --lang ":       {"ts\n", "go\n"},
		"init x --template ":      {"react\n", "api\n"},
		"users add --claims {} -": {"--config\t", "--verified\t"},
	} {
		got := complete(append([]string{"__complete"}, strings.Split(typed, " ")...)...)
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("%q is completed to %q, which lacks %q", typed, got, w)
			}
		}
	}
	if got := complete("__complete", "users", "add", "--claims", "{}", "-"); strings.Contains(got, "--admin") {
		t.Errorf("what excludes a flag is proposed: %s", got)
	}
}
