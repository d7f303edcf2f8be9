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

// User input has many spellings. Each kind of input has one function here, which every path uses: input is
// compared with stored values that were normalised by the same function.

var errAddress = []fault.FieldError{{Field: "email", Code: "pattern", Detail: "this is not an e-mail address"}}

// normalEmail returns the stored spelling of an address: composed characters (NFC, RFC 6532, 3.1), the domain in
// Unicode (IDNA), and lower case. It never changes the mailbox: an address is refused if a character outside of
// ASCII would become an ASCII one, as the Kelvin sign becomes k.
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

// deceives reports whether a character is invisible, or is outside of ASCII but composes to ASCII.
func deceives(r rune) bool {
	return !unicode.IsPrint(r) || r >= utf8.RuneSelf && norm.NFC.String(string(r))[0] < utf8.RuneSelf
}

// small returns a letter's lower case form, if that is its only one: the dotted capital I of Turkish stays, since
// its lower case is another letter.
func small(r rune) rune {
	lower := unicode.ToLower(r)
	if (r < utf8.RuneSelf) == (lower < utf8.RuneSelf) && (lower == r || unicode.ToUpper(lower) == r) {
		return lower
	}
	return r
}

var domains = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.StrictDomainName(true))

func foreign(r rune) bool { return r >= utf8.RuneSelf }

// normalDomain returns a domain in Unicode, and false if it is invalid.
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
	if len(typed) != len(mapped) { // other characters than the full stop map to dots
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

// mailbox returns the spelling of a normal address that every mail server accepts: the domain in ASCII.
func mailbox(email string) string {
	at := strings.LastIndexByte(email, '@')
	if domain, err := domains.ToASCII(email[at+1:]); err == nil {
		return email[:at+1] + domain
	}
	return email
}

// normalPassword returns the hashed form of a password (NIST SP 800-63B, 5.1.1.2): keyboards encode accents
// differently.
func normalPassword(password string) string { return norm.NFC.String(password) }

// spellings returns the forms that may have been hashed elsewhere, or before normalPassword existed.
func spellings(password string) []string {
	all := []string{normalPassword(password)}
	for _, other := range []string{password, norm.NFD.String(password)} {
		if other != all[0] && other != all[len(all)-1] {
			all = append(all, other)
		}
	}
	return all
}

// normalCode returns a code as typed from a screen or paper in its stored form: without spaces, and with the dash
// of a recovery code in its place.
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
