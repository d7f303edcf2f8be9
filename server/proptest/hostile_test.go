package proptest

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/url"
	"strings"
)

// hostile draws requests that are nearly what the API takes, or nothing like it.
type hostile struct {
	*client
	// tokens are those that it may send: of users, and the key of an administrator, whose calls must not fail either.
	tokens []string
}

// request is one, as it goes over the wire. Those of the method WS are messages of a WebSocket, one a line.
type request struct {
	method, path, headers string
	body                  []byte
}

var (
	methods = []string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "get", "PROPFIND"}
	routes  = []string{
		"/healthz", "/readyz", "/metrics", "/openapi.json", "/v1/sdk.js", "/.well-known/jwks.json", "/v1/realtime", "/v1/batch", "/v1/events",
		"/v1/admin/events", "/v1/admin/status", "/v1/admin/requests", "/v1/admin/figures", "/v1/admin/live", "/v1/admin/configuration", "/v1/admin/compare", "/v1/admin/view", "/v1/admin/check", "/v1/admin/explain", "/v1/admin/users", "/v1/admin/users/x", "/v1/admin/users/x/impersonate", "/v1/admin/keys",
		"/v1/auth/providers", "/v1/auth/signup", "/v1/auth/signin", "/v1/auth/refresh", "/v1/auth/signout", "/v1/auth/user", "/v1/auth/sessions", "/v1/auth/anonymous",
		"/v1/auth/email", "/v1/auth/email/verify", "/v1/auth/reset", "/v1/auth/reset/confirm", "/v1/auth/totp", "/v1/auth/totp/confirm", "/v1/auth/oauth/exchange",
		"/v1/auth/oauth/link", "/v1/auth/oauth/google", "/v1/auth/oauth/google/callback", "/v1/auth/identities", "/v1/auth/passkeys", "/v1/auth/passkeys/finish",
		"/v1/auth/passkeys/signin", "/v1/auth/passkeys/signin/finish", "/v1/channels/room:a", "/v1/channels/none", "/v1/fn/a/b", "/",
		"/v1/graphql", "/v1/graphql?query={__typename}", "/v1/mcp", "/rest/v1/", "/rest/v1/none", "/rest/v1/rpc/batch", "/auth/v1/token?grant_type=password", "/auth/v1/signup", "/auth/v1/user", "/auth/v1/settings",
		"/v1/auth/invite", "/v1/auth/invite/accept", "/v1/auth/invite/x", "/v1/auth/profile", "/v1/admin/users?email=a@example.com", "/v1/admin/users/x/sessions/y", "/v1/admin/view", "/v1/admin/live?limit=x", "/v1/admin/requests?after=x", "/v1/admin/figures?since=x",
		"/v1/files/fvault", "/v1/files/fvault?path=v/0.txt", "/v1/files/fvault/x", "/v1/files/fvault/x/link", "/v1/files/fvault/link", "/v1/files/fvault/link/x", "/v1/files/fvault/tus", "/v1/files/fvault/tus/x", "/v1/files/fvault/tus/00000000000000000000000000000000", "/v1/files/fvault?upload=x", "/v1/files/none", "/v1/db/fvault", "/v1/db/fvault/x",
		"/storage/v1/object/fvault/a.txt", "/storage/v1/object/list/fvault", "/storage/v1/object/sign/fvault/a.txt", "/storage/v1/upload/resumable", "/auth/v1/admin/users", "/auth/v1/invite", "/auth/v1/verify", "/auth/v1/otp", "/auth/v1/recover",
		"/functions/v1/x", "/realtime/v1/api/broadcast", "/realtime/v1/api/broadcast/room:a/events/e", "/console/", "/v1/admin/console", "/v1/admin/view", "/v1/admin/check", "/v1/auth/first", "//v1/db", "/v1/db/_users", "/v1/db/_audit",
	}
	oddTexts = []string{"", "\x00", "\xff\xfe", "%", "%zz", "../..", "'", `"`, `\`, "😀", "\u202e", "1e999", "-0", "9223372036854775808", "NaN", "null", "true", "[]", "{}", "$inc", "__proto__", strings.Repeat("a", 5000)}
	oddJSON  = []string{
		``, `{`, `[`, `{"a":1,"a":2}`, `null`, `0`, `"x"`, `[]`, `{}`, `[{}]`, `{"ops":[]}`, `{"ops":{}}`, `{"where":[]}`, `{"where":{"$or":{}}}`, `{"sort":"a"}`, `{"limit":-1}`, `{"limit":1e9}`, `{"after":1}`,
		`{"email":"a@example.com","password":"correct horse battery"}`, `{"email":"A@EXAMPLE.com"}`, `{"refresh_token":"x"}`, `{"data":{}}`, `{"as":{},"op":"read"}`, "\xef\xbb\xbf{}", `{"x":"\ud800"}`,
		`{"query":"{__schema{types{name fields{name}}}}"}`, `{"query":"query($a:Int){a}","variables":{"a":{}}}`, `[{"query":"{__typename}"}]`, `{"query":"mutation @transaction {__typename}"}`,
		`{"email":"b@example.com","claims":{"role":"x"},"send":false}`, `{"email":"b@example.com","claims":[],"membership":{"collection":"fc0","field":"s","doc":{}},"send":false}`, `{"token":"x","password":"correct horse battery"}`, `{"expires":"1h","max":-1,"types":["x"]}`, `{"expires":"9e9h","path":"../x"}`, `{"method":"PUT","expires":"1m"}`,
		`{"collection":"fc0","op":"read","rule":"doc.s == auth.id"}`, `{"collection":"fc0","op":"read","rule":"((((","callers":[{"as":{}}]}`, `{"collection":"fc0","op":"create","rule":"true","callers":[{"as":{"sub":1}},{"user":"none"}],"query":{"limit":-1},"count":true}`, `{"as":{"sub":"u1"},"op":"update","collection":"fc0","id":"i0"}`, `{"as":[],"query":{"where":1}}`,
		`{"prefix":"","limit":-1,"sortBy":{"column":"x"}}`, `{"type":"signup","token":"x","email":"a@example.com"}`, `{"claims":{"a":{}},"disabled":"x","metadata":[]}`, `{"email":"c@example.com","password_hash":"$2a$99$x","email_verified":1}`,
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"aggregate","arguments":{"collection":"fc0","group":[1],"sum":{}}}}`, `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"x","version":"1"}}}`, `[{"jsonrpc":"2.0","method":"ping"},{}]`,
		`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"query","arguments":{"collection":"fc0","limit":-1}}}`, `{"messages":[{"topic":"room:a","event":"e","payload":{}}]}`,
	}
	oddHeaders = []string{
		"Content-Encoding: gzip", "Content-Encoding: br, gzip", "If-Match: *", "If-Match: W/\"x\"", "If-None-Match: *, \"a\"", "Idempotency-Key: k", "Idempotency-Key: " + strings.Repeat("k", 300),
		"Authorization: Bearer x.y.z", "Authorization: Basic eDp5", "Authorization: Bearer", "X-Basalt-Seen: a=1,b", "X-Basalt-Seen: =9999999999999999999", "X-Basalt-Consistency: strong", "X-Forwarded-For: , ,::1,x",
		"Range: bytes=0-", "Expect: 100-continue", "Content-Type: text/plain", "Content-Type: multipart/form-data; boundary=x", "Accept: */*", "Origin: null", "Last-Event-ID: 1.1.1", "traceparent: 00-0-0-00", "Cookie: a=b; c",
		"Tus-Resumable: 1.0.0", "Tus-Resumable: 1.0.0\r\nUpload-Length: 5", "Tus-Resumable: 1.0.0\r\nUpload-Length: 99999999999999999999", "Tus-Resumable: 1.0.0\r\nUpload-Defer-Length: 1\r\nUpload-Metadata: path ,x !!", "Tus-Resumable: 1.0.0\r\nUpload-Offset: -1\r\nContent-Type: application/offset+octet-stream",
		"Tus-Resumable: 1.0.0\r\nUpload-Concat: final;/v1/files/fvault/tus/x /x", "Tus-Resumable: 1.0.0\r\nUpload-Concat: partial\r\nUpload-Length: 0", "Upload-Checksum: sha1 x", "Range: bytes=5-1,-0,9-", "Content-Type: multipart/form-data; boundary=", "Mcp-Session-Id: x", "Last-Event-ID: " + strings.Repeat("9", 400),
		"apikey: " + anonKey, "apikey: x", "Prefer: return=representation,count=exact", "Prefer: handling=strict,x=y", "Accept: application/vnd.pgrst.object+json", "Accept: text/csv", "Range: 0-1", "Mcp-Protocol-Version: 2025-06-18",
	}
	messages = []string{
		`{"id":"1","op":"auth","token":"x"}`, `{"id":"1","op":"unsubscribe"}`, `{"id":"1"}`, `{"op":"subscribe"}`, `{"id":1}`, `[]`, `null`, `{`, `{"id":"2","op":"subscribe","collection":"COLLECTION"}`,
		`{"id":"2","op":"subscribe","collection":"COLLECTION","query":{"sort":["-n"],"limit":2},"resume":"x"}`, `{"id":"2","op":"subscribe","collection":"COLLECTION","query":{"where":{"n":{"$gt":1}},"count":true}}`,
		`{"id":"3","op":"subscribe","collection":"COLLECTION","key":"i0"}`, `{"id":"4","op":"subscribe","collection":"COLLECTION","aggregate":{"count":true,"group":["s"]}}`, `{"id":"4","op":"subscribe","collection":"none"}`,
		`{"id":"5","op":"subscribe","channel":"room:a","presence":true}`, `{"id":"5","op":"subscribe","channel":"room:a","state":{"a":1}}`, `{"id":"6","op":"publish","channel":"room:a","data":{"x":1}}`,
		`{"id":"6","op":"publish","channel":"room:"}`, `{"id":"7","op":"present","channel":"room:a","state":{}}`, `{"id":"7","op":"present","channel":"room:a","state":null}`, `{"id":"8","op":"ping"}`,
	}
)

// request draws one.
func (h *hostile) request() request {
	switch h.IntN(16) {
	case 0, 1:
		return h.conversation()
	case 2, 3:
		return h.speech()
	}
	c := h.call()
	out := request{method: c.method, path: c.path, body: []byte(c.body)}
	if h.in(12) {
		out = h.stream()
	}
	for name, v := range c.header {
		out.headers += name + ": " + v + "\r\n"
	}
	if h.in(4) {
		out.path = pick(h.gen, routes)
		out.body = []byte(pick(h.gen, oddJSON))
		out.method = pick(h.gen, methods[:5])
	}
	for h.in(2) {
		h.mutate(&out)
	}
	if h.in(2) {
		out.headers += "Authorization: Bearer " + pick(h.gen, h.tokens) + "\r\n"
	}
	return out
}

func (h *hostile) conversation() request {
	var lines []string
	for range 1 + h.IntN(8) {
		m := strings.ReplaceAll(pick(h.gen, messages), "COLLECTION", pick(h.gen, h.schema.collections).name)
		if h.in(5) {
			m = string(h.broken([]byte(m)))
		}
		lines = append(lines, strings.ReplaceAll(m, "\n", " "))
	}
	return request{method: "WS", path: "/v1/realtime", body: []byte(strings.Join(lines, "\n"))}
}

// mutate changes one thing of a request.
func (h *hostile) mutate(r *request) {
	switch h.IntN(9) {
	case 0:
		r.method = pick(h.gen, methods)
	case 1:
		parts := strings.Split(r.path, "/")
		parts[h.IntN(len(parts))] = url.PathEscape(pick(h.gen, oddTexts))
		r.path = "/" + strings.TrimPrefix(strings.Join(parts, "/"), "/")
	case 2:
		separator := "?"
		if strings.Contains(r.path, "?") {
			separator = "&"
		}
		name := pick(h.gen, []string{"filter", "sort", "limit", "after", "select", "expand", "count", "params", "resume", "access_token", "x"})
		r.path += separator + name + "=" + url.QueryEscape(pick(h.gen, append(oddTexts, "a == 1", "s matches \"(a+)+$\"", "!", "s in [", strings.Repeat("(", 3000), strings.Repeat("r.", 200)+"s == 1")))
	case 3:
		r.headers += pick(h.gen, oddHeaders) + "\r\n"
	case 4:
		r.body = []byte(pick(h.gen, oddJSON))
	case 5:
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = z.Write(r.body) // to memory
		_ = z.Close()
		r.body, r.headers = b.Bytes(), r.headers+"Content-Encoding: gzip\r\n"
	case 6:
		depth := 1 + h.IntN(3000)
		r.body = []byte(strings.Repeat(`{"where":`, depth) + "1" + strings.Repeat("}", depth-h.IntN(2)))
	default:
		r.body = h.broken(r.body)
	}
}

// broken changes some bytes.
func (h *hostile) broken(b []byte) []byte {
	b = bytes.Clone(b)
	for range 1 + h.IntN(4) {
		if len(b) == 0 {
			return []byte(pick(h.gen, oddTexts))
		}
		at := h.IntN(len(b))
		switch h.IntN(4) {
		case 0:
			b = b[:at]
		case 1:
			b[at] = byte(h.Uint32())
		case 2:
			b = append(b[:at:at], append([]byte(pick(h.gen, oddTexts)), b[at:]...)...)
		default:
			b = append(b[:at:at], append(bytes.Clone(b[h.IntN(at+1):at]), b[at:]...)...)
		}
	}
	return b
}

func (r request) String() string {
	return fmt.Sprintf("%q %q\n%s\n%q", r.method, r.path, r.headers, r.body[:min(len(r.body), 2000)])
}
