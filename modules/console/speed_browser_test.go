//go:build browser

package console_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/chromedp"

	"github.com/basalt-dev/basalt/examples/browsertest"
	"github.com/basalt-dev/basalt/server/servertest"
)

// million is a table of the usual width, of which makeRows makes the rows.
const million = `
databases: { main: { driver: memory } }
auth: { tokens: { algorithm: HS256, secret: "0123456789abcdef0123456789abcdef" }, providers: { password: { min_length: 8 } } }
admin: { users: 'auth.role == "admin"' }
collections:
  notes:
    realtime: false
    fields:
      owner:   { type: string }
      title:   { type: string, required: true }
      stars:   { type: int, default: 0 }
      done:    { type: bool, default: false }
      state:   { type: string, enum: [draft, open, closed], default: draft }
      tags:    { type: json }
      created: { type: time, default: "now()" }
    rules: { read: 'doc.owner == auth.id' }
`

// median is the middle one of some figures.
func median(all []float64) float64 {
	sorted := slices.Sorted(slices.Values(all))
	if len(sorted) == 0 {
		return 0
	}
	return sorted[len(sorted)/2]
}

// painted are the times of a load, in milliseconds since it has begun: of the first paint, of the first one with text, and of the first row.
type painted struct{ First, Text, Row float64 }

// load loads a page in a Chromium that has never been there, and says when it was painted.
func load(b *testing.B, url, session string) painted {
	b.Helper()
	ctx := browsertest.Open(b)
	script := page.AddScriptToEvaluateOnNewDocumentParams{Source: fmt.Sprintf(`
		if (location.origin === %q && %[2]q) sessionStorage.setItem("basalt.console", %[2]q);
		window.rows = 0;
		new MutationObserver((_, o) => { if (document.querySelector("[data-id]")) requestAnimationFrame(() => { window.rows ||= performance.now(); o.disconnect(); }); }).observe(document, { childList: true, subtree: true });`, url[:strings.Index(url, "/console")], session)}
	if _, err := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, script); err != nil {
		b.Fatal(err)
	}
	shown := chromedp.WaitVisible("[name=email]")
	if session != "" {
		shown = chromedp.WaitVisible("[data-id]")
	}
	browsertest.Run(b, ctx, "load it", chromedp.EmulateViewport(1440, 900), chromedp.Navigate(url), shown, chromedp.Poll[chromedp.Void](`performance.getEntriesByName("first-contentful-paint").length > 0`))
	got, err := chromedp.Run(ctx, chromedp.Evaluate[painted](`({ First: performance.getEntriesByName("first-paint")[0].startTime, Text: performance.getEntriesByName("first-contentful-paint")[0].startTime, Row: window.rows })`))
	if err != nil {
		b.Fatal(err)
	}
	return got
}

// BenchmarkConsole_FirstPaint loads the console from this machine, each time in a new Chromium: the page to sign in, and a collection.
//
//	go test -tags browser -run '^$' -bench Console_FirstPaint -benchtime 9x ./modules/console
func BenchmarkConsole_FirstPaint(b *testing.B) {
	s := servertest.Start(b, app)
	fill(b, s)
	// A page of a line, which is what this machine can do.
	bare := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, `<!doctype html><title>bare</title><input name="email" aria-label="bare">bare`)
	}))
	b.Cleanup(bare.Close)
	for _, c := range []struct{ name, url, session string }{
		{"bare", bare.URL + "/console/", ""}, {"signin", s.URL + "/console/", ""}, {"data", s.URL + "/console/#/data/notes", sessionOf(s, map[string]any{"sub": "root", "role": "admin"})},
	} {
		b.Run(c.name, func(b *testing.B) {
			var first, text, row []float64
			for b.Loop() {
				p := load(b, c.url, c.session)
				first, text, row = append(first, p.First), append(text, p.Text), append(row, p.Row)
			}
			b.ReportMetric(0, "ns/op") // it is that of starting Chromium
			b.ReportMetric(median(first), "ms-paint")
			b.ReportMetric(slices.Max(first), "ms-paint-worst")
			b.ReportMetric(median(text), "ms-contentful")
			if c.session != "" {
				b.ReportMetric(median(row), "ms-row")
			}
		})
	}
}

// frames are the times between frames in a page while it is scrolled, in milliseconds, and what its main thread has done meanwhile.
type frames struct {
	gaps                []float64
	task, script, style float64
	rows                int
}

// scroll turns the wheel above the middle of the page, as far and as fast as it is told, in pixels.
func scroll(b *testing.B, ctx context.Context, distance float64, speed int64) frames {
	b.Helper()
	busy := func() map[string]float64 {
		all, err := chromedp.Call(ctx, performance.GetMetrics, cdp.Empty{})
		if err != nil {
			b.Fatal(err)
		}
		out := map[string]float64{}
		for _, m := range all.Metrics {
			out[m.Name] = m.Value * 1000
		}
		return out
	}
	if _, err := chromedp.Call(ctx, performance.Enable, performance.EnableParams{TimeDomain: performance.EnableTimeDomainThreadTicks}); err != nil {
		b.Fatal(err)
	}
	browsertest.Run(b, ctx, "look at the frames", chromedp.Evaluate[chromedp.Void](`(() => {
		window.gaps = [];
		let last = performance.now(), on = true;
		const next = (now) => { window.gaps.push(now - last); last = now; if (on) requestAnimationFrame(next); };
		requestAnimationFrame((now) => { last = now; requestAnimationFrame(next); });
		window.stop = () => { on = false; };
	})()`), chromedp.Sleep(100*time.Millisecond))
	before := busy()
	wheel := input.SynthesizeScrollGestureParams{X: 700, Y: 500, YDistance: -distance, Speed: speed, GestureSourceType: input.GestureSourceTypeMouse}
	if _, err := chromedp.Call(ctx, input.SynthesizeScrollGesture, wheel); err != nil {
		b.Fatal(err)
	}
	after := busy()
	gaps, err := chromedp.Run(ctx, chromedp.Evaluate[[]float64](`(window.stop(), window.gaps)`))
	if err != nil || len(gaps) == 0 {
		b.Fatalf("no frames: %v", err)
	}
	shown, err := chromedp.Run(ctx, chromedp.Evaluate[int](`Math.round((document.querySelector(".rows")?.clientHeight ?? 0) / (document.querySelector(".row")?.clientHeight || 1))`))
	if err != nil {
		b.Fatal(err)
	}
	n := float64(len(gaps))
	return frames{gaps, (after["TaskDuration"] - before["TaskDuration"]) / n, (after["ScriptDuration"] - before["ScriptDuration"]) / n, (after["RecalcStyleDuration"] + after["LayoutDuration"] - before["RecalcStyleDuration"] - before["LayoutDuration"]) / n, shown}
}

