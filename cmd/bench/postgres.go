package main

import (
	"context"
	"errors"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// fillPostgres stores the documents again.
func fillPostgres(ctx context.Context, url string, documents int) error {
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	_, err = c.Exec(ctx, "TRUNCATE notes")
	if err == nil {
		rows := pgx.CopyFromSlice(documents, func(i int) ([]any, error) {
			return []any{documentID(i), ownerName(i), "note " + documentID(i), "some text that is neither long nor short, as people write it", int64(i % 10), i%3 == 0,
				time.UnixMicro(int64(1_700_000_000_000_000 + i))}, nil
		})
		_, err = c.CopyFrom(ctx, pgx.Identifier{"notes"}, []string{"id", "owner", "title", "body", "stars", "done", "created"}, rows)
	}
	for _, sql := range []string{"CREATE INDEX IF NOT EXISTS notes_list ON notes (owner, created DESC NULLS LAST, id DESC)", "VACUUM ANALYZE notes"} {
		if err == nil {
			_, err = c.Exec(ctx, sql)
		}
	}
	return errors.Join(err, c.Close(ctx))
}

// barePostgres is what one would write by hand: Fiber, a pool of pgx, the owner in every statement.
func barePostgres(url string) (*fiber.App, error) {
	callers := map[string]string{}
	for i, t := range tokens() {
		callers["Bearer "+t] = ownerName(i)
	}
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	config.MaxConns = 20
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		return nil, err
	}
	notes := func(c *fiber.Ctx, sql string, args ...any) ([]note, error) {
		rows, err := pool.Query(c.Context(), sql, args...)
		if err != nil {
			return nil, err
		}
		return pgx.CollectRows(rows, func(r pgx.CollectableRow) (n note, err error) {
			err = r.Scan(&n.ID, &n.Owner, &n.Title, &n.Body, &n.Stars, &n.Done, &n.Created)
			return n, err
		})
	}
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	app.Get("/v1/db/notes/:id", func(c *fiber.Ctx) error {
		found, err := notes(c, "SELECT "+columns+" FROM notes WHERE id = $1 AND owner = $2 LIMIT 1", c.Params("id"), callers[c.Get("Authorization")])
		if err != nil || len(found) == 0 {
			return errors.Join(err, fiber.ErrNotFound)
		}
		return c.JSON(found[0])
	})
	app.Get("/v1/db/notes", func(c *fiber.Ctx) error {
		found, err := notes(c, "SELECT "+columns+" FROM notes WHERE done = $1 AND owner = $2 ORDER BY created DESC NULLS LAST, id DESC LIMIT 21", false, callers[c.Get("Authorization")])
		if err != nil {
			return err
		}
		return c.JSON(fiber.Map{"items": found[:min(20, len(found))], "next": len(found) > 20})
	})
	app.Post("/v1/db/notes", func(c *fiber.Ctx) error {
		n := note{ID: uuid.Must(uuid.NewV7()).String(), Owner: callers[c.Get("Authorization")], Created: time.Now().UTC()}
		if err := c.BodyParser(&n); err != nil {
			return err
		}
		if _, err := pool.Exec(c.Context(), "INSERT INTO notes ("+columns+") VALUES ($1, $2, $3, $4, $5, $6, $7)", n.ID, n.Owner, n.Title, n.Body, n.Stars, n.Done, n.Created); err != nil {
			return err
		}
		return c.Status(fiber.StatusCreated).JSON(n)
	})
	app.Patch("/v1/db/notes/:id", func(c *fiber.Ctx) error {
		var n note
		if err := c.BodyParser(&n); err != nil {
			return err
		}
		found, err := notes(c, "UPDATE notes SET stars = $1 WHERE id = $2 AND owner = $3 RETURNING "+columns, n.Stars, c.Params("id"), callers[c.Get("Authorization")])
		if err != nil || len(found) == 0 {
			return errors.Join(err, fiber.ErrNotFound)
		}
		return c.JSON(found[0])
	})
	return app, nil
}
