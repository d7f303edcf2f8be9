//go:build wrong

package main

import "judge/api"

// What does not compile: there is no such field, and a title is not added to.
var (
	_ = api.NewNote{Titel: "a"}
	_ = api.NotePatch{Title: &api.NotePatch_Stars{}}
)
