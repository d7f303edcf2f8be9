// Package bundle makes the files of the console from their sources. It is for the build and the test that the build is
// not stale; the server embeds what is committed.
package bundle

import (
	"fmt"
	"path/filepath"

	"github.com/evanw/esbuild/pkg/api"
)

// Bundle returns the files of dist, by name, for the console in a directory. Preact is in lib, as its authors publish
// it; the SDK is loaded from the server, at /v1/sdk.js, and is not in it.
func Bundle(dir string) (map[string][]byte, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	lib := filepath.Join(dir, "lib", "preact")
	result := api.Build(api.BuildOptions{
		EntryPointsAdvanced: []api.EntryPoint{
			{InputPath: filepath.Join(dir, "src", "main.tsx"), OutputPath: "app"},
			{InputPath: filepath.Join(dir, "src", "style.css"), OutputPath: "style"},
		},
		Outdir:        filepath.Join(dir, "dist"),
		AbsWorkingDir: dir,
		Bundle:        true,
		Splitting:     true, // what is imported when it is needed is a file of its own, and chunk.js is what both use
		ChunkNames:    "[name]",
		Format:        api.FormatESModule,
		Target:        api.ES2022,
		Charset:       api.CharsetUTF8,
		LegalComments: api.LegalCommentsNone,
		TsconfigRaw:   `{"compilerOptions":{"jsx":"react-jsx","jsxImportSource":"preact"}}`,
		Alias: map[string]string{
			"preact":             filepath.Join(lib, "preact.mjs"),
			"preact/hooks":       filepath.Join(lib, "hooks.mjs"),
			"preact/jsx-runtime": filepath.Join(lib, "jsxRuntime.mjs"),
		},
		MinifyWhitespace: true, MinifyIdentifiers: true, MinifySyntax: true,
	})
	if len(result.Errors) > 0 {
		e := result.Errors[0]
		if e.Location == nil {
			return nil, fmt.Errorf("%s", e.Text)
		}
		return nil, fmt.Errorf("%s:%d: %s", e.Location.File, e.Location.Line, e.Text)
	}
	files := map[string][]byte{}
	for _, f := range result.OutputFiles {
		files[filepath.Base(f.Path)] = f.Contents
	}
	return files, nil
}
