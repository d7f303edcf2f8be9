package auth

import (
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"

	"github.com/basalt-dev/basalt/modules/fault"
)

// What people type has many spellings. Each kind of it has one function here, which every path in goes through:
// what is compared with what is stored was written by the same one.

var errAddress = []fault.FieldError{{Field: "email", Code: "pattern", Detail: "this is not an e-mail address"}}

// normalEmail returns the one spelling of an address that is stored: composed characters (NFC, RFC 6532, 3.1), a
// domain as people read it (IDNA), and small letters. Nothing that makes it another mailbox: an address in which a
// character outside of ASCII would become one of it, as the sign for Kelvin becomes k, is refused.
func normalEmail(email string) (string, []fault.FieldError) {
	email = strings.TrimSpace(email)
	at := strings.LastIndexByte(email, '@')
	if at < 1 || len(email) > 1000 || !utf8.ValidString(email) || strings.ContainsFunc(email, deceives) {
		return "", errAddress
	}
	domain, ok := normalDomain(email[at+1:])
	email = norm.NFC.String(strings.Map(small, norm.NFC.String(email[:at]))) + "@" + domain
	if a, err := mail.ParseAddress(email); !ok || err != nil || a.Address != email || len(email) > 254 {
		return "", errAddress
	}
	return email, nil
}

// deceives reports whether a character cannot be seen, or is outside of ASCII and one of it when it is composed.
func deceives(r rune) bool {
	return !unicode.IsPrint(r) || r >= utf8.RuneSelf && norm.NFC.String(string(r))[0] < utf8.RuneSelf
}

// small is a letter's small form, where that is the only one it has: the dotted capital I of Turkish stays, since
// its small form is that of another letter.
func small(r rune) rune {
	lower := unicode.ToLower(r)
	if (r < utf8.RuneSelf) == (lower < utf8.RuneSelf) && (lower == r || unicode.ToUpper(lower) == r) {
		return lower
	}
	return r
}

var domains = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.StrictDomainName(true))

func foreign(r rune) bool { return r >= utf8.RuneSelf }

// normalDomain returns a domain as people read it, and false for what is none.
func normalDomain(domain string) (string, bool) {
	domain = strings.Map(small, domain)
	if !strings.ContainsFunc(domain, foreign) && !strings.Contains(domain, "xn--") {
		return domain, true
	}
	ascii, err := domains.ToASCII(domain)
	if err != nil {
		return "", false
	}
	typed, mapped := strings.Split(domain, "."), strings.Split(ascii, ".")
	if len(typed) != len(mapped) { // other characters than the full stop are dots, too
		return "", false
	}
	for i, label := range typed {
		if strings.ContainsFunc(label, foreign) && !strings.HasPrefix(mapped[i], "xn--") {
			return "", false
		}
	}
	out, err := domains.ToUnicode(ascii)
	return out, err == nil
}

// mailbox is the spelling of a normal address that every server of mail takes: the domain in ASCII.
func mailbox(email string) string {
	at := strings.LastIndexByte(email, '@')
	if domain, err := domains.ToASCII(email[at+1:]); err == nil {
		return email[:at+1] + domain
	}
	return email
}

// normalPassword is what is hashed of a password (NIST SP 800-63B, 5.1.1.2): keyboards differ in how they write an
// accent.
func normalPassword(password string) string { return norm.NFC.String(password) }

// spellings are those in which a password may have been hashed before there was normalPassword, or elsewhere.
func spellings(password string) []string {
	all := []string{normalPassword(password)}
	for _, other := range []string{password, norm.NFD.String(password)} {
		if other != all[0] && other != all[len(all)-1] {
			all = append(all, other)
		}
	}
	return all
}

// normalCode is a code as people read it from a screen or from paper: without the spaces, and the dash of a recovery
// code at its place.
func normalCode(code string) string {
	if len(code) > 100 {
		return ""
	}
	code = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, code)
	if len(code) == recoveryBytes {
		return code[:recoveryBytes/2] + "-" + code[recoveryBytes/2:]
	}
	return code
}
