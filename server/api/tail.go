package api

import (
	"encoding/json"
	"strconv"

	"github.com/basalt-dev/basalt/modules/changes"
	"github.com/basalt-dev/basalt/modules/fault"
)

// sign says who makes the writes of a request, while someone watches the tail of changes.
func (h *Handler) sign(rt *route, next call) call {
	tail := h.backend.Tail
	if !rt.writes || tail == nil {
		return next
	}
	return func(r *request) error {
		if tail.Listening() {
			by := changes.Author{Admin: r.caller.Admin, Call: rt.method + " " + rt.path}
			by.User, by.Actor = whoIs(r.caller.Auth)
			r.context = changes.WithAuthor(r.context, by)
		}
		return next(r)
	}
}

// changes is GET /v1/admin/changes.
func (o *operator) changes(r *request) ([]byte, error) {
	p, err := r.params()
	if err != nil {
		return nil, err
	}
	after, limit := uint64(0), uint64(100)
	for name, to := range map[string]*uint64{"after": &after, "limit": &limit} {
		if text, ok := p[name]; ok {
			if *to, err = strconv.ParseUint(text, 10, 63); err != nil {
				return nil, fault.FieldErrorf(name, "type", "%s is a whole number", name)
			}
		}
	}
	if limit < 1 || limit > maxRequests {
		return nil, fault.FieldErrorf("limit", "max", "limit is 1 to %d", maxRequests)
	}
	return json.Marshal(map[string]any{"node": o.cluster.Self().ID, "items": o.tail.Read(after, p["collection"], int(limit))})
}

func changeSchema() object {
	return fields(with(strs("database", "collection", "document"), "id", whole(), "time", object{"type": "string", "format": "date-time"},
		"by", fields(with(strs("user", "actor", "call"), "admin", flag()))))
}
