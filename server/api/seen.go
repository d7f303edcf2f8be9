package api

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/cache"
)

// follows returns for each collection those in which the on_delete of refs may change or delete documents when one of its own
// is deleted.
func follows(all map[string]*config.Collection) map[string][]string {
	direct := map[string][]string{}
	for name, c := range all {
		for _, f := range c.Fields {
			if f.OnDelete == "cascade" || f.OnDelete == "null" {
				direct[f.To] = append(direct[f.To], name)
			}
		}
	}
	out := map[string][]string{}
	for name := range direct {
		found, rest := map[string]bool{}, direct[name]
		for len(rest) > 0 {
			next := rest[0]
			if rest = rest[1:]; !found[next] {
				found[next], rest = true, append(slices.Clip(rest), direct[next]...)
			}
		}
		out[name] = slices.Sorted(maps.Keys(found))
	}
	return out
}

// mayDelete reports whether a route may delete documents.
func (rt *route) mayDelete() bool {
	return rt.method == http.MethodDelete || !strings.HasPrefix(rt.path, "/v1/db/")
}

// setSeen makes the answer say from which versions on what it has written is seen. After a delete it names every collection
// that on_delete might have changed: whether a document that the caller cannot see has referred to this one is not told.
func (h *Handler) setSeen(r *request, rt *route, seen *cache.Seen) {
	versions := seen.Versions()
	if rt.mayDelete() && h.follows != nil {
		named := maps.Clone(versions)
		for name, v := range versions {
			for _, other := range h.follows[name] {
				named[other] = max(named[other], v)
			}
		}
		versions = named
	}
	var out strings.Builder
	for _, name := range slices.Sorted(maps.Keys(versions)) {
		if h.backend.Config.Collections[name] == nil {
			continue
		}
		if out.Len() > 0 {
			out.WriteByte(',')
		}
		out.WriteString(name + "=" + strconv.FormatInt(int64(versions[name]), 10))
	}
	if out.Len() > 0 {
		r.setHeader(seenHeader, out.String())
	}
}
