package chat_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/wasm/chat"
)

var id = strings.Repeat("a7", chat.IDLength/2)

// TestValidateListsEverythingWrong: each rule of each message, at its limit and one past it, and several at once.
func TestValidateListsEverythingWrong(t *testing.T) {
	full, over := strings.Repeat("é", chat.MaxMessage), strings.Repeat("é", chat.MaxMessage+1)
	for name, c := range map[string]struct{ got, want []string }{
		"chat":                {chat.Chat{Message: "hi"}.Validate(), nil},
		"chat empty":          {chat.Chat{}.Validate(), []string{chat.InvalidMessage}},
		"chat at the limit":   {chat.Chat{Message: full}.Validate(), nil},
		"chat over the limit": {chat.Chat{Message: over}.Validate(), []string{chat.MessageTooLong}},
		"broadcast":           {chat.Broadcast{Content: "hi"}.Validate(), nil},
		"broadcast empty":     {chat.Broadcast{}.Validate(), []string{chat.InvalidContent}},
		"echo message":        {chat.Echo{Message: "hi"}.Validate(), nil},
		"echo content":        {chat.Echo{Content: "hi"}.Validate(), nil},
		"echo empty":          {chat.Echo{}.Validate(), []string{chat.InvalidMessage}},
		"private":             {chat.Private{TargetID: id, Message: "hi"}.Validate(), nil},
		"private, all wrong":  {chat.Private{TargetID: "*", Content: over}.Validate(), []string{chat.InvalidTargetID, chat.MessageTooLong}},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s: got %q, want %q", name, c.got, c.want)
		}
	}
}

// TestValidIDKeepsPatternsOut: nothing that means something to Redis, to HTTP or to a log is an id.
func TestValidIDKeepsPatternsOut(t *testing.T) {
	if !chat.ValidID(id) {
		t.Errorf("%q should be an id", id)
	}
	for _, s := range []string{"", "*", id[1:], id + "a", id[1:] + "*", id[1:] + ":", id[1:] + "\n", id[1:] + "A", id[1:] + "1", strings.Repeat("é", chat.IDLength/2)} {
		if chat.ValidID(s) {
			t.Errorf("%q should not be an id", s)
		}
	}
}
