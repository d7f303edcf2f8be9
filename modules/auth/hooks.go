package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/webhook"
)

// Hooks are servers of the admin. Requests are signed as in Standard Webhooks 1.0. A 2xx answer allows, and may
// contain {"claims": {…}}; 4xx denies, with its {"detail": "…"}. A hook that does not answer denies.
type Hooks struct {
	// SignUp is called before an account is created, Token before an access token is.
	SignUp, Token string
	Secret        []byte
	Timeout       time.Duration
}

const maxAnswer = 64 << 10

func (h *Hooks) ask(ctx context.Context, client *http.Client, now time.Time, url, event string, data map[string]any) (claims map[string]any, err error) {
	body, err := json.Marshal(map[string]any{"type": event, "timestamp": now.UTC(), "data": data})
	if err != nil {
		return nil, fmt.Errorf("encoding a hook: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, h.Timeout)
	defer cancel()
	req, err := webhook.Request(ctx, url, h.Secret, webhook.NewID(), body, now)
	if err != nil {
		return nil, err
	}
	var answer struct {
		Claims map[string]any `json:"claims"`
		Detail string         `json:"detail"`
	}
	status, err := answerOf(client, req, &answer)
	switch {
	case err != nil, status/100 == 5:
		return nil, errors.Join(fault.Retry(fault.Unavailable, time.Second, "a hook that decides about this did not answer; try again"), webhook.WithoutURL(err))
	case status/100 != 2:
		if answer.Detail == "" {
			answer.Detail = "this is not allowed here"
		}
		return nil, fault.Errorf(fault.Forbidden, "%s", fault.Cut(answer.Detail, 300))
	}
	return answer.Claims, nil
}

// answerOf sends a request and decodes the JSON of the answer, if it is any.
func answerOf(client *http.Client, req *http.Request, into any) (status int, err error) {
	resp, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return 0, err
	}
	_ = json.Unmarshal(body, into) // without JSON only the status counts
	return resp.StatusCode, nil
}

// Captcha verifies answers with a service that has the API of Turnstile and hCaptcha.
type Captcha struct {
	URL    string
	Secret string
}

// check refuses a client without a correct answer. On a nil Captcha it accepts every client.
func (c *Captcha) check(ctx context.Context, client *http.Client, who Client) error {
	if c == nil {
		return nil
	}
	wrong := &fault.Error{Code: fault.Forbidden, Detail: "solve the captcha and send its answer as captcha",
		Fields: []fault.FieldError{{Field: "captcha", Code: "required", Detail: "solve the captcha"}}}
	if who.Captcha == "" || len(who.Captcha) > 4096 {
		return wrong
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	form := url.Values{"secret": {c.Secret}, "response": {who.Captcha}, "remoteip": {who.IP}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.URL, strings.NewReader(form.Encode()))
	if err != nil {
		return fmt.Errorf("captcha: %w", err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	var answer struct{ Success bool }
	status, err := answerOf(client, req, &answer)
	if err != nil || status/100 == 5 {
		return errors.Join(fault.Retry(fault.Unavailable, time.Second, "the captcha cannot be checked now; try again"), err)
	}
	if !answer.Success {
		return wrong
	}
	return nil
}
