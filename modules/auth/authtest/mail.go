package authtest

import (
	"io"
	"net"
	"net/mail"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
)

// Mailbox is an SMTP server that stores received mails.
type Mailbox struct {
	Address string

	mu    sync.Mutex
	mails []Mail
}

// Mail is a received mail.
type Mail struct {
	From string
	To   []string
	Head mail.Header
	Text string
}

// StartMailbox runs an SMTP server until the test ends.
func StartMailbox(t testing.TB) *Mailbox {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m := &Mailbox{Address: l.Addr().String()}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{box: m}, nil }))
	server.Domain = "localhost"
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(l) // ends when it is closed
	}()
	t.Cleanup(func() {
		_ = server.Close()
		<-done
	})
	return m
}

type session struct {
	box  *Mailbox
	mail Mail
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.mail = Mail{From: from}
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.mail.To = append(s.mail.To, to)
	return nil
}

func (s *session) Data(r io.Reader) error {
	msg, err := mail.ReadMessage(r)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(msg.Body)
	if err != nil {
		return err
	}
	s.mail.Head = msg.Header
	s.mail.Text = strings.ReplaceAll(strings.ReplaceAll(string(body), "=\r\n", ""), "=3D", "=") // quoted-printable, as far as it occurs
	s.box.mu.Lock()
	defer s.box.mu.Unlock()
	s.box.mails = append(s.box.mails, s.mail)
	return nil
}

func (s *session) Reset()        { s.mail = Mail{} }
func (s *session) Logout() error { return nil }

// All returns the mails received so far.
func (m *Mailbox) All() []Mail {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]Mail(nil), m.mails...)
}

// Next waits for the n-th mail, counted from 0, and returns it.
func (m *Mailbox) Next(t testing.TB, number int) Mail {
	t.Helper()
	for range 500 {
		if all := m.All(); len(all) > number {
			return all[number]
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("mail number %d does not arrive", number)
	return Mail{}
}

var (
	tokenPattern = regexp.MustCompile(`token=([A-Z0-9]+)`)
	codePattern  = regexp.MustCompile(`code: (\d{6})`)
	linkPattern  = regexp.MustCompile(`https?://\S+`)
)

func first(p *regexp.Regexp, text string, group int) string {
	if m := p.FindStringSubmatch(text); m != nil {
		return m[group]
	}
	return ""
}

// Token returns the secret of the mail's link, Code its six-digit code, and Link the link; each is empty if there
// is none.
func (m Mail) Token() string { return first(tokenPattern, m.Text, 1) }
func (m Mail) Code() string  { return first(codePattern, m.Text, 1) }
func (m Mail) Link() string  { return first(linkPattern, m.Text, 0) }
