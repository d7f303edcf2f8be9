// Command ferretdb runs FerretDB, a server that speaks the protocol of MongoDB, over SQLite, for the
// tests of the driver. It is a module of its own, so that the product does not depend on it. It prints
// the address it listens on, and stops when its standard input ends.
package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"

	"github.com/FerretDB/FerretDB/ferretdb"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "ferretdb:", err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) != 3 {
		return fmt.Errorf("usage: ferretdb DIRECTORY ADDRESS")
	}
	dir, address := os.Args[1], os.Args[2]
	if _, _, err := net.SplitHostPort(address); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	f, err := ferretdb.New(&ferretdb.Config{
		Listener:  ferretdb.ListenerConfig{TCP: address},
		Handler:   "sqlite",
		SQLiteURL: "file:" + dir + "/",
	})
	if err != nil {
		return err
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	fmt.Println(f.MongoDBURI())
	return f.Run(ctx)
}
