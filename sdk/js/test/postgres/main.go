// Command postgres runs a PostgreSQL server for the tests of the JavaScript SDK, until its input ends. It prints the
// URL.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/basalt-dev/basalt/modules/db/postgres/postgrestest"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	server, err := postgrestest.New(os.Getenv(postgrestest.Files))
	if err != nil {
		return err
	}
	fmt.Println(server.URL())
	_, err = io.Copy(io.Discard, os.Stdin)
	return errors.Join(err, server.Close())
}
