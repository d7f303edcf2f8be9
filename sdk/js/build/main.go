// Command build bundles the SDK's TypeScript into dist/basalt.js. It runs in the directory of the
// SDK: `go generate ./sdk/js`.
package main

import (
	"fmt"
	"os"

	"github.com/basalt-dev/basalt/sdk/js/build/bundle"
)

func main() {
	module, err := bundle.Bundle(".")
	if err == nil {
		err = os.WriteFile("dist/basalt.js", module, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "build:", err)
		os.Exit(1)
	}
}
