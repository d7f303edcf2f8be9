// Command oidcprovider runs the example provider of github.com/zitadel/oidc for tests: a real server of
// OpenID Connect, in a module of its own, so that the product does not depend on it.
//
// It is called with an address, a file of users and the redirect URIs of the client "basalt", whose secret
// is "secret", and stops when its standard input ends.
package main

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
)

func main() {
	if err := run(os.Args[1], os.Args[2], os.Args[3:]); err != nil {
		fmt.Fprintln(os.Stderr, "oidcprovider:", err)
		os.Exit(1)
	}
}

func run(address, users string, redirects []string) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	store, err := storage.StoreFromFile(users)
	if err != nil {
		return err
	}
	storage.RegisterClients(storage.WebClient("basalt", "secret", redirects...))
	issuer := "http://" + listener.Addr().String() + "/"
	server := &http.Server{Handler: exampleop.SetupServer(issuer, storage.NewStorage(store), slog.New(slog.DiscardHandler), false)}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // its end is what counts
		_ = server.Close()
	}()
	fmt.Println(issuer)
	if err := server.Serve(listener); err != http.ErrServerClosed {
		return err
	}
	return nil
}
