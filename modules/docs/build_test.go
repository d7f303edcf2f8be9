package docs

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
)

// chapter is a file of the documentation, by its path in the repository and its name below /docs/.
type chapter struct{ File, Name, Title string }

// parts are the chapters in the order of the menu.
var parts = []struct {
	Title    string
	Chapters []chapter
}{
	{"Start", []chapter{
		{File: "README.md"}, {File: "examples/guides/README.md", Name: "guides"}, {File: "examples/README.md", Name: "examples"},
	}},
	{"Build", []chapter{
		{File: "rules/README.md", Name: "rules"}, {File: "modules/query/README.md", Name: "queries"},
		{File: "modules/realtime/README.md", Name: "realtime"}, {File: "modules/auth/README.md", Name: "auth"},
		{File: "modules/services/README.md", Name: "functions"}, {File: "modules/events/README.md", Name: "events"},
		{File: "modules/files/README.md", Name: "uploads"}, {File: "modules/console/README.md", Name: "console"},
	}},
	{"Clients", []chapter{
		{File: "sdk/js/README.md", Name: "js"}, {File: "sdk/js/react/README.md", Name: "react"}, {File: "sdk/js/vue/README.md", Name: "vue"}, {File: "sdk/js/svelte/README.md", Name: "svelte"}, {File: "sdk/js/worker/README.md", Name: "worker"},
		{File: "sdk/go/README.md", Name: "go"}, {File: "sdk/go/worker/README.md", Name: "go-worker"},
		{File: "server/README.md", Name: "http"}, {File: "server/dialect/graphql/README.md", Name: "graphql"},
		{File: "server/dialect/supabase/README.md", Name: "supabase"}, {File: "sdk/js/supabase/README.md", Name: "supabase-live"}, {File: "server/dialect/mcp/README.md", Name: "mcp"},
	}},
	{"Run", []chapter{
		{File: "config/README.md", Name: "config"}, {File: "modules/db/README.md", Name: "databases"}, {File: "modules/db/mysql/README.md", Name: "mysql"}, {File: "modules/cache/README.md", Name: "cache"},
		{File: "examples/cluster/README.md", Name: "cluster"}, {File: "cmd/bench/README.md", Name: "speed"}, {File: ".github/SECURITY.md", Name: "security"},
	}},
	{"Guides", []chapter{
		{File: "examples/guides/profiles.md", Name: "profiles"}, {File: "examples/guides/invitations.md", Name: "invitations"}, {File: "examples/guides/files.md", Name: "storing-files"}, {File: "examples/album/README.md", Name: "album"},
		{File: "examples/guides/mails.md", Name: "mails"}, {File: "examples/guides/ci.md", Name: "ci"}, {File: "examples/guides/frameworks.md", Name: "frameworks"},
		{File: "examples/guides/deploy.md", Name: "deploy"}, {File: "examples/guides/backups.md", Name: "backups"}, {File: "examples/guides/upgrades.md", Name: "upgrades"}, {File: "examples/guides/scale.md", Name: "scale"},
		{File: "examples/guides/pocketbase.md", Name: "from-pocketbase"}, {File: "examples/guides/supabase.md", Name: "from-supabase"}, {File: "examples/guides/firebase.md", Name: "from-firebase"},
	}},
	{"Contribute", []chapter{
		{File: ".github/CONTRIBUTING.md", Name: "contributing"}, {File: ".github/ARCHITECTURE.md", Name: "architecture"},
		{File: "server/proptest/README.md", Name: "property-tests"}, {File: "CHANGELOG.md", Name: "changelog"},
	}},
}

const (
	repository = "https://github.com/basalt-dev/basalt/blob/main/"
	maxFile    = 128 << 10 // a file that is linked to and larger than this is not a page
)

var markdown = goldmark.New(
	goldmark.WithExtensions(extension.GFM),
	goldmark.WithParserOptions(parser.WithAutoHeadingID()),
	goldmark.WithRendererOptions(html.WithUnsafe()), // what we have written ourselves
)

// builder makes the site of a repository.
type builder struct {
	root  string
	names map[string]string // the page of each file, by its path in the repository
	files []string          // that are linked to and become pages
	site  map[string][]byte
}

// build returns the files of the site.
func build(root string) (map[string][]byte, error) {
	b := &builder{root: root, names: map[string]string{}, site: map[string][]byte{}}
	for _, p := range parts {
		for _, c := range p.Chapters {
			b.names[c.File] = c.Name
		}
	}
	var index []entry
	sources := map[string][]byte{}
	for i, p := range parts {
		for j, c := range p.Chapters {
			source, err := os.ReadFile(filepath.Join(root, c.File))
			if err != nil {
				return nil, err
			}
			sources[c.File] = source
			title, _, _ := strings.Cut(strings.TrimPrefix(string(source), "# "), "\n")
			parts[i].Chapters[j].Title = title
		}
	}
	for _, p := range parts {
		for _, c := range p.Chapters {
			entries, err := b.chapter(c, sources[c.File])
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.File, err)
			}
			index = append(index, entries...)
		}
	}
	for _, file := range b.files {
		if err := b.file(file); err != nil {
			return nil, err
		}
	}
	var err error
	b.site["index.json"], err = json.Marshal(index)
	return b.site, err
}

// entry is a section as the search knows it.
type entry struct {
	Page    string `json:"page"`
	Anchor  string `json:"anchor"`
	Chapter string `json:"chapter"`
	Title   string `json:"title"`
	Text    string `json:"text"`
}

