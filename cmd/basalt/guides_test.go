//go:build !browser

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A guide is followed by pasting its blocks for the shell, in their order. A block of text behind one is what it prints,
// where … stands for anything. A comment says why one is not run.
var guideBlock = regexp.MustCompile("(?s)(<!-- not run: [^\n]* -->\n)?```(sh|text)\n(.*?)```")

// TestGuides_AreFollowedByPasting follows every guide in a directory of its own.
func TestGuides_AreFollowedByPasting(t *testing.T) {
	root, programs := repository(t), buildPrograms(t)
	guides, err := filepath.Glob(filepath.Join(root, "examples", "guides", "*.md"))
	if err != nil || len(guides) < 2 {
		t.Fatalf("there are no guides: %v", err)
	}
	for _, path := range guides {
		source, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		script, printed := pasted(string(source))
		if script == "" {
			continue
		}
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			out := newShell(t, root, programs).run(t, script)
			for number, want := range printed {
				_, part, _ := strings.Cut(out, fmt.Sprintf("\n== %d\n", number))
				part, _, _ = strings.Cut(part, "\n== ")
				if !regexp.MustCompile(`(?s)^\s*` + want + `\s*$`).MatchString(part) {
					t.Errorf("block %d prints\n%s\nand not\n%s", number, part, want)
				}
			}
		})
	}
}

// pasted returns a script that runs the blocks of a guide, and what they print, by their number.
func pasted(guide string) (script string, printed map[int]string) {
	var all strings.Builder
	number, last, printed := 0, 0, map[int]string{}
	for _, m := range guideBlock.FindAllStringSubmatch(guide, -1) {
		switch notRun, language, text := m[1] != "", m[2], m[3]; {
		case language == "text" && last > 0:
			printed[last] = strings.ReplaceAll(regexp.QuoteMeta(strings.TrimSpace(text)), "…", ".*")
		case language == "sh" && !notRun:
			number++
			last = number
			fmt.Fprintf(&all, "printf '\\n== %%d\\n' %d\n%s\n", number, text)
		default:
			last = 0
		}
	}
	return all.String(), printed
}

// TestGuides_TextIsWhatTheBlockBeforePrints: a block of text is not taken for that of another block.
func TestGuides_TextIsWhatTheBlockBeforePrints(t *testing.T) {
	script, printed := pasted("```text\na\n```\n```sh\none\n```\n```text\nb…c.\n```\n<!-- not run: why -->\n```sh\ntwo\n```\n```text\nc\n```\n```sh\nthree\n```")
	if len(printed) != 1 || printed[1] != `b.*c\.` || strings.Contains(script, "two") || !strings.Contains(script, "three") {
		t.Errorf("%q, %v", script, printed)
	}
}
