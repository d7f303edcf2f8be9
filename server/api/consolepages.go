package api

import (
	"net/http"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/basalt-dev/basalt/modules/console"
)

// consolePages are the routes of the web console. Its files are the same for everyone: who may do what is decided by
// the calls that they make.
func (h *Handler) consolePages(router fiber.Router) {
	path := h.backend.Config.Console.Path
	router.Get(path, func(c *fiber.Ctx) error {
		// A relative address, so that it works below the path of a proxy. The part of the path after the last / is replaced.
		return c.Redirect(path[strings.LastIndexByte(path, '/')+1:]+"/", http.StatusPermanentRedirect)
	})
	router.Get(path+"/*", func(c *fiber.Ctx) error {
		return sendConsole(c, console.Page(path, strings.TrimPrefix(c.Path(), path+"/")))
	})
}

func sendConsole(c *fiber.Ctx, f *console.File) error {
	if f == nil {
		return fiber.ErrNotFound
	}
	c.Set(fiber.HeaderContentSecurityPolicy, console.Policy)
	c.Set(fiber.HeaderXFrameOptions, "DENY")
	c.Set("Cross-Origin-Opener-Policy", "same-origin")
	c.Set(fiber.HeaderReferrerPolicy, "no-referrer")
	content := f.Content
	if acceptsGzip(c) {
		content = f.Compressed
	}
	err := sendTagged(c, content, f.Type, f.ETag)
	if c.Query("v") == f.Version {
		c.Set(fiber.HeaderCacheControl, "public, max-age=31536000, immutable")
	}
	return err
}
