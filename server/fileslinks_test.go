package server_test

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/auth/authtest"
	"github.com/basalt-dev/basalt/server/servertest"
)

// uploadLink is the answer to a request for a link.
type uploadLink struct{ ID, URL, Expires string }

func linkFor(t *testing.T, s *servertest.Instance, path, token string, body map[string]any) (l uploadLink) {
	t.Helper()
	s.Want(t, 201, call{Method: "POST", Path: path, Token: token, Body: body}).Decode(t, &l)
	return l
}

func TestFiles_UploadLinks(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	s := servertest.StartNow(t, "127.0.0.1:0", album, func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) })
	ada, bob := s.Token(map[string]any{"sub": "ada", "n": 9007199254740993}), s.Token(map[string]any{"sub": "bob"})
	text := map[string]string{"Content-Type": "text/plain"}
	fresh := func(body map[string]any) uploadLink { return linkFor(t, s, "/v1/files/photos/link", ada, body) }

	link := fresh(map[string]any{"expires": "10m", "max": 100, "types": []string{"text/*"}, "path": "in/a.txt", "fields": map[string]any{"alt": "by link", "secret": "hers"}})
	if strings.Contains(link.URL, ada) || strings.Contains(link.URL, link.ID) || link.Expires == "" {
		t.Errorf("the link is %+v", link)
	}
	for name, c := range map[string]struct {
		call
		status int
	}{
		"larger than the link":    {call{Method: "POST", Path: link.URL, Body: strings.Repeat("x", 101)}, 413},
		"another type":            {call{Method: "POST", Path: link.URL, Body: png}, 415},
		"a path of its own":       {call{Method: "POST", Path: link.URL + "&path=b.txt", Body: "x"}, 422},
		"fields of its own":       {call{Method: "POST", Path: link.URL + `&fields={"alt":"all"}`, Body: "x"}, 422},
		"no such link":            {call{Method: "POST", Path: link.URL + "x", Body: "x"}, 403},
		"in another collection":   {call{Method: "POST", Path: strings.Replace(link.URL, "photos", "open", 1), Body: "x"}, 403},
		"its id":                  {call{Method: "POST", Path: "/v1/files/photos?upload=" + link.ID, Body: "x"}, 403},
		"over a file":             {call{Method: "PUT", Path: strings.Replace(link.URL, "photos", "photos/x", 1), Body: "x"}, 403},
		"for reading":             {call{Method: "GET", Path: link.URL}, 422},
		"revoked by another":      {call{Method: "DELETE", Path: "/v1/files/photos/link/" + link.ID, Token: bob}, 404},
		"revoked by its finder":   {call{Method: "DELETE", Path: "/v1/files/photos/link/" + link.ID}, 404},
		"revoked elsewhere":       {call{Method: "DELETE", Path: "/v1/files/open/link/" + link.ID, Token: ada}, 404},
		"made by no one":          {call{Method: "POST", Path: "/v1/files/photos/link"}, 401},
		"made with a bad path":    {call{Method: "POST", Path: "/v1/files/photos/link", Token: ada, Body: map[string]any{"path": "../x"}}, 422},
		"made with a bad type":    {call{Method: "POST", Path: "/v1/files/photos/link", Token: ada, Body: map[string]any{"types": []string{"x"}}}, 422},
		"made with too much":      {call{Method: "POST", Path: "/v1/files/photos/link", Token: ada, Body: map[string]any{"max": 2 << 20}}, 422},
		"made for too long":       {call{Method: "POST", Path: "/v1/files/photos/link", Token: ada, Body: map[string]any{"expires": "200h"}}, 422},
		"made with another field": {call{Method: "POST", Path: "/v1/files/photos/link", Token: ada, Body: map[string]any{"fields": map[string]any{"nope": 1}}}, 422},
	} {
		if a := s.Do(t, c.call); a.Status != c.status {
			t.Errorf("%s: %d, want %d: %s", name, a.Status, c.status, a.Body)
		}
	}
	a := s.Want(t, 201, call{Method: "POST", Path: link.URL, Token: bob, Body: "hello", Header: text}) // whoever has it, as ada
	var doc fileDoc
	if a.Decode(t, &doc); doc.Name != "a.txt" || doc.Size != 5 || strings.Contains(a.Body, "hers") || strings.Contains(a.Body, `"ada"`) {
		t.Errorf("the answer is %s", a.Body)
	}
	s.Want(t, 200, call{Method: "GET", Path: "/v1/db/photos/" + doc.ID, Token: ada}).Decode(t, &doc)
	if doc.Owner != "ada" || doc.Alt != "by link" || doc.Path != "in/a.txt" {
		t.Errorf("the document is %+v", doc)
	}
	s.Want(t, 403, call{Method: "POST", Path: link.URL, Body: "again", Header: text})

	refused := fresh(map[string]any{"fields": map[string]any{"alt": "never"}}) // the rule needs the size, and decides then
	s.Want(t, 403, call{Method: "POST", Path: refused.URL, Body: "x", Header: text})

	// A form of a page has the file alone.
	link = fresh(map[string]any{})
	for _, parts := range [][][2]string{{{"alt", "all"}, {"@x.txt", "x"}}, {{"@x.txt", "x"}, {"alt", "all"}}, {{"@x.txt", "x"}, {"@y.txt", "y"}}, {{"alt", "all"}}} {
		body, kind := asForm(t, parts...)
		s.Want(t, 422, call{Method: "POST", Path: link.URL, Body: body, Header: map[string]string{"Content-Type": kind}})
	}
	body, kind := asForm(t, [2]string{"@mine.txt", "content"})
	s.Want(t, 201, call{Method: "POST", Path: link.URL, Body: body, Header: map[string]string{"Content-Type": kind}}).Decode(t, &doc)
	if doc.Name != "mine.txt" {
		t.Errorf("the document is %+v", doc)
	}

	// Bytes are replaced, once.
	link = linkFor(t, s, "/v1/files/photos/"+doc.ID+"/link", ada, map[string]any{"method": "PUT"})
	s.Want(t, 403, call{Method: "POST", Path: "/v1/files/photos?" + link.URL[strings.Index(link.URL, "upload="):], Body: "x"})
	s.Want(t, 200, call{Method: "PUT", Path: link.URL, Body: "other", Header: text})
	s.Want(t, 403, call{Method: "PUT", Path: link.URL, Body: "third", Header: text})
	if got := s.Want(t, 200, call{Method: "GET", Path: "/v1/files/photos/" + doc.ID, Token: ada}); got.Body != "other" {
		t.Errorf("the bytes are %q", got.Body)
	}
	s.Want(t, 404, call{Method: "POST", Path: "/v1/files/photos/" + doc.ID + "/link", Token: bob, Body: map[string]any{"method": "PUT"}})
	s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/photos/" + doc.ID, Token: ada, Body: map[string]any{"alt": "all"}})
	s.Want(t, 403, call{Method: "POST", Path: "/v1/files/photos/" + doc.ID + "/link", Token: bob, Body: map[string]any{"method": "PUT"}})
	s.Want(t, 422, call{Method: "POST", Path: "/v1/files/photos/" + doc.ID + "/link", Token: ada, Body: map[string]any{"method": "PUT", "path": "x"}})
	s.Want(t, 422, call{Method: "POST", Path: "/v1/files/photos/" + doc.ID + "/link", Token: ada, Body: map[string]any{"method": "DELETE"}})

	// Revoked, and expired.
	link = fresh(map[string]any{})
	s.Want(t, 204, call{Method: "DELETE", Path: "/v1/files/photos/link/" + link.ID, Token: ada})
	s.Want(t, 403, call{Method: "POST", Path: link.URL, Body: "x"})
	s.Want(t, 404, call{Method: "DELETE", Path: "/v1/files/photos/link/" + link.ID, Token: ada})
	link = fresh(map[string]any{"expires": "1m"})
	reading := linkFor(t, s, "/v1/files/photos/"+doc.ID+"/link", ada, map[string]any{"expires": "2h"})
	s.Want(t, 403, call{Method: "DELETE", Path: "/v1/files/photos/" + doc.ID + "/link", Token: bob}) // he may read it, and not change it
	s.Want(t, 401, call{Method: "DELETE", Path: "/v1/files/photos/" + doc.ID + "/link"})
	s.Want(t, 200, call{Method: "GET", Path: reading.URL})
	ahead.Store(int64(61 * time.Second))
	s.Want(t, 403, call{Method: "POST", Path: link.URL, Body: "x"})
	s.Want(t, 204, call{Method: "DELETE", Path: "/v1/files/photos/" + doc.ID + "/link", Token: ada})
	s.Want(t, 403, call{Method: "GET", Path: reading.URL})
	ahead.Store(int64(62 * time.Second))
	again := linkFor(t, s, "/v1/files/photos/"+doc.ID+"/link", ada, map[string]any{"expires": "2h"})
	s.Want(t, 200, call{Method: "GET", Path: again.URL})
	s.Want(t, 204, call{Method: "DELETE", Path: "/v1/files/photos/" + doc.ID + "/link", Token: ada})
	s.Want(t, 403, call{Method: "GET", Path: again.URL})
	if strings.Contains(s.Log(), link.URL) {
		t.Error("the log has a link")
	}
}

