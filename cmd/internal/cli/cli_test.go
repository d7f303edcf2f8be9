package cli

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
)

func TestMain(m *testing.M) {
	cobra.EnableCommandSorting = false // as Main does
	os.Exit(m.Run())
}

// taken is what a command was given.
type taken struct {
	args  []string
	lang  string
	token string
	grace time.Duration
	only  []string
}

// program returns one with commands of every kind.
func program(got *taken) *cobra.Command {
	root := &cobra.Command{Use: "program", Short: "A program for tests."}
	run := func(_ *cobra.Command, args []string) error {
		got.args = args
		if len(args) > 0 && args[0] == "fail" {
			return errors.New("it has failed")
		}
		return nil
	}
	things := &cobra.Command{Use: "things", Short: "Change things."}
	get := &cobra.Command{Use: "get THING FILE [TO]", Short: "Get a thing.", Annotations: map[string]string{"THING": "Which one.", "TO": "Where to."}, Example: "program things get a b", RunE: run}
	get.Flags().DurationVar(&got.grace, "grace", time.Hour, "How long.")
	get.Flags().StringSliceVar(&got.only, "only", nil, "This `PART` alone.")
	get.Flags().BoolP("verbose", "v", false, "Say more.")
	get.Flags().Bool("quiet", false, "Say less.")
	Exclude(get, "verbose", "quiet")
	gen := &cobra.Command{Use: "gen", Short: "Generate code.", RunE: run}
	Choice(gen, &got.lang, "lang", "", "The language.", "ts", "go")
	gen.Flags().StringVar(&got.token, "token", "", "The `TOKEN`.")
	gen.Flags().Int("port", 1, "The `PORT`.")
	Require(gen, "lang", "token")
	Environment(gen, "token", "CLI_TEST_TOKEN")
	things.AddCommand(get, gen)
	root.AddCommand(things,
		&cobra.Command{Use: "migrate plan|apply", Short: "Migrate.", ValidArgs: []string{"plan", "apply"}, RunE: run},
		&cobra.Command{Use: "test FILE...", Short: "Test " + strings.Repeat("very ", 20) + "much.", RunE: run})
	return root
}

// ran is what a program has done.
func ran(args ...string) (got taken, code int, out, errs string) {
	var stdout, stderr bytes.Buffer
	root := program(&got)
	root.SetOut(&stdout)
	root.SetErr(&stderr)
	code = Execute(root, args)
	return got, code, stdout.String(), stderr.String()
}

func TestExecute_SaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args string
		code int
		want []string // on the standard error; nothing is on the other one
	}{
		{"", 80, []string{"Usage: program COMMAND", "things get", "program: error: give one of these commands"}},
		{"things", 80, []string{"Usage: program things COMMAND", "  gen ", "give one of these commands"}},
		{"thing", 80, []string{`program: error: there is no command "thing"; did you mean "things"?`, "program --help says more"}},
		{"unlike", 80, []string{`there is no command "unlike"; there are things, migrate, test`}},
		{"things gat", 80, []string{`there is no command "gat"; did you mean "get"?`, "program things --help says more"}},
		{"things get", 80, []string{"missing: THING, FILE\nusage: program things get THING FILE [TO] [flags]\nprogram things get --help says more\n"}},
		{"things get a", 80, []string{"missing: FILE\n"}},
		{"things get a b c d", 80, []string{`unexpected argument "d"`}},
		{"things get a b --verbos", 80, []string{`unknown flag --verbos; did you mean "--verbose"?`}},
		{"things get a b -x", 80, []string{"unknown flag -x\n"}},
		{"things --version", 80, []string{"unknown flag --version\n"}},
		{"things get a b --only", 80, []string{"--only takes a value: --only PART"}},
		{"things get a b --grace 5", 80, []string{`--grace: "5" is not a duration; write it as 90s, 15m or 24h`}},
		{"things get a b --verbose=perhaps", 80, []string{`--verbose: "perhaps" is neither true nor false`}},
		{"things get a b --verbose --quiet", 80, []string{"--verbose and --quiet can't be used together; leave one of them out"}},
		{"things gen", 80, []string{"missing: --lang ts|go, --token TOKEN (or CLI_TEST_TOKEN in the environment)", "usage: program things gen --lang ts|go --token TOKEN [flags]"}},
		{"things gen --lang tss --token x", 80, []string{`--lang: "tss" is none of ts, go; did you mean "ts"?`}},
		{"things gen --lang ts --token x --port x", 80, []string{`--port: "x" is not a number`}},
		{"migrate", 80, []string{"missing: plan|apply\n"}},
		{"migrate aply", 80, []string{`"aply" is none of plan, apply; did you mean "apply"?`}},
		{"test", 80, []string{"missing: FILE\n"}},
		{"test fail", 1, []string{"program: it has failed\n"}},
	} {
		t.Run(c.args, func(t *testing.T) {
			t.Parallel()
			_, code, out, errs := ran(strings.Fields(c.args)...)
			for _, want := range c.want {
				if !strings.Contains(errs, want) {
					t.Errorf("got %s, want %s", errs, want)
				}
			}
			if code != c.code || out != "" {
				t.Errorf("the code is %d, want %d; the standard output is %q", code, c.code, out)
			}
			if code == 1 && errs != c.want[0] {
				t.Errorf("a command that fails prints its error, not %q", errs)
			}
		})
	}
}

