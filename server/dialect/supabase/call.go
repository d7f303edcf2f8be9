package supabase

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/server/dialect"
)

// call is one request to /rest/v1, with its parameters and preferences.
type call struct {
	*dialect.Request
	dialect *Dialect
	service *crud.Service // of this request; nil until it is asked for
	query   params
	schema  string
	named   []string // the fields that columns names
	prefer  preferences
	form    form
	wrote   []crud.Document
}

// docs is the service whose operations are parts of this request.
func (c *call) docs() *crud.Service {
	if c.service == nil {
		c.service = c.dialect.Crud.ForRequest()
	}
	return c.service
}

// preferences is what the header Prefer asks for.
type preferences struct {
	applied                 []string
	representation, headers bool // return=
	merge, ignore           bool // resolution=
	count                   string
	missing, strict         bool
	rollback                bool // tx=rollback
	most                    int  // max-affected, -1 for none
}

// form is the form of an answer, by the header Accept.
type form struct {
	object, stripped, csv bool
	plan                  string // json or text: how the database would run the call, and not its rows
}

func (d *Dialect) call(r *dialect.Request) (*call, error) {
	q, err := parseParams(r.RawQuery)
	if err != nil {
		return nil, err
	}
	c := &call{Request: r, dialect: d, query: q}
	if c.prefer, err = parsePrefer(r.Peek("Prefer")); err != nil {
		return nil, err
	}
	if c.form, err = parseAccept(r.Peek("Accept")); err != nil {
		return nil, err
	}
	profile := r.Peek("Accept-Profile")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		profile = r.Peek("Content-Profile")
	}
	if c.schema = public; profile != "" {
		c.schema = profile
	}
	if !slices.Contains(d.schemas, c.schema) {
		return nil, problem{Status: http.StatusNotAcceptable, Code: "PGRST106", Message: "Invalid schema: " + fault.Clip(profile), Hint: "Only the following schemas are exposed: " + strings.Join(d.schemas, ", ")}
	}
	return c, nil
}

func parsePrefer(text string) (preferences, error) {
	p := preferences{most: -1}
	var unknown []string
	for part := range strings.SplitSeq(text, ",") {
		part = strings.ToLower(strings.TrimSpace(part))
		name, value, _ := strings.Cut(part, "=")
		obeyed := true
		switch part {
		case "":
			continue
		case "return=representation":
			p.representation = true
		case "return=headers-only":
			p.headers = true
		case "return=minimal", "missing=null", "handling=lenient", "params=single-object", "tx=commit":
		case "tx=rollback":
			p.rollback = true
		case "resolution=merge-duplicates":
			p.merge = true
		case "resolution=ignore-duplicates":
			p.ignore = true
		case "missing=default":
			p.missing = true
		case "handling=strict":
			p.strict = true
		case "count=exact", "count=planned", "count=estimated":
			p.count = value
		default:
			n, err := strconv.Atoi(value)
			if obeyed = name == "max-affected" && err == nil && n >= 0; obeyed {
				p.most = n
			} else {
				unknown = append(unknown, part)
			}
		}
		if obeyed {
			p.applied = append(p.applied, part)
		}
	}
	if p.strict && len(unknown) > 0 {
		return p, problem{Status: http.StatusBadRequest, Code: "PGRST122", Message: "Invalid preferences given with handling=strict", Details: "Invalid preferences: " + fault.Clip(strings.Join(unknown, ", "))}
	}
	if !p.strict {
		p.most = -1 // as it is defined, it needs handling=strict
	}
	return p, nil
}

func parseAccept(text string) (form, error) {
	var f form
	known := text == ""
	for part := range strings.SplitSeq(text, ",") {
		media, options, _ := strings.Cut(part, ";")
		switch strings.TrimSpace(media) {
		case "*/*", "application/*", "application/json", "text/*":
			known = true
		case "application/vnd.pgrst.object+json", "application/vnd.pgrst.object":
			f.object, known = true, true
		case "application/vnd.pgrst.array+json", "application/vnd.pgrst.array":
			known = true
		case "application/vnd.pgrst.plan+json":
			f.plan, known = "json", true
		case "application/vnd.pgrst.plan+text", "application/vnd.pgrst.plan":
			f.plan, known = "text", true
		case "text/csv":
			f.csv, known = true, true
		default:
			continue
		}
		f.stripped = f.stripped || strings.Contains(options, "nulls=stripped")
		break
	}
	if !known {
		return f, problem{Status: http.StatusNotAcceptable, Code: "PGRST107", Message: "None of these media types are available: " + fault.Clip(text)}
	}
	return f, nil
}
