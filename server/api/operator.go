package api

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/changes"
	"github.com/basalt-dev/basalt/modules/cluster"
	"github.com/basalt-dev/basalt/modules/db/profile"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/realtime"
)

// operator answers what whoever runs this node asks of it.
type operator struct {
	hub        *realtime.Hub
	recent     *Recent
	statements *profile.Table
	history    *History
	tail       *changes.Tail
	cluster    *cluster.Node
	config     *config.Config
	version    string
}

// maxRequests bounds a page of requests.
const maxRequests = 500

// recentFilter says which of the last requests are asked for.
type recentFilter struct {
	user, route   string
	code          string
	slower        int64 // microseconds
	after, before uint64
}

// requests is GET /v1/admin/requests.
func (o *operator) requests(r *request) ([]byte, error) {
	p, err := r.params()
	if err != nil {
		return nil, err
	}
	f := recentFilter{user: p["user"], route: strings.ToLower(p["route"]), code: strings.ToLower(p["code"])}
	limit := uint64(100)
	for name, to := range map[string]*uint64{"after": &f.after, "before": &f.before, "limit": &limit} {
		if text, ok := p[name]; ok {
			if *to, err = strconv.ParseUint(text, 10, 63); err != nil {
				return nil, fault.FieldErrorf(name, "type", "%s is a whole number", name)
			}
		}
	}
	if limit < 1 || limit > maxRequests {
		return nil, fault.FieldErrorf("limit", "max", "limit is 1 to %d", maxRequests)
	}
	if text, ok := p["slower"]; ok {
		ms, err := strconv.ParseFloat(text, 64)
		if err != nil || !(ms >= 0 && ms < 1e9) {
			return nil, fault.FieldErrorf("slower", "type", "slower is a number of milliseconds")
		}
		f.slower = int64(ms * 1000)
	}
	items, more := o.recent.newest(int(limit), f.fits)
	var next *uint64
	if more {
		next = &items[len(items)-1].ID
	}
	return json.Marshal(map[string]any{"node": o.cluster.Self().ID, "items": items, "next": next})
}

func (f *recentFilter) fits(e *recentRequest) bool {
	switch {
	case e.ID <= f.after || f.before > 0 && e.ID >= f.before,
		e.Microseconds < f.slower,
		f.user == "-" && (e.User != "" || e.Admin), f.user != "" && f.user != "-" && e.User != f.user && e.Actor != f.user,
		f.code != "" && !e.hasCode(f.code):
		return false
	}
	return f.route == "" || strings.Contains(strings.ToLower(e.Method+" "+e.Path), f.route) || strings.Contains(strings.ToLower(e.Method+" "+e.Route), f.route)
}

// hasCode reports whether a request has ended with a status, a class of them, a code, or any error.
func (e *recentRequest) hasCode(code string) bool {
	return code == strconv.Itoa(e.Status) || code == fmt.Sprintf("%dxx", e.Status/100) || code == string(e.Code) || code == "error" && e.Status >= 400
}

// recentSchema describes one of the last requests.
func recentSchema() object { return fields(recentFields()) }

func recentFields() object {
	of := strs("request", "method", "route", "path", "ip", "user", "actor", "code", "rule", "trace")
	for _, name := range []string{"id", "status", "us", "bytes", "of"} {
		of[name] = whole()
	}
	of["time"], of["admin"] = object{"type": "string", "format": "date-time"}, flag()
	return of
}

// figures is GET /v1/admin/figures.
func (o *operator) figures(r *request) ([]byte, error) {
	p, err := r.params()
	if err != nil {
		return nil, err
	}
	after := uint64(0)
	if text, ok := p["after"]; ok {
		if after, err = strconv.ParseUint(text, 10, 63); err != nil {
			return nil, fault.FieldErrorf("after", "type", "after is a whole number")
		}
	}
	return json.Marshal(map[string]any{"node": o.cluster.Self().ID, "step": historyStep.Seconds(), "items": o.history.after(after)})
}

// finding is what `basalt check` says of a configuration that is in use.
type finding struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
	Detail string `json:"detail"`
}

// configuration is GET /v1/admin/configuration: what runs, with its defaults and without its secrets.
func (o *operator) configuration(*request) ([]byte, error) {
	say := func(problems []config.Problem) []finding {
		out := []finding{}
		for _, p := range problems {
			out = append(out, finding{filepath.Base(p.File), p.At.Line, p.At.Column, p.What})
		}
		return out
	}
	shown, err := json.Marshal(o.config)
	if err != nil {
		return nil, err
	}
	return json.Marshal(map[string]any{"version": o.version, "configuration": json.RawMessage(maskAddresses(shown)), "warnings": say(o.config.Warnings), "notes": say(o.config.Notes)})
}

// What is secret in an address that is not a secret as a whole: a password before the host, and parameters whose names
// say that they are. JSON writes & as \u0026.
var (
	userInfo        = regexp.MustCompile(`://[^/@\s"]+@`)
	secretParameter = regexp.MustCompile(`((?:\?|&|\\u0026)[\w.-]*(?i:key|token|secret|sig|password)[\w.-]*=)[^&"\\\s]*`)
)

// live is GET /v1/admin/live.
func (o *operator) live(*request) ([]byte, error) {
	i := o.hub.Inspect()
	return json.Marshal(map[string]any{
		"node": o.cluster.Self().ID, "connections": i.Connections, "queries": i.Queries, "channels": i.Channels,
		"counts": map[string]any{"connections": i.Counts.Connections, "subscriptions": i.Counts.Subscriptions, "queries": i.Counts.Groups, "channels": i.AllChannels, "held": i.Counts.Held},
	})
}

// maskAddresses takes what is secret out of the addresses in a JSON text.
func maskAddresses(text []byte) []byte {
	return secretParameter.ReplaceAll(userInfo.ReplaceAll(text, []byte("://[secret]@")), []byte("$1[secret]"))
}

// figuresSchema describes the figures of one step.
func figuresSchema() object {
	of := object{"id": whole(), "time": object{"type": "string", "format": "date-time"}}
	for _, name := range []string{"requests", "refused", "failed", "cpu", "memory", "goroutines", "hits", "misses", "connections", "subscriptions", "db_used", "db_idle", "db_waiting", "db_calls"} {
		of[name] = object{"type": "number"}
	}
	for _, name := range []string{"p50", "p95", "p99", "db_ms"} {
		of[name] = object{"type": []string{"number", "null"}}
	}
	return fields(of)
}

func findingSchema() object {
	return fields(with(strs("file", "detail"), "line", whole(), "column", whole()))
}
