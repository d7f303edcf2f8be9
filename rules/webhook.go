package rules

import (
	"net/url"

	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/modules/syntax"
)

// webhook compiles webhook("https://…"), for what no expression can decide.
func (c *compiler) webhook(n syntax.Node) node {
	text, ok := n.(*syntax.String)
	if !ok {
		fail(n, "the URL of a webhook must be a string literal")
	}
	u, err := url.Parse(text.Value)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
		fail(n, "a webhook has an address such as https://example.com/verdict, without a password in it")
	}
	c.mentionsDoc = c.mentionsDoc || c.doc
	return webhook{text.Value}
}

// webhook builds the call for the given document. Without a document there is nothing to decide, so a list cannot
// be decided by a webhook.
func (e *evaluator) webhook(n webhook) query.Filter {
	if e.env.Doc == nil && e.env.Request.Op != Create {
		e.needsDocument("a webhook is asked about one document")
		return query.False
	}
	body := map[string]any{"op": string(e.env.Request.Op), "auth": nil, "doc": nil, "next": nil}
	if e.env.Auth != nil {
		body["auth"] = e.env.Auth
	}
	if e.env.Doc != nil {
		body["doc"] = e.document(e.env.Doc)
	}
	if e.env.Next != nil {
		row := e.env.Next.Row
		if e.env.Next.Sent != nil {
			row = e.env.Next.Sent
		}
		body["next"] = e.document(row)
	}
	return &query.Ask{URL: n.url, Body: toValue(body).Text()}
}

func (e *evaluator) document(row query.Row) map[string]any {
	out := make(map[string]any, len(row))
	for i, f := range e.shape.Fields {
		if !f.Sealed {
			out[f.Name] = row[i].Any()
		}
	}
	return out
}
