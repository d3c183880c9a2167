package query

import (
	"strings"
	"testing"
)

// TestCompletionsFitTheirPlace: | is the cursor; what comes out are the texts that would be put in.
func TestCompletionsFitTheirPlace(t *testing.T) {
	for text, want := range map[string]string{
		"di|":              "dir:",
		"op:pi|":           "ping",
		"op:text,po|":      "pong",
		"op!=cl|":          "close",
		"-fr|":             "frag frames:",
		"(len>5 comp|":     "compressed",
		"ne|":              "near:",
		"an|":              "and",
		"dir:in no|":       "node note not",
		"fin:|":            "1 0",
		"lint:zero|":       "masking-key-of-zero",
		`"di|`:             "",
		"/di|":             "",
		"$.di|":            "",
		"unknown:di|":      "",
		"conn:3 le| op:in": "len: leg:",
		"len>|":            "",
	} {
		cursor := strings.IndexByte(text, '|')
		var got []string
		for _, c := range Complete(strings.Replace(text, "|", "", 1), cursor) {
			got = append(got, c.Text)
			if c.To != cursor {
				t.Errorf("%s: %+v does not end at the cursor", text, c)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
	if n := len(Complete("", 0)); n != len(Fields()) {
		t.Errorf("an empty text offers %d of %d fields", n, len(Fields()))
	}
}

// TestTheHelpIsTrue: each example of the help is a query, each name of a value is one, and no field is left out.
func TestTheHelpIsTrue(t *testing.T) {
	for _, f := range Fields() {
		if _, err := Parse(f.Example); err != nil || f.Explanation == "" || f.Values == "" {
			t.Errorf("%+v: %v", f, err)
		}
	}
	if len(helpOrder) != int(numFields)-1 {
		t.Errorf("the help has %d of %d fields", len(helpOrder), numFields-1)
	}
	for _, f := range byName {
		for _, n := range f.names {
			q, err := Parse(f.name + ":" + n.name)
			if err != nil || q.root.(*names).mask&n.mask != n.mask {
				t.Errorf("%s:%s: %v", f.name, n.name, err)
			}
		}
	}
}
