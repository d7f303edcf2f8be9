package server

import (
	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/modules/query"
)

// The handlers of /v1/auth.

// fields reads a body that is a JSON object of texts. An empty body has none.
func (r *request) fields(names ...string) (map[string]string, error) {
	out := map[string]string{}
	if len(r.Body()) == 0 {
		return out, nil
	}
	v, err := query.ParseJSON(r.Body(), r.config.Limits.Depth)
	if err != nil {
		return nil, err
	}
	if v.Kind() != query.KindJSON || v.Text()[0] != '{' {
		return nil, query.Errorf(query.Invalid, "the body has to be a JSON object")
	}
	var wrong []query.FieldError
	v.Members(func(name string, v query.Value) bool {
		switch known := contains(names, name); {
		case !known:
			wrong = append(wrong, query.FieldError{Field: name[:min(80, len(name))], Code: "unknown_name", Detail: "this call does not take it" + query.DidYouMean(name, names)})
		case v.Kind() != query.KindString:
			wrong = append(wrong, query.FieldError{Field: name, Code: "type", Detail: "expected a text"})
		default:
			out[name] = v.Text()
		}
		return len(wrong) < 20
	})
	if wrong != nil {
		return nil, &query.Error{Code: query.Invalid, Detail: "the body does not fit this call", Fields: wrong}
	}
	return out, nil
}

func contains(names []string, name string) bool {
	for _, n := range names {
		if n == name {
			return true
		}
	}
	return false
}

func (r *request) authService() (*auth.Service, error) {
	if r.auth == nil {
		return nil, query.Errorf(query.NotFound, "this server has no section auth")
	}
	return r.auth, nil
}

func (r *request) credentials() (*auth.Service, auth.Credentials, error) {
	s, err := r.authService()
	if err != nil {
		return nil, auth.Credentials{}, err
	}
	f, err := r.fields("email", "password")
	return s, auth.Credentials{Email: f["email"], Password: f["password"]}, err
}

func sessionJSON(s auth.Session, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	b := append([]byte(nil), `{"access_token":`...)
	b = query.String(s.AccessToken).AppendJSON(b)
	b = query.String(s.RefreshToken).AppendJSON(append(b, `,"refresh_token":`...))
	b = query.Int(int64(s.ExpiresIn.Seconds())).AppendJSON(append(b, `,"token_type":"Bearer","expires_in":`...))
	return append(appendUser(append(b, `,"user":`...), s.User), '}'), nil
}

func appendUser(b []byte, u auth.User) []byte {
	b = query.String(u.ID).AppendJSON(append(b, `{"id":`...))
	b = query.String(u.Email).AppendJSON(append(b, `,"email":`...))
	return append(u.Created.AppendJSON(append(b, `,"created":`...)), '}')
}

func userJSON(u auth.User, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	return appendUser(nil, u), nil
}

func signUp(r *request) ([]byte, error) {
	s, c, err := r.credentials()
	if err != nil {
		return nil, err
	}
	return sessionJSON(s.SignUp(r.context, c))
}

func signIn(r *request) ([]byte, error) {
	s, c, err := r.credentials()
	if err != nil {
		return nil, err
	}
	return sessionJSON(s.SignIn(r.context, c, r.caller.IP))
}

func refresh(r *request) ([]byte, error) {
	s, err := r.authService()
	if err != nil {
		return nil, err
	}
	f, err := r.fields("refresh_token", "grant_type")
	if err != nil {
		return nil, err
	}
	return sessionJSON(s.RefreshSession(r.context, f["refresh_token"]))
}

func signOut(r *request) ([]byte, error) {
	s, err := r.authService()
	if err != nil {
		return nil, err
	}
	f, err := r.fields("refresh_token")
	if err != nil {
		return nil, err
	}
	return nil, s.SignOut(r.context, f["refresh_token"], r.caller.Auth)
}

func user(r *request) ([]byte, error) {
	s, err := r.authService()
	if err != nil {
		return nil, err
	}
	return userJSON(s.User(r.context, r.caller.Auth))
}

func updateUser(r *request) ([]byte, error) {
	s, err := r.authService()
	if err != nil {
		return nil, err
	}
	f, err := r.fields("email", "password", "current_password")
	if err != nil {
		return nil, err
	}
	change := auth.Change{CurrentPassword: f["current_password"]}
	for name, field := range map[string]**string{"email": &change.Email, "password": &change.Password} {
		if v, ok := f[name]; ok {
			*field = &v
		}
	}
	return userJSON(s.UpdateUser(r.context, r.caller.Auth, change, r.caller.IP))
}
