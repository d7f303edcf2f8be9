// Command build bundles the TypeScript of the SDK's packages. It runs in the directory of the SDK: `go generate ./sdk/js`.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/basalt-dev/basalt/sdk/js/build/bundle"
)

func main() {
	for _, m := range bundle.Modules {
		if err := write(m); err != nil {
			fmt.Fprintln(os.Stderr, "build:", err)
			os.Exit(1)
		}
	}
}

func write(m bundle.Module) error {
	module, err := bundle.Bundle(".", m)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(m.File), 0o755); err != nil {
		return err
	}
	return os.WriteFile(m.File, module, 0o644)
}
