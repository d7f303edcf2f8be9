// Package existing serves a PostgreSQL database that was there before Basalt.
package existing
