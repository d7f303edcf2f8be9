package supabase

import "slices"

// item is one thing that `select` asks for.
type item struct {
	star   bool
	alias  string
	column column
	cast   string
	// function is an aggregate: count, sum, avg, min or max. That of count() has no column.
	function string
	embed    *embedding
	// computed is set for a column that a function makes of the row.
	computed *computed
}

// embedding asks for related rows.
type embedding struct {
	name, hint    string
	inner, spread bool
	items         []item
}

const maxEmbeddings = 5 // in each other

var aggregates = []string{"count", "sum", "avg", "min", "max"}

// parseSelect reads `a,alias:b,c->x->>y,d::text,rel!hint!inner(…),...rel(…),stars.sum()`.
func parseSelect(text string) ([]item, error) {
	s := &scanner{text: text}
	items, err := s.items(0)
	if err == nil && !s.done() {
		err = s.unexpected()
	}
	return items, err
}

func (s *scanner) items(depth int) ([]item, error) {
	var out []item
	for {
		one, err := s.item(depth)
		if err != nil {
			return nil, err
		}
		if out = append(out, one); len(out) > 500 {
			return nil, problem{Status: 400, Code: "PGRST100", Message: "select names more than 500 columns"}
		}
		if s.space(); !s.take(",") {
			return out, nil
		}
	}
}

func (s *scanner) item(depth int) (item, error) {
	s.space()
	if s.take("*") {
		return item{star: true}, nil
	}
	spread := s.take("...")
	name, err := s.name()
	if err != nil {
		return item{}, err
	}
	var out item
	if s.next(":") && !s.next("::") {
		s.at++
		out.alias = name
		if name, err = s.name(); err != nil {
			return out, err
		}
	}
	if s.next("!") || s.next("(") && !(name == "count" && s.next("()")) {
		out.embed = &embedding{name: name, spread: spread}
		return out, s.embedded(out.embed, depth)
	}
	if spread {
		return out, s.unexpected()
	}
	if s.take("()") {
		out.function = "count"
	} else {
		out.column.field = name
		if err := s.inside(&out.column); err != nil {
			return out, err
		}
	}
	return out, s.suffixes(&out)
}

// suffixes reads what may follow a column: a cast and an aggregate.
func (s *scanner) suffixes(to *item) error {
	for {
		switch {
		case s.take("::"):
			cast, err := s.name()
			if err != nil {
				return err
			}
			to.cast = cast
		case s.take("."):
			name, err := s.name()
			if err != nil {
				return err
			}
			if !slices.Contains(aggregates, name) || to.function != "" || !s.take("()") {
				return s.unexpected()
			}
			to.function = name
		default:
			return nil
		}
	}
}

func (s *scanner) embedded(e *embedding, depth int) error {
	if depth >= maxEmbeddings {
		return problem{Status: 400, Code: "PGRST100", Message: "resources are embedded more than 5 deep"}
	}
	for s.take("!") {
		hint, err := s.name()
		if err != nil {
			return err
		}
		switch hint {
		case "inner":
			e.inner = true
		case "left":
		default:
			e.hint = hint
		}
	}
	if !s.take("(") {
		return s.unexpected()
	}
	if s.space(); s.take(")") {
		return nil
	}
	items, err := s.items(depth + 1)
	if err != nil {
		return err
	}
	e.items = items
	if s.space(); !s.take(")") {
		return s.unexpected()
	}
	return nil
}
