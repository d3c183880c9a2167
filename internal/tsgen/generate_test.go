// These tests prove that the generated types say what encoding/json writes, and that they are those of the messages.
package main

import (
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestGenerate: every kind of field, embedded structs, names, comments, the union of messages.
func TestGenerate(t *testing.T) {
	got, err := generate("testdata/all")
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("testdata/all.d.ts", got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/all.d.ts")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestGenerateRefuses: what has no form is an error that says where.
func TestGenerateRefuses(t *testing.T) {
	for dir, want := range map[string]string{
		"testdata/bad":     "bad.go:5:7: this type has no form in TypeScript",
		"testdata/nowhere": "no such file",
	} {
		if _, err := generate(dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", dir, err, want)
		}
	}
}

// TestChatIsUpToDate: the types of the chat's messages are those of its Go package. `go generate ./wasm/chat` makes them.
func TestChatIsUpToDate(t *testing.T) {
	got, err := generate("../../wasm/chat")
	if err != nil {
		t.Fatal(err)
	}
	have, err := os.ReadFile("../../static/chat/messages.d.ts")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(have) {
		t.Error("static/chat/messages.d.ts is out of date: go generate ./wasm/chat")
	}
}