func TestExecute_TakesFlagsAnywhere(t *testing.T) {
	t.Parallel()
	for _, args := range []string{
		"things get --grace 2m a b --only x,y --only z",
		"things get a --grace=2m --only=x b --only y,z -v",
		"things get a --only x,y,z --grace 2m0s -- b",
	} {
		got, code, _, errs := ran(strings.Fields(args)...)
		if code != 0 || got.grace != 2*time.Minute || strings.Join(got.only, " ") != "x y z" || strings.Join(got.args, " ") != "a b" {
			t.Errorf("%s: got %+v, %d, %s", args, got, code, errs)
		}
	}
	if got, code, _, _ := ran("test", "-", "--", "-b"); code != 0 || strings.Join(got.args, " ") != "- -b" {
		t.Errorf("got %v, %d", got.args, code)
	}
}

func TestExecute_TakesFlagsFromTheEnvironment(t *testing.T) {
	t.Setenv("CLI_TEST_TOKEN", "secret")
	if got, code, _, errs := ran("things", "gen", "--lang", "ts"); code != 0 || got.token != "secret" {
		t.Errorf("got %q, %d, %s", got.token, code, errs)
	}
	if got, _, _, _ := ran("things", "gen", "--lang", "ts", "--token", "given"); got.token != "given" {
		t.Errorf("what is given counts, not %q", got.token)
	}
	if _, _, out, _ := ran("things", "gen", "--help"); strings.Contains(out, "secret") || !strings.Contains(out, "($CLI_TEST_TOKEN)") {
		t.Errorf("help is %s", out)
	}
}

func TestHelp(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"things get --help": `Usage: program things get THING FILE [TO] [flags]

Get a thing.

Arguments:
  THING   Which one.
  [TO]    Where to.

Examples:
  program things get a b

Flags:
      --grace duration   How long. (default 1h0m0s)
      --only PART        This PART alone.
  -v, --verbose          Say more.
      --quiet            Say less.
  -h, --help             Show this help.
`,
		"-h": `Usage: program COMMAND

A program for tests.

Commands:
  things get   Get a thing.
  things gen   Generate code.
  migrate      Migrate.
  test         Test very very very very very very very very very very very very
               very very very very very very very very much.
`,
		"help migrate": "Usage: program migrate plan|apply\n\nMigrate.\n",
	} {
		_, code, out, errs := ran(strings.Fields(args)...)
		if code != 0 || errs != "" || !strings.HasPrefix(out, want) {
			t.Errorf("%s: %d, %s%s, want %s", args, code, errs, out, want)
		}
	}
}
