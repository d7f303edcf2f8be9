package supabase

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/server/dialect"
)

// planned answers with the statement of a list and how the database would run it, for the service key: both tell what the
// rules are. What is embedded is read by statements of its own, which are not shown.
func (c *call) planned(p *plan, limit int) (dialect.Response, error) {
	if !c.Caller.Admin {
		return dialect.Response{}, problem{Status: http.StatusNotAcceptable, Code: "PGRST107", Message: "None of these media types are available: application/vnd.pgrst.plan", Hint: "Plans are shown to the service key."}
	}
	if p.figured() {
		return dialect.Response{}, unsupported("the plan of figures")
	}
	read, ask, err := p.read()
	if err != nil {
		return dialect.Response{}, err
	}
	ask.Limit, read.Offset = max(limit, 1), p.offset
	read.Page = &ask
	prepared, err := c.docs().Prepare(c.Caller, read)
	if err != nil {
		return dialect.Response{}, p.t.read(err)
	}
	statement, err := prepared.Statement(c.Context)
	if err != nil {
		return dialect.Response{}, err
	}
	if c.form.plan == "text" {
		out := dialect.JSON(http.StatusOK, []byte(strings.Join(statement.Plan, "\n")+"\n"))
		out.Header.Set("Content-Type", "application/vnd.pgrst.plan+text; charset=utf-8")
		return out, nil
	}
	parameters := make([]json.RawMessage, len(statement.Args))
	for i, v := range statement.Args {
		parameters[i] = json.RawMessage(query.Value.JSON(v))
	}
	body, err := json.Marshal([]any{map[string]any{"Plan": map[string]any{"Statement": statement.Text, "Parameters": parameters, "Lines": statement.Plan}}})
	out := dialect.JSON(http.StatusOK, body)
	out.Header.Set("Content-Type", "application/vnd.pgrst.plan+json; charset=utf-8")
	return out, err
}
