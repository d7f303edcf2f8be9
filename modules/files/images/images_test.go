package images_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"net/url"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/files/images"
)

// halves is red on the left and blue on the right.
func halves(width, height int, alpha uint8) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			c := color.NRGBA{R: 255, A: alpha}
			if x >= width/2 {
				c = color.NRGBA{B: 255, A: alpha}
			}
			img.SetNRGBA(x, y, c)
		}
	}
	return img
}

func encoded(t *testing.T, mediaType string, img image.Image) string {
	t.Helper()
	var out bytes.Buffer
	var err error
	switch mediaType {
	case "image/jpeg":
		err = jpeg.Encode(&out, img, nil)
	case "image/png":
		err = png.Encode(&out, img)
	case "image/gif":
		err = gif.Encode(&out, img, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func source(mediaType, content string) images.Source {
	return images.Source{Type: mediaType, Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(content)), nil }}
}

var allowed = &images.Allowed{Max: 1000, Formats: images.Written}

func parse(t *testing.T, query string) *images.Params {
	t.Helper()
	q, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	p, err := images.Parse(q.Get, allowed)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func made(t *testing.T, s images.Source, query string) (*images.Picture, image.Image) {
	t.Helper()
	out, err := images.Make(s, parse(t, query))
	if err != nil {
		t.Fatal(err)
	}
	img, format, err := image.Decode(bytes.NewReader(out.Content))
	if err != nil || "image/"+format != out.Type {
		t.Fatalf("%s: %v, %s", out.Type, err, format)
	}
	return out, img
}

func TestMake_Sizes(t *testing.T) {
	t.Parallel()
	wide := source("image/jpeg", encoded(t, "image/jpeg", halves(200, 100, 255)))
	for _, c := range []struct {
		query         string
		width, height int
	}{
		{"width=50", 50, 25},
		{"height=50", 100, 50},
		{"width=50&height=50", 50, 25},
		{"width=50&height=50&fit=cover", 50, 50},
		{"width=50&height=10&fit=cover", 50, 10},
		{"width=1", 1, 1},
		{"width=500", 200, 100},                      // nothing is enlarged
		{"width=400&height=400&fit=cover", 100, 100}, // and the box keeps its proportions
		{"format=png", 200, 100},
	} {
		_, img := made(t, wide, c.query)
		if img.Bounds().Dx() != c.width || img.Bounds().Dy() != c.height {
			t.Errorf("%s: %v, want %d x %d", c.query, img.Bounds(), c.width, c.height)
		}
	}
}

func TestMake_Formats(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		mediaType string
		alpha     uint8
		query     string
		want      string
	}{
		{"image/jpeg", 255, "width=10", "image/jpeg"},
		{"image/png", 255, "width=10", "image/jpeg"},
		{"image/png", 100, "width=10", "image/png"}, // what is transparent stays so
		{"image/png", 100, "width=10&format=jpeg", "image/jpeg"},
		{"image/gif", 255, "width=10", "image/jpeg"},
		{"image/jpeg", 255, "width=10&format=png", "image/png"},
		{"image/jpeg", 255, "width=10&format=jpg", "image/jpeg"},
	} {
		picture, _ := made(t, source(c.mediaType, encoded(t, c.mediaType, halves(40, 40, c.alpha))), c.query)
		if picture.Type != c.want {
			t.Errorf("%s (alpha %d) %s: %s, want %s", c.mediaType, c.alpha, c.query, picture.Type, c.want)
		}
	}
	_, img := made(t, source("image/png", encoded(t, "image/png", halves(40, 40, 0))), "format=jpeg")
	if r, g, b, _ := img.At(5, 5).RGBA(); r < 0xf000 || g < 0xf000 || b < 0xf000 {
		t.Errorf("transparency became %x %x %x, want white", r, g, b)
	}
}

// withOrientation puts an EXIF block with an orientation, and a secret, into a jpeg.
func withOrientation(content string, orientation uint16) string {
	var tiff bytes.Buffer
	tiff.WriteString("MM\x00*")
	for _, v := range []any{uint32(8), uint16(2),
		uint16(0x010e), uint16(2), uint32(12), uint32(38), // a description
		uint16(0x0112), uint16(3), uint32(1), orientation, uint16(0),
		uint32(0)} {
		_ = binary.Write(&tiff, binary.BigEndian, v) // to memory
	}
	tiff.WriteString("SECRETPLACE\x00")
	block := "Exif\x00\x00" + tiff.String()
	var out bytes.Buffer
	out.WriteString(content[:2] + "\xff\xe1")
	_ = binary.Write(&out, binary.BigEndian, uint16(len(block)+2))
	out.WriteString(block + content[2:])
	return out.String()
}

func TestMake_TheRightSideIsUp(t *testing.T) {
	t.Parallel()
	plain := encoded(t, "image/jpeg", halves(80, 40, 255))
	for orientation, want := range map[uint16]struct {
		width, height int
		redX, redY    int // where red is
	}{
		1: {40, 20, 5, 10}, 2: {40, 20, 35, 10}, 3: {40, 20, 35, 10}, 4: {40, 20, 5, 10},
		5: {20, 40, 10, 5}, 6: {20, 40, 10, 5}, 7: {20, 40, 10, 35}, 8: {20, 40, 10, 35},
		9: {40, 20, 5, 10},
	} {
		content := withOrientation(plain, orientation)
		picture, img := made(t, source("image/jpeg", content), "width=40&height=40")
		if img.Bounds().Dx() != want.width || img.Bounds().Dy() != want.height {
			t.Errorf("orientation %d: %v, want %d x %d", orientation, img.Bounds(), want.width, want.height)
			continue
		}
		if r, _, b, _ := img.At(want.redX, want.redY).RGBA(); r < b {
			t.Errorf("orientation %d: red is not at %d, %d", orientation, want.redX, want.redY)
		}
		if !strings.Contains(content, "SECRETPLACE") || bytes.Contains(picture.Content, []byte("SECRETPLACE")) {
			t.Errorf("orientation %d: the picture has the metadata of the photo", orientation)
		}
	}
}

func TestMake_RefusesWhatIsNoImage(t *testing.T) {
	t.Parallel()
	whole := encoded(t, "image/png", halves(40, 40, 255))
	bomb := []byte(whole)
	binary.BigEndian.PutUint32(bomb[16:], 60000) // the width in IHDR
	binary.BigEndian.PutUint32(bomb[20:], 60000)
	binary.BigEndian.PutUint32(bomb[29:], crc32.ChecksumIEEE(bomb[12:29]))
	for name, s := range map[string]images.Source{
		"text":           source("text/plain", "hello"),
		"svg":            source("image/svg+xml", "<svg/>"),
		"cut":            source("image/png", whole[:len(whole)-30]),
		"empty":          source("image/jpeg", ""),
		"another type":   source("image/jpeg", whole),
		"too many pixel": source("image/png", string(bomb)),
	} {
		if made, err := images.Make(s, parse(t, "width=10")); fault.CodeOf(err) != fault.Invalid {
			t.Errorf("%s: %v, %v", name, made, err)
		}
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	few := &images.Allowed{Max: 1000, Sizes: []int{64, 128}, Formats: []string{"jpeg"}}
	for _, c := range []struct {
		query string
		a     *images.Allowed
		field string // that is refused
	}{
		{"", nil, ""}, {"download=1", nil, ""},
		{"width=64", few, ""}, {"width=65", few, "width"}, {"format=png", few, "format"}, {"format=auto", few, ""},
		{"width=64", nil, "width"},
		{"width=0", allowed, "width"}, {"width=-1", allowed, "width"}, {"width=1001", allowed, "width"}, {"width=1e3", allowed, "width"},
		{"height=99999999999999999999", allowed, "height"},
		{"fit=cover", allowed, "fit"}, {"fit=cover&width=5&height=5", allowed, ""}, {"fit=fill", allowed, "fit"},
		{"format=webp", allowed, "format"}, {"format=gif", allowed, "format"},
		{"quality=0", allowed, "quality"}, {"quality=101", allowed, "quality"}, {"quality=x", allowed, "quality"}, {"quality=50", allowed, ""},
	} {
		q, err := url.ParseQuery(c.query)
		if err != nil {
			t.Fatal(err)
		}
		_, err = images.Parse(q.Get, c.a)
		got := ""
		if f, ok := err.(*fault.Error); ok {
			got = f.Fields[0].Field
		}
		if got != c.field {
			t.Errorf("%q: %v, want the field %q", c.query, err, c.field)
		}
	}
}

func BenchmarkMake(b *testing.B) {
	var out bytes.Buffer
	if err := jpeg.Encode(&out, halves(4000, 3000, 255), nil); err != nil {
		b.Fatal(err)
	}
	q := url.Values{"width": {"400"}}
	p, err := images.Parse(q.Get, allowed)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := images.Make(source("image/jpeg", out.String()), p); err != nil {
			b.Fatal(err)
		}
	}
}