func (b *builder) chapter(c chapter, source []byte) ([]entry, error) {
	doc := markdown.Parser().Parse(text.NewReader(source))
	err := ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if link, ok := n.(*ast.Link); ok && entering {
			to, err := b.link(c.File, string(link.Destination))
			link.Destination = []byte(to)
			return ast.WalkContinue, err
		}
		if image, ok := n.(*ast.Image); ok && entering {
			name, err := b.image(c.File, string(image.Destination))
			image.Destination = []byte(name)
			return ast.WalkContinue, err
		}
		return ast.WalkContinue, nil
	})
	if err != nil {
		return nil, err
	}
	var body bytes.Buffer
	if err := markdown.Renderer().Render(&body, source, doc); err != nil {
		return nil, err
	}
	return sections(c, doc, source), b.page(c.Name, c.Title, c.File, body.String())
}

// link returns the address of what a chapter links to.
func (b *builder) link(from, to string) (string, error) {
	if strings.Contains(to, "://") || strings.HasPrefix(to, "#") || strings.HasPrefix(to, "mailto:") {
		return to, nil
	}
	file, anchor, found := strings.Cut(to, "#")
	if found {
		anchor = "#" + anchor
	}
	file = path.Join(path.Dir(from), file)
	if name, ok := b.names[file]; ok {
		return "/docs/" + name + anchor, nil
	}
	info, err := os.Stat(filepath.Join(b.root, file))
	switch {
	case err != nil:
		return "", fmt.Errorf("a link to what is not there: %w", err)
	case info.IsDir() || info.Size() > maxFile:
		return repository + file + anchor, nil
	}
	b.files = append(b.files, file)
	b.names[file] = "files/" + file
	return "/docs/files/" + file, nil
}

// image takes an image, which is small enough to be part of the page.
func (b *builder) image(from, to string) (string, error) {
	file := path.Join(path.Dir(from), to)
	content, err := os.ReadFile(filepath.Join(b.root, file))
	switch {
	case err == nil && path.Ext(file) == ".svg":
		return "data:image/svg+xml;utf8," + template.URLQueryEscaper(string(content)), nil
	case err == nil && path.Ext(file) == ".png":
		return "data:image/png;base64," + base64.StdEncoding.EncodeToString(content), nil
	}
	return repository + file + "?raw=true", err
}

// file makes the page of a file that a chapter links to.
func (b *builder) file(name string) error {
	content, err := os.ReadFile(filepath.Join(b.root, name))
	if err != nil {
		return err
	}
	body := "<h1>" + template.HTMLEscapeString(name) + "</h1>\n<pre><code>" + template.HTMLEscapeString(string(content)) + "</code></pre>\n"
	return b.page("files/"+name, name, name, body)
}

var layout = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{.Title}} · Basalt</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/style.css">
<script type="module" src="/docs/search.js"></script>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<header>
<a class="brand" href="/docs/">Basalt</a>
<search><input type="search" placeholder="Search the docs" aria-label="Search the docs" autocomplete="off"><ol hidden></ol></search>
</header>
<div class="frame">
<nav aria-label="Chapters">
<details open><summary>Chapters</summary>
{{range .Parts}}<h2>{{.Title}}</h2>
<ul>{{range .Chapters}}<li><a href="/docs/{{.Name}}"{{if eq .Name $.Name}} aria-current="page"{{end}}>{{.Title}}</a></li>{{end}}</ul>
{{end}}</details>
</nav>
<main id="content">
{{.Body}}
<footer>{{.File}}</footer>
</main>
</div>
</body>
</html>
`))

var tables = regexp.MustCompile(`(?s)<table>.*?</table>`)

func (b *builder) page(name, title, file, body string) error {
	body = tables.ReplaceAllString(body, `<div class="wide" tabindex="0">$0</div>`) // scrolls by itself on a phone
	var out bytes.Buffer
	err := layout.Execute(&out, map[string]any{"Name": name, "Title": title, "File": file, "Parts": parts, "Body": template.HTML(body)}) // our own text
	if name == "" {
		name = "index"
	}
	b.site[name+".html"] = out.Bytes()
	return err
}

// sections cuts a chapter at its headings.
func sections(c chapter, doc ast.Node, source []byte) []entry {
	var out []entry
	for n := doc.FirstChild(); n != nil; n = n.NextSibling() {
		if h, ok := n.(*ast.Heading); ok && h.Level <= 3 {
			e := entry{Page: c.Name, Chapter: c.Title, Title: plain(h, source)}
			if id, ok := h.AttributeString("id"); ok && h.Level > 1 {
				e.Anchor = string(id.([]byte))
			}
			out = append(out, e)
			continue
		}
		if len(out) > 0 {
			last := &out[len(out)-1]
			last.Text = strings.TrimSpace(last.Text + " " + plain(n, source))
		}
	}
	return out
}

// plain returns the words of a node.
func plain(n ast.Node, source []byte) string {
	var words strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // the function returns no error
		if !entering {
			if n.Type() == ast.TypeBlock {
				words.WriteByte(' ')
			}
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Text:
			words.Write(n.Segment.Value(source))
			if n.SoftLineBreak() {
				words.WriteByte(' ')
			}
		case *ast.FencedCodeBlock:
			for i := range n.Lines().Len() {
				line := n.Lines().At(i)
				words.Write(line.Value(source))
			}
		}
		return ast.WalkContinue, nil
	})
	return strings.Join(strings.Fields(words.String()), " ")
}
