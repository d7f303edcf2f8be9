// Package basalt is the Go client of a Basalt server: documents, queries, live queries, batches, channels, functions
// and sign-in.
//
//	client := basalt.New("http://localhost:4122")
//	if _, err := client.Auth.SignIn(ctx, "ada@example.com", "correct horse"); err != nil { … }
//	todos := basalt.Collection[Todo](client, "todos")
//	page, err := todos.Where("done", basalt.Eq, false).OrderBy("created", basalt.Desc).Limit(20).Get(ctx)
//
// Document types are structs with JSON tags; the id is a field `json:"id,omitempty"`. A [Query] is a value: each method
// returns a new one. All methods may be called from several goroutines.
//
// # Errors
//
// Errors of the server are *[Error]; branch on [CodeOf]. Reads, and writes with their Idempotency-Key, are sent again
// when they were not answered (see [WithRetries]), so a write happens once.
//
// # Live queries
//
// [Query.Snapshots] yields what a query returns, now and after each change. One commit is one step: a snapshot never
// shows half of a transaction. Lost connections are opened again, and nothing is missed.
//
// # Sessions
//
// [Auth.Session] can be stored and given to [WithSession]. Tokens are refreshed before they expire. A program without a
// user uses [WithToken], with a token of `basalt token`, an API key, or an administrator's key.
//
// It is not for answering calls: functions and handlers of events are in package worker, a module of its own.
package basalt
