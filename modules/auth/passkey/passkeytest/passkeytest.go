// Package passkeytest has a device with a passkey for tests, as browsers have one.
package passkeytest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"slices"
	"testing"
)

// Device has one passkey, after Create. It takes part in calls of pages of an origin.
type Device struct {
	Origin string
	// Stranger says that the device does not know who uses it.
	Stranger bool

	key    *ecdsa.PrivateKey
	id     []byte
	user   string
	domain string
	uses   uint32
}

// Flags of authenticator data (WebAuthn, 6.1).
const (
	present  = 1 << 0
	verified = 1 << 2
	attested = 1 << 6
)

// options are those of a challenge that a device looks at.
type options struct {
	Challenge string
	RPID      string `json:"rpId"`
	RP        struct{ ID string }
	User      struct{ ID string }
}

func parse(t testing.TB, text []byte) options {
	t.Helper()
	var o options
	if err := json.Unmarshal(text, &o); err != nil || o.Challenge == "" {
		t.Fatalf("no options: %v %s", err, text)
	}
	return o
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// Create makes the passkey, and returns what navigator.credentials.create does, as JSON.
func (d *Device) Create(t testing.TB, text []byte) string {
	t.Helper()
	o := parse(t, text)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	d.key, d.id, d.user, d.domain = key, make([]byte, 32), o.User.ID, o.RP.ID
	if _, err := rand.Read(d.id); err != nil {
		t.Fatal(err)
	}
	point, err := key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	cose := slices.Concat([]byte{0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32}, point[1:33], []byte{0x22, 0x58, 32}, point[33:])
	data := slices.Concat(d.data(attested), make([]byte, 16), []byte{0, byte(len(d.id))}, d.id, cose)
	object := slices.Concat([]byte{0xa3, 0x63}, []byte("fmt"), []byte{0x64}, []byte("none"), []byte{0x67}, []byte("attStmt"), []byte{0xa0, 0x68}, []byte("authData"), []byte{0x58, byte(len(data))}, data)
	return d.credential(t, map[string]any{"clientDataJSON": encode(d.client(t, "webauthn.create", o.Challenge)), "attestationObject": encode(object)})
}

// Get uses the passkey, and returns what navigator.credentials.get does, as JSON.
func (d *Device) Get(t testing.TB, text []byte) string {
	t.Helper()
	o := parse(t, text)
	if o.RPID != "" {
		d.domain = o.RPID
	}
	d.uses++
	data, client := d.data(0), d.client(t, "webauthn.get", o.Challenge)
	hash := sha256.Sum256(client)
	digest := sha256.Sum256(slices.Concat(data, hash[:]))
	signature, err := ecdsa.SignASN1(rand.Reader, d.key, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	return d.credential(t, map[string]any{"clientDataJSON": encode(client), "authenticatorData": encode(data), "signature": encode(signature), "userHandle": d.user})
}

func (d *Device) data(more byte) []byte {
	domain := sha256.Sum256([]byte(d.domain))
	flags := present | more
	if !d.Stranger {
		flags |= verified
	}
	return binary.BigEndian.AppendUint32(append(domain[:], flags), d.uses)
}

func (d *Device) client(t testing.TB, kind, challenge string) []byte {
	t.Helper()
	text, err := json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": d.Origin, "crossOrigin": false})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func (d *Device) credential(t testing.TB, response map[string]any) string {
	t.Helper()
	text, err := json.Marshal(map[string]any{"id": encode(d.id), "rawId": encode(d.id), "type": "public-key", "authenticatorAttachment": "platform", "clientExtensionResults": map[string]any{}, "response": response})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
