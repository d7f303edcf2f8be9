package syntax_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// quotes are what an expression of the repository may stand between; scalars are values of YAML.
var (
	quotes  = regexp.MustCompile("`[^`]*`" + `|"(?:[^"\\\n]|\\.)*"|'(?:[^'\n]|'')*'`)
	scalars = regexp.MustCompile(`(?m)^[^#\n]*?:[ \t]+(\S.*?)[ \t]*$|^[ \t]*-[ \t]+(\S.*?)[ \t]*$`)
)

// TestParse_AgreesWithExprOnTheRepository takes every text in it for an expression, in sources, tests, configurations and the
// documentation: all of its rules, filters and claims are among them.
func TestParse_AgreesWithExprOnTheRepository(t *testing.T) {
	t.Parallel()
	root, seen, accepted := filepath.Join("..", ".."), map[string]bool{}, 0
	try := func(source string) {
		if source = strings.TrimSpace(source); len(source) > 16<<10 || seen[source] {
			return
		}
		seen[source] = true
		if judge(t, source) {
			again(t, source)
			accepted++
		}
	}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && slices.Contains([]string{"node_modules", ".git", "dist", "fuzz", "rapid"}, entry.Name()) {
			return filepath.SkipDir
		}
		if entry.IsDir() || !slices.Contains([]string{".go", ".yaml", ".yml", ".md", ".ts", ".js", ".html", ".dart", ".json", ".sql"}, filepath.Ext(path)) {
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil || len(content) > 200<<10 {
			return err
		}
		for _, quoted := range quotes.FindAllString(string(content), -1) {
			try(quoted[1 : len(quoted)-1])
			if unquoted, err := strconv.Unquote(quoted); err == nil {
				try(unquoted)
			}
		}
		if ext := filepath.Ext(path); ext != ".md" && ext != ".yaml" && ext != ".yml" {
			return nil
		}
		for _, scalar := range scalars.FindAllStringSubmatch(string(content), -1) {
			try(scalar[1] + scalar[2])
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d of %d texts are expressions", accepted, len(seen))
	if accepted < 5000 {
		t.Errorf("only %d expressions were found", accepted)
	}
}
