package api

import (
	"net/http"

	"github.com/basalt-dev/basalt/rules"
)

// fileRoutes are the calls of /v1/files. Those that stream read their bodies themselves. What is described by name is in
// filePaths.
func (c *calls) fileRoutes() []route {
	f := c.files
	return []route{
		{method: http.MethodOptions, path: "/v1/files/:collection/tus", status: http.StatusNoContent, do: plain(f.tusOptions)},
		{method: http.MethodOptions, path: "/v1/files/:collection/tus/:upload", status: http.StatusNoContent, do: plain(f.tusOptions)},
		{method: http.MethodPost, path: "/v1/files/:collection/tus", writes: true, streams: true, status: http.StatusCreated, do: plain(withBody(f.tusCreate))},
		{method: http.MethodHead, path: "/v1/files/:collection/tus/:upload", status: http.StatusOK, do: f.tusHead},
		{method: http.MethodPatch, path: "/v1/files/:collection/tus/:upload", writes: true, streams: true, status: http.StatusNoContent, do: plain(withBody(f.tusPatch))},
		{method: http.MethodDelete, path: "/v1/files/:collection/tus/:upload", writes: true, status: http.StatusNoContent, do: plain(f.tusDelete)},
		{method: http.MethodGet, path: "/v1/files/:collection", op: rules.Read, status: http.StatusOK, do: plain(f.downloadPath)},
		{method: http.MethodPost, path: "/v1/files/:collection", writes: true, streams: true, status: http.StatusCreated, do: plain(withBody(f.upload))},
		{method: http.MethodPut, path: "/v1/files/:collection", writes: true, streams: true, status: http.StatusCreated, do: plain(withBody(f.put))},
		{method: http.MethodGet, path: "/v1/files/:collection/:id", op: rules.Read, status: http.StatusOK, do: plain(f.download)},
		{method: http.MethodPut, path: "/v1/files/:collection/:id", op: rules.Update, writes: true, streams: true, status: http.StatusOK, do: plain(withBody(f.putID))},
		{method: http.MethodDelete, path: "/v1/files/:collection/:id", op: rules.Delete, writes: true, status: http.StatusNoContent, do: f.remove},
		{method: http.MethodPost, path: "/v1/files/:collection/link", status: http.StatusCreated, do: plain(f.linkNew)},
		{method: http.MethodDelete, path: "/v1/files/:collection/link/:link", status: http.StatusNoContent, do: plain(f.unlink)},
		{method: http.MethodDelete, path: "/v1/files/:collection/:id/link", op: rules.Update, status: http.StatusNoContent, do: plain(f.unlinkAll)},
		{method: http.MethodPost, path: "/v1/files/:collection/:id/link", op: rules.Read, status: http.StatusCreated, do: plain(f.link)},
		{method: http.MethodGet, path: "/v1/files/:collection/:id/:name", op: rules.Read, status: http.StatusOK, do: plain(f.download)},
	}
}
