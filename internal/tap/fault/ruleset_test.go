package fault

import (
	"errors"
	"strings"
	"testing"
)

// These tests prove that a ruleset is read as it is written, and that what cannot be read says where and why.

const everyAction = `seed 42
dir:in op:text => delay 100ms..300ms
dir:in => delay 1s 50%
=> rate 20KiB/s
op:pong dir:out => drop
len>1k => duplicate 2 12.5%
=> reorder 3
=> corrupt
=> corrupt 4 10%
=> truncate 10
=> split 3
=> merge
$.type="trade" => intercept 30s
dir:in => blackhole
"oops" => cut
=> reset 1%
after 30s => reset
after 1s in => finish
every 5s out => close 1012 "server\trestart"
every 5s => ping "are you there?"
every 1m0s => pong
handshake => refuse 503 50%
handshake => delay 2s
=> flap 20s 5s
`

func TestARulesetReadsToItself(t *testing.T) {
	d, err := Parse(everyAction)
	if err != nil {
		t.Fatal(err)
	}
	if d.Seed != 42 || len(d.Rules) != strings.Count(everyAction, "\n")-1 {
		t.Fatalf("seed %d, %d rules", d.Seed, len(d.Rules))
	}
	if got := d.String(); got != everyAction {
		t.Errorf("read and written it is\n%s\nnot\n%s", got, everyAction)
	}
}

func TestShortFormsMeanTheirDefaults(t *testing.T) {
	for text, want := range map[string]string{
		"=> intercept":             "=> intercept 1m0s",
		"=> hold":                  "=> intercept 1m0s", // as earlier versions wrote it
		"=> hold 30s 5%":           "=> intercept 30s 5%",
		"=> duplicate":             "=> duplicate",
		"=> reorder":               "=> reorder",
		"=> split":                 "=> split 2",
		"=> rate 20KiB/s":          "=> rate 20KiB/s",
		"=> rate 1.5kB/s":          "=> rate 1500B/s",
		"handshake => refuse":      "handshake => refuse 503",
		"=> close":                 "=> close 1001",
		"=> drop # all of it":      "=> drop",
		`=> ping "#1" # and #2`:    `=> ping "#1"`,
		"  op:ping   =>   drop  ":  "op:ping => drop",
		"# a comment\n\n=> drop\r": "=> drop",
		`"a => b" => drop`:         `"a => b" => drop`,
		`"a => drop" => drop`:      `"a => drop" => drop`,
		`=> ping "a => b"`:         `=> ping "a => b"`,
	} {
		d, err := Parse(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
		} else if got := strings.TrimSpace(d.String()); got != want {
			t.Errorf("%q means %q, want %q", text, got, want)
		}
	}
}

func TestAWrongRulesetSaysWhere(t *testing.T) {
	for text, want := range map[string]string{
		"drop":                           "line 1, column 1: a rule is a condition, => and an action: dir:in op:text => delay 200ms",
		"\nseed x":                       "line 2, column 1: a seed is a whole number: seed 42",
		"=> ":                            "line 1, column 3: an action is missing: one of " + actionList(),
		"=> 5%":                          "line 1, column 3: an action is missing before the chance: drop 5%",
		"=> explode":                     "line 1, column 4: “explode” is not an action: one of " + actionList(),
		"=> drop 0%":                     "line 1, column 9: “0%” is not a chance: more than 0% and at most 100%",
		"=> delay":                       "line 1, column 3: delay: a duration is missing: delay 200ms, or delay 100ms..300ms",
		"=> delay 3s..1s":                "line 1, column 3: delay: “3s..1s” ends before it begins: delay 200ms, or delay 100ms..300ms",
		"=> delay 1s 2s":                 "line 1, column 3: delay: “2s” is unexpected: delay 200ms, or delay 100ms..300ms",
		"=> drop \"x\"":                  "line 1, column 3: drop: it takes no text",
		"=> split 1":                     "line 1, column 3: split: “1” is not a whole number from 2 to 1000: split, or split 5",
		"=> truncate":                    "line 1, column 3: truncate: a number is missing: truncate 10",
		"=> rate 5":                      "line 1, column 3: rate: “5” is not a rate in B/s, kB/s, KiB/s, MB/s or MiB/s: rate 20KiB/s",
		"=> ping \"x":                    "line 1, column 9: the closing quote is missing: close 1001 \"going away\"",
		"=> flap 5s":                     "line 1, column 3: flap: a duration is missing: flap 20s 5s",
		"op:txt => drop":                 "line 1, column 4: ",
		"near:3 op:text => drop":         "line 1, column 1: near, before and after need frames that have not arrived yet: use tests of the frame itself",
		"every soon => ping":             "line 1, column 7: “soon” is not a duration of a millisecond or more: every 5s",
		"every 5s up => ping":            "line 1, column 9: only in or out may follow the duration: every 5s in",
		"every 5s => drop":               "line 1, column 12: " + errTimed.Error(),
		"handshake => drop":              "line 1, column 13: " + errHandshake.Error(),
		"op:text => refuse 503":          "line 1, column 11: " + errFrames.Error(),
		"op:text => flap 1s 1s":          "line 1, column 11: " + errFlap.Error(),
		strings.Repeat("=> drop\n", 101): "line 101, column 1: a ruleset has at most 100 rules",
		strings.Repeat("#", MaxText+1):   "line 1, column 1: the rules have more than 16384 bytes: leave some rules out",
		"=> ping \"" + strings.Repeat("x", 124) + `"`: "line 1, column 9: the text has more than 123 bytes",
	} {
		_, err := Parse(text)
		var bad *Error
		if !errors.As(err, &bad) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%.40q: got %v, want %s", text, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for line := range strings.Lines(everyAction) {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := Parse(text)
		if err != nil {
			return
		}
		again, err := Parse(d.String())
		if err != nil {
			t.Fatalf("%q was read, its canonical form %q was not: %v", text, d, err)
		}
		if again.String() != d.String() {
			t.Fatalf("%q becomes %q", d, again)
		}
	})
}
