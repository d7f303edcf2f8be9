package query

import (
	"fmt"
	"strings"
	"testing"
	"unsafe"

	"github.com/basalt-dev/basalt/modules/syntax"
)

// TestTexts_RememberABoundedNumber of the filters that clients send, and none that is long.
func TestTexts_RememberABoundedNumber(t *testing.T) {
	t.Parallel()
	var texts Texts
	s := NewShape([]Field{{Name: "id", Type: TypeID}, {Name: "n", Type: TypeInt}})
	for n := range maxTexts + 100 {
		if _, err := texts.Parse(s, fmt.Sprint("n == ", n), nil, Limits{}, nil); err != nil {
			t.Fatal(err)
		}
		if len(texts.trees) > maxTexts {
			t.Fatalf("%d filters are remembered", len(texts.trees))
		}
	}
	before := len(texts.trees)
	if _, err := texts.Parse(s, "n == 1 || n in ["+strings.Repeat("1, ", maxRemembered/3)+"1]", nil, Limits{}, nil); err != nil {
		t.Fatal(err)
	}
	if len(texts.trees) != before {
		t.Error("a long filter is remembered")
	}
}

// TestTexts_KeepNoRequest: a filter is often a part of an address, of which the rest may be long.
func TestTexts_KeepNoRequest(t *testing.T) {
	t.Parallel()
	var texts Texts
	request := "n < 12345&params=" + strings.Repeat("x", 1000)
	if _, err := texts.tree(request[:9], Limits{}.orDefault()); err != nil {
		t.Fatal(err)
	}
	first := uintptr(unsafe.Pointer(unsafe.StringData(request)))
	kept := func(part string) {
		if at := uintptr(unsafe.Pointer(unsafe.StringData(part))); at >= first && at < first+uintptr(len(request)) {
			t.Errorf("%q is kept with the whole request", part)
		}
	}
	for text, tree := range texts.trees {
		kept(text)
		syntax.Walk(tree, func(n syntax.Node) {
			if id, ok := n.(*syntax.Identifier); ok {
				kept(id.Value)
			}
		})
	}
}
