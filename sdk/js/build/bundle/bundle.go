// Package bundle makes one ES module of the SDK's sources. It is for the build and the test that
// the build is not stale; the server embeds what is committed.
package bundle

import (
	"fmt"
	"path/filepath"

	"github.com/evanw/esbuild/pkg/api"
)

// Bundle returns the module for the SDK in a directory.
func Bundle(dir string) ([]byte, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	result := api.Build(api.BuildOptions{
		EntryPoints:   []string{filepath.Join(dir, "src/basalt.ts")},
		AbsWorkingDir: dir,
		Bundle:        true,
		Format:        api.FormatESModule,
		Target:        api.ES2022,
		Charset:       api.CharsetUTF8,
		LegalComments: api.LegalCommentsNone,
	})
	if len(result.Errors) > 0 {
		e := result.Errors[0]
		return nil, fmt.Errorf("%s:%d: %s", e.Location.File, e.Location.Line, e.Text)
	}
	return result.OutputFiles[0].Contents, nil
}
