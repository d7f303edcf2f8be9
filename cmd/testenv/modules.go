package main

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// helpers are modules of programs that the tests only build, and of a benchmark that is run by hand. They have
// dependencies that nothing else may have.
var helpers = []string{"modules/auth/oidcprovider", "modules/db/mongo/ferretdb", "modules/db/sqlite/compare"}

// modules returns the directories below root that have a module of their own to test, such as the SDKs and examples,
// by their paths from root. The module of root itself is not one of them.
func modules(root string) ([]string, error) {
	var found []string
	err := eachFile(root, func(path, dir string) error {
		if filepath.Base(path) == "go.mod" && dir != "." && !slices.Contains(helpers, dir) {
			found = append(found, dir)
		}
		return nil
	})
	return found, err
}

// eachFile calls f with the sources below root, and with the directory of each by its path from root. What is in testdata
// belongs to a test, also a module of its own.
func eachFile(root string, f func(path, dir string) error) error {
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != root && (d.Name() == "node_modules" || d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".")):
			return filepath.SkipDir
		case d.IsDir():
			return nil
		}
		dir, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		return f(path, filepath.ToSlash(dir))
	})
}

// browserPackages returns the packages below root with tests that need a browser: those with the build tag browser.
func browserPackages(root string) ([]string, error) {
	var found []string
	err := eachFile(root, func(path, dir string) error {
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err == nil && strings.HasPrefix(string(text), "//go:build browser\n") {
			found = append(found, "./"+dir)
		}
		return err
	})
	slices.Sort(found)
	return slices.Compact(found), err
}

// inModules runs a command in the module of root and in each of the others.
func (e *environment) inModules(ctx context.Context, name string, args ...string) error {
	dirs, err := modules(e.root)
	if err != nil {
		return err
	}
	for _, dir := range append([]string{""}, dirs...) {
		if err := e.command(ctx, dir, name, args...); err != nil {
			return err
		}
	}
	return nil
}

// testModules runs the tests of the other modules.
func testModules(ctx context.Context, e *environment) (result, error) {
	var all result
	dirs, err := modules(e.root)
	for _, dir := range dirs {
		r, testErr := e.goTest(ctx, dir, e.racing("./...")...)
		all.add(r)
		if testErr != nil {
			return all, testErr
		}
	}
	return all, err
}

// vet runs go vet.
func vet(ctx context.Context, e *environment) error {
	return e.inModules(ctx, "go", "vet", "-tags", "browser", "./...")
}

// staticcheck builds the tool once, of the version in go.mod, and runs it.
func staticcheck(ctx context.Context, e *environment) error {
	tool := filepath.Join(e.dir, "staticcheck")
	if err := e.command(ctx, "", "go", "build", "-o", tool, "honnef.co/go/tools/cmd/staticcheck"); err != nil {
		return err
	}
	return e.inModules(ctx, tool, "-tags", "browser", "./...")
}
