package mcp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

// Bridge serves the tools of a running server to a program at the other end of in and out, until that closes in or ctx ends.
// It needs no database: each call is a request to the server, with the token.
func Bridge(ctx context.Context, url, token string, in io.ReadCloser, out io.WriteCloser) error {
	identity := &sdk.Implementation{Name: "basalt", Version: "1"}
	endpoint := strings.TrimSuffix(strings.TrimSuffix(url, "/"), Path) + Path
	remote, err := sdk.NewClient(identity, nil).Connect(ctx, &sdk.StreamableClientTransport{
		Endpoint: endpoint, HTTPClient: &http.Client{Transport: bearer(token), Timeout: time.Minute, CheckRedirect: stay}, MaxRetries: -1, DisableStandaloneSSE: true,
	}, nil)
	if err != nil {
		return fmt.Errorf("%s does not answer as a server with `mcp: {}`: %w", endpoint, err)
	}
	defer func() { _ = remote.Close() }() // there is no session that could be left open
	tools, err := remote.ListTools(ctx, nil)
	if err != nil {
		return err
	}
	options := &sdk.ServerOptions{Capabilities: &sdk.ServerCapabilities{Tools: &sdk.ToolCapabilities{}}}
	if r := remote.InitializeResult(); r != nil {
		options.Instructions = r.Instructions
	}
	local := sdk.NewServer(identity, options)
	for _, t := range tools.Tools {
		local.AddTool(t, func(ctx context.Context, r *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
			return remote.CallTool(ctx, &sdk.CallToolParams{Name: r.Params.Name, Arguments: r.Params.Arguments})
		})
	}
	if err := local.Run(ctx, &sdk.IOTransport{Reader: in, Writer: out}); err != nil && !errors.Is(err, io.EOF) && ctx.Err() == nil {
		return err
	}
	return nil
}

// stay follows no redirect: the token is for this server.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// bearer sends a token with each request; none where it is empty.
type bearer string

// RoundTrip implements [http.RoundTripper].
func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	if b != "" {
		r = r.Clone(r.Context())
		r.Header.Set("Authorization", "Bearer "+string(b))
	}
	return http.DefaultTransport.RoundTrip(r)
}
