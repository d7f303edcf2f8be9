// Package webhook builds the requests to the admin's servers, signed as in Standard Webhooks 1.0 (webhook-id,
// webhook-timestamp, webhook-signature).
//
// It is not for interpreting answers: the callers do that.
package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// NewID returns an id for a request.
func NewID() string { return "msg_" + rand.Text() }

// Request returns a POST of a JSON body. A retry must use the same id. If the secret is empty, the request is not
// signed.
func Request(ctx context.Context, address string, secret []byte, id string, body []byte, now time.Time) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("webhook: %w", err)
	}
	at := strconv.FormatInt(now.Unix(), 10)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("webhook-id", id)
	req.Header.Set("webhook-timestamp", at)
	if len(secret) > 0 {
		req.Header.Set("webhook-signature", sign(secret, id, at, body))
	}
	return req, nil
}

func sign(secret []byte, id, at string, body []byte) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(id + "." + at + "."))
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// WithoutURL removes the URL from an error of the HTTP client, because it may contain a secret.
func WithoutURL(err error) error {
	var failed *url.Error
	if errors.As(err, &failed) {
		return failed.Err
	}
	return err
}

// tolerance is how far the timestamp of a request may be in the past or the future.
const tolerance = 5 * time.Minute

// Verify reports what is wrong with the signature of a request.
func Verify(header http.Header, body, secret []byte, now time.Time) error {
	at := header.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(at, 10, 64)
	if err != nil || now.Sub(time.Unix(seconds, 0)).Abs() > tolerance {
		return errors.New("webhook: the request is not from now")
	}
	want := sign(secret, header.Get("webhook-id"), at, body)
	for signature := range strings.SplitSeq(header.Get("webhook-signature"), " ") {
		if hmac.Equal([]byte(signature), []byte(want)) {
			return nil
		}
	}
	return errors.New("webhook: the signature is not that of the secret")
}
