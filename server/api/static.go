package api

import (
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path"
	"slices"
	"strings"

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
		if _, err := fs.Stat(files, name); err == nil {
			return serve(c)
		}
		if settings.Fallback == "" || !strings.Contains(c.Get(fiber.HeaderAccept), "text/html") {
			return fiber.ErrNotFound
		}
		return fallback(c)
	}
}
