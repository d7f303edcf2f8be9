package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestCodes_AreInTheREADME compares the codes that the source gives to errors and to their fields with the two tables of
// server/README.md.
func TestCodes_AreInTheREADME(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../server/README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), "\n## Error codes\n")
	errors, after, found := strings.Cut(after, "\n### Codes of fields\n")
	fields, _, ended := strings.Cut(after, "\n## ")
	if !found || !ended {
		t.Fatal("server/README.md has no section Error codes with a part Codes of fields")
	}
	files := parsed(t, "../../modules", "../../server")
	compareCodes(t, "codes", errorCodes(files["../../modules/fault/fault.go"]), inCells(errors))
	compareCodes(t, "codes of fields", fieldCodes(files), inCells(fields))
}

// TestCalls_AreInTheREADME compares the table of routes with server/README.md.
func TestCalls_AreInTheREADME(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../server/README.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]bool{}
	for _, m := range callInTable.FindAllStringSubmatch(string(text), -1) {
		for _, method := range regexp.MustCompile("[A-Z]+").FindAllString(m[1], -1) {
			documented[method+" "+parameterInPath.ReplaceAllString(m[2], "*")] = true
		}
	}
	n := 0
	for _, file := range parsed(t, "../../server/api") {
		ast.Inspect(file, func(node ast.Node) bool {
			if method, path := routeIn(node); path != "" {
				n++
				if !documented[method+" "+parameterInPath.ReplaceAllString(path, "*")] {
					t.Errorf("server/README.md does not have %s %s", method, path)
				}
			}
			return true
		})
	}
	if n < 80 {
		t.Errorf("only %d routes were found in the source", n)
	}
}

var (
	callInTable     = regexp.MustCompile("`((?:[A-Z]+`, `)*[A-Z]+) (/v1/[^?` ]*)")
	parameterInPath = regexp.MustCompile(`:\w+|\{\w+\}`)
)

// routeIn returns the method and the path of a literal of a route.
func routeIn(n ast.Node) (method, path string) {
	lit, ok := n.(*ast.CompositeLit)
	if !ok {
		return "", ""
	}
	for _, e := range lit.Elts {
		pair, ok := e.(*ast.KeyValueExpr)
		if !ok {
			return "", ""
		}
		switch key, _ := pair.Key.(*ast.Ident); {
		case key == nil:
		case key.Name == "method":
			if named, ok := pair.Value.(*ast.SelectorExpr); ok {
				method = strings.ToUpper(strings.TrimPrefix(named.Sel.Name, "Method"))
			}
		case key.Name == "path":
			for _, text := range literal(pair.Value) {
				path = text
			}
		}
	}
	return method, path
}

func compareCodes(t *testing.T, what string, source, documented []string) {
	t.Helper()
	if len(source) < 15 {
		t.Fatalf("only %d %s were found in the source: %v", len(source), what, source)
	}
	for _, c := range source {
		if !slices.Contains(documented, c) {
			t.Errorf("%s: %s is not in server/README.md", what, c)
		}
	}
	for _, c := range documented {
		if !slices.Contains(source, c) {
			t.Errorf("%s: no error has the code %s of server/README.md", what, c)
		}
	}
}

var codeInCell = regexp.MustCompile("`([a-z_A-Z]+)`")

// inCells returns the codes in the cells of tables that have nothing else in them.
func inCells(text string) (out []string) {
	for line := range strings.Lines(text) {
		for cell := range strings.SplitSeq(line, "|") {
			_, cell, _ = strings.Cut(": "+cell, ": ")
			if rest := codeInCell.ReplaceAllString(cell, ""); strings.TrimSpace(rest) != "" && !strings.HasPrefix(strings.TrimSpace(cell), "of ") {
				continue
			}
			for _, m := range codeInCell.FindAllStringSubmatch(cell, -1) {
				out = append(out, m[1])
			}
		}
	}
	return out
}

