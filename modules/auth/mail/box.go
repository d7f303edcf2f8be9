package mail

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/wneessen/go-mail"
)

// boxSize is how many mails a box keeps.
const boxSize = 100

// Kept is a mail in a [Box].
type Kept struct {
	At      time.Time `json:"at"`
	To      string    `json:"to"`
	Subject string    `json:"subject"`
	Text    string    `json:"text"`
}

// Box keeps the newest mails in memory, for development, and shows them as a page. It is safe for concurrent use.
type Box struct {
	mu    sync.Mutex // guards mails
	mails []Kept
}

// Mails returns the mails, the newest first.
func (b *Box) Mails() []Kept {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := slices.Clone(b.mails)
	slices.Reverse(out)
	return out
}

func (b *Box) add(k Kept) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.mails = append(b.mails, k)
	b.mails = b.mails[max(0, len(b.mails)-boxSize):]
}

func (m *Mailer) intoBox(b *Box) func(context.Context, *mail.Msg) error {
	return func(_ context.Context, msg *mail.Msg) error {
		text, err := msg.GetParts()[0].GetContent()
		if err != nil {
			return err
		}
		k := Kept{At: time.Now().UTC(), To: strings.Join(msg.GetToString(), ", "), Subject: strings.Join(msg.GetGenHeader(mail.HeaderSubject), ""), Text: string(text)}
		b.add(k)
		if m.config.Print == nil {
			return nil
		}
		_, err = fmt.Fprintf(m.config.Print, "\n  mail to %s: %s\n\n    %s\n\n", k.To, k.Subject, strings.ReplaceAll(strings.TrimSpace(k.Text), "\n", "\n    "))
		return err
	}
}

var address = regexp.MustCompile(`https?://[^\s<>"]+`)

const boxHead = `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="3"><title>Mails</title>
<style>
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem }
article { border: 1px solid color-mix(in srgb, currentColor 25%, transparent); border-radius: 8px; padding: 1rem; margin: 1rem 0 }
h2 { font-size: 1.1rem; margin: 0 } p { margin: 0; opacity: .75 } pre { font: inherit; white-space: pre-wrap; overflow-wrap: anywhere; margin: .75rem 0 0 }
</style>
<h1>Mails</h1>
`

// writePage writes the mails as HTML, in which nothing of a mail is markup.
func writePage(w io.Writer, mails []Kept) error {
	var b strings.Builder
	b.WriteString(boxHead)
	for _, k := range mails {
		fmt.Fprintf(&b, "<article><h2>%s</h2><p>to %s, %s UTC</p><pre>", html.EscapeString(k.Subject), html.EscapeString(k.To), k.At.Format("15:04:05"))
		writeLinked(&b, k.Text)
		b.WriteString("</pre></article>\n")
	}
	if len(mails) == 0 {
		b.WriteString("<p>None yet. Mails that the server would send are shown here.</p>")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// writeLinked writes a text with its addresses as links.
func writeLinked(b *strings.Builder, text string) {
	at := 0
	for _, found := range address.FindAllStringIndex(text, -1) {
		b.WriteString(html.EscapeString(text[at:found[0]]))
		link := html.EscapeString(text[found[0]:found[1]])
		b.WriteString(`<a href="` + link + `">` + link + `</a>`)
		at = found[1]
	}
	b.WriteString(html.EscapeString(text[at:]))
}

// ServeHTTP shows the mails: as a page, and at /mails.json for tests. It answers this machine by its own names alone, so
// that no page of another site reads them.
func (b *Box) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = r.Host
	}
	if ip := net.ParseIP(strings.Trim(host, "[]")); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		http.Error(w, "mails are shown at the address of this machine only", http.StatusForbidden)
		return
	}
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Cross-Origin-Resource-Policy", "same-origin")
	switch r.URL.Path {
	case "/mails.json":
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(b.Mails()) // the client has gone
	case "/":
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
		_ = writePage(w, b.Mails()) // the client has gone
	default:
		http.NotFound(w, r)
	}
}
