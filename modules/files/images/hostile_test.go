package images_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"image/color"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/files/images"
)

// pngChunk is a chunk as PNG writes it.
func pngChunk(kind, data string) string {
	var out bytes.Buffer
	_ = binary.Write(&out, binary.BigEndian, uint32(len(data))) // to memory
	out.WriteString(kind + data)
	_ = binary.Write(&out, binary.BigEndian, crc32.ChecksumIEEE([]byte(kind+data)))
	return out.String()
}

// withChunk puts a chunk behind the header of a PNG.
func withChunk(content, kind, data string) string {
	return content[:33] + pngChunk(kind, data) + content[33:]
}

func deflated(t *testing.T, from io.Reader) string {
	t.Helper()
	var out bytes.Buffer
	z := zlib.NewWriter(&out)
	if _, err := io.Copy(z, from); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// zeros reads zeros without end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// profile is a color profile with a table of one tag.
func profile(tags, offset, size uint32, tag string) string {
	var out bytes.Buffer
	out.WriteString(strings.Repeat("\x00", 12) + "mntrRGB XYZ " + strings.Repeat("\x00", 12) + "acsp" + strings.Repeat("\x00", 88))
	_ = binary.Write(&out, binary.BigEndian, tags) // to memory
	out.WriteString("rTRC")
	_ = binary.Write(&out, binary.BigEndian, []uint32{offset, size})
	return out.String() + tag
}

// TestMake_MetadataTakesNoMemory sends numbers in metadata that ask for gigabytes, or for work without end.
func TestMake_MetadataTakesNoMemory(t *testing.T) {
	picture := encoded(t, "image/png", halves(40, 40, 255))
	photo := encoded(t, "image/jpeg", halves(40, 40, 255))
	segment := func(marker byte, data string) string {
		return photo[:2] + string([]byte{0xff, marker, byte((len(data) + 2) >> 8), byte(len(data) + 2)}) + data + photo[2:]
	}
	const circle = "MM\x00*\x00\x00\x00\x08" + "\x00\x00\x00\x00\x00\x0e" + "\x00\x00\x00\x00\x00\x08" + "\x00\x00\x00\x00\x00\x00\x00\x00"
	icc := func(p string) string { return "ICC_PROFILE\x00\x01\x01" + p }
	const curve = "curv\x00\x00\x00\x00\x7f\xff\xff\xff\x00\x00"
	for name, s := range map[string]images.Source{
		"directories in a circle, png":    source("image/png", withChunk(picture, "eXIf", circle)),
		"directories in a circle, jpeg":   source("image/jpeg", segment(0xe1, "Exif\x00\x00"+circle)),
		"a profile that unpacks to 48 MB": source("image/png", withChunk(picture, "iCCP", "x\x00\x00"+deflated(t, io.LimitReader(zeros{}, 48<<20)))),
		"2 billion tags":                  source("image/jpeg", segment(0xe2, icc(profile(0x7fffffff, 144, 4, "curv")))),
		"a tag of 4 GB":                   source("image/jpeg", segment(0xe2, icc(profile(1, 144, 0xffffff00, "curv")))),
		"a tag before its table":          source("image/jpeg", segment(0xe2, icc(profile(1, 0, 16, "curv")))),
		"a curve of 2 billion points":     source("image/png", withChunk(picture, "iCCP", "x\x00\x00"+deflated(t, strings.NewReader(profile(1, 144, 14, curve))))),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := images.Make(s, parse(t, "width=4")); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; took > 32<<20 {
			t.Errorf("%s: %d MiB were allocated", name, took>>20)
		}
	}
}

// TestMake_ScansAreCounted is a progressive JPEG of which each fifty bytes are work on all of its pixels.
func TestMake_ScansAreCounted(t *testing.T) {
	t.Parallel()
	progressive := func(scans int) string {
		const side = 256
		out := "\xff\xd8" + "\xff\xdb\x00\x43\x00" + strings.Repeat("\x01", 64) +
			"\xff\xc2\x00\x0b\x08" + string([]byte{side >> 8, side & 0xff, side >> 8, side & 0xff}) + "\x01\x01\x11\x00" +
			"\xff\xc4\x00\x14\x10\x01" + strings.Repeat("\x00", 15) + "\xa0" // one code, which ends 1024 blocks or more
		return out + strings.Repeat("\xff\xda\x00\x08\x01\x01\x00\x01\x3f\x00\x00\x00", scans) + "\xff\xd9"
	}
	if _, err := images.Make(source("image/jpeg", progressive(80)), parse(t, "width=4")); err != nil {
		t.Errorf("80 scans: %v", err)
	}
	if _, err := images.Make(source("image/jpeg", progressive(10_000)), parse(t, "width=4")); fault.CodeOf(err) != fault.Invalid || !strings.Contains(err.Error(), "pixels more than") {
		t.Errorf("10,000 scans: %v", err)
	}
}

// TestMake_ReadsMetadataOfEachFormat is that what is sound is still read.
func TestMake_ReadsMetadataOfEachFormat(t *testing.T) {
	t.Parallel()
	const onItsSide = "II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00\x00\x00\x00\x00"
	_, img := made(t, source("image/png", withChunk(encoded(t, "image/png", halves(40, 20, 255)), "eXIf", onItsSide)), "width=20")
	if b := img.Bounds(); b.Dx() != 20 || b.Dy() != 40 {
		t.Errorf("a png on its side: %v", b)
	}
	// a profile whose curves make all darker: it is applied
	xyz := func(x, y, z float64) string {
		var out bytes.Buffer
		out.WriteString("XYZ \x00\x00\x00\x00")
		_ = binary.Write(&out, binary.BigEndian, []int32{int32(x * 65536), int32(y * 65536), int32(z * 65536)}) // to memory
		return out.String()
	}
	gamma := "curv\x00\x00\x00\x00\x00\x00\x00\x01\x05\x00\x00\x00" // 5.0
	tags := []struct{ name, data string }{
		{"rXYZ", xyz(0.4361, 0.2225, 0.0139)}, {"gXYZ", xyz(0.3851, 0.7169, 0.0971)}, {"bXYZ", xyz(0.1431, 0.0606, 0.7141)},
		{"wtpt", xyz(0.9642, 1, 0.8249)}, {"rTRC", gamma}, {"gTRC", gamma}, {"bTRC", gamma},
	}
	head := []byte(profile(0, 0, 0, "")[:128])
	head[8] = 2
	copy(head[68:], xyz(0.9642, 1, 0.8249)[8:])
	var table, data bytes.Buffer
	_ = binary.Write(&table, binary.BigEndian, uint32(len(tags)))
	for _, tag := range tags {
		table.WriteString(tag.name)
		_ = binary.Write(&table, binary.BigEndian, []uint32{uint32(132 + 12*len(tags) + data.Len()), uint32(len(tag.data))})
		data.WriteString(tag.data)
	}
	gray := halves(40, 20, 255)
	for y := range 20 {
		for x := range 40 {
			gray.SetNRGBA(x, y, color.NRGBA{128, 128, 128, 255})
		}
	}
	dark := withChunk(encoded(t, "image/png", gray), "iCCP", "x\x00\x00"+deflated(t, io.MultiReader(bytes.NewReader(head), &table, &data)))
	_, img = made(t, source("image/png", dark), "format=png")
	if r, _, _, _ := img.At(5, 5).RGBA(); r>>8 > 80 {
		t.Errorf("the profile is not applied: %d of 128 is left", r>>8)
	}
}
