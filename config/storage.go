package config

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/basalt-dev/basalt/modules/files"
	"github.com/basalt-dev/basalt/modules/files/images"
	"github.com/basalt-dev/basalt/modules/files/storage"
	"github.com/basalt-dev/basalt/modules/query"
)

// Storage is one entry of `storage`.
type Storage struct {
	At Position `json:"-"`
	// The driver.
	Driver string `json:"driver" jsonschema:"enum=local,enum=s3"`
	// The directory of local, relative to the configuration file. Others on the machine cannot read it.
	Dir string `json:"dir,omitempty"`
	// The address of the S3 server, such as https://s3.eu-central-1.amazonaws.com.
	Endpoint string `json:"endpoint,omitempty"`
	// The bucket, which must exist.
	Bucket string `json:"bucket,omitempty"`
	// The region of the bucket.
	Region string `json:"region,omitempty"`
	// What the keys in the bucket begin with, such as basalt/.
	Prefix string `json:"prefix,omitempty"`
	// The access key.
	Key Secret `json:"key,omitempty"`
	// The secret key.
	Secret Secret `json:"secret,omitempty"`
	// The session token of credentials that expire, as those of AWS STS do. New ones are read with the configuration.
	Token Secret `json:"token,omitempty"`
	// Whether the bucket is named in the path of addresses, as most compatible servers need it.
	PathStyle bool `json:"path_style,omitempty"`
}

// Settings returns the driver's configuration; a relative directory starts from dir.
func (s *Storage) Settings(c *Config) storage.Config {
	out := storage.Config{Endpoint: s.Endpoint, Bucket: s.Bucket, Region: s.Region, Prefix: s.Prefix, Key: s.Key.Reveal(), Secret: s.Secret.Reveal(), Token: s.Token.Reveal(), PathStyle: s.PathStyle}
	if s.Dir != "" {
		out.Dir = c.absolute(s.Dir, c.Dir)
	}
	return out
}

// Files is the section `files` of a collection: its documents have bytes.
type Files struct {
	At Position `json:"-"`
	// The storage of the bytes; optional if there is only one.
	Storage string `json:"storage,omitempty"`
	// The largest file; 100MiB by default.
	Max FileSize `json:"max,omitempty"`
	// The media types that are accepted, such as image/* or application/pdf; all by default. The type is detected from the content.
	Types []string `json:"types,omitempty"`
	// Whether anyone who knows the id or the path may read the bytes. Lists still follow the rules.
	Public bool `json:"public,omitempty"`
	// Who sends the bytes: stream, this server, which is the default; or redirect, S3 itself, by an address that is good for a minute at most.
	Serve string `json:"serve,omitempty"`
	// Whether pictures of other sizes and formats are made of images.
	Images *Images `json:"images,omitempty"`
	// How many bytes the files of one caller may have together.
	Quota *Quota `json:"quota,omitempty"`
	// What decides whether a file may be read: a function of a service, as in clamav.scan, or the URL of a webhook. Until it allows the file, no caller reads it.
	Check Secret `json:"check,omitempty"`

	// CheckService and CheckFunction are those of Check, empty for a webhook.
	CheckService, CheckFunction string `json:"-"`
}

// Quota is the section `quota` of `files`: what is charged to one value of an expression has a limit.
type Quota struct {
	At Position `json:"-"`
	// Whom a new file is charged to, such as auth.id or auth.team. A caller without that value cannot upload.
	By *Text `json:"by"`
	// How many bytes the files that are charged to one value have together, such as 1GiB.
	Bytes FileSize `json:"bytes"`
}

// Images is the section `images` of `files`: GET takes width, height, fit, format and quality.
type Images struct {
	At Position `json:"-"`
	// The longest side of a picture, in pixels; 4096 by default.
	Max int `json:"max,omitempty"`
	// The widths and heights that may be asked for; all up to max by default.
	Sizes []int `json:"sizes,omitempty"`
	// The formats that are written: jpeg and png, which are the default. webp and avif are accepted here and not written.
	Formats []string `json:"formats,omitempty"`
}

// Written are the formats that are written of those that are listed.
func (i *Images) Written() []string {
	return slices.DeleteFunc(slices.Clone(i.Formats), func(format string) bool { return !slices.Contains(images.Written, format) })
}

