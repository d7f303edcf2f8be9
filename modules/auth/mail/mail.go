// Package mail sends the mails of package auth: over SMTP, or into a directory, for development.
package mail

import (
	"context"
	"crypto/tls"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	netmail "net/mail"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"github.com/basalt-dev/basalt/modules/auth"
)

// The first line of a template is the subject, the rest the text. Mails are plain text, so no value can act as
// markup.
//
//go:embed templates/*.txt
var bundled embed.FS

// Kinds are the kinds of mails, each with a template of its name.
var Kinds = []string{"signin", "confirm", "change", "reset", "invite", "taken", "notice", "reauthenticate"}

// Config configures a [Mailer].
type Config struct {
	// URL is smtp://user:password@host:587 (STARTTLS if the server has it, ?tls=required), smtps://…:465, or
	// file:directory, where each mail becomes a file.
	URL string
	// From is the sender, as in "My app <no-reply@example.com>".
	From string
	// App is the name used in the mails.
	App string
	// Templates is a directory whose KIND.txt replace the bundled templates; empty for none.
	Templates string
	// Dir is the base of relative directories.
	Dir string
	// Print, if not nil, receives each mail that is not sent.
	Print io.Writer
	// Box, if not nil, keeps the mails: none is sent.
	Box *Box
}

// Mailer sends mails. It is safe for concurrent use.
type Mailer struct {
	config    Config
	templates map[string]template
	deliver   func(context.Context, *mail.Msg) error
}

var _ auth.Mailer = (*Mailer)(nil)

// New returns a mailer, or an error if the configuration is wrong. It does not connect.
func New(c Config) (*Mailer, error) {
	m := &Mailer{config: c, templates: map[string]template{}}
	if _, err := netmail.ParseAddress(c.From); err != nil {
		return nil, fmt.Errorf(`mail.from has the form "My app <no-reply@example.com>"`)
	}
	for _, kind := range Kinds {
		file := kind + ".txt"
		text, err := fs.ReadFile(bundled, "templates/"+file)
		if c.Templates != "" {
			path := filepath.Join(absolute(c.Dir, c.Templates), file)
			own, ownErr := os.ReadFile(path)
			if ownErr == nil {
				text, file = own, path
			} else if !errors.Is(ownErr, fs.ErrNotExist) {
				err = ownErr
			}
		}
		if err != nil {
			return nil, fmt.Errorf("mail.templates: %w", err)
		}
		if m.templates[kind], err = parse(file, string(text)); err != nil {
			return nil, fmt.Errorf("mail.templates: %w", err)
		}
		if _, _, err := m.write(auth.Message{Kind: kind}); err != nil {
			return nil, fmt.Errorf("mail.templates: %s: %w", file, err)
		}
	}
	var err error
	if m.deliver, err = m.delivery(); c.Box != nil {
		m.deliver = m.intoBox(c.Box)
	}
	return m, err
}

func absolute(dir, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

var errURL = errors.New(`mail.url has the form "smtp://user:password@host:587", "smtps://user:password@host:465" or "file:mails"`)

func (m *Mailer) delivery() (func(context.Context, *mail.Msg) error, error) {
	if dir, ok := strings.CutPrefix(m.config.URL, "file:"); ok && dir != "" {
		return m.intoDirectory(absolute(m.config.Dir, dir)), nil
	}
	u, err := url.Parse(m.config.URL)
	if err != nil || u.Hostname() == "" || u.Scheme != "smtp" && u.Scheme != "smtps" {
		return nil, errURL
	}
	options := []mail.Option{mail.WithTimeout(15 * time.Second), mail.WithTLSConfig(&tls.Config{ServerName: u.Hostname(), MinVersion: tls.VersionTLS12})}
	switch policy := u.Query().Get("tls"); {
	case u.Scheme == "smtps":
		options = append(options, mail.WithSSL())
	case policy == "required":
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	case policy == "":
		options = append(options, mail.WithTLSPolicy(mail.TLSOpportunistic))
	default:
		return nil, errors.New("mail.url: the option tls must be \"required\" or absent")
	}
	if u.Port() != "" {
		port, err := strconv.Atoi(u.Port())
		if err != nil {
			return nil, errURL
		}
		options = append(options, mail.WithPort(port))
	}
	if u.User != nil {
		password, _ := u.User.Password()
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(u.User.Username()), mail.WithPassword(password))
	}
	host := u.Hostname()
	if _, err := mail.NewClient(host, options...); err != nil {
		return nil, fmt.Errorf("mail.url: %w", errURL)
	}
	return func(ctx context.Context, msg *mail.Msg) error {
		client, err := mail.NewClient(host, options...) // one connection per mail: there are few
		if err != nil {
			return err
		}
		return client.DialAndSendWithContext(ctx, msg)
	}, nil
}

func (m *Mailer) intoDirectory(dir string) func(context.Context, *mail.Msg) error {
	return func(_ context.Context, msg *mail.Msg) error {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
		name := filepath.Join(dir, time.Now().UTC().Format("20060102T150405.000000000")+".eml")
		if err := msg.WriteToFile(name); err != nil {
			return err
		}
		if m.config.Print == nil {
			return nil
		}
		parts := msg.GetParts()
		text, err := parts[0].GetContent()
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(m.config.Print, "mail to %s (also in %s):\n%s\n", strings.Join(msg.GetToString(), ", "), name, text)
		return err
	}
}

// write returns the subject and the text of a mail.
func (m *Mailer) write(message auth.Message) (subject, text string, err error) {
	t, known := m.templates[message.Kind]
	if !known {
		return "", "", fmt.Errorf("there is no mail %q", message.Kind)
	}
	subject, text, ok := strings.Cut(strings.ReplaceAll(t.fill(m.config.App, message), "\r", ""), "\n")
	if !ok {
		return "", "", errors.New("there is a subject and no text: the first line is the subject, the others are the text")
	}
	return subject, strings.TrimLeft(text, "\n"), nil
}

// Send implements [auth.Mailer].
func (m *Mailer) Send(ctx context.Context, message auth.Message) error {
	subject, text, err := m.write(message)
	if err != nil {
		return err
	}
	msg := mail.NewMsg()
	if err := msg.From(m.config.From); err != nil {
		return err
	}
	if err := msg.To(message.To); err != nil {
		return fmt.Errorf("the address cannot be mailed to: %w", err)
	}
	msg.Subject(subject)
	msg.SetBodyString(mail.TypeTextPlain, text)
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetMessageID()
	msg.SetDate()
	return m.deliver(ctx, msg)
}