// atOnce sends requests at once and returns how many had each status.
func atOnce(t *testing.T, s *servertest.Instance, calls []call) map[int]int {
	t.Helper()
	var wait sync.WaitGroup
	answers := make([]servertest.Answer, len(calls))
	for i, c := range calls {
		wait.Go(func() { answers[i] = s.Do(t, c) })
	}
	wait.Wait()
	out := map[int]int{}
	for _, a := range answers {
		if out[a.Status]++; a.Status >= 500 {
			t.Errorf("%d %s", a.Status, a.Body)
		}
	}
	return out
}

// TestFiles_AnUploadLinkIsUsedOnce: by requests at once, on every kind of database.
func TestFiles_AnUploadLinkIsUsedOnce(t *testing.T) {
	t.Parallel()
	for _, driver := range []string{`driver: sqlite, url: "file:app.db"`, "driver: memory"} {
		s := servertest.Start(t, strings.Replace(album, `driver: sqlite, url: "file:app.db"`, driver, 1))
		link := linkFor(t, s, "/v1/files/photos/link", s.Token(map[string]any{"sub": "ada"}), nil)
		calls := make([]call, 8)
		for i := range calls {
			calls[i] = call{Method: "POST", Path: link.URL, Body: strings.Repeat("x", i+1)}
		}
		if got := atOnce(t, s, calls); got[201] != 1 || got[403] != 7 {
			t.Errorf("%s: the answers are %v", driver, got)
		}
		servertest.Eventually(t, "the other bytes are gone", func() bool { return len(stored(t, s)) == 1 })
	}
}

