package wiring

import (
	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/files"
	"github.com/basalt-dev/basalt/modules/files/images"
	"github.com/basalt-dev/basalt/modules/query"
)

// Files returns the collections whose documents have bytes, with their storages by name.
func Files(c *config.Config, stores map[string]*files.Store, collections []*crud.Collection) map[string]*files.Collection {
	out := map[string]*files.Collection{}
	for _, collection := range collections {
		stored := collection.Stored()
		described := c.Collections[stored.Name]
		if described == nil || described.Files == nil {
			continue
		}
		f := &files.Collection{
			Name: stored.Name, Store: stores[described.Files.Storage], Max: int64(described.Files.Max), Types: described.Files.Types, Public: described.Files.Public,
			Checked: described.Files.Check != "", Redirect: described.Files.Serve == "redirect",
			Stored: stored, Database: collection.Database(), FieldTypes: map[string]query.Type{}, Hides: map[string]bool{},
		}
		if q := described.Files.Quota; q != nil {
			f.Quota = int64(q.Bytes)
		}
		if i := described.Files.Images; i != nil {
			f.Images = &images.Allowed{Max: i.Max, Sizes: i.Sizes, Formats: i.Written()}
		}
		for i, field := range stored.Shape.Fields {
			f.FieldTypes[field.Name] = field.Type
			f.Hides[field.Name] = i < len(described.Readable) && described.Readable[i] != nil
		}
		out[f.Name] = f
	}
	return out
}
