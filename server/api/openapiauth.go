package api

import "net/http"

// authPaths describes the calls of /v1/auth.
func authPaths(paths object) {
	credentials := func() object { return object{"email": text(), "password": text()} }
	refresh := func() object { return object{"refresh_token": text()} }
	for path, o := range map[string]object{
		"signup":  operation("Make an account", "auth", credentials(), http.StatusCreated, reference("session")),
		"signin":  operation("Sign in", "auth", credentials(), http.StatusOK, reference("session")),
		"refresh": operation("Get new tokens", "auth", refresh(), http.StatusOK, reference("session")),
		"signout": operation("End the session", "auth", refresh(), http.StatusNoContent, nil),
	} {
		paths["/v1/auth/"+path] = object{"post": o}
	}
	sent := object{"type": "object", "properties": object{"sent": object{"type": "boolean"}}}
	items := func(fields object) object {
		return object{"type": "object", "properties": object{"items": arrayOf(object{"type": "object", "properties": fields})}}
	}
	with := func(fields object, more ...string) object {
		for _, name := range more {
			fields[name] = text()
		}
		return fields
	}
	again := func() object { return object{"current_password": text(), "totp": text()} } // who it is, once more
	challenge := object{"type": "object", "properties": object{"id": text(), "options": object{"type": "object"}}}
	answer := object{"id": text(), "name": text(), "response": object{"type": "object"}}
	for path, o := range map[string]object{
		"anonymous":              operation("Sign in as a new user without an address", "auth", with(object{}, "captcha"), http.StatusCreated, reference("session")),
		"email":                  operation("Send a link and a code to sign in with", "auth", with(object{}, "email", "redirect", "captcha"), http.StatusAccepted, sent),
		"email/verify":           operation("Sign in with what was sent", "auth", with(object{}, "token", "email", "code", "totp"), http.StatusOK, reference("session")),
		"email/confirm":          operation("Send a link to confirm the address with", "auth", with(object{}, "redirect", "captcha"), http.StatusAccepted, sent),
		"reset":                  operation("Send a link to set a new password with", "auth", with(object{}, "email", "redirect", "captcha"), http.StatusAccepted, sent),
		"reset/confirm":          operation("Set a new password", "auth", with(object{}, "token", "password", "totp"), http.StatusOK, reference("session")),
		"totp/confirm":           operation("Switch the second factor on", "auth", with(object{}, "code"), http.StatusOK, object{"type": "object", "properties": object{"recovery_codes": arrayOf(text())}}),
		"oauth/exchange":         operation("Sign in with the code of another server", "auth", with(object{}, "code", "code_verifier", "totp"), http.StatusOK, reference("session")),
		"oauth/link":             operation("Link another way to sign in", "auth", again(), http.StatusOK, object{"type": "object", "properties": with(object{}, "link")}),
		"passkeys/finish":        operation("Store a passkey", "auth", answer, http.StatusCreated, object{"type": "object"}),
		"passkeys/signin":        operation("Begin to sign in with a passkey", "auth", object{}, http.StatusOK, challenge),
		"passkeys/signin/finish": operation("Sign in with a passkey", "auth", answer, http.StatusOK, reference("session")),
	} {
		paths["/v1/auth/"+path] = object{"post": o}
	}
	id := parameter("path", "id", "the id", text())
	paths["/v1/auth/totp"] = object{
		"post":   operation("Begin with a second factor", "auth", with(object{}, "current_password"), http.StatusOK, object{"type": "object", "properties": with(object{}, "secret", "url")}),
		"delete": operation("Switch the second factor off", "auth", with(object{}, "totp"), http.StatusNoContent, nil),
	}
	paths["/v1/auth/passkeys"] = object{
		"get":  operation("List passkeys", "auth", nil, http.StatusOK, items(with(object{}, "id", "name", "created", "used"))),
		"post": operation("Begin to add a passkey", "auth", again(), http.StatusOK, challenge),
	}
	paths["/v1/auth/passkeys/{id}"] = object{"delete": operation("Remove a passkey", "auth", again(), http.StatusNoContent, nil, id)}
	paths["/v1/auth/sessions"] = object{"get": operation("List open sessions", "auth", nil, http.StatusOK, items(with(object{}, "id", "method", "ip", "agent", "created", "refreshed")))}
	paths["/v1/auth/sessions/{id}"] = object{"delete": operation("End a session", "auth", nil, http.StatusNoContent, nil, id)}
	paths["/v1/auth/identities"] = object{"get": operation("List ways to sign in elsewhere", "auth", nil, http.StatusOK, items(with(object{}, "id", "provider", "email", "created")))}
	paths["/v1/auth/providers"] = object{"get": operation("How people can sign in", "auth", nil, http.StatusOK, object{"type": "object"})}
	paths["/v1/auth/server"] = object{"get": operation("Which server this is, as the links of its mails name it", "auth", nil, http.StatusOK, object{"type": "object", "properties": object{"server": text()}})}
	paths["/v1/auth/oauth/{provider}"] = object{"get": operation("Go to another server to sign in", "auth", nil, http.StatusSeeOther, nil, parameter("path", "provider", "its name", text()),
		parameter("query", "redirect", "where to come back to", text()), parameter("query", "code_challenge", "of the verifier (RFC 7636)", text()), parameter("query", "code_challenge_method", "S256", text()),
		parameter("query", "link", "what oauth/link has answered", text()), parameter("query", "captcha", "the answer of a captcha", text()))}
	paths["/v1/auth/user"] = object{
		"get": operation("Who is signed in", "auth", nil, http.StatusOK, reference("user")),
		"patch": operation("Change the address or the password", "auth",
			object{"email": text(), "password": text(), "current_password": text(), "totp": text()}, http.StatusOK, reference("user")),
		"delete": operation("Remove one's own account", "auth", again(), http.StatusNoContent, nil),
	}
}
