//go:build browser

// The page in headless Chromium: `go run ./cmd/testenv --only browser`.
package auth

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
	"github.com/pquerna/otp/totp"

	"github.com/basalt-dev/basalt/examples/browsertest"
	"github.com/basalt-dev/basalt/modules/auth/authtest"
	"github.com/basalt-dev/basalt/server/servertest"
)

func TestMain(m *testing.M) { browsertest.Main(m) }

// serve runs the example, with a provider to sign in at and a mailbox, at an address of localhost.
func serve(t *testing.T) (url string, box *authtest.Mailbox) {
	t.Helper()
	address := servertest.FreeAddress(t)
	port := address[strings.LastIndexByte(address, ':'):]
	url = "http://localhost" + port
	box = authtest.StartMailbox(t)
	provider := authtest.StartProvider(t, []authtest.Account{{ID: "p1", Username: "eve", Password: "pw", Email: "eve@example.com", EmailVerified: true}}, url+"/v1/auth/oauth/test/callback")
	t.Setenv("AUTH_URL", url)
	t.Setenv("AUTH_DATA", t.TempDir())
	t.Setenv("AUTH_MAIL", "smtp://"+box.Address)
	config, err := os.ReadFile("basalt.yaml")
	if err != nil {
		t.Fatal(err)
	}
	public, err := filepath.Abs("public")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(config), "./public", public, 1)
	text = strings.Replace(text, "    passkey: {", "    oidc: { test: { issuer: \""+provider.Issuer+"\", client_id: basalt, client_secret: secret } }\n    passkey: {", 1)
	servertest.StartAt(t, address, text)
	return url, box
}

// authenticator gives a page a device with passkeys.
func authenticator(t *testing.T, ctx context.Context) webauthn.AuthenticatorID {
	t.Helper()
	if _, err := chromedp.Call(ctx, webauthn.Enable, webauthn.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	added, err := chromedp.Call(ctx, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: "ctap2", Transport: "internal", HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
	}})
	if err != nil {
		t.Fatal(err)
	}
	return added.AuthenticatorID
}

func fill(selector, text string) chromedp.Action[chromedp.Void] {
	return chromedp.SetValue(selector, text)
}

const out, in = "#out:not([hidden])", "#in:not([hidden])"

