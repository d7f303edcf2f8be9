package config

import "github.com/basalt-dev/basalt/modules/query"

// Compat is the section `compat`: the APIs of other products that clients may speak to this server.
type Compat struct {
	// Serves the clients of Supabase, such as supabase-js.
	Supabase *Supabase `json:"supabase,omitempty"`
}

// Supabase is the section `compat.supabase`.
type Supabase struct {
	At Position `json:"-"`
	// The public key of clients; without it, one that follows from auth.tokens.secret. `basalt keys supabase` prints it.
	AnonKey Secret `json:"anon_key,omitempty"`
	// The key of programs which may do everything, like those of admin.keys.
	ServiceKey Secret `json:"service_key,omitempty"`
	// Lets clients make buckets: the collection of files that has the objects of these. Its field bucket is a ref to the
	// collection of the buckets.
	Objects string `json:"objects,omitempty"`
}

// BucketField is the field of the collection of objects that refers to their bucket.
const BucketField = "bucket"

func (v *validator) compat() {
	s := v.c.Compat.Supabase
	if s == nil {
		return
	}
	derives := v.c.Auth != nil && v.c.Auth.Tokens.Secret != ""
	switch {
	case !derives && (s.AnonKey == "" || s.ServiceKey == ""):
		v.fail(s.At, "compat.supabase has no keys: set auth.tokens.secret, from which they follow, or anon_key and service_key")
	case s.AnonKey != "" && s.AnonKey == s.ServiceKey:
		v.fail(s.At, "anon_key is public, and service_key is the same; so anyone could do everything")
	case s.ServiceKey != "" && len(s.ServiceKey) < 20:
		v.fail(s.At, "service_key is shorter than 20 characters, and can be guessed; make one with: openssl rand -hex 32")
	}
	if s.Objects != "" {
		v.objects(s)
	}
}

// objects checks the collections of the buckets that clients make, and of their objects.
func (v *validator) objects(s *Supabase) {
	c := v.c.Collections[s.Objects]
	if c == nil || c.Files == nil {
		v.fail(s.At, "compat.supabase.objects must be a collection with files, and %s has none%s", s.Objects, didYouMean(s.Objects, sorted(v.c.Collections)))
		return
	}
	f := c.Fields[BucketField]
	if f == nil || f.Type != query.TypeRef || !f.Required || f.OnDelete != "restrict" {
		v.fail(c.At, "%s has the objects of buckets (compat.supabase.objects), and needs the field bucket: { type: ref, to: COLLECTION, check: exists, required: true, on_delete: restrict }", s.Objects)
		return
	}
	buckets := v.c.Collections[f.To]
	if buckets == nil { // reported already
		return
	}
	for name, t := range map[string]query.Type{"public": query.TypeBool, "file_size_limit": query.TypeInt, "allowed_mime_types": query.ListOf(query.TypeString)} {
		if f := buckets.Fields[name]; f == nil || f.Type != t || f.Required {
			v.fail(buckets.At, "%s has the buckets of compat.supabase, and needs the fields public (bool), file_size_limit (int) and allowed_mime_types (list of string), none of them required", buckets.Name)
			return
		}
	}
}
