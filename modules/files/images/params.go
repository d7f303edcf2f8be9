package images

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/basalt-dev/basalt/modules/fault"
)

// How a picture fits into a box of width and height.
const (
	Contain = "contain" // all of it, within the box
	Cover   = "cover"   // it fills the box, and what does not fit is cut off on both sides
)

// Written are the formats that are written.
var Written = []string{"jpeg", "png"}

// Allowed says which pictures may be made. Each one costs time and space.
type Allowed struct {
	// Max is the longest side in pixels.
	Max int
	// Sizes are the widths and heights that may be asked for; all up to Max where there are none.
	Sizes []int
	// Formats are those that are written, out of Written.
	Formats []string
}

// Params is the picture that is asked for.
type Params struct {
	// Width and Height are of the box in pixels; 0 for any.
	Width, Height int
	// Fit is Contain or Cover.
	Fit string
	// Format is one of Written; empty for the one that fits the image.
	Format string
	// Quality is that of jpeg, 1 to 100.
	Quality int

	formats []string
}

// names are the parameters of an address that ask for a picture.
var names = []string{"width", "height", "fit", "format", "quality"}

// Names returns the parameters of an address that ask for a picture.
func Names() []string { return slices.Clone(names) }

const defaultQuality = 82

// Parse reads the parameters of an address. It returns nil where none asks for a picture.
func Parse(get func(name string) string, a *Allowed) (*Params, error) {
	if !slices.ContainsFunc(names, func(name string) bool { return get(name) != "" }) {
		return nil, nil
	}
	if a == nil {
		return nil, fault.FieldErrorf("width", "unsupported", "this collection makes no pictures of other sizes; its configuration says so with `files: { images: {} }`")
	}
	p := &Params{Fit: Contain, Quality: defaultQuality, formats: a.Formats}
	var err error
	if p.Width, err = a.side("width", get("width")); err != nil {
		return nil, err
	}
	if p.Height, err = a.side("height", get("height")); err != nil {
		return nil, err
	}
	switch fit := get("fit"); fit {
	case "":
	case Contain, Cover:
		p.Fit = strings.Clone(fit)
	default:
		return nil, fault.FieldErrorf("fit", "enum", "fit is contain or cover")
	}
	if p.Fit == Cover && (p.Width == 0 || p.Height == 0) {
		return nil, fault.FieldErrorf("fit", "required", "fit=cover takes width and height")
	}
	switch format := get("format"); {
	case format == "" || format == "auto":
	case format == "jpg" && p.allows("jpeg"):
		p.Format = "jpeg"
	case p.allows(format):
		p.Format = strings.Clone(format)
	default:
		return nil, fault.FieldErrorf("format", "enum", "format is auto or %s", strings.Join(a.Formats, " or "))
	}
	if q := get("quality"); q != "" {
		if p.Quality, err = strconv.Atoi(q); err != nil || p.Quality < 1 || p.Quality > 100 {
			return nil, fault.FieldErrorf("quality", "range", "quality is 1 to 100")
		}
	}
	return p, nil
}

func (a *Allowed) side(name, asked string) (int, error) {
	if asked == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(asked)
	switch {
	case err != nil || n < 1 || n > a.Max:
		return 0, fault.FieldErrorf(name, "range", "%s is 1 to %d", name, a.Max)
	case len(a.Sizes) > 0 && !slices.Contains(a.Sizes, n):
		return 0, fault.FieldErrorf(name, "enum", "%s is one of %s", name, strings.Trim(fmt.Sprint(a.Sizes), "[]"))
	}
	return n, nil
}

func (p *Params) allows(format string) bool { return slices.Contains(p.formats, format) }

// Key names the picture among those of one image. Equal pictures have equal keys.
func (p *Params) Key() string {
	format, quality := p.Format, p.Quality
	if format == "" {
		format = "auto-" + strings.Join(p.formats, "-")
	}
	if format == "png" {
		quality = 0
	}
	return fmt.Sprintf("%dx%d-%s-%s-%d", p.Width, p.Height, p.Fit, format, quality)
}
