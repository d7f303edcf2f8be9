package db

import "context"

// CatalogReader is a Driver that lets a command of an administrator read what a product that is built on its database keeps
// there, in the words of that product. Nothing of a client reaches it.
type CatalogReader interface {
	// ReadCatalog calls row with each row of a SELECT, as a JSON object, in a transaction that changes nothing.
	ReadCatalog(ctx context.Context, statement string, row func(json []byte) error) error
}
