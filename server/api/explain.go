package api

import (
	"encoding/json"

	"github.com/basalt-dev/basalt/modules/crud"
)

// explainer answers how a rule decides.
type explainer struct{ depth int } // limits.depth

// explain is POST /v1/admin/explain.
func (x *explainer) explain(r *request, docs *crud.Service) ([]byte, error) {
	as, q, err := crud.ReadQuestion(r.body(), x.depth)
	if err != nil {
		return nil, err
	}
	as.IP, as.Method = r.caller.IP, r.caller.Method
	e, err := docs.Explain(r.context, as, q)
	if err != nil {
		return nil, err
	}
	return json.Marshal(e)
}
