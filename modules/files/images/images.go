// Package images makes pictures of another size or format from the images that files are.
//
// It is not for files, rules or storages: package files asks it, and keeps what it makes. It writes jpeg and png: there are
// no encoders of webp and avif in Go alone that are good enough for photos.
package images

import (
	"bytes"
	"cmp"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"math"
	"runtime/debug"

	"github.com/kovidgoyal/imaging"
	"github.com/kovidgoyal/imaging/prism/meta/icc"
	"golang.org/x/image/webp"

	"github.com/basalt-dev/basalt/modules/fault"
)

// MaxPixels is the largest image that is decoded: a decoded image takes up to eight bytes of memory for each pixel.
const MaxPixels = 50_000_000

// decoder reads the formats that are made into others. The whole image is decoded only after its size is known.
type decoder struct {
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
}

var decoders = map[string]decoder{
	"image/jpeg": {jpeg.DecodeConfig, jpeg.Decode},
	"image/png":  {png.DecodeConfig, png.Decode},
	"image/gif":  {gif.DecodeConfig, gif.Decode}, // the first picture of an animation
	"image/webp": {webp.DecodeConfig, webp.Decode},
}

// Source is an image as it is stored.
type Source struct {
	// Type is its media type, by its content.
	Type string
	// Open opens the bytes from the beginning.
	Open func() (io.ReadCloser, error)
}

// Picture is what was made.
type Picture struct {
	Type    string
	Content []byte
}

// Make makes a picture. What cannot be decoded is refused.
func Make(s Source, p *Params) (out *Picture, err error) {
	d, ok := decoders[s.Type]
	if !ok {
		return nil, fault.Errorf(fault.Invalid, "pictures are made of jpeg, png, gif and webp; this file is %s", s.Type)
	}
	defer func() {
		if r := recover(); r != nil { // a decoder that has a bug takes no node down
			out, err = nil, fmt.Errorf("images: decoding %s: %v: %s", s.Type, r, debug.Stack())
		}
	}()
	var config image.Config
	err = s.read(func(r io.Reader) (err error) { config, err = d.config(r); return })
	switch {
	case err != nil:
		return nil, err
	case config.Width <= 0 || config.Height <= 0 || int64(config.Width)*int64(config.Height) > MaxPixels:
		return nil, fault.Errorf(fault.Invalid, "this image has %d x %d pixels; at most %d million are decoded", config.Width, config.Height, MaxPixels/1_000_000)
	}
	if s.Type == "image/jpeg" {
		var scans int
		if err = s.read(func(r io.Reader) error { scans = jpegScans(r); return nil }); err != nil {
			return nil, err
		}
		if scans > maxScans {
			return nil, fault.Errorf(fault.Invalid, "this image goes over its pixels more than %d times", maxScans)
		}
	}
	var img image.Image
	if err = s.read(func(r io.Reader) (err error) { img, err = d.decode(r); return }); err != nil {
		return nil, err
	}
	look := s.look()
	img = p.resize(img, look.turned())
	return encode(p, look.apply(img))
}

// read reads the image. An error of its content is the client's.
func (s Source) read(f func(io.Reader) error) error {
	in, err := s.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	watched := &watch{Reader: in}
	if err = f(watched); err == nil || watched.err != nil {
		return cmp.Or(watched.err, err)
	}
	return fault.Errorf(fault.Invalid, "this image cannot be read: %v", err)
}

// watch keeps the error of a storage apart from those of a decoder.
type watch struct {
	io.Reader
	err error
}

func (w *watch) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	if err != nil && err != io.EOF {
		w.err = err
	}
	return n, err
}

// resize scales an image into the box that is asked for. It enlarges nothing. The box is that of the image as it is seen:
// turned says that a camera has stored it on its side.
func (p *Params) resize(img image.Image, turned bool) image.Image {
	width, height := img.Bounds().Dx(), img.Bounds().Dy()
	boxWidth, boxHeight := p.Width, p.Height
	if turned {
		boxWidth, boxHeight = boxHeight, boxWidth
	}
	if p.Fit == Cover && boxWidth > 0 && boxHeight > 0 {
		shrink := min(1, float64(width)/float64(boxWidth), float64(height)/float64(boxHeight))
		return imaging.Fill(img, scaled(boxWidth, shrink), scaled(boxHeight, shrink), imaging.Center, imaging.CatmullRom)
	}
	shrink := 1.0
	if boxWidth > 0 {
		shrink = min(shrink, float64(boxWidth)/float64(width))
	}
	if boxHeight > 0 {
		shrink = min(shrink, float64(boxHeight)/float64(height))
	}
	if shrink == 1 {
		return img
	}
	return imaging.Resize(img, scaled(width, shrink), scaled(height, shrink), imaging.CatmullRom)
}

func scaled(side int, by float64) int { return max(1, int(math.Round(float64(side)*by))) }

// encode writes a picture. None of the metadata of the image is in it, such as the place where a photo was taken.
func encode(p *Params, img image.Image) (*Picture, error) {
	var out bytes.Buffer
	if p.Format == "png" || p.Format == "" && (!imaging.IsOpaque(img) && p.allows("png") || !p.allows("jpeg")) {
		err := png.Encode(&out, img)
		return &Picture{"image/png", out.Bytes()}, err
	}
	if !imaging.IsOpaque(img) { // jpeg has no transparency: it is on white
		img = imaging.PasteOntoBackground(img, image.White.C)
	}
	err := jpeg.Encode(&out, img, &jpeg.Options{Quality: p.Quality})
	return &Picture{"image/jpeg", out.Bytes()}, err
}

// look is how the pixels of a photo are meant: which side is up, and what the colors are.
type look struct {
	orientation int // as EXIF numbers them, 1 to 8
	colors      func(image.Image) (image.Image, error)
}

// look reads the metadata of a photo. What cannot be read is as if it was not there.
func (s Source) look() look {
	var found metadata
	_ = s.read(func(r io.Reader) (err error) { found, err = metadataOf(s.Type, r); return })
	out := look{orientation: found.orientation()}
	if !soundProfile(found.profile) {
		return out
	}
	if profile, err := icc.DecodeProfile(bytes.NewReader(found.profile)); err == nil && profile != nil {
		out.colors = func(img image.Image) (image.Image, error) {
			return imaging.ConvertToSRGB(profile, imaging.Relative, true, img)
		}
	}
	return out
}

// turned reports whether what is stored lies on its side.
func (l look) turned() bool { return l.orientation >= 5 }

// apply makes an image what is seen.
func (l look) apply(img image.Image) image.Image {
	if l.colors != nil {
		if converted, err := l.colors(img); err == nil {
			img = converted
		}
	}
	switch l.orientation {
	case 2:
		return imaging.FlipH(img)
	case 3:
		return imaging.Rotate180(img)
	case 4:
		return imaging.FlipV(img)
	case 5:
		return imaging.Transpose(img)
	case 6:
		return imaging.Rotate270(img)
	case 7:
		return imaging.Transverse(img)
	case 8:
		return imaging.Rotate90(img)
	}
	return img
}