// parsed reads the Go files below directories that are neither tests nor for tests.
func parsed(t *testing.T, roots ...string) map[string]*ast.File {
	t.Helper()
	out := map[string]*ast.File{}
	for _, root := range roots {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			switch name := d.Name(); {
			case err != nil:
				return err
			case d.IsDir() && (name == "node_modules" || strings.HasSuffix(name, "test")):
				return filepath.SkipDir
			case !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
				return nil
			}
			out[path], err = parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// errorCodes returns the constants of the type Code, but for the one that is shown as another.
func errorCodes(file *ast.File) (out []string) {
	ast.Inspect(file, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok && len(v.Values) == 1 && v.Names[0].Name != "AnswerTooLarge" {
			if named, ok := v.Type.(*ast.Ident); ok && named.Name == "Code" {
				out = append(out, literal(v.Values[0])...)
			}
		}
		return true
	})
	return out
}

// fieldCodes returns what is given as the code of a fault.FieldError: by itself, by functions that are given the code, or by
// those that return one.
func fieldCodes(files map[string]*ast.File) []string {
	found := map[string]bool{}
	makers := map[string]int{"FieldErrorf": 1} // where the code is among the arguments, by the name
	for before := 0; before != len(makers)+len(found); {
		before = len(makers) + len(found)
		for path, file := range files {
			c := codeFinder{path, found, makers}
			ast.Inspect(file, c.visit)
		}
	}
	out := make([]string, 0, len(found))
	for c := range found {
		out = append(out, c)
	}
	slices.Sort(out)
	return out
}

type codeFinder struct {
	path   string
	found  map[string]bool
	makers map[string]int
}

func (c codeFinder) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.FuncDecl:
		if n.Body != nil {
			c.function(c.key(n.Name.Name), n.Type, n.Body)
		}
	case *ast.AssignStmt:
		if f, ok := n.Rhs[0].(*ast.FuncLit); ok && len(n.Lhs) == 1 {
			if name, ok := n.Lhs[0].(*ast.Ident); ok {
				c.function(c.path+" "+name.Name, f.Type, f.Body)
			}
		}
	}
	for _, e := range c.codes(n) {
		for _, text := range literal(e) {
			c.found[text] = true
		}
	}
	return true
}

// key names a function: one that is not exported by its directory, too.
func (c codeFinder) key(name string) string {
	if ast.IsExported(name) {
		return name
	}
	return filepath.Dir(c.path) + " " + name
}

// function notes that a function makes an error of a field with the code that it is given, or returns a code.
func (c codeFinder) function(key string, typ *ast.FuncType, body *ast.BlockStmt) {
	names := parameters(typ.Params)
	ast.Inspect(body, func(n ast.Node) bool {
		for _, e := range c.codes(n) {
			if used, ok := e.(*ast.Ident); ok {
				if i := slices.Index(names, used.Name); i >= 0 {
					c.makers[key] = i
				}
			}
		}
		if r, ok := n.(*ast.ReturnStmt); ok && typ.Results != nil {
			if i := slices.Index(parameters(typ.Results), "code"); i >= 0 && i+1 < len(r.Results) && parameters(typ.Results)[i+1] == "detail" {
				for _, text := range literal(r.Results[i]) {
					c.found[text] = true
				}
			}
		}
		return true
	})
}

// codes returns the expressions that are the code of a field in a node.
func (c codeFinder) codes(n ast.Node) (out []ast.Expr) {
	switch n := n.(type) {
	case *ast.CallExpr:
		name := ""
		switch f := n.Fun.(type) {
		case *ast.Ident:
			name = f.Name
		case *ast.SelectorExpr:
			name = f.Sel.Name
		}
		i, is := c.makers[c.key(name)]
		if !is {
			i, is = c.makers[c.path+" "+name]
		}
		if is && i < len(n.Args) && len(n.Args) > 1 {
			out = append(out, n.Args[i])
		}
	case *ast.CompositeLit:
		elements := []ast.Expr{n}
		if list, ok := n.Type.(*ast.ArrayType); ok && isFieldError(list.Elt) {
			elements = n.Elts
		} else if !isFieldError(n.Type) {
			return nil
		}
		for _, e := range elements {
			out = append(out, codeIn(e)...)
		}
	}
	return out
}

// codeIn returns the code in a literal of a FieldError.
func codeIn(e ast.Expr) (out []ast.Expr) {
	one, ok := e.(*ast.CompositeLit)
	if !ok {
		return nil
	}
	for i, e := range one.Elts {
		switch pair, keyed := e.(*ast.KeyValueExpr); {
		case keyed && pair.Key.(*ast.Ident).Name == "Code":
			out = append(out, pair.Value)
		case !keyed && i == 1:
			out = append(out, e)
		}
	}
	return out
}

func isFieldError(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name == "FieldError"
	case *ast.SelectorExpr:
		return e.Sel.Name == "FieldError"
	}
	return false
}

func parameters(list *ast.FieldList) (out []string) {
	for _, f := range list.List {
		for _, name := range f.Names {
			out = append(out, name.Name)
		}
	}
	return out
}

// literal returns the text of a string that is not empty, in a list of one.
func literal(e ast.Expr) []string {
	if l, ok := e.(*ast.BasicLit); ok && l.Kind == token.STRING {
		if text, err := strconv.Unquote(l.Value); err == nil && text != "" {
			return []string{text}
		}
	}
	return nil
}
