package graphql

import (
	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/rules"
)

// remove is delete_notes and delete_notes_by_pk.
func remove(e *executor, s *selected, r *root) (result, error) {
	if r.one {
		return e.removeOne(s, r.c)
	}
	where, err := r.c.encodedWhere(e, s)
	if err != nil {
		return nil, err
	}
	out, err := e.responseOf(r.c, s)
	if err != nil {
		return nil, err
	}
	if err := e.count(r.c, rules.Delete); err != nil {
		return nil, err
	}
	if out.lv == nil {
		n, err := e.docs.DeleteWhere(e.context, e.caller, r.c.Name, where)
		if err != nil {
			return nil, err
		}
		return out.answer(e, n, nil)
	}
	var answer result
	err = e.inTransaction(r.c, func() error {
		found, err := e.toChange(r.c, where)
		if err != nil {
			return err
		}
		var gone []crud.Document
		for _, doc := range found {
			switch err := e.docs.Delete(e.context, e.caller, crud.Target{Collection: r.c.Name, ID: doc.ID()}); fault.CodeOf(err) {
			case fault.Forbidden, fault.NotFound:
			default:
				if err != nil {
					return err
				}
				gone = append(gone, doc)
			}
		}
		answer, err = out.answer(e, int64(len(gone)), gone)
		return err
	})
	return answer, err
}

// removeOne answers with the document as it was; null where there is none that the caller may see.
func (e *executor) removeOne(s *selected, c *collection) (result, error) {
	id, err := idOf(s.argument(c.fields[0].name, e.vars))
	if err != nil {
		return nil, err
	}
	lv, err := e.levelOf(c, s, 1)
	if err != nil {
		return nil, err
	}
	if err := e.count(c, rules.Delete); err != nil {
		return nil, err
	}
	answer := null
	work := func() error {
		answer = null
		doc, err := e.get(lv, id)
		if err != nil || doc == nil {
			return err
		}
		if answer, err = e.document(lv, *doc); err != nil {
			return err
		}
		e.note(1, []crud.Document{*doc})
		return e.docs.Delete(e.context, e.caller, crud.Target{Collection: c.Name, ID: id, IfMatch: s.ifMatch(e.vars)})
	}
	if e.docs.Atomic(c.Name) {
		err = e.inTransaction(c, work)
	} else {
		err = work()
	}
	if fault.CodeOf(err) == fault.NotFound && err != nil {
		return null, nil
	}
	return answer, err
}
