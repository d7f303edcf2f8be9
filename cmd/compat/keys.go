package main

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

// The suite of auth-js signs its keys itself, with a private key that it reads from a file. In its own surroundings the gateway
// checks them; here the gateway knows them, and passes on the keys that the server has.

const keyID = "compat"

// passes are keys of the suite with those of the server that they stand for.
type passes map[string]string

// signingKeys writes the file of the suite in a copy of the packages.
func signingKeys(dir string) (passes, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	b64 := base64.RawURLEncoding.EncodeToString
	p, q := key.Primes[0], key.Primes[1]
	jwk := map[string]string{
		"kty": "RSA", "kid": keyID, "alg": "RS256", "use": "sig", "n": b64(key.N.Bytes()), "e": b64(big.NewInt(int64(key.E)).Bytes()), "d": b64(key.D.Bytes()),
		"p": b64(p.Bytes()), "q": b64(q.Bytes()), "dp": b64(key.Precomputed.Dp.Bytes()), "dq": b64(key.Precomputed.Dq.Bytes()), "qi": b64(key.Precomputed.Qinv.Bytes()),
	}
	text, err := json.Marshal([]any{jwk})
	if err != nil {
		return nil, err
	}
	folder := filepath.Join(dir, "packages/core/auth-js/test/supabase")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(folder, "signing_keys.json"), text, 0o600); err != nil {
		return nil, err
	}
	out := passes{}
	for role, as := range map[string]string{"anon": "anon", "service_role": "service_role"} {
		signed, err := signRS256(key, `{"iss":"supabase-demo","role":"`+role+`","exp":1983812996,"iat":1768925145}`)
		if err != nil {
			return nil, err
		}
		out[signed] = demoKey(as)
	}
	return out, nil
}

func signRS256(key *rsa.PrivateKey, claims string) (string, error) {
	b64 := base64.RawURLEncoding.EncodeToString
	text := b64([]byte(`{"alg":"RS256","typ":"JWT","kid":"`+keyID+`"}`)) + "." + b64([]byte(claims))
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	return text + "." + b64(signature), err
}

// exchange gives a request the keys of the server. A token of the administrator of the suite, which has the time in it, is known by
// its role: only the suite reaches the gateway.
func (p passes) exchange(h http.Header) {
	if key, ok := p[h.Get("apikey")]; ok {
		h.Set("apikey", key)
	}
	token, ok := strings.CutPrefix(h.Get("Authorization"), "Bearer ")
	if !ok {
		return
	}
	if key, ok := p[token]; ok {
		h.Set("Authorization", "Bearer "+key)
		return
	}
	if parts := strings.Split(token, "."); len(parts) == 3 {
		claims, err := base64.RawURLEncoding.DecodeString(parts[1])
		if err == nil && strings.Contains(string(claims), `"role":"supabase_admin"`) {
			h.Set("Authorization", "Bearer "+demoKey("service_role"))
		}
	}
}
