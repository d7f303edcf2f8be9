// Package console is the web console: its pages as they are built and committed, and who may open it first.
//
// It is not for deciding what its user sees: the pages call the API like any other client, and the rules and package
// api decide. The source is in src; `go generate ./modules/console` builds dist from it, and a test fails when dist is
// stale.
package console

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"path"
	"strings"
	"sync"
)

//go:generate go run ./build

//go:embed dist/app.js dist/chunk.js dist/more.js dist/style.css src/index.html src/icon.svg
var files embed.FS

// Policy is the Content-Security-Policy of the console: nothing is loaded from elsewhere, no script is inline or made
// from strings, and no page frames it.
const Policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data: blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"

var types = map[string]string{
	".html": "text/html; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".svg":  "image/svg+xml",
}

// File is a file of the console.
type File struct {
	Type, ETag string
	// Version is another one for another content. What is asked for with ?v= and this version never changes.
	Version string
	Content []byte
	// Compressed is Content with gzip.
	Compressed []byte
}

// pages makes the files of the console at a path when it is opened first there.
var pages sync.Map // by path, of map[string]*File

// Page returns the file at a name below the path of the console, such as "" or "app.js", nil where there is none.
func Page(at, name string) *File {
	all, ok := pages.Load(at)
	if !ok {
		all, _ = pages.LoadOrStore(at, load(at))
	}
	return all.(map[string]*File)[name]
}

// parts are the files of the console by name, each after those that it names by version; not the icon, which pages name, too.
var parts = []struct{ name, file string }{
	{"style.css", "dist/style.css"}, {"chunk.js", "dist/chunk.js"}, {"more.js", "dist/more.js"}, {"app.js", "dist/app.js"}, {"", "src/index.html"}, {"icon.svg", "src/icon.svg"},
}

// load reads and compresses the files. The page learns its path, and each file by which names the others have now: a
// browser keeps those for good.
func load(at string) map[string]*File {
	out := map[string]*File{}
	for _, p := range parts {
		content, err := fs.ReadFile(files, p.file)
		if err != nil {
			panic(err) // it is embedded
		}
		content = bytes.ReplaceAll(content, []byte("{{path}}"), []byte(at))
		content = bytes.ReplaceAll(content, []byte("{{root}}"), []byte(strings.Repeat("../", strings.Count(at, "/")))) // from the page at path/
		for name, f := range out {
			for _, quoted := range []string{`"./` + name + `"`, `f="` + name + `"`, `c="` + name + `"`} { // of import, href and src
				content = bytes.ReplaceAll(content, []byte(quoted), []byte(strings.TrimSuffix(quoted, `"`)+"?v="+f.Version+`"`))
			}
		}
		sum := sha256.Sum256(content)
		version := hex.EncodeToString(sum[:8])
		var compressed bytes.Buffer
		w, _ := gzip.NewWriterLevel(&compressed, gzip.BestCompression) // there is such a level
		_, _ = w.Write(content)                                        // a buffer takes everything
		_ = w.Close()
		out[p.name] = &File{Type: types[path.Ext(p.file)], Version: version, ETag: `"` + version + `"`, Content: content, Compressed: compressed.Bytes()}
	}
	return out
}