func (f frames) report(b *testing.B) {
	late, dropped, sum := 0, 0, 0.0
	for _, gap := range f.gaps {
		sum += gap
		if gap > 17.5 { // the clock of frames is rounded
			late++
			dropped += int(gap/(1000.0/60)+0.5) - 1
		}
	}
	n := float64(len(f.gaps))
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(n/sum*1000, "frames/s")
	b.ReportMetric(100*float64(late)/n, "%late")
	b.ReportMetric(100*float64(dropped)/(n+float64(dropped)), "%dropped")
	b.ReportMetric(slices.Max(f.gaps), "ms-longest")
	b.ReportMetric(100*f.task*n/sum, "%main-busy")
	b.ReportMetric(f.task, "ms-main/frame")
	b.ReportMetric(f.script, "ms-script/frame")
	b.ReportMetric(f.style, "ms-layout/frame")
	b.ReportMetric(float64(f.rows), "rows")
}

// BenchmarkConsole_Scroll scrolls a table of a million rows by the wheel: its beginning, and further down after many pages; beside a
// page that is nothing but high, which is what this machine can do.
//
//	go test -tags browser -run '^$' -bench Console_Scroll -benchtime 1x -timeout 30m ./modules/console
func BenchmarkConsole_Scroll(b *testing.B) {
	server := servertest.Start(b, million)
	s := servertest.At(b, makeRows(b, server.URL, 0, func(body []byte, i int) []byte {
		return fmt.Appendf(body, `{"id":"n%07d","owner":"user%d","title":"The note with the number %[1]d","stars":%[3]d,"done":%[4]t,"state":%[5]q,"tags":["a",%[1]d],"created":"2026-11-30T12:%[6]02d:%[7]02d.123Z"}`, i, i%97, i%6, i%4 == 0, []string{"draft", "open", "closed"}[i%3], i/60%60, i%60)
	}), server.Path)
	ctx := enter(b, s, "en-US")
	plain, _ := browsertest.Tab(b, ctx)
	browsertest.Run(b, plain, "a page that is high", chromedp.EmulateViewport(1440, 900), chromedp.Navigate("about:blank"), chromedp.Evaluate[chromedp.Void](`document.body.innerHTML = '<div style="height: 30000000px; background: repeating-linear-gradient(white 0 35px, silver 35px 36px)"></div>'`))
	for _, speed := range []int64{1500, 6000, 20000} {
		b.Run(fmt.Sprintf("plain/%d", speed), func(b *testing.B) {
			for b.Loop() {
				scroll(b, plain, float64(4*speed), speed).report(b)
			}
		})
	}
	open := func(b *testing.B) {
		browsertest.Run(b, ctx, "open the table", chromedp.EmulateViewport(1440, 900), browsertest.Visit(s.URL+"/console/#/data/notes"), chromedp.WaitVisible("[data-id=n0000000]"), text(`@class="count"`, "1,000,000"))
	}
	for _, at := range []int{0, 20_000, 100_000} {
		for _, speed := range []int64{1500, 6000, 20000} {
			b.Run(fmt.Sprintf("rows-%d/%d", at, speed), func(b *testing.B) {
				for b.Loop() {
					if speed == 1500 {
						open(b)
						deepen(b, ctx, at)
					}
					scroll(b, ctx, float64(4*speed), speed).report(b)
				}
			})
		}
	}
}

// deepen goes down until so many rows are loaded.
func deepen(b *testing.B, ctx context.Context, rows int) {
	b.Helper()
	bounded, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	begun := time.Now()
	heap, err := chromedp.Run(bounded, chromedp.Evaluate[float64](fmt.Sprintf(`(async () => {
		const grid = document.querySelector(".grid");
		while (document.querySelector(".rows").clientHeight < %d * document.querySelector(".row").clientHeight) {
			grid.scrollTop = grid.scrollHeight;
			await new Promise((done) => setTimeout(done, 4));
		}
		return performance.memory.usedJSHeapSize;
	})()`, rows), chromedp.EvalAwaitPromise))
	if err != nil {
		b.Fatal(err)
	}
	b.Logf("%d rows are loaded after %.1f s, with a heap of %.0f MB", rows, time.Since(begun).Seconds(), heap/1e6)
}

// sessionOf is what the console keeps in its tab of someone with claims.
func sessionOf(s *servertest.Instance, claims map[string]any) string {
	session, _ := json.Marshal(map[string]any{
		"accessToken": s.Token(claims), "refreshToken": "", "expiresAt": time.Now().Add(time.Hour).UnixMilli(), "server": s.URL,
		"user": map[string]any{"id": "root", "email": nil, "created": ""},
	})
	return string(session)
}
