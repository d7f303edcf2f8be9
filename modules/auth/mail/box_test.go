package mail

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestBox_ShowsMailsAsText: nothing of a mail is markup, and addresses are links.
func TestBox_ShowsMailsAsText(t *testing.T) {
	t.Parallel()
	page := func(b *Box) string {
		w := httptest.NewRecorder()
		b.ServeHTTP(w, httptest.NewRequest("GET", "http://localhost:4123/", nil))
		return w.Body.String()
	}
	b := &Box{}
	if got := page(b); !strings.Contains(got, "None yet") || strings.Contains(got, "<article>") {
		t.Errorf("an empty box is %s", got)
	}
	b.add(Kept{At: time.Date(2026, 2, 28, 14, 3, 7, 0, time.UTC), To: `"<i>ann</i>" <ann@example.com>`, Subject: "<script>1</script> & more", Text: "<b>Open</b> https://example.com/?a=1&b='2'#\"><img> or http://localhost/x. <u>end"})
	b.add(Kept{Subject: "the newer one"})
	got := page(b)
	for _, want := range []string{
		"<h2>&lt;script&gt;1&lt;/script&gt; &amp; more</h2>",
		"<p>to &#34;&lt;i&gt;ann&lt;/i&gt;&#34; &lt;ann@example.com&gt;, 14:03:07 UTC</p>",
		"<pre>&lt;b&gt;Open&lt;/b&gt; ",
		`<a href="https://example.com/?a=1&amp;b=&#39;2&#39;#">https://example.com/?a=1&amp;b=&#39;2&#39;#</a>&#34;&gt;&lt;img&gt; or `,
		`<a href="http://localhost/x.">http://localhost/x.</a> &lt;u&gt;end</pre>`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("lacks %s: %s", want, got)
		}
	}
	for _, markup := range []string{"<script", "<img", "<b>", "<i>", "<u>"} {
		if strings.Contains(got, markup) {
			t.Errorf("has the markup %s of a mail", markup)
		}
	}
	if strings.Index(got, "the newer one") > strings.Index(got, "&lt;script") {
		t.Error("the newest is not the first")
	}
}
