package crud

import "github.com/basalt-dev/basalt/modules/query"

// Kind is what a [Read] asks for.
type Kind uint8

// The kinds.
const (
	List      Kind = iota // a page of documents
	Get                   // one document
	Aggregate             // figures about documents
)

// Read asks for documents of a collection, or for figures about them.
type Read struct {
	Collection string
	Kind       Kind
	// ID is the document of a Get.
	ID string
	// Params are the parameters of a URL, of a list or a Get. A Get takes `select` and `expand`.
	Params Params
	// Body is the JSON body of an aggregate, or of a list instead of Params.
	Body []byte
	// Page is what a list asks for instead of Params and Body, of a Get its Select: for those who have it in no text.
	Page *Page
	// Where restricts a list or an aggregate besides Body, for dialects with a language of their own: with what the filter of a
	// client may use, and no more. Related restricts it by relations.
	Where   query.Filter
	Related []Related
	// Distinct, if not empty, are fields, and the list has the first document of each of their values together, and no
	// further pages. With Of it has them of each of Values, as many as there are: the limit does not count.
	Distinct []string
	// Unsorted leaves the order to the database, mostly that in which the documents were stored, where the list has no sort of
	// its own.
	Unsorted bool
	// Offset skips the first documents of a list.
	Offset int
	// Backward reads a list from its end: its last documents, or the last ones before the cursor that is sent as `after`, in
	// their order. Next says then that there are earlier ones. An order by other documents, or by rank, has no end to read from.
	Backward bool
	// Of, if not empty, is a field, and the list is of the documents in which it has one of Values: as many as the limit
	// of the list says for each value, and no pages. Or it is the figures about these documents.
	Of     string
	Values []query.Value
	// Needs are fields that the documents are read with besides the selected ones. What the caller may not see of them
	// stays out.
	Needs []int
}

// Page is what a list asks for.
type Page struct {
	// Select are the fields to show, nil for all.
	Select []string
	// Sort is the order, such as -created.
	Sort []string
	// Limit is how many documents are asked for at most; 0 leaves it to the server.
	Limit int
	// After is the cursor of an earlier page.
	After string
	// Count asks for the number of all documents.
	Count bool
}

// Prepare evaluates the rules of a read for a caller. The database is not asked.
func (s *Service) Prepare(caller Caller, r Read) (*Plan, error) {
	c, err := s.collection(r.Collection)
	if err != nil {
		return nil, err
	}
	p := &Plan{kind: r.Kind, id: r.ID}
	w := s.ongoing()
	if w == nil {
		p.work.now = s.Now()
		w = &p.work
	}
	p.o = s.part(c, caller, w)
	p.o.record = &p.record
	switch r.Kind {
	case Get:
		err = p.prepareGet(r)
	case Aggregate:
		err = p.prepareAggregate(r)
	default:
		err = p.prepareList(r)
	}
	if err != nil {
		return nil, err
	}
	return p, nil
}
