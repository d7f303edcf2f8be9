package api

import (
	"net/http"

	"github.com/basalt-dev/basalt/modules/events"
)

// accountRoutes are the calls that people make for themselves.
func (c *calls) accountRoutes() []route {
	return []route{
		{method: http.MethodGet, path: "/v1/auth/providers", status: http.StatusOK, do: plain(c.accounts.providers), summary: "How people can sign in", returns: anyObject()},
		{method: http.MethodGet, path: "/v1/auth/server", status: http.StatusOK, do: plain(c.accounts.serverName), summary: "Which server this is, as the links of its mails name it", returns: shape("server")},
		{method: http.MethodPost, path: "/v1/auth/signup", writes: true, status: http.StatusCreated, do: plain(c.accounts.signUp), summary: "Make an account", takes: with(strs("email", "password", "captcha"), "profile", anyObject()), returns: reference("session")},
		{method: http.MethodPost, path: "/v1/auth/first", writes: true, status: http.StatusCreated, do: plain(c.console.first), summary: "Make the first administrator, with the code that the server prints at its first start", takes: with(strs("code", "email", "password"), "claims", anyObject()), returns: anyObject()},
		{method: http.MethodPost, path: "/v1/auth/signin", writes: true, status: http.StatusOK, do: plain(c.accounts.signIn), summary: "Sign in", takes: strs("email", "password", "totp", "captcha"), returns: reference("session")},
		{method: http.MethodPost, path: "/v1/auth/refresh", writes: true, status: http.StatusOK, do: plain(c.accounts.refresh), summary: "Get new tokens", takes: strs("refresh_token", "grant_type"), returns: reference("session")},
		{method: http.MethodPost, path: "/v1/auth/signout", writes: true, status: http.StatusNoContent, do: plain(c.accounts.signOut), summary: "End the session", takes: strs("refresh_token"), query: []object{parameter("query", "everywhere", "whether to end all sessions of the user", flag())}},
		{method: http.MethodGet, path: "/v1/auth/user", status: http.StatusOK, do: plain(c.accounts.user), summary: "Who is signed in", returns: reference("user")},
		{method: http.MethodPatch, path: "/v1/auth/user", writes: true, status: http.StatusOK, do: plain(c.accounts.updateUser), summary: "Change the address or the password", takes: strs("email", "password", "current_password", "totp"), returns: reference("user")},
		{method: http.MethodDelete, path: "/v1/auth/user", writes: true, status: http.StatusNoContent, do: plain(c.accounts.removeOwn), summary: "Remove one's own account", takes: proof()},
		{method: http.MethodGet, path: "/v1/auth/sessions", status: http.StatusOK, do: plain(c.accounts.listSessions), summary: "List open sessions", returns: listOf(with(strs("id", "method", "ip", "agent", "created", "refreshed"), "current", flag()))},
		{method: http.MethodDelete, path: "/v1/auth/sessions/:id", writes: true, status: http.StatusNoContent, do: plain(c.accounts.endSession), summary: "End a session"},
		{method: http.MethodPost, path: "/v1/auth/anonymous", writes: true, status: http.StatusCreated, do: plain(c.accounts.anonymous), summary: "Sign in as a new user without an address", takes: with(strs("captcha"), "profile", anyObject()), returns: reference("session")},
		{method: http.MethodPost, path: "/v1/auth/email", writes: true, status: http.StatusAccepted, do: plain(c.accounts.sendSignIn), summary: "Send a link and a code to sign in with", takes: strs("email", "redirect", "captcha"), returns: sent()},
		{method: http.MethodPost, path: "/v1/auth/email/verify", writes: true, status: http.StatusOK, do: plain(c.accounts.verifyMail), summary: "Sign in with what was sent", takes: strs("token", "email", "code", "totp"), returns: reference("session")},
		{method: http.MethodPost, path: "/v1/auth/email/confirm", writes: true, status: http.StatusAccepted, do: plain(c.accounts.sendConfirm), summary: "Send a link to confirm the address with", takes: strs("redirect", "captcha"), returns: sent()},
		{method: http.MethodPost, path: "/v1/auth/reset", writes: true, status: http.StatusAccepted, do: plain(c.accounts.sendReset), summary: "Send a link to set a new password with", takes: strs("email", "redirect", "captcha"), returns: sent()},
		{method: http.MethodPost, path: "/v1/auth/reset/confirm", writes: true, status: http.StatusOK, do: plain(c.accounts.resetPassword), summary: "Set a new password", takes: strs("token", "password", "totp"), returns: reference("session")},
		{method: http.MethodPost, path: "/v1/auth/totp", writes: true, status: http.StatusOK, do: plain(c.accounts.enrolTOTP), summary: "Begin with a second factor", takes: strs("current_password"), returns: shape("secret", "url")},
		{method: http.MethodPost, path: "/v1/auth/totp/confirm", writes: true, status: http.StatusOK, do: plain(c.accounts.confirmTOTP), summary: "Switch the second factor on", takes: strs("code"), returns: fields(object{"recovery_codes": arrayOf(text())})},
		{method: http.MethodDelete, path: "/v1/auth/totp", writes: true, status: http.StatusNoContent, do: plain(c.accounts.removeTOTP), summary: "Switch the second factor off", takes: strs("totp")},
		{method: http.MethodPost, path: "/v1/auth/oauth/exchange", writes: true, status: http.StatusOK, do: plain(c.accounts.exchange), summary: "Sign in with the code of another server", takes: strs("code", "code_verifier", "totp"), returns: reference("session")},
		{method: http.MethodPost, path: "/v1/auth/impersonation", writes: true, status: http.StatusOK, do: plain(c.accounts.beginImpersonation), summary: "Begin to act as a user, with the code of an administrator", takes: strs("code"), returns: reference("session")},
		{method: http.MethodPost, path: "/v1/auth/oauth/link", writes: true, status: http.StatusOK, do: plain(c.accounts.linkOAuth), summary: "Link another way to sign in", takes: proof(), returns: shape("link")},
		{method: http.MethodGet, path: "/v1/auth/oauth/:provider", writes: true, status: http.StatusSeeOther, do: plain(c.accounts.startOAuth), summary: "Go to another server to sign in", query: []object{
			parameter("query", "redirect", "where to come back to", text()), parameter("query", "code_challenge", "of the verifier (RFC 7636)", text()),
			parameter("query", "code_challenge_method", "S256", text()), parameter("query", "link", "what oauth/link has answered", text()),
			parameter("query", "captcha", "the answer of a captcha", text()),
		}},
		{method: http.MethodGet, path: "/v1/auth/oauth/:provider/callback", writes: true, status: http.StatusSeeOther, do: plain(c.accounts.finishOAuth), summary: "Come back from another server", query: []object{
			parameter("query", "state", "of the sign-in that has begun", text()), parameter("query", "code", "what the other server gives", text()),
			parameter("query", "error", "why it gives none", text()),
		}},
		{method: http.MethodPost, path: "/v1/auth/oauth/:provider/callback", writes: true, status: http.StatusSeeOther, do: plain(c.accounts.finishOAuth), summary: "Come back from another server that sends a form"},
		{method: http.MethodPost, path: "/v1/auth/invite", writes: true, status: http.StatusCreated, do: plain(c.accounts.invite), summary: "Invite a person by mail", takes: with(strs("email", "redirect"), "claims", anyObject(), "send", flag(), "membership", membership()), returns: fields(invitation())},
		{method: http.MethodGet, path: "/v1/auth/invite", status: http.StatusOK, do: plain(c.accounts.listInvitations), summary: "List the invitations that wait to be accepted", returns: listOf(invitation())},
		{method: http.MethodDelete, path: "/v1/auth/invite/:id", writes: true, status: http.StatusNoContent, do: plain(c.accounts.revokeInvitation), summary: "Take an invitation back"},
		{method: http.MethodPost, path: "/v1/auth/invite/accept", writes: true, status: http.StatusOK, do: plain(c.accounts.acceptInvitation), summary: "Accept an invitation", takes: with(strs("token", "password", "totp"), "profile", anyObject()), returns: reference("session")},
		{method: http.MethodGet, path: "/v1/auth/identities", status: http.StatusOK, do: plain(c.accounts.listIdentities), summary: "List ways to sign in elsewhere", returns: listOf(strs("id", "provider", "email", "created"))},
		{method: http.MethodGet, path: "/v1/auth/passkeys", status: http.StatusOK, do: plain(c.accounts.listPasskeys), summary: "List passkeys", returns: listOf(passkey())},
		{method: http.MethodPost, path: "/v1/auth/passkeys", writes: true, status: http.StatusOK, do: plain(c.accounts.addPasskey), summary: "Begin to add a passkey", takes: proof(), returns: challenge()},
		{method: http.MethodPost, path: "/v1/auth/passkeys/finish", writes: true, status: http.StatusCreated, do: plain(c.accounts.finishPasskey), summary: "Store a passkey", takes: credential(), returns: fields(passkey())},
		{method: http.MethodPost, path: "/v1/auth/passkeys/signin", writes: true, status: http.StatusOK, do: plain(c.accounts.askPasskey), summary: "Begin to sign in with a passkey", returns: challenge()},
		{method: http.MethodPost, path: "/v1/auth/passkeys/signin/finish", writes: true, status: http.StatusOK, do: plain(c.accounts.signInWithPasskey), summary: "Sign in with a passkey", takes: credential(), returns: reference("session")},
		{method: http.MethodDelete, path: "/v1/auth/passkeys/:id", writes: true, status: http.StatusNoContent, do: plain(c.accounts.removePasskey), summary: "Remove a passkey", takes: proof()},
	}
}

