package main

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/basalt-dev/basalt/config"
)

type initCommand struct {
	Dir string `arg:"" help:"The directory to make." placeholder:"DIR"`
}

// templates are what `basalt init` writes.
//
//go:embed init
var templates embed.FS

// schemaFile is the JSON Schema of the configuration beside it, for editors.
const schemaFile = "basalt.schema.json"

// Run writes the files, and leaves alone what is there already.
func (c *initCommand) Run() error {
	files := map[string][]byte{schemaFile: config.Schema, ".gitignore": []byte("data/\n")}
	root := "init/todo"
	err := fs.WalkDir(templates, root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := templates.ReadFile(name)
		files[name[len(root)+1:]] = content
		return err
	})
	if err != nil {
		return err
	}
	if err := writeNew(c.Dir, files); err != nil {
		return err
	}
	fmt.Printf("\nNow run:\n  basalt dev --config %s\nand open http://localhost:4122\n", filepath.Join(c.Dir, "basalt.yaml"))
	return nil
}

// writeNew writes files into a directory, or none where one of them is there.
func writeNew(dir string, files map[string][]byte) error {
	for _, name := range sortedKeys(files) {
		if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(name))); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s is there already; nothing was written", filepath.Join(dir, name))
		}
	}
	for _, name := range sortedKeys(files) {
		if err := os.MkdirAll(filepath.Join(dir, filepath.FromSlash(path.Dir(name))), 0o755); err != nil {
			return err
		}
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.WriteFile(file, files[name], 0o644); err != nil {
			return err
		}
		fmt.Println("wrote", file)
	}
	return nil
}

func sortedKeys(files map[string][]byte) []string { return slices.Sorted(maps.Keys(files)) }
