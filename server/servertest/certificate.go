package servertest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"testing"
	"time"
)

// SelfSigned returns a certificate for a name, and its key.
func SelfSigned(t testing.TB, name string, isCA bool) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(90 * 24 * time.Hour),
		IsCA: isCA, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	if !isCA {
		template.DNSNames = []string{name}
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	return cert, key
}

// WritePair writes a certificate of itself for localhost, and returns it.
func WritePair(t testing.TB, cert, key string) *x509.Certificate {
	t.Helper()
	made, secret := SelfSigned(t, "localhost", false)
	raw, err := x509.MarshalPKCS8PrivateKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	var certPEM, keyPEM bytes.Buffer
	err = errors.Join(pem.Encode(&certPEM, &pem.Block{Type: "CERTIFICATE", Bytes: made.Raw}), pem.Encode(&keyPEM, &pem.Block{Type: "PRIVATE KEY", Bytes: raw}),
		os.WriteFile(key, keyPEM.Bytes(), 0o600), os.WriteFile(cert, certPEM.Bytes(), 0o600))
	if err != nil {
		t.Fatal(err)
	}
	return made
}