// adminRoutes are the calls of administrators.
func (c *calls) adminRoutes() []route {
	return []route{
		{method: http.MethodGet, path: "/v1/admin/events", admin: true, status: http.StatusOK, do: plain(c.queue.list), summary: "List events that were not delivered, or others", returns: anyList(), query: []object{
			parameter("query", "state", "pending, done or dead", object{"type": "string", "enum": []string{"pending", "done", "dead"}, "default": "dead"}),
			parameter("query", "event", "its name", text()), parameter("query", "before", "an id, for the page before", text()),
		}},
		{method: http.MethodGet, path: "/v1/admin/schedules", admin: true, status: http.StatusOK, do: plain(c.queue.schedules), summary: "The events that a time raises, with their next runs", returns: listOf(with(strs("event", "schedule", "timezone"), "next", arrayOf(object{"type": "string", "format": "date-time"})))},
		{method: http.MethodPost, path: "/v1/admin/events/:id/replay", writes: true, admin: true, status: http.StatusNoContent, do: plain(c.queue.onEvent(events.Replay)), summary: "Deliver an event again"},
		{method: http.MethodDelete, path: "/v1/admin/events/:id", writes: true, admin: true, status: http.StatusNoContent, do: plain(c.queue.onEvent(removeEvent)), summary: "Remove an event"},
		{method: http.MethodGet, path: "/v1/admin/status", admin: true, status: http.StatusOK, do: plain(c.node.status), summary: "How the cluster is, as this node sees it", returns: anyObject()},
		{method: http.MethodGet, path: "/v1/admin/requests", admin: true, status: http.StatusOK, do: plain(c.operator.requests), summary: "The last requests that this node has answered", returns: fields(object{"node": text(), "items": arrayOf(recentSchema()), "next": object{"type": []string{"integer", "null"}}}), query: []object{
			parameter("query", "user", "the id of who asked; - for anonymous callers", text()), parameter("query", "route", "a part of the method and path, or of the method and route", text()),
			parameter("query", "code", "a status (403, 4xx), the code of an error (forbidden), or error for all of them", text()),
			parameter("query", "slower", "how many milliseconds it took at least", object{"type": "number", "minimum": 0}),
			parameter("query", "after", "an id: only later ones", whole()), parameter("query", "before", "the next of the page before", whole()),
			parameter("query", "limit", "requests in the page", object{"type": "integer", "minimum": 1, "maximum": maxRequests, "default": 100}),
		}},
		{method: http.MethodGet, path: "/v1/admin/requests/:id", admin: true, status: http.StatusOK, do: plain(c.operator.request), summary: "One of the last requests, with what it has spent its time on", returns: workSchema()},
		{method: http.MethodGet, path: "/v1/admin/statements", admin: true, status: http.StatusOK, do: plain(c.operator.statementList), summary: "The statements that requests have run on this node, since the configuration was loaded", returns: fields(object{"node": text(), "items": arrayOf(statementSchema())}), query: []object{
			parameter("query", "sort", "which come first", object{"type": "string", "enum": statementOrders, "default": "total"}),
			parameter("query", "limit", "statements in the answer", object{"type": "integer", "minimum": 1, "maximum": maxRequests, "default": 100}),
		}},
		{method: http.MethodGet, path: "/v1/admin/statements/:id", admin: true, status: http.StatusOK, do: plain(c.operator.statement), summary: "A statement, with the plan of its database", returns: statementSchema()},
		{method: http.MethodGet, path: "/v1/admin/live", admin: true, status: http.StatusOK, do: plain(c.operator.live), summary: "The live connections, queries and channels of this node, those that cost most first", returns: fields(object{"node": text(), "connections": arrayOf(anyObject()), "queries": arrayOf(anyObject()), "channels": arrayOf(anyObject()), "counts": anyObject()})},
		{method: http.MethodGet, path: "/v1/admin/changes", admin: true, status: http.StatusOK, do: plain(c.operator.changes), summary: "The last changes of documents, of every writer, since someone watches", returns: fields(object{"node": text(), "items": arrayOf(changeSchema())}), query: []object{
			parameter("query", "after", "an id: only later ones", whole()), parameter("query", "collection", "of this collection alone", text()),
			parameter("query", "limit", "changes in the answer", object{"type": "integer", "minimum": 1, "maximum": maxRequests, "default": 100}),
		}},
		{method: http.MethodGet, path: "/v1/admin/figures", admin: true, status: http.StatusOK, do: plain(c.operator.figures), summary: "The figures of this node in the last hour", returns: fields(object{"node": text(), "step": whole(), "items": arrayOf(figuresSchema())}), query: []object{
			parameter("query", "after", "an id: only later ones", whole()),
		}},
		{method: http.MethodGet, path: "/v1/admin/configuration", admin: true, status: http.StatusOK, do: plain(c.operator.configuration), summary: "The configuration that runs, without its secrets, and what basalt check says of it", returns: fields(object{"version": text(), "configuration": anyObject(), "warnings": arrayOf(findingSchema()), "notes": arrayOf(findingSchema())})},
		{method: http.MethodGet, path: "/v1/admin/configuration/edit", admin: true, status: http.StatusOK, do: plain(c.editor.look), summary: "Whether the console may write the configuration file, and how the last edit has fared", returns: editStateSchema()},
		{method: http.MethodPost, path: "/v1/admin/configuration/edit", writes: true, admin: true, status: http.StatusOK, do: plain(c.editor.edit), summary: "Change collections in the configuration file: the difference, what is wrong with it and what the databases need; with write, it is written", takes: object{"edits": arrayOf(anyObject()), "hash": text(), "write": flag()}, returns: proposalSchema()},
		{method: http.MethodPost, path: "/v1/admin/explain", admin: true, status: http.StatusOK, do: c.explainer.explain, summary: "What a rule comes to for a caller, and why", takes: with(strs("op", "collection", "id"), "as", object{"type": []string{"object", "null"}}, "doc", anyObject()), returns: anyObject()},
		{method: http.MethodGet, path: "/v1/admin/console", status: http.StatusOK, do: plain(c.console.overview), summary: "What the console shows to whoever may use it", returns: anyObject()},
		{method: http.MethodPost, path: "/v1/admin/view", admin: true, status: http.StatusOK, do: c.console.view, summary: "A page of all documents, with what is hidden from a caller", takes: with(strs("collection", "user"), "as", object{"type": []string{"object", "null"}}, "query", anyObject()), returns: anyObject()},
		{method: http.MethodPost, path: "/v1/admin/check", admin: true, status: http.StatusOK, do: c.console.check, summary: "Check a rule that is not in the configuration", takes: with(strs("collection", "op", "rule", "user"), "as", object{"type": []string{"object", "null"}}), returns: anyObject()},
		{method: http.MethodPost, path: "/v1/admin/compare", admin: true, status: http.StatusOK, do: c.console.compare, summary: "What would change for callers if a rule took the place of the one that there is", takes: with(strs("collection", "op", "rule"), "query", anyObject(), "callers", arrayOf(anyObject()), "count", flag()), returns: anyObject()},
		{method: http.MethodPost, path: "/v1/admin/rules/test", admin: true, status: http.StatusOK, do: plain(c.tester.test), summary: "Run the tests of the rules, with what they cover", takes: strs("text", "collection", "op", "rule"), returns: testedSchema()},
		{method: http.MethodGet, path: "/v1/admin/users", admin: true, status: http.StatusOK, do: plain(c.users.listUsers), summary: "List users", returns: fields(object{"items": arrayOf(managed()), "next": object{"type": []string{"string", "null"}}}), query: []object{
			parameter("query", "email", "the address that the user has", text()), parameter("query", "search", "a part of the address or of the name, or the beginning of the id", text()), parameter("query", "after", "the next of the page before", text()),
			parameter("query", "limit", "users in the page", object{"type": "integer", "minimum": 1, "default": 50}),
		}},
		{method: http.MethodPost, path: "/v1/admin/users", writes: true, admin: true, status: http.StatusCreated, do: plain(c.users.makeUser), summary: "Make a user", takes: with(strs("id", "email", "password_hash"), "email_verified", flag(), "claims", anyObject(), "profile", anyObject()), returns: managed()},
		{method: http.MethodGet, path: "/v1/admin/users/:id", admin: true, status: http.StatusOK, do: plain(c.users.inspectUser), summary: "A user, with ways to sign in and open sessions", returns: inspected()},
		{method: http.MethodDelete, path: "/v1/admin/users/:id/sessions/:session", writes: true, admin: true, status: http.StatusNoContent, do: plain(c.users.endSessionOf), summary: "End a session of a user"},
		{method: http.MethodPatch, path: "/v1/admin/users/:id", writes: true, admin: true, status: http.StatusOK, do: plain(c.users.editUser), summary: "Change a user", takes: object{"claims": anyObject(), "disabled": flag(), "totp": flag()}, returns: managed()},
		{method: http.MethodDelete, path: "/v1/admin/users/:id", writes: true, admin: true, status: http.StatusNoContent, do: plain(c.users.removeUser), summary: "Remove a user"},
		{method: http.MethodPost, path: "/v1/admin/users/:id/signout", writes: true, admin: true, status: http.StatusNoContent, do: plain(c.users.endSessions), summary: "End the sessions of a user"},
		{method: http.MethodPost, path: "/v1/admin/users/:id/impersonate", writes: true, admin: true, status: http.StatusOK, do: plain(c.users.impersonate), summary: "Get a token to act as a user", takes: strs("reason"), returns: fields(with(strs("access_token", "token_type"), "expires_in", object{"type": "integer"}))},
		{method: http.MethodPost, path: "/v1/admin/users/:id/impersonate/code", writes: true, admin: true, status: http.StatusOK, do: plain(c.users.impersonationCode), summary: "Get a code with which a page begins to act as a user", takes: strs("reason"), returns: fields(with(strs("code"), "expires_in", object{"type": "integer"}))},
		{method: http.MethodPost, path: "/v1/admin/users/import", writes: true, admin: true, status: http.StatusOK, do: plain(c.users.importUsers), summary: "Import accounts of another server or service", takes: with(strs("from", "text", "hash_config"), "dry", flag()), returns: importedSchema()},
		{method: http.MethodGet, path: "/v1/admin/keys", admin: true, status: http.StatusOK, do: plain(c.users.listAPIKeys), summary: "List API keys", returns: listOf(apiKey())},
		{method: http.MethodPost, path: "/v1/admin/keys", writes: true, admin: true, status: http.StatusCreated, do: plain(c.users.makeAPIKey), summary: "Make an API key, which is shown once", takes: with(strs("name", "expires"), "claims", anyObject()), returns: fields(with(apiKey(), "key", text()))},
		{method: http.MethodDelete, path: "/v1/admin/keys/:id", writes: true, admin: true, status: http.StatusNoContent, do: plain(c.users.removeAPIKey), summary: "Remove an API key"},
	}
}