// TestFiles_UploadLinksEndWithTheirMaker: whoever has the link of a user acts as they may now. One of who is gone is good
// for nothing.
func TestFiles_UploadLinksEndWithTheirMaker(t *testing.T) {
	t.Parallel()
	config := strings.Replace(album, `secret: "0123456789abcdef0123456789abcdef" }`, `algorithm: HS256, secret: "0123456789abcdef0123456789abcdef" }, providers: { password: {} }`, 1)
	config = strings.Replace(config, `admin: { keys`, `admin: { users: 'auth.role == "admin"', keys`, 1)
	config = strings.Replace(config, `'auth != nil && next.size`, `'auth != nil && auth.role != "banned" && next.size`, 1)
	s := servertest.Start(t, config)
	const admin = "adminadminadminadmin"
	maker := func(email string) (id, token string) {
		var out struct {
			AccessToken string `json:"access_token"`
			User        struct{ ID string }
		}
		s.Want(t, 201, call{Method: "POST", Path: "/v1/auth/signup", Body: `{"email":"` + email + `@example.com","password":"correct horse"}`}).Decode(t, &out)
		return out.User.ID, out.AccessToken
	}
	used := func(status int, l uploadLink) {
		t.Helper()
		s.Want(t, status, call{Method: "POST", Path: l.URL, Body: "x", Header: map[string]string{"Content-Type": "text/plain"}})
	}
	for name, c := range map[string]struct {
		method, path, body string
		status             int
	}{
		"removed":  {"DELETE", "", "", 403},
		"disabled": {"PATCH", "", `{"disabled":true}`, 403},
		"banned":   {"PATCH", "", `{"claims":{"role":"banned"}}`, 403},
		"a guest":  {"PATCH", "", `{"claims":{"role":"guest"}}`, 201},
	} {
		id, token := maker(strings.ReplaceAll(name, " ", ""))
		link := linkFor(t, s, "/v1/files/photos/link", token, nil)
		s.Do(t, call{Method: c.method, Path: "/v1/admin/users/" + id, Token: admin, Body: c.body})
		used(c.status, link)
	}
	// Who was an administrator, and whose link passes by the rules.
	id, _ := maker("boss")
	s.Want(t, 200, call{Method: "PATCH", Path: "/v1/admin/users/" + id, Token: admin, Body: `{"claims":{"role":"admin"}}`})
	var boss struct {
		AccessToken string `json:"access_token"`
	}
	s.Want(t, 200, call{Method: "POST", Path: "/v1/auth/signin", Body: `{"email":"boss@example.com","password":"correct horse"}`}).Decode(t, &boss)
	never := map[string]any{"fields": map[string]any{"alt": "never"}} // no rule lets it
	before, after := linkFor(t, s, "/v1/files/photos/link", boss.AccessToken, never), linkFor(t, s, "/v1/files/photos/link", boss.AccessToken, never)
	used(201, before)
	s.Want(t, 200, call{Method: "PATCH", Path: "/v1/admin/users/" + id, Token: admin, Body: `{"claims":{}}`})
	used(403, after)
	// A key of a service.
	var key struct{ ID, Key string }
	s.Want(t, 201, call{Method: "POST", Path: "/v1/admin/keys", Token: admin, Body: `{"name":"k","claims":{"role":"x"}}`}).Decode(t, &key)
	link := linkFor(t, s, "/v1/files/photos/link", key.Key, nil)
	s.Want(t, 204, call{Method: "DELETE", Path: "/v1/admin/keys/" + key.ID, Token: admin})
	used(403, link)
	// Their makers may be of another issuer, or a key of the file.
	used(201, linkFor(t, s, "/v1/files/photos/link", s.Token(map[string]any{"sub": "ada"}), nil))
	used(201, linkFor(t, s, "/v1/files/photos/link", admin, nil))
}