func TestAuth_PasskeysInAVirtualAuthenticator(t *testing.T) {
	url, box := serve(t)
	page := browsertest.Open(t)
	browsertest.Run(t, page, "open", chromedp.Navigate(url), chromedp.WaitVisible(out))
	device := authenticator(t, page)
	browsertest.Screenshot(t, page, "auth-out")
	browsertest.Run(t, page, "sign up", fill("#password [name=email]", "ada@example.com"), fill("#password [name=password]", "correct horse"),
		browsertest.Click("#password button[value=up]"), chromedp.WaitVisible(in))
	browsertest.Run(t, page, "an address that is not confirmed gets none", browsertest.Click("#add-passkey"), chromedp.WaitVisible("#message:not(:empty)"))
	browsertest.Run(t, page, "confirm it", browsertest.Click("#confirm-address"), chromedp.WaitVisible("#message.good"))
	browsertest.Run(t, page, "open the link", chromedp.Navigate(box.Next(t, 0).Link()), chromedp.Reload(), chromedp.WaitVisible(in), chromedp.WaitNotVisible("#confirm-address"))
	browsertest.Run(t, page, "add a passkey", browsertest.Click("#add-passkey"), chromedp.WaitVisible("#passkeys li"))
	browsertest.Screenshot(t, page, "auth-in")
	browsertest.Run(t, page, "sign out and in with it", browsertest.Click("#signout"), chromedp.WaitVisible(out), browsertest.Click("#use-passkey"), chromedp.WaitVisible(in),
		chromedp.WaitVisible(`//li[contains(., "passkey")]`))

	// The same device at a page of another origin, which the server does not know: it is refused there.
	other := strings.Replace(url, "localhost", "other.localhost", 1)
	stolen, err := chromedp.Run(page, chromedp.Evaluate[string](`(async () => {
		const begin = await fetch("/v1/auth/passkeys/signin", { method: "POST" }).then((r) => r.json());
		const b = (t) => Uint8Array.from(atob(t.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
		const got = await navigator.credentials.get({ publicKey: { ...begin.options, challenge: b(begin.options.challenge), allowCredentials: [] } });
		const t = (x) => btoa(String.fromCharCode(...new Uint8Array(x))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
		const data = JSON.parse(new TextDecoder().decode(got.response.clientDataJSON));
		data.origin = `+"`"+other+"`"+`; // what a page that relays it would have signed
		const send = (client, id) => fetch("/v1/auth/passkeys/signin/finish", { method: "POST", body: JSON.stringify({ id, response: { id: got.id, rawId: t(got.rawId), type: got.type,
			response: { clientDataJSON: client, authenticatorData: t(got.response.authenticatorData), signature: t(got.response.signature), userHandle: t(got.response.userHandle) } } }) }).then((r) => r.status);
		const forged = await send(t(new TextEncoder().encode(JSON.stringify(data))), begin.id);
		const replayed = await send(t(got.response.clientDataJSON), begin.id);
		const fresh = await fetch("/v1/auth/passkeys/signin", { method: "POST" }).then((r) => r.json());
		const elsewhere = await send(t(got.response.clientDataJSON), fresh.id);
		return [forged, replayed, elsewhere].join(" ");
	})()`, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	if stolen != "401 401 401" {
		t.Errorf("another origin, a challenge again, and the answer to another challenge: %s", stolen)
	}
	// Without the owner of the device, it does not sign in.
	if _, err := chromedp.Call(page, webauthn.SetUserVerified, webauthn.SetUserVerifiedParams{AuthenticatorID: device, IsUserVerified: false}); err != nil {
		t.Fatal(err)
	}
	browsertest.Run(t, page, "with a stranger at the device", browsertest.Click("#signout"), chromedp.WaitVisible(out), browsertest.Click("#use-passkey"), chromedp.WaitVisible("#message:not(:empty)"), chromedp.WaitVisible(out))
}

func TestAuth_MailsSecondFactorAndGuests(t *testing.T) {
	url, box := serve(t)
	page := browsertest.Open(t)
	browsertest.Run(t, page, "look around first", chromedp.Navigate(url), chromedp.WaitVisible(out), browsertest.Click("#guest"), chromedp.WaitVisible(in), chromedp.WaitVisible("#guest-note"))
	browsertest.Run(t, page, "then sign up", browsertest.Click("#keep"), fill("#password [name=email]", "ada@example.com"), fill("#password [name=password]", "correct horse"),
		browsertest.Click("#password button[value=up]"), chromedp.WaitVisible(`//span[@id="name" and text()="ada@example.com"]`))
	browsertest.Run(t, page, "confirm the address", browsertest.Click("#confirm-address"), chromedp.WaitVisible("#message.good"))
	browsertest.Run(t, page, "open the link to do so", chromedp.Navigate(box.Next(t, 0).Link()), chromedp.Reload(), chromedp.WaitVisible(in), chromedp.WaitNotVisible("#confirm-address"))
	browsertest.Run(t, page, "a second factor", browsertest.Click("#enrol"), chromedp.WaitVisible("#confirm"))
	secret, err := chromedp.Run(page, chromedp.Evaluate[string](`document.querySelector("#secret").textContent`))
	if err != nil {
		t.Fatal(err)
	}
	code, err := totp.GenerateCode(secret, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	browsertest.Run(t, page, "confirm it", fill("#confirm [name=code]", code), browsertest.Click("#confirm button"), chromedp.WaitVisible("#recovery"), chromedp.WaitVisible("#totp-on"))
	browsertest.Screenshot(t, page, "auth-factor")
	recovery, err := chromedp.Run(page, chromedp.Evaluate[string](`document.querySelector("#recovery code").textContent.split(" ")[0]`))
	if err != nil {
		t.Fatal(err)
	}
	browsertest.Run(t, page, "sign out, and ask for a link", browsertest.Click("#signout"), chromedp.WaitVisible(out), fill("#password [name=email]", "ada@example.com"), browsertest.Click("#password button[value=mail]"), chromedp.WaitVisible("#code"))
	mail := box.Next(t, 2) // after the one that tells of the second factor
	if !strings.HasPrefix(mail.Link(), url+"/#basalt=signin&token=") {
		t.Errorf("the link is %s", mail.Link())
	}
	browsertest.Run(t, page, "the code, and the second factor", fill("#code [name=code]", mail.Code()), browsertest.Click("#code button"), chromedp.WaitVisible("#factor"),
		fill("#factor input", recovery), browsertest.Click("#password button[value=in]"), chromedp.WaitVisible(in))

	// The link, in another browser.
	second := browsertest.Open(t)
	browsertest.Run(t, second, "ask", chromedp.Navigate(url), chromedp.WaitVisible(out), fill("#password [name=email]", "bob@example.com"), browsertest.Click("#password button[value=mail]"), chromedp.WaitVisible("#code"))
	browsertest.Run(t, second, "open the link", chromedp.Navigate(box.Next(t, 3).Link()), chromedp.Reload(), chromedp.WaitVisible(`//span[@id="name" and text()="bob@example.com"]`))
	if address, err := chromedp.Run(second, chromedp.Location()); err != nil || strings.Contains(address, "token") {
		t.Errorf("the address is %s, %v", address, err)
	}
}

func TestAuth_ElsewhereByRedirectAndPopup(t *testing.T) {
	url, _ := serve(t)
	page := browsertest.Open(t)
	login := []chromedp.Action[chromedp.Void]{chromedp.WaitVisible("#username"), chromedp.SendKeys("#username", "eve"), chromedp.SendKeys("#password", "pw"), browsertest.Click("button[type=submit]")}
	browsertest.Run(t, page, "go there", append([]chromedp.Action[chromedp.Void]{chromedp.Navigate(url + "/?redirect"), chromedp.WaitVisible("#with-test"), browsertest.Click("#with-test")}, login...)...)
	browsertest.Run(t, page, "and come back", chromedp.WaitVisible(`//span[@id="name" and text()="eve@example.com"]`))
	if address, err := chromedp.Run(page, chromedp.Location()); err != nil || strings.Contains(address, "code") {
		t.Errorf("the address is %s, %v", address, err)
	}
	second := browsertest.Open(t)
	browsertest.Run(t, second, "open", chromedp.Navigate(url), chromedp.WaitVisible("#with-test"))
	opened := chromedp.WaitNewTarget(second, func(i *target.Info) bool { return i.OpenerID != "" })
	browsertest.Run(t, second, "a popup", browsertest.Click("#with-test"))
	select {
	case id := <-opened:
		popup, cancel := chromedp.NewContext(second, chromedp.WithTargetID(id))
		defer cancel()
		browsertest.Run(t, popup, "sign in there", login[:3]...)
		// A window without focus takes no clicks, and one that is gone gives no answers.
		short, stop := context.WithTimeout(popup, 3*time.Second)
		defer stop()
		_, _ = chromedp.Run(short, chromedp.Evaluate[bool](`(setTimeout(() => document.querySelector("button[type=submit]").click(), 100), true)`))
	case <-time.After(time.Minute):
		t.Fatal("there is no popup")
	}
	browsertest.Run(t, second, "signed in", chromedp.WaitVisible(`//span[@id="name" and text()="eve@example.com"]`))
}

// TestAuth_TabsRefreshOnce: however many tabs of a browser refresh at once, one request is made, and all have
// the same tokens.
func TestAuth_TabsRefreshOnce(t *testing.T) {
	url, _ := serve(t)
	page := browsertest.Open(t)
	browsertest.Run(t, page, "sign in", chromedp.Navigate(url), chromedp.WaitVisible(out), browsertest.Click("#guest"), chromedp.WaitVisible(in))
	got, err := chromedp.Run(page, chromedp.Evaluate[string](`(async () => {
		const { createClient } = await import("/v1/sdk.js");
		let requests = 0;
		const fetcher = (url, init) => { if (String(url).includes("/refresh")) requests++; return fetch(url, init); };
		const tabs = Array.from({ length: 8 }, () => createClient(location.origin, { fetch: fetcher }).auth);
		await Promise.all(tabs.map((tab) => tab.ready));
		const sessions = await Promise.all(tabs.map((tab) => tab.refresh()));
		return requests + " " + new Set(sessions.map((s) => s.refreshToken)).size;
	})()`, chromedp.EvalAwaitPromise))
	if err != nil || got != "1 1" {
		t.Errorf("requests and different tokens: %s, %v", got, err)
	}
}
