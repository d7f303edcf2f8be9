package api

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/cespare/xxhash/v2"
	"github.com/gofiber/fiber/v2"

	"github.com/basalt-dev/basalt/modules/docs"
)

// documentation serves the chapters of the documentation that are in the binary.
func documentation(c *fiber.Ctx) error {
	content, contentType, ok := docs.Page(strings.TrimPrefix(strings.TrimPrefix(c.Path(), "/docs"), "/"))
	if !ok {
		return fiber.ErrNotFound
	}
	tag := `"` + strconv.FormatUint(xxhash.Sum64(content), 36) + `"`
	c.Set(fiber.HeaderETag, tag)
	c.Set(fiber.HeaderCacheControl, "no-cache")
	c.Set(fiber.HeaderContentSecurityPolicy, docs.Policy)
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	if matches(c.Get(fiber.HeaderIfNoneMatch), tag) {
		return c.SendStatus(http.StatusNotModified)
	}
	c.Set(fiber.HeaderContentType, contentType)
	return c.Send(content)
}
