// Command tsgen writes TypeScript types for the messages that a Go package declares, so that a page and its server cannot
// drift apart:
//
//	//go:generate go run github.com/tetherscope/tetherscope/internal/tsgen -o messages.d.ts
//
// Each exported struct becomes an interface, as encoding/json writes it: names and omitempty from the tags, comments with
// it. For each string constant TypeX beside a struct X, the union Message has a member with that `type`.
//
// A nil slice or map is null in JSON: give such a field omitempty, or never leave it nil.
//
// It reads source files and runs nothing. A type that has no form in TypeScript is an error with its place.
package main
