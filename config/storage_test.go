package config

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/modules/files"
)

func TestFiles_Defaults(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c, err := Parse("b.yaml", dir, []byte(head+`
collections:
  photos: { files: {}, rules: { read: 'doc.size < 10 && doc.path startsWith "a/"', create: 'next.type == "image/png"' } }
  videos: { files: { max: 4GiB, types: ["video/*"] }, fields: { owner: { type: string } } }
`))
	if err != nil {
		t.Fatal(err)
	}
	photos, videos := c.Collections["photos"].Files, c.Collections["videos"].Files
	if photos.Storage != "local" || photos.Max != 100<<20 || videos.Max != 4<<30 || c.Storage["local"].Settings(c).Dir != filepath.Join(dir, "data", "files") {
		t.Errorf("%+v, %+v, %+v", photos, videos, c.Storage["local"])
	}
	if got := strings.Join(c.Collections["videos"].Shape.Names(), " "); got != "id path name type size sha256 created updated metadata owner" {
		t.Errorf("the fields are %s", got)
	}
	c, err = Parse("b.yaml", dir, []byte(head))
	if err != nil || c.Storage != nil {
		t.Errorf("without files: %v, %v", c.Storage, err)
	}
}

func TestFiles_Mistakes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"files/public", "public"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	s3 := `driver: s3, endpoint: "https://s3.example.com", bucket: b`
	for text, want := range map[string]string{
		"storage: { a: { driver: locol } }":                                                                    "did you mean \"local\"",
		"storage: { a: { driver: s3 } }":                                                                       "endpoint is the address",
		"storage: { a: { driver: s3, endpoint: \"https://x\" } }":                                              "bucket is missing",
		"storage: { a: { dir: x } }":                                                                           `"driver" is missing`,
		"storage: { a: { driver: local, dir: x }, b: { driver: local, dir: ./x } }":                            "the same, or one lies in the other",
		"storage: { a: { driver: local, dir: x }, b: { driver: local, dir: x/y } }":                            "the same, or one lies in the other",
		"storage: { a: { driver: local, dir: files } }\nstatic: { dir: . }":                                    "has the storage a in it",
		"storage: { a: { driver: local, dir: files } }\nstatic: { dir: files }":                                "has the storage a in it",
		"storage: { a: { driver: local, dir: files } }\nstatic: { dir: files/public }":                         "lies in the directory of the storage a",
		"storage: { a: { driver: local }, b: { " + s3 + " } }\ncollections: { p: { files: {} } }":              "say which one",
		"collections: { p: { files: { storage: nope } } }":                                                     "there is no storage \"nope\"",
		"collections: { p: { files: { serve: redirct } } }":                                                    "did you mean \"redirect\"",
		"collections: { p: { files: { serve: redirect } } }":                                                   "of the driver s3",
		"collections: { p: { files: { max: 9TiB } } }":                                                         "expected a size",
		"collections: { p: { files: { max: 0 } } }":                                                            "expected a size",
		"collections: { p: { files: { types: [png] } } }":                                                      "is not a media type",
		"collections: { p: { files: {}, fields: { size: { type: int } } } }":                                   "the field size is built in",
		"collections: { p: { files: {}, set: { update: { updated: 'now()' } } } }":                             "updated is built in",
		"collections: { p: { files: {}, fields: { id: { type: int } } } }":                                     "the id of a file",
		"collections: { p: { files: {}, key: [a, b], fields: { a: { type: string }, b: { type: string } } } }": "has the key id",
		"collections: { p: { rules: { read: 'true' } } }":                                                      `the key "fields" is missing`,
		"collections: { p: { files: { sise: 1 } } }":                                                           "unknown key",
	} {
		_, err := Parse("b.yaml", dir, []byte(head+text+"\n"))
		var all *Error
		if !errors.As(err, &all) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s:\n got %v\nwant %s", text, err, want)
		}
	}
}

// TestFiles_NamesAreThePatternOfTheFields: what an upload refuses is refused in a change of the document, too.
func TestFiles_NamesAreThePatternOfTheFields(t *testing.T) {
	t.Parallel()
	c, err := Parse("b.yaml", t.TempDir(), []byte(head+"collections: { photos: { files: {} } }\n"))
	if err != nil {
		t.Fatal(err)
	}
	fields := c.Collections["photos"].Fields
	for _, name := range []string{
		"a", "a.b", ".a", "..a", "...", "....", "a..", "a b", "ü", "👩‍🚀", ".", "..", "", "a/b", `a\b`, "a\x00", "\x1f", "\x7f", "\u009f", "\u202e", "a\u2066", "\ufeff", "\u200f", "\u2028", "\u061c",
	} {
		for field, check := range map[string]func(string) string{"name": files.CheckName, "path": files.CheckPath} {
			if name == "a/b" && field == "path" {
				continue
			}
			if got := matches(t, fields[field], name); got != (check(name) == "") {
				t.Errorf("%s %q: the pattern says %t, and an upload says %q", field, name, got, check(name))
			}
		}
	}
	for _, path := range []string{"a/b", "a//b", "/a", "a/", "a/../b", "a/./b", "../a", "a/...", "a/..b"} {
		if got := matches(t, fields["path"], path); got != (files.CheckPath(path) == "") {
			t.Errorf("path %q: the pattern says %t, and an upload says %q", path, got, files.CheckPath(path))
		}
	}
}

func matches(t *testing.T, f *Field, value string) bool {
	t.Helper()
	pattern, err := regexp.Compile(f.Pattern.Source)
	if err != nil {
		t.Fatal(err)
	}
	return pattern.MatchString(value)
}
