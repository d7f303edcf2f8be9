package api

import (
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
	c.Set(fiber.HeaderContentSecurityPolicy, docs.Policy)
	return sendTagged(c, content, contentType, `"`+strconv.FormatUint(xxhash.Sum64(content), 36)+`"`)
}
