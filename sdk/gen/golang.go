package gen

import (
	"fmt"
	"go/format"
	"strings"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/query"
)

// goTypes writes one struct a collection.
func goTypes(c *config.Config, names []string) (string, error) {
	var b strings.Builder
	imports := map[string]bool{}
	for _, name := range names {
		fmt.Fprintf(&b, "// %s is a document of the collection %s.\ntype %s struct {\n", exported(name), name, exported(name))
		for _, f := range c.Collections[name].Ordered {
			typ := goType(f)
			if pkg, _, qualified := strings.Cut(typ, "."); qualified {
				imports[map[string]string{"time": "time", "json": "encoding/json"}[pkg]] = true
			}
			tag := f.Name
			switch {
			case f.Name == "id":
				tag += ",omitempty"
			case !f.Required && typ != "[]byte" && typ != "json.RawMessage":
				typ, tag = "*"+typ, tag+",omitempty"
			case !f.Required:
				tag += ",omitempty"
			}
			fmt.Fprintf(&b, "%s %s `json:%q`\n", exported(f.Name), typ, tag)
		}
		b.WriteString("}\n\n")
	}
	head := "// Code " + generated + ".\n\npackage types\n\n"
	for _, pkg := range []string{"encoding/json", "time"} {
		if imports[pkg] {
			head += fmt.Sprintf("import %q\n", pkg)
		}
	}
	out, err := format.Source([]byte(head + "\n" + b.String()))
	if err != nil {
		return "", fmt.Errorf("writing the types: %w", err)
	}
	return string(out), nil
}

func goType(f *config.Field) string {
	switch f.Type {
	case query.TypeDecimal:
		if f.JSON == "string" {
			return "string"
		}
		return "json.Number"
	case query.TypeInt:
		return "int64"
	case query.TypeFloat:
		return "float64"
	case query.TypeBool:
		return "bool"
	case query.TypeTime:
		return "time.Time"
	case query.TypeBytes:
		return "[]byte"
	case query.TypeJSON:
		return "json.RawMessage"
	}
	return "string"
}