// FileSize is a number of bytes, written with KiB, MiB, GiB or TiB, or bare.
type FileSize int64

func (s *FileSize) parse(text string) error {
	unit := int64(1)
	number := text
	for suffix, factor := range map[string]int64{"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40} {
		if n, ok := strings.CutSuffix(text, suffix); ok {
			number, unit = strings.TrimSpace(n), factor
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n <= 0 || n > (5<<40)/unit {
		return fmt.Errorf("expected a size such as 500KiB, 5MiB or 4GiB, up to 5TiB, got %q", text)
	}
	*s = FileSize(n * unit)
	return nil
}

// storages gives the configuration the storage that it does not name.
func (c *Config) storages() {
	used := false
	for _, col := range c.Collections {
		used = used || col.Files != nil
	}
	if used && len(c.Storage) == 0 {
		c.Storage = map[string]*Storage{"local": {Driver: "local"}}
	}
	for _, s := range c.Storage {
		if s.Driver == "local" {
			setDefault(&s.Dir, "data/files")
		}
	}
	for _, col := range c.Collections {
		if col.Files == nil {
			continue
		}
		setDefault(&col.Files.Max, 100<<20)
		if i := col.Files.Images; i != nil {
			setDefault(&i.Max, 4096)
			if len(i.Formats) == 0 {
				i.Formats = images.Written
			}
		}
		if len(c.Storage) == 1 {
			setDefault(&col.Files.Storage, slices.Collect(maps.Keys(c.Storage))[0])
		}
	}
}

// storage checks the storages.
func (v *validator) storage() {
	dirs := map[string]string{}
	for _, name := range sorted(v.c.Storage) {
		s := v.c.Storage[name]
		v.named(s.At, name)
		if s.Driver == "" { // reported already
			continue
		}
		settings := s.Settings(v.c)
		if err := storage.Check(s.Driver, settings); err != nil {
			v.fail(s.At, "storage.%s: %s", name, err)
			continue
		}
		if s.Driver != "local" {
			continue
		}
		dir := resolve(settings.Dir)
		for _, other := range sorted(dirs) {
			if contains(other, dir) || contains(dir, other) {
				v.fail(s.At, "storage.%s: the directory of %s is the same, or one lies in the other", name, dirs[other])
			}
		}
		dirs[dir] = name
	}
}

// builtIn are the fields of every document with bytes. A client may set the path, the name and the metadata.
var builtIn = []Field{
	{Name: "path", Type: query.TypeString, Unique: true, Max: limitOf(files.MaxPath), Pattern: &Text{Source: pathPattern}},
	{Name: "name", Type: query.TypeString, Max: limitOf(files.MaxName), Pattern: &Text{Source: "^" + segmentPattern + "$"}},
	{Name: "type", Type: query.TypeString, Served: true},
	{Name: "size", Type: query.TypeInt, Served: true},
	{Name: "sha256", Type: query.TypeString, Index: true, Served: true},
	{Name: "created", Type: query.TypeTime, Default: &Literal{Value: query.String("now()")}, Served: true},
	{Name: "updated", Type: query.TypeTime, Default: &Literal{Value: query.String("now()")}, Served: true},
	{Name: "metadata", Type: query.TypeJSON},
}

// A name that is not . or .., without separators and characters that mislead; see files.CheckName. They are written so that
// they are regular expressions of ECMAScript, too, for /openapi.json.
const (
	misleading     = `\x00-\x1f\x7f-` + "\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff"
	nameCharacter  = `[^/\\` + misleading + `]`
	segmentPattern = `(?:\.{0,2}[^./\\` + misleading + `]` + nameCharacter + `*|\.{3}` + nameCharacter + `*)`
	pathPattern    = `^` + segmentPattern + `(?:/` + segmentPattern + `)*$`
)

// charged is the built-in field that says whom a file is charged to, where there is a quota. Administrators alone see it.
func charged() Field {
	return Field{Name: files.Charged, Type: query.TypeString, Index: true, Served: true, Hidden: true}
}

func limitOf(n int64) *Literal { return &Literal{Value: query.Int(n)} }

// files checks the section of a collection, and adds the fields that the documents have.
func (v *validator) files(c *Collection) {
	f := c.Files
	switch {
	case len(c.Key) != 1:
		v.fail(c.At, "a collection of files has the key id")
	case c.Fields["id"] != nil && c.Fields["id"].Type == query.TypeInt:
		v.fail(c.Fields["id"].At, "the id of a file is of type id")
	case f.Storage == "":
		v.fail(f.At, "there are several storages; say which one with `storage: %s`", strings.Join(sorted(v.c.Storage), "` or `"))
	case v.c.Storage[f.Storage] == nil:
		v.fail(f.At, "there is no storage %q%s", f.Storage, didYouMean(f.Storage, sorted(v.c.Storage)))
	}
	switch s := v.c.Storage[f.Storage]; {
	case f.Serve != "" && f.Serve != "stream" && f.Serve != "redirect":
		v.fail(f.At, "files.serve is stream or redirect, not %q%s", f.Serve, didYouMean(f.Serve, []string{"stream", "redirect"}))
	case f.Serve == "redirect" && s != nil && s.Driver != "s3":
		v.fail(f.At, "files.serve: redirect needs a storage that clients can reach, of the driver s3; %s is %s", f.Storage, s.Driver)
	}
	for i, t := range f.Types {
		if !files.ValidPattern(t) {
			v.fail(v.place(&f.Types[i]), "files.types: %q is not a media type such as image/png or image/*", t)
		}
	}
	v.images(f.Images)
	if c.Fields == nil {
		c.Fields = map[string]*Field{}
	}
	fields := slices.Clone(builtIn)
	if q := f.Quota; q != nil {
		fields = append(fields, charged())
		v.quota(c, q)
	}
	if f.Check != "" {
		fields = append(fields, Field{Name: files.Pending, Type: query.TypeBool, Index: true, Served: true})
		v.check(f)
	}
	for i, field := range fields {
		if own := c.Fields[field.Name]; own != nil {
			v.fail(own.At, "the field %s is built in where there is `files`", field.Name)
			continue
		}
		field.At = Position{f.At.Line, f.At.Column + i}
		c.Fields[field.Name] = &field
	}
	for _, name := range sorted(c.Set.Update) {
		if name == "updated" {
			v.fail(c.Set.Update[name].At, "updated is built in where there is `files`")
		}
	}
	if c.Set.Update == nil {
		c.Set.Update = map[string]*Text{}
	}
	c.Set.Update["updated"] = &Text{At: f.At, Source: "now()"}
}

// quota checks the section of a collection's files, and adds what charges a new file to its caller.
func (v *validator) quota(c *Collection, q *Quota) {
	if q.By == nil { // reported already
		return
	}
	if c.Set.Create == nil {
		c.Set.Create = map[string]*Text{}
	}
	c.Set.Create[files.Charged] = q.By
	if c.FieldsReadable == nil {
		c.FieldsReadable = map[string]*Text{}
	}
	c.FieldsReadable[files.Charged] = &Text{At: q.At, Source: "false"}
}

// check checks who says that files may be read.
func (v *validator) check(f *Files) {
	if strings.Contains(f.Check.Reveal(), "://") {
		if !isAddress(f.Check) {
			v.fail(f.At, "files.check is a function of a service, as in clamav.scan, or an address such as https://hooks.example.com/scan")
		}
		return
	}
	f.CheckService, f.CheckFunction, _ = strings.Cut(f.Check.Reveal(), ".")
	if s := v.c.Services[f.CheckService]; s == nil || s.Functions[f.CheckFunction] == nil {
		v.fail(f.At, "files.check: there is no function %q in services", f.Check.Reveal())
	}
}

// images checks the section of a collection's files; nil for none.
func (v *validator) images(i *Images) {
	if i == nil {
		return
	}
	if i.Max < 1 || i.Max > 16384 {
		v.fail(i.At, "images.max: the longest side of a picture is 1 to 16384 pixels")
	}
	for _, size := range i.Sizes {
		if size < 1 || size > i.Max {
			v.fail(i.At, "images.sizes: a size is 1 to %d pixels (images.max), not %d", i.Max, size)
		}
	}
	known := append([]string{"webp", "avif"}, images.Written...)
	for _, format := range i.Formats {
		if !slices.Contains(known, format) {
			v.fail(i.At, "images.formats: there is no format %q; there are jpeg and png%s", format, didYouMean(format, known))
		}
	}
	if len(i.Written()) == 0 {
		v.fail(i.At, "images.formats: this version writes jpeg and png; add one of them")
	}
}
