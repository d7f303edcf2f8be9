package oauth_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/basalt-dev/basalt/modules/auth/oauth"
	"github.com/basalt-dev/basalt/modules/auth/token"
	"github.com/basalt-dev/basalt/modules/fault"
)

func challengeOf(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

var verifier = strings.Repeat("v", 43)

// TestRequest_HasAChallenge refuses what would let anyone exchange the code (RFC 7636).
func TestRequest_HasAChallenge(t *testing.T) {
	t.Parallel()
	good := challengeOf(verifier)
	for name, test := range map[string]struct {
		challenge, method string
		ok                bool
	}{
		"a challenge":          {good, "S256", true},
		"none":                 {"", "S256", false},
		"no method":            {good, "", false},
		"the verifier itself":  {verifier, "plain", false},
		"another spelling":     {good, "s256", false},
		"padded":               {good + "=", "S256", false},
		"short":                {good[:42], "S256", false},
		"with other letters":   {good[:42] + "+", "S256", false},
		"with another line":    {good + "\n", "S256", false},
		"two in one parameter": {good + good, "S256", false},
	} {
		err := oauth.Request{Provider: "p", Challenge: test.challenge, Method: test.method}.Check()
		if (err == nil) != test.ok || err != nil && fault.CodeOf(err) != fault.Invalid {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// TestResult_IsProvenByTheVerifierAlone.
func TestResult_IsProvenByTheVerifierAlone(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("v", 129)
	for name, test := range map[string]struct {
		challenge, verifier string
		ok                  bool
	}{
		"the verifier":         {challengeOf(verifier), verifier, true},
		"another one":          {challengeOf(verifier), strings.Repeat("w", 43), false},
		"none":                 {challengeOf(""), "", false},
		"a short one":          {challengeOf(verifier[:42]), verifier[:42], false},
		"a long one":           {challengeOf(long), long, false},
		"the challenge":        {challengeOf(verifier), challengeOf(verifier), false},
		"without a challenge":  {"", verifier, false},
		"its own, as in plain": {verifier, verifier, false},
	} {
		if got := (oauth.Result{Challenge: test.challenge}).ProvenBy(test.verifier); got != test.ok {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

// TestNewState_IsNeverTheSame: nothing of a sign-in can be known beforehand, or from another one.
func TestNewState_IsNeverTheSame(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 100 {
		s := oauth.NewState(oauth.Request{Provider: "p", Challenge: "c", Redirect: "r"})
		if s.Provider != "p" || s.Challenge != "c" || s.Redirect != "r" || s.User != "" {
			t.Fatalf("got %+v", s)
		}
		for _, secret := range []string{s.ID, s.Nonce, s.Verifier} {
			if len(secret) < 26 || seen[secret] {
				t.Fatalf("%q is short, or was there before", secret)
			}
			seen[secret] = true
		}
	}
}

func TestAppleKey_SignsATokenOfTheDeveloper(t *testing.T) {
	t.Parallel()
	der, err := token.GenerateKey("ES256")
	if err != nil {
		t.Fatal(err)
	}
	key := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	secret, err := oauth.AppleKey{ClientID: "com.example.app", Team: "TEAM", KeyID: "KEY", PEM: key}.Secret()
	if err != nil {
		t.Fatal(err)
	}
	signed, err := secret(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	parsed, _, err := jwt.NewParser().ParseUnverified(signed, jwt.MapClaims{})
	if err != nil || parsed.Header["kid"] != "KEY" || parsed.Header["alg"] != "ES256" {
		t.Fatalf("got %v, %v", parsed, err)
	}
	claims := parsed.Claims.(jwt.MapClaims)
	if claims["iss"] != "TEAM" || claims["sub"] != "com.example.app" || claims["aud"] != "https://appleid.apple.com" {
		t.Errorf("the claims are %v", claims)
	}
	for _, bad := range []string{"", "x", strings.Replace(key, "MI", "XX", 1)} {
		if _, err := (oauth.AppleKey{ClientID: "a", Team: "b", KeyID: "c", PEM: bad}).Secret(); err == nil || strings.Contains(err.Error(), "PRIVATE KEY-----") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