// TestFiles_LinksEndWithTheSession: a link that an intruder has made is not good once they were thrown out, however that was;
// one of a session that has only lapsed is. A link for reading outlives its maker's own sign-out.
func TestFiles_LinksEndWithTheSession(t *testing.T) {
	t.Parallel()
	config := strings.Replace(album, `secret: "0123456789abcdef0123456789abcdef" }`, `secret: "0123456789abcdef0123456789abcdef", access: 1m, refresh: 1h }, providers: { password: {}, anonymous: {} }, url: "http://app.example.com"`, 1)
	box := authtest.StartMailbox(t)
	config = strings.Replace(config, "limits:", "mail: { url: \"smtp://"+box.Address+"\", from: a@example.com }\nlimits:", 1)
	var ahead atomic.Int64
	s := servertest.StartNow(t, "127.0.0.1:0", config, func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) })
	const admin, password = "adminadminadminadmin", "correct horse"
	type signedIn struct {
		AccessToken  string `json:"access_token"`
		RefreshToken string `json:"refresh_token"`
		User         struct{ ID, Email string }
	}
	in := func(how, email string) (out signedIn) {
		t.Helper()
		status := map[string]int{"signup": 201, "signin": 200}[how]
		s.Want(t, status, call{Method: "POST", Path: "/v1/auth/" + how, Body: map[string]any{"email": email + "@example.com", "password": password}}).Decode(t, &out)
		return out
	}
	used := func(what string, status int, l uploadLink) {
		t.Helper()
		if a := s.Do(t, call{Method: "POST", Path: l.URL, Body: "x", Header: map[string]string{"Content-Type": "text/plain"}}); a.Status != status {
			t.Errorf("%s: %d %s, want %d", what, a.Status, a.Body, status)
		}
	}
	signOut := func(_, who signedIn) {
		s.Want(t, 204, call{Method: "POST", Path: "/v1/auth/signout", Body: map[string]any{"refresh_token": who.RefreshToken}})
	}
	resets := 0
	reset := func(owner, _ signedIn) {
		s.Want(t, 202, call{Method: "POST", Path: "/v1/auth/reset", Body: map[string]any{"email": owner.User.Email}})
		token := box.Next(t, resets).Token()
		resets++
		s.Want(t, 200, call{Method: "POST", Path: "/v1/auth/reset/confirm", Body: map[string]any{"token": token, "password": "another horse"}})
	}
	const own = "it signs out"
	for name, end := range map[string]func(owner, intruder signedIn){
		own: signOut,
		"it ends its own session": func(_, intruder signedIn) {
			s.Want(t, 204, call{Method: "DELETE", Path: "/v1/auth/sessions/" + sessionOf(t, intruder.AccessToken), Token: intruder.AccessToken})
		},
		"it signs out before a new password by mail": func(owner, intruder signedIn) { signOut(owner, intruder); reset(owner, intruder) },
		"the owner ends its session": func(owner, intruder signedIn) {
			s.Want(t, 204, call{Method: "DELETE", Path: "/v1/auth/sessions/" + sessionOf(t, intruder.AccessToken), Token: owner.AccessToken})
		},
		"an administrator ends its session": func(owner, intruder signedIn) {
			s.Want(t, 204, call{Method: "DELETE", Path: "/v1/admin/users/" + owner.User.ID + "/sessions/" + sessionOf(t, intruder.AccessToken), Token: admin})
		},
		"the account is disabled": func(owner, _ signedIn) {
			s.Want(t, 200, call{Method: "PATCH", Path: "/v1/admin/users/" + owner.User.ID, Token: admin, Body: map[string]any{"disabled": true}})
		},
		"the account was disabled": func(owner, _ signedIn) {
			for _, disabled := range []bool{true, false} {
				s.Want(t, 200, call{Method: "PATCH", Path: "/v1/admin/users/" + owner.User.ID, Token: admin, Body: map[string]any{"disabled": disabled}})
			}
		},
		"the account is removed": func(owner, _ signedIn) {
			s.Want(t, 204, call{Method: "DELETE", Path: "/v1/admin/users/" + owner.User.ID, Token: admin})
		},
		"the owner signs out everywhere": func(owner, _ signedIn) {
			s.Want(t, 204, call{Method: "POST", Path: "/v1/auth/signout?everywhere=true", Body: map[string]any{"refresh_token": owner.RefreshToken}})
		},
		"the owner has a new password": func(owner, _ signedIn) {
			s.Want(t, 200, call{Method: "PATCH", Path: "/v1/auth/user", Token: owner.AccessToken, Body: map[string]any{"password": "another horse", "current_password": password}})
		},
		"a new password by mail": reset,
		"an administrator ends the sessions": func(owner, _ signedIn) {
			s.Want(t, 204, call{Method: "POST", Path: "/v1/admin/users/" + owner.User.ID + "/signout", Token: admin})
		},
		"an old refresh token comes again": func(_, intruder signedIn) {
			for range 3 {
				ahead.Add(int64(time.Minute))
				s.Do(t, call{Method: "POST", Path: "/v1/auth/refresh", Body: map[string]any{"refresh_token": intruder.RefreshToken}})
			}
		},
	} {
		email := strings.ReplaceAll(name, " ", "-")
		owner := in("signup", email)
		intruder := in("signin", email)
		link, begun := linkFor(t, s, "/v1/files/photos/link", intruder.AccessToken, map[string]any{"expires": "160h"}), linkFor(t, s, "/v1/files/photos/link", intruder.AccessToken, nil)
		at := strings.Replace(begun.URL, "/photos?", "/photos/tus?", 1)
		piece := s.Want(t, 201, tusCall("POST", at, "", "", "Upload-Length", "5", "Upload-Metadata", "filename "+base64Of("x.txt"))).Header.Get("Location")
		file := s.Want(t, 201, call{Method: "POST", Path: "/v1/files/photos", Token: owner.AccessToken, Body: "hers", Header: map[string]string{"Content-Type": "text/plain"}})
		reading := linkFor(t, s, file.Header.Get("Location")+"/link", intruder.AccessToken, nil)
		s.Want(t, 200, call{Method: "GET", Path: reading.URL})
		if strings.Contains(reading.URL, owner.User.ID) || strings.Contains(reading.URL, sessionOf(t, intruder.AccessToken)) {
			t.Errorf("%s names its maker", reading.URL)
		}
		end(owner, intruder)
		used(name, 403, link)
		left := 403
		if name == own || name == "it ends its own session" {
			left = 200
		}
		for _, url := range []string{reading.URL, without(t, reading.URL, "by"), strings.Replace(reading.URL, "by=", "by=x", 1)} {
			if a := s.Do(t, call{Method: "GET", Path: url}); a.Status != left {
				t.Errorf("%s: a link for reading, %s: %d %s, want %d", name, url, a.Status, a.Body, left)
			}
			left = 403 // of what was changed
		}
		if a := s.Do(t, tusCall("PATCH", piece, "", "abcde", "Upload-Offset", "0")); a.Status != 403 {
			t.Errorf("%s: an upload that was begun: %d %s", name, a.Status, a.Body)
		}
	}
	lapsed := in("signup", "lapsed")
	link := linkFor(t, s, "/v1/files/photos/link", lapsed.AccessToken, map[string]any{"expires": "160h"})
	file := s.Want(t, 201, call{Method: "POST", Path: "/v1/files/photos", Token: lapsed.AccessToken, Body: "theirs", Header: map[string]string{"Content-Type": "text/plain"}})
	reading := linkFor(t, s, file.Header.Get("Location")+"/link", lapsed.AccessToken, map[string]any{"expires": "160h"})
	ahead.Add(int64(150 * time.Hour))
	for range 300 { // one in 64 of which sweeps
		s.Want(t, 201, call{Method: "POST", Path: "/v1/auth/anonymous", Body: map[string]any{}})
		ahead.Add(int64(20 * time.Second))
	}
	s.Want(t, 401, call{Method: "POST", Path: "/v1/auth/refresh", Body: map[string]any{"refresh_token": lapsed.RefreshToken}})
	used("a session that has lapsed", 201, link)
	s.Want(t, 200, call{Method: "GET", Path: reading.URL})
	// A key, which is removed.
	var key struct{ ID, Key string }
	s.Want(t, 201, call{Method: "POST", Path: "/v1/admin/keys", Token: admin, Body: map[string]any{"name": "k", "claims": map[string]any{"sub": lapsed.User.ID}}}).Decode(t, &key)
	reading = linkFor(t, s, file.Header.Get("Location")+"/link", key.Key, nil)
	s.Want(t, 200, call{Method: "GET", Path: reading.URL})
	s.Want(t, 204, call{Method: "DELETE", Path: "/v1/admin/keys/" + key.ID, Token: admin})
	s.Want(t, 403, call{Method: "GET", Path: reading.URL})
}

