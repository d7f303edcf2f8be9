// Command build bundles the console. It runs in the directory of the console: `go generate ./modules/console`.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/basalt-dev/basalt/modules/console/build/bundle"
)

func main() {
	if err := write(); err != nil {
		fmt.Fprintln(os.Stderr, "build:", err)
		os.Exit(1)
	}
}

func write() error {
	files, err := bundle.Bundle(".")
	if err != nil {
		return err
	}
	if err := os.MkdirAll("dist", 0o755); err != nil {
		return err
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join("dist", name), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}
