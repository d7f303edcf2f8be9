// Package bundle makes the modules of the SDK's packages from their sources. It is for the build and the test that the
// build is not stale; the server embeds what is committed.
package bundle

import (
	"fmt"
	"path/filepath"

	"github.com/evanw/esbuild/pkg/api"
)

// Module is one file that is built.
type Module struct {
	entry, File string
	format      api.Format
}

// Modules are all files that are built here. The ES modules of the other packages are made by the TypeScript compiler.
var Modules = []Module{
	{"src/basalt.ts", "dist/basalt.js", api.FormatESModule},
	{"src/basalt.ts", "dist/cjs/basalt.js", api.FormatCommonJS},
	{"src/stores/index.ts", "dist/stores.js", api.FormatESModule},
	{"src/stores/index.ts", "dist/cjs/stores.js", api.FormatCommonJS},
	{"react/index.ts", "react/dist/cjs/index.js", api.FormatCommonJS},
	{"vue/index.ts", "vue/dist/cjs/index.js", api.FormatCommonJS},
	{"svelte/index.ts", "svelte/dist/cjs/index.js", api.FormatCommonJS},
	{"worker/index.ts", "worker/dist/cjs/index.js", api.FormatCommonJS},
	{"supabase/index.ts", "supabase/dist/cjs/index.js", api.FormatCommonJS},
}

// Bundle returns a module of the SDK in a directory. What other packages have is not in it.
func Bundle(dir string, m Module) ([]byte, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	result := api.Build(api.BuildOptions{
		EntryPoints:   []string{filepath.Join(dir, m.entry)},
		AbsWorkingDir: dir,
		Bundle:        true,
		Packages:      api.PackagesExternal,
		Format:        m.format,
		Target:        api.ES2022,
		Charset:       api.CharsetUTF8,
		LegalComments: api.LegalCommentsNone,
		TsconfigRaw:   "{}",
	})
	if len(result.Errors) > 0 {
		e := result.Errors[0]
		if e.Location == nil {
			return nil, fmt.Errorf("%s", e.Text)
		}
		return nil, fmt.Errorf("%s:%d: %s", e.Location.File, e.Location.Line, e.Text)
	}
	return result.OutputFiles[0].Contents, nil
}
