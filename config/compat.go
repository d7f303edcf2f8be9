package config

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
}

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
		v.fail(s.At, "anon_key is public, and service_key is the same; anyone could do everything")
	case s.ServiceKey != "" && len(s.ServiceKey) < 20:
		v.fail(s.At, "service_key is shorter than 20 characters, and can be guessed; make one with: openssl rand -hex 32")
	}
}
