package main

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/basalt-dev/basalt/cmd/internal/cli"
	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/sdk/gen"
	"github.com/basalt-dev/basalt/sdk/js"
)

type initCommand struct{ Dir, Template string }

func newInitCommand() *cobra.Command {
	var c initCommand
	cmd := &cobra.Command{
		Use:         "init DIR",
		Short:       "Make a directory with a configuration and a page to start from.",
		Annotations: map[string]string{"DIR": "The directory to make."},
		Example:     "basalt init notes\nbasalt init notes --template react",
		RunE: func(_ *cobra.Command, args []string) error {
			c.Dir = args[0]
			return c.Run()
		},
	}
	cli.Choice(cmd, &c.Template, "template", "todo", "The `TEMPLATE` to start from: todo, a page without build tools; react, vue or svelte, with Vite and TypeScript; next, with Next.js; api, a program in TypeScript.", "todo", "react", "vue", "svelte", "next", "api")
	return cmd
}

// templates are what `basalt init` writes. All have the configuration of todo.
//
//go:embed init
var templates embed.FS

// schemaFile is the JSON Schema of the configuration beside it, for editors.
const schemaFile = "basalt.schema.json"

// Run writes the files, and leaves alone what is there already.
func (c *initCommand) Run() error {
	files := map[string][]byte{schemaFile: config.Schema, ".gitignore": []byte("data/\n")}
	var err error
	if c.Template == "todo" {
		err = addAll(files, templates, "init/todo", "")
	} else {
		err = c.typed(files)
	}
	if err != nil {
		return err
	}
	if err := writeNew(c.Dir, files); err != nil {
		return err
	}
	fmt.Printf("\nNow run:\n  %s dev --config %s\n", calledAs(os.Args[0]), filepath.Join(c.Dir, "basalt.yaml"))
	switch c.Template {
	case "todo":
		fmt.Println("and open http://localhost:4122")
	case "next":
		fmt.Printf("and beside it:\n  cd %s && npm install && npm run dev\nand open http://localhost:3000\n", c.Dir)
	case "api":
		fmt.Printf("and beside it:\n  cd %s && npm install && npm start -- \"Buy milk\"\n", c.Dir)
	default:
		fmt.Printf("and beside it:\n  cd %s && npm install && npm run dev\nand open http://localhost:5173. `npm run build` writes the page that Basalt serves itself.\n", c.Dir)
	}
	return nil
}

// building is the page until there is one.
const building = "<!doctype html><meta charset=\"utf-8\"><meta name=\"color-scheme\" content=\"light dark\"><title>Notes</title><p>The page is not built yet: <code>npm run dev</code> serves it at <a href=\"http://localhost:5173\">localhost:5173</a>, and <code>npm run build</code> puts it here.</p>\n"

// pageOfNext lets the page of Next.js call.
const pageOfNext = "cors: { origins: [\"http://localhost:3000\"] }   # where the page comes from\n"

// typed adds a template in TypeScript: the configuration of todo, the packages of this version, and the types of the
// documents, which `basalt dev` keeps up to date.
func (c *initCommand) typed(files map[string][]byte) error {
	common := map[string][]byte{}
	if err := addAll(common, templates, "init/todo", ""); err != nil {
		return err
	}
	for _, name := range []string{"basalt.yaml", "rules.test.yaml", "seed.yaml"} {
		files[name] = common[name]
	}
	files[".gitignore"] = []byte("data/\nnode_modules/\ndist/\n")
	packages := map[string]string{"client": "."}
	switch c.Template {
	case "api": // there is no page
		files["basalt.yaml"] = withoutLine(files["basalt.yaml"], "static:")
	case "next": // which has the page, on another port
		files["basalt.yaml"] = bytes.Replace(files["basalt.yaml"], lineOf(files["basalt.yaml"], "static:"), []byte(pageOfNext), 1)
		files[".gitignore"] = []byte("data/\nnode_modules/\n.next/\nnext-env.d.ts\n*.tsbuildinfo\n")
		files["src/app/style.css"] = common["public/style.css"]
		packages["react"] = "react"
	default:
		files[".gitignore"] = []byte("data/\nnode_modules/\npublic/\n")
		files["public/index.html"] = []byte(building)
		files["src/style.css"] = common["public/style.css"]
		packages[c.Template] = c.Template
	}
	for name, dir := range packages {
		if err := addAll(files, js.Packages, path.Join(dir, "dist"), packagesDir+name+"/dist/"); err != nil {
			return err
		}
		manifest, err := manifestOf(path.Join(dir, "package.json"))
		if err != nil {
			return err
		}
		files[packagesDir+name+"/package.json"] = manifest
	}
	types, err := typesOf(files["basalt.yaml"])
	if err != nil {
		return err
	}
	files["src/collections.ts"] = []byte(types)
	return addAll(files, templates, "init/"+c.Template, "")
}

// manifestOf is the package.json of a package, without what only its own tests need: npm would install that, too.
func manifestOf(name string) ([]byte, error) {
	text, err := js.Packages.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var manifest map[string]any
	if err := json.Unmarshal(text, &manifest); err != nil {
		return nil, err
	}
	delete(manifest, "devDependencies")
	delete(manifest, "scripts")
	return json.MarshalIndent(manifest, "", "  ")
}

// typesOf are the types of a configuration that is not written yet.
func typesOf(text []byte) (string, error) {
	dir, err := os.MkdirTemp("", "basalt-init-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "basalt.yaml")
	page := filepath.Join(dir, "public", "index.html")
	if err := errors.Join(os.Mkdir(filepath.Dir(page), 0o700), os.WriteFile(page, nil, 0o600), os.WriteFile(file, text, 0o600)); err != nil {
		return "", err
	}
	return gen.Types(file, "ts")
}

func withoutLine(text []byte, begins string) []byte {
	return bytes.Replace(text, lineOf(text, begins), nil, 1)
}

// lineOf is the line of a string that begins so.
func lineOf(text []byte, begins string) []byte {
	lines := bytes.SplitAfter(text, []byte("\n"))
	return lines[slices.IndexFunc(lines, func(line []byte) bool { return bytes.HasPrefix(line, []byte(begins)) })]
}

// addAll adds a file of a tree, or all below a directory of it, under a prefix.
func addAll(files map[string][]byte, tree fs.FS, root, prefix string) error {
	return fs.WalkDir(tree, root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rest := ""
		if name != root {
			rest = name[len(root)+1:]
		}
		files[prefix+rest], err = fs.ReadFile(tree, name)
		return err
	})
}

// packagesDir is where a template has the packages of the client, of some hundred files.
const packagesDir = "sdk/"

// writeNew writes files into a directory, or none where one of them is there.
func writeNew(dir string, files map[string][]byte) error {
	names := slices.Sorted(maps.Keys(files))
	for _, name := range names {
		if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(name))); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s exists already; nothing was written", filepath.Join(dir, name))
		}
	}
	for _, name := range names {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, files[name], 0o644); err != nil {
			return err
		}
		if !strings.HasPrefix(name, packagesDir) {
			fmt.Println("wrote", file)
		}
	}
	if slices.ContainsFunc(names, func(name string) bool { return strings.HasPrefix(name, packagesDir) }) {
		fmt.Printf("wrote %s, the packages of the client\n", filepath.Join(dir, packagesDir))
	}
	return nil
}

// calledAs is what starts this program from the same place, given how it was started.
func calledAs(program string) string {
	switch {
	case strings.Contains(program, "go-build"): // go run has removed it by then
		return "go run ./cmd/basalt"
	case strings.ContainsAny(program, `/\`):
		return program
	}
	return "basalt"
}