// sessionOf is the session of an access token.
func sessionOf(t *testing.T, token string) string {
	t.Helper()
	var claims struct{ SID string }
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err == nil {
		err = json.Unmarshal(raw, &claims)
	}
	if err != nil || claims.SID == "" {
		t.Fatalf("%s: %v", token, err)
	}
	return claims.SID
}

// without is an address without a parameter.
func without(t *testing.T, address, name string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Del(name)
	u.RawQuery = q.Encode()
	return u.String()
}

func TestTus_ByALinkForOneUpload(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, album)
	ada, bob := s.Token(map[string]any{"sub": "ada"}), s.Token(map[string]any{"sub": "bob"})
	link := linkFor(t, s, "/v1/files/photos/link", ada, map[string]any{"max": 100, "types": []string{"text/*"}, "path": "in/a.txt", "fields": map[string]any{"alt": "by link"}})
	at := strings.Replace(link.URL, "/photos?", "/photos/tus?", 1)
	for name, c := range map[string]struct {
		call
		status int
	}{
		"without the link":     {tusCall("POST", "/v1/files/photos/tus", "", "", "Upload-Length", "5"), 401},
		"by another":           {tusCall("POST", at+"x", "", "", "Upload-Length", "5"), 403},
		"of a path of its own": {tusCall("POST", at, "", "", "Upload-Length", "5", "Upload-Metadata", "path "+base64Of("b.txt")), 422},
		"fields of its own":    {tusCall("POST", at, "", "", "Upload-Length", "5", "Upload-Metadata", "fields "+base64Of(`{"alt":"all"}`)), 422},
		"larger than the link": {tusCall("POST", at, "", "", "Upload-Length", "101"), 413},
		"a part of others":     {tusCall("POST", at, "", "", "Upload-Length", "5", "Upload-Concat", "partial"), 400},
	} {
		if a := s.Do(t, c.call); a.Status != c.status {
			t.Errorf("%s: %d, want %d: %s", name, a.Status, c.status, a.Body)
		}
	}
	begin := func() string {
		t.Helper()
		a := s.Want(t, 201, tusCall("POST", at, "", "", "Upload-Length", "5", "Upload-Metadata", "filename "+base64Of("x.txt")))
		return a.Header.Get("Location")
	}
	first, second := begin(), begin()
	if !strings.Contains(first, "upload=") {
		t.Fatalf("the address has no link: %s", first)
	}
	s.Want(t, 404, tusCall("PATCH", strings.SplitN(first, "?", 2)[0], "", "ab", "Upload-Offset", "0"))
	s.Want(t, 404, tusCall("PATCH", strings.SplitN(first, "?", 2)[0], bob, "ab", "Upload-Offset", "0"))
	s.Want(t, 204, tusCall("PATCH", first, "", "ab", "Upload-Offset", "0"))
	if a := s.Want(t, 200, tusCall("HEAD", first, "", "")); a.Header.Get("Upload-Offset") != "2" {
		t.Errorf("half: %v", a.Header)
	}
	s.Want(t, 204, tusCall("PATCH", first, "", "cde", "Upload-Offset", "2"))
	if a := s.Want(t, 200, tusCall("HEAD", first, "", "")); a.Header.Get("Upload-Offset") != "5" {
		t.Errorf("the answer was missed: %v", a.Header)
	}
	if a := s.Want(t, 200, call{Method: "GET", Path: "/v1/files/photos?path=in/a.txt", Token: ada}); a.Body != "abcde" {
		t.Errorf("the file: %s", a.Body)
	}
	s.Want(t, 403, tusCall("PATCH", second, "", "abcde", "Upload-Offset", "0")) // it was for one
	s.Want(t, 403, tusCall("POST", at, "", "", "Upload-Length", "5"))

	// A link to a file replaces its bytes; one that is revoked meanwhile does not.
	var doc struct{ Items []struct{ ID string } }
	found := s.Want(t, 200, call{Method: "GET", Path: "/v1/db/photos", Token: ada})
	if err := json.Unmarshal([]byte(found.Body), &doc); err != nil || len(doc.Items) != 1 {
		t.Fatalf("%v %s", err, found.Body)
	}
	for _, revoked := range []bool{true, false} {
		link = linkFor(t, s, "/v1/files/photos/"+doc.Items[0].ID+"/link", ada, map[string]any{"method": "PUT"})
		at = "/v1/files/photos/tus?upload=" + link.URL[strings.LastIndex(link.URL, "=")+1:]
		first = begin()
		if revoked {
			s.Want(t, 204, call{Method: "DELETE", Path: "/v1/files/photos/link/" + link.ID, Token: ada})
			s.Want(t, 403, tusCall("PATCH", first, "", "other", "Upload-Offset", "0"))
			continue
		}
		s.Want(t, 204, tusCall("PATCH", first, "", "other", "Upload-Offset", "0"))
	}
	if a := s.Want(t, 200, call{Method: "GET", Path: "/v1/files/photos?path=in/a.txt", Token: ada}); a.Body != "other" {
		t.Errorf("the file: %s", a.Body)
	}
}
