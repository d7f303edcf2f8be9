package cache

import (
	"reflect"
	"strings"
	"testing"
)

// TestCache_FieldsReachNoLibrary: generic types of a library that a field reaches are compiled again in every package that uses
// the cache. That was half of the compiler's work for the server.
func TestCache_FieldsReachNoLibrary(t *testing.T) {
	seen := map[reflect.Type]bool{}
	var walk func(at reflect.Type, path string)
	walk = func(at reflect.Type, path string) {
		if seen[at] {
			return
		}
		seen[at] = true
		for _, library := range []string{"go-redis", "otter"} {
			if strings.Contains(at.PkgPath(), library) || strings.Contains(at.String(), library) {
				t.Errorf("%s is %s; put an interface between them", path, at)
				return
			}
		}
		switch at.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Chan:
			walk(at.Elem(), path)
		case reflect.Map:
			walk(at.Key(), path)
			walk(at.Elem(), path)
		case reflect.Struct:
			for i := range at.NumField() {
				walk(at.Field(i).Type, path+"."+at.Field(i).Name)
			}
		}
	}
	walk(reflect.TypeFor[Cache](), "Cache")
	walk(reflect.TypeFor[remote](), "remote")
	if len(seen) < 20 {
		t.Errorf("only %d types were looked at", len(seen))
	}
}
