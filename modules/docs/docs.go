// Package docs is the documentation as pages in the binary, so that it fits the version that runs and works offline.
//
// It is not for writing it: the pages are made of the README.md files of the repository by `go generate
// ./modules/docs`, and a test fails when they are not up to date.
package docs

import (
	"embed"
	"io/fs"
	"path"
	"strings"
	"sync"
)

//go:generate go test -run TestSite_IsCommitted -update .

//go:embed site tokens.css style.css search.js
var site embed.FS

// Policy is the Content-Security-Policy of every page: nothing is loaded from elsewhere.
const Policy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

var types = map[string]string{
	".html": "text/html; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".json": "application/json",
}

// Page returns what is at a path below /docs/, such as "", "rules" or "rules/", and its content type. It reports false
// where there is nothing.
func Page(name string) (content []byte, contentType string, ok bool) {
	name = strings.TrimSuffix(name, "/")
	file := "site/" + name
	switch name {
	case "":
		file = "site/index.html"
	case "style.css":
		return style(), types[".css"], true
	case "search.js":
		file = name
	case "index.json":
	default: // also of a file that a chapter shows, such as files/examples/todo/basalt.yaml
		file += ".html"
	}
	content, err := fs.ReadFile(site, file)
	return content, types[path.Ext(file)], err == nil
}

// style is the design of all pages, and then that of these.
var style = sync.OnceValue(func() (all []byte) {
	for _, name := range []string{"tokens.css", "style.css"} {
		content, err := fs.ReadFile(site, name)
		if err != nil {
			panic(err) // it is embedded
		}
		all = append(all, content...)
	}
	return all
})
