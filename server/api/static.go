package api

import (
	"errors"
	"io/fs"
	"mime"
	"net/http"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/adaptor"

	"github.com/basalt-dev/basalt/config"
)

// visible is a directory of which only files are served: no listings, nothing hidden.
type visible struct {
	fs.FS
	private []string // paths of files that are not served, under whatever name
}

// Open implements fs.FS.
func (v visible) Open(name string) (fs.File, error) {
	for part := range strings.SplitSeq(name, "/") {
		if strings.HasPrefix(part, ".") && part != "." && part != ".well-known" {
			return nil, fs.ErrNotExist
		}
	}
	f, err := v.FS.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if v.isPrivate(info) {
		return nil, errors.Join(fs.ErrNotExist, f.Close())
	}
	if info.IsDir() {
		if _, err := fs.Stat(v, path.Join(name, "index.html")); err != nil {
			return nil, errors.Join(fs.ErrNotExist, f.Close())
		}
	}
	return f, nil
}

// isPrivate compares files, not names: a link is the file that it leads to.
func (v visible) isPrivate(info fs.FileInfo) bool {
	return slices.ContainsFunc(v.private, func(path string) bool {
		other, err := os.Stat(path)
		return err == nil && os.SameFile(info, other)
	})
}

// suffixes are what the names of compressed files end with.
var suffixes = map[string]string{"zstd": ".zst", "br": ".br", "gzip": ".gz"}

// sendPacked answers with the compressed file that stands beside a file, app.js.br beside app.js, if the client takes one
// and it is no older.
func sendPacked(c *fiber.Ctx, files visible, name string, plain fs.FileInfo) bool {
	if plain.IsDir() {
		name = path.Join(name, "index.html")
		var err error
		if plain, err = fs.Stat(files, name); err != nil {
			return false
		}
	}
	var there []string
	for _, coding := range codings {
		if info, err := fs.Stat(files, name+suffixes[coding]); err == nil && info.Mode().IsRegular() && !info.ModTime().Before(plain.ModTime()) {
			there = append(there, coding)
		}
	}
	if len(there) == 0 {
		return false
	}
	addVary(&c.Response().Header)
	coding := chosenCoding(joined(c.Request().Header.PeekAll(fiber.HeaderAcceptEncoding)), there)
	contentType := mime.TypeByExtension(path.Ext(name))
	if coding == "" || contentType == "" || c.Get(fiber.HeaderRange) != "" {
		return false
	}
	// The time of the compressed file may be another than that of the plain one, which other clients have.
	if since, err := http.ParseTime(c.Get(fiber.HeaderIfModifiedSince)); err == nil && !plain.ModTime().Truncate(time.Second).After(since) {
		c.Status(http.StatusNotModified)
		return true
	}
	content, err := fs.ReadFile(files, name+suffixes[coding])
	if err != nil {
		return false
	}
	c.Set(fiber.HeaderContentType, contentType)
	c.Set(fiber.HeaderLastModified, plain.ModTime().UTC().Format(http.TimeFormat))
	setCoding(&c.Response().Header, coding)
	c.Response().SetBodyRaw(content)
	return true
}

// asNamed reports whether a path is the one that a file is served under: the file server leads directories to a slash at the
// end, files away from it, and index.html to its directory.
func asNamed(p string, info fs.FileInfo) bool {
	return strings.HasSuffix(p, "/") == info.IsDir() && !strings.HasSuffix(p, "/index.html")
}

// staticFiles serves the static directory, below the API. An os.Root keeps every path inside it, links
// included.
func staticFiles(c *config.Config, root *os.Root) fiber.Handler {
	settings := c.Static
	files := visible{root.FS(), c.PrivateFiles()}
	server := http.StripPrefix(strings.TrimSuffix(settings.Path, "/"), http.FileServerFS(files))
	serve := adaptor.HTTPHandler(server)
	fallback := adaptor.HTTPHandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.ServeFileFS(w, r, files, settings.Fallback)
	})
	return func(c *fiber.Ctx) error {
		p := c.Path()
		if c.Method() != fiber.MethodGet && c.Method() != fiber.MethodHead || strings.HasPrefix(p, "/v1/") || !strings.HasPrefix(p, settings.Path) {
			return c.Next()
		}
		c.Set(fiber.HeaderCacheControl, "no-cache") // the browser asks, and gets 304
		name := strings.Trim(strings.TrimPrefix(string(c.Context().Path()), settings.Path), "/")
		if name == "" {
			name = "."
		}
		if info, err := fs.Stat(files, name); err == nil {
			if asNamed(string(c.Context().Path()), info) && sendPacked(c, files, name, info) {
				return nil
			}
			return serve(c)
		}
		if settings.Fallback == "" || !strings.Contains(c.Get(fiber.HeaderAccept), "text/html") {
			return fiber.ErrNotFound
		}
		return fallback(c)
	}
}
