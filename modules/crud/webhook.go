package crud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/modules/webhook"
)

// Webhook calls the admin's servers for a verdict. The request is signed as in Standard Webhooks 1.0 (webhook-id,
// webhook-timestamp, webhook-signature). Only a 2xx answer of {"allow": true} allows.
type Webhook struct {
	client *http.Client
	secret []byte
	now    func() time.Time
}

// NewWebhook returns a webhook with a timeout. If the secret is empty, requests are not signed.
func NewWebhook(secret string, timeout time.Duration, now func() time.Time) *Webhook {
	return &Webhook{
		client: &http.Client{
			Timeout:       timeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		secret: []byte(secret), now: now,
	}
}

// unasked is the error of a transaction that needs the answer of a webhook.
type unasked struct{ question *query.Ask }

func (*unasked) Error() string { return "a webhook must be called first" }

// ask ensures that the answer of a webhook is known. Inside a transaction, which must not wait for an external
// server, it returns an *unasked error. A webhook that does not answer denies.
func (a access) ask(ctx context.Context, q *query.Ask) error {
	if _, known := a.work.answers[*q]; known {
		return nil
	}
	if a.inside {
		return &unasked{q}
	}
	most := a.service.Limits.Webhooks
	if a.work.asked++; a.work.asked > most {
		return fault.Errorf(fault.Forbidden, "this request would take more than %d questions to a webhook (limits.webhooks)", most)
	}
	if a.service.Webhook == nil {
		return fault.Errorf(fault.Forbidden, "a rule calls a webhook, but webhooks are not available here")
	}
	allowed, err := a.service.Webhook.ask(ctx, q)
	if err != nil {
		return errors.Join(fault.Retry(fault.Unavailable, time.Second, "a webhook that decides about this did not answer; try again"), err)
	}
	if a.work.answers == nil {
		a.work.answers = map[query.Ask]bool{}
	}
	a.work.answers[*q] = allowed
	return nil
}

func (w *Webhook) ask(ctx context.Context, q *query.Ask) (allowed bool, err error) {
	req, err := webhook.Request(ctx, q.URL, w.secret, webhook.NewID(), []byte(q.Body), w.now())
	if err != nil {
		return false, err
	}
	resp, err := w.client.Do(req)
	if err != nil {
		return false, fmt.Errorf("webhook: %w", webhook.WithoutURL(err))
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil {
		return false, fmt.Errorf("webhook: reading the answer: %w", err)
	}
	if resp.StatusCode/100 == 5 {
		return false, fmt.Errorf("webhook: %s", resp.Status)
	}
	var answer struct{ Allow bool }
	if resp.StatusCode/100 != 2 || json.Unmarshal(body, &answer) != nil {
		return false, nil
	}
	return answer.Allow, nil
}
