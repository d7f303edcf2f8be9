//go:build browser

package browsertest_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"

	"github.com/basalt-dev/basalt/examples/browsertest"
	"github.com/basalt-dev/basalt/modules/auth/authtest"
	"github.com/basalt-dev/basalt/server/servertest"
)

// behindNginx runs a server behind a real nginx that changes Host, compresses, and takes /api off. It returns the origin
// of the app there, and one of an address that cors.origins has with a wildcard.
func behindNginx(t *testing.T) (app, other string, box *authtest.Mailbox) {
	t.Helper()
	stripping, keeping := servertest.FreeAddress(t), servertest.FreeAddress(t)
	port := func(address string) string { return address[strings.LastIndexByte(address, ':'):] }
	app, other = "http://localhost"+port(stripping), "http://one.preview.localhost"+port(keeping)
	box = authtest.StartMailbox(t)
	provider := authtest.StartProvider(t, []authtest.Account{{ID: "p1", Username: "eve", Password: "pw", Email: "eve@example.com", EmailVerified: true}}, app+"/api/v1/auth/oauth/test/callback")
	s := servertest.Start(t, fmt.Sprintf(`
databases: { main: { driver: sqlite, url: "file:app.db" } }
auth:
  url: %s/api
  providers:
    password: {}
    email: { signup: true }
    oidc: { test: { issuer: %q, client_id: basalt, client_secret: secret } }
cors: { origins: ["http://*.preview.localhost%s"] }
proxies: ["127.0.0.1/32"]
mail: { url: "smtp://%s", from: app@example.com }
collections:
  notes: { fields: { text: { type: string, max: 3000000 }, n: { type: int, default: 0 } }, rules: { read: 'true', create: 'true', update: 'true' } }
`, app, provider.Issuer, port(keeping), box.Address))
	servertest.Nginx(t, s.URL, stripping, keeping)
	return app, other, box
}

// answers evaluates what a page of an app does with the client of its server.
func answers(t *testing.T, page context.Context, server, script string) string {
	t.Helper()
	bounded, cancel := context.WithTimeout(page, time.Minute)
	defer cancel()
	got, err := chromedp.Run(bounded, chromedp.Evaluate[string](`(async () => {
		const { createClient } = await import("`+server+`/v1/sdk.js");
		const sent = [];
		const client = createClient("`+server+`", { fetch: (url, init) => { sent.push(String(url)); return fetch(url, init); } });
		const notes = client.db.collection("notes");
		`+script+`
	})().catch((e) => "failed: " + (e.code ?? "") + " " + e.message)`, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// TestNginx_PagesOfTheAppAndOfAnotherOrigin: what nginx changes, and what an origin by a wildcard may.
func TestNginx_PagesOfTheAppAndOfAnotherOrigin(t *testing.T) {
	app, other, _ := behindNginx(t)
	for origin, page := range map[string]context.Context{app: browsertest.Open(t), other: browsertest.Open(t)} {
		browsertest.Run(t, page, "open "+origin, chromedp.Navigate(origin), chromedp.WaitVisible("#app"))
		for _, step := range []struct{ what, script, want string }{
			{"a body that is too large is refused once, and says so", `
				try { await notes.add({ text: "x".repeat(2 << 20) }); return "stored"; } catch (e) { return e.code + " after " + sent.length; }`, "too_large after 1"},
			{"a live query opens, and sees a change", `
				return await new Promise((resolve) => {
					const stop = notes.onSnapshot((s) => {
						if (s.docs.some((d) => d.text === location.origin)) { stop(); resolve("seen"); }
						else if (s.connected !== false && !sent.length) notes.add({ text: location.origin });
					}, (e) => resolve(e.code + " " + e.message));
				});`, "seen"},
			{"a change on condition, with the tag that nginx has made weak", `
				const made = await notes.add({ text: "tagged" });
				const { tag } = await notes.doc(made.id).getWithTag();
				await notes.doc(made.id).update({ n: 1 }, { ifMatch: tag });
				try { await notes.doc(made.id).update({ n: 2 }, { ifMatch: tag }); return "changed twice"; } catch (e) { return e.code; }`, "precondition_failed"},
		} {
			if got := answers(t, page, app+"/api", step.script); got != step.want {
				t.Errorf("%s, %s: got %q, want %q", origin, step.what, got, step.want)
			}
		}
	}
}

// TestNginx_ArrivesOnceHoweverOftenItIsAsked: the link of a mail, whose page calls arrive() as StrictMode does.
func TestNginx_ArrivesOnceHoweverOftenItIsAsked(t *testing.T) {
	app, _, box := behindNginx(t)
	page := browsertest.Open(t)
	browsertest.Run(t, page, "open", chromedp.Navigate(app), chromedp.WaitVisible("#app"))
	if got := answers(t, page, app+"/api", `await client.auth.sendSignInMail("ada@example.com"); return "sent";`); got != "sent" {
		t.Fatal(got)
	}
	link := box.Next(t, 0).Link()
	at, token, _ := strings.Cut(link, "#")
	if !strings.HasPrefix(at, app+"/") {
		t.Fatalf("the link is %s", link)
	}
	got := answers(t, page, app+"/api", `
		history.replaceState(null, "", "/arrive#`+token+`");
		const both = await Promise.all([client.auth.arrive(), client.auth.arrive()]);
		return both.map((a) => a.kind).join(" ") + " " + client.auth.user.email + " " + sent.filter((u) => u.endsWith("/auth/email/verify")).length + " " + location.hash;`)
	if strings.TrimSpace(got) != "signin signin ada@example.com 1" {
		t.Errorf("got %q", got)
	}
}

// TestNginx_APopupWithoutItsOpener: the window of the provider loses its opener by Cross-Origin-Opener-Policy, and looks
// closed from then on.
func TestNginx_APopupWithoutItsOpener(t *testing.T) {
	app, _, _ := behindNginx(t)
	page := browsertest.Open(t)
	browsertest.Run(t, page, "open", chromedp.Navigate(app), chromedp.WaitVisible("#app"))
	if got := answers(t, page, app+"/api", `
		const b = document.createElement("button"); b.id = "with"; b.textContent = "sign in";
		b.onclick = () => client.auth.signInWith("test", { popup: true }).then((u) => { app.textContent = u.email; }, (e) => { app.textContent = e.message; });
		document.body.append(b); return "ready";`); got != "ready" {
		t.Fatal(got)
	}
	opened := chromedp.WaitNewTarget(page, func(i *target.Info) bool { return i.Type == "page" })
	browsertest.Run(t, page, "click", browsertest.Click("#with"))
	select {
	case id := <-opened:
		popup, cancel := chromedp.NewContext(page, chromedp.WithTargetID(id))
		defer cancel()
		browsertest.Run(t, popup, "sign in there", chromedp.WaitVisible("#username"), chromedp.SendKeys("#username", "eve"), chromedp.SendKeys("#password", "pw"))
		short, stop := context.WithTimeout(popup, 3*time.Second)
		defer stop()
		_, _ = chromedp.Run(short, chromedp.Evaluate[bool](`(setTimeout(() => document.querySelector("button[type=submit]").click(), 100), true)`))
	case <-time.After(time.Minute):
		t.Fatal("there is no popup")
	}
	browsertest.Run(t, page, "signed in", chromedp.WaitVisible(`//p[@id="app" and text()="eve@example.com"]`))
}
