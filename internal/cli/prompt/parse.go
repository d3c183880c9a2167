package prompt

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tetherscope/tetherscope/internal/suggest"
	"github.com/tetherscope/tetherscope/scope/act"
)

// Action is what a line asks for.
type Action uint8

// The actions.
const (
	Send      Action = iota // Line.Message
	Fragments               // send the messages that follow in Line.Fragments frames
	Help                    // print the commands
	Quit                    // close the connection normally, and end
)

// Line is a line that was read.
type Line struct {
	Action    Action
	Message   act.Message // of Send, to the server; the caller adds what holds for every message
	Fragments int         // of Fragments
}

// command is one of the slash commands.
type command struct {
	name, args, help string
	parse            func(rest string, read func(string) ([]byte, error)) (Line, error)
}

// commands in the order of the help.
func commands() []command {
	return []command{
		{"/ping", "[TEXT]", "send a ping; the pong is shown", control("ping")},
		{"/pong", "[TEXT]", "send a pong that answers nothing", control("pong")},
		{"/close", "[CODE [REASON]]", "close with a close frame; without a code 1000", parseClose},
		{"/send", "TEXT or @FILE", "send a text message", parseSend},
		{"/binary", "HEX or @FILE", "send a binary message", parseBinary},
		{"/fragment", "N [TEXT]", "send TEXT in N frames, or without it every message from now on", parseFragment},
		{"/help", "", "print this list", parseBare(Help)},
		{"/quit", "", "close normally and end, as Ctrl-D and Ctrl-C do", parseBare(Quit)},
	}
}

// HelpText lists the commands.
func HelpText() string {
	var b strings.Builder
	for _, c := range commands() {
		fmt.Fprintf(&b, "  %-9s %-16s %s\n", c.name, c.args, c.help)
	}
	b.WriteString("  //TEXT                     send /TEXT as a message; every line without a slash is one as it is\n")
	return b.String()
}

// Complete returns what a line becomes when the tab key is pressed at its end: the one command that begins so, with a space, or
// what all of those have in common. It reports false when there is nothing to add.
func Complete(line string) (string, bool) {
	if !strings.HasPrefix(line, "/") || strings.Contains(line, " ") {
		return "", false
	}
	var found []string
	for _, c := range commands() {
		if strings.HasPrefix(c.name, line) {
			found = append(found, c.name)
		}
	}
	if len(found) == 0 {
		return "", false
	}
	common := found[0]
	for _, f := range found[1:] {
		for !strings.HasPrefix(f, common) {
			common = common[:len(common)-1]
		}
	}
	if len(found) == 1 {
		common += " "
	}
	return common, common != line
}

// Parse reads a line. Without a slash in front it is a text message; a second slash stands for the first one of a message. read
// returns what a file that a command names has. Errors say what to type instead.
func Parse(line string, read func(name string) ([]byte, error)) (Line, error) {
	switch {
	case strings.HasPrefix(line, "//"):
		return text(line[1:]), nil
	case !strings.HasPrefix(line, "/"):
		return text(line), nil
	}
	name, rest, _ := strings.Cut(line, " ")
	var names []string
	for _, c := range commands() {
		if c.name == name {
			l, err := c.parse(strings.TrimSpace(rest), read)
			if err != nil {
				return Line{}, fmt.Errorf("%s: %w", c.name, err)
			}
			return l, nil
		}
		names = append(names, c.name)
	}
	return Line{}, fmt.Errorf("there is no command %q%s: /help lists them, and // sends a message that begins with a slash",
		name, didYouMean(name, names))
}

func didYouMean(name string, names []string) string {
	if near := suggest.Closest(name, names); near != "" {
		return fmt.Sprintf(", did you mean %s", near)
	}
	return ""
}

func text(s string) Line { return Line{Message: act.Message{To: act.ToServer, Text: &s}} }

func control(op string) func(string, func(string) ([]byte, error)) (Line, error) {
	return func(rest string, _ func(string) ([]byte, error)) (Line, error) {
		l := text(rest)
		l.Message.Op = op
		return l, nil
	}
}

func parseBare(a Action) func(string, func(string) ([]byte, error)) (Line, error) {
	return func(rest string, _ func(string) ([]byte, error)) (Line, error) {
		if rest != "" {
			return Line{}, fmt.Errorf("stands alone, without %q", rest)
		}
		return Line{Action: a}, nil
	}
}

func parseClose(rest string, _ func(string) ([]byte, error)) (Line, error) {
	code, reason, _ := strings.Cut(rest, " ")
	if code == "" {
		code = "1000"
	}
	n, err := strconv.ParseUint(code, 10, 16)
	if err != nil {
		return Line{}, fmt.Errorf("%q is no close code: want a number such as 1000 or 4000", code)
	}
	one := uint16(n)
	return Line{Message: act.Message{To: act.ToServer, Op: "close", Code: &one, Reason: strings.TrimSpace(reason)}}, nil
}

func parseSend(rest string, read func(string) ([]byte, error)) (Line, error) {
	name, isFile := strings.CutPrefix(rest, "@")
	if !isFile {
		return text(rest), nil
	}
	b, err := read(name)
	if err != nil {
		return Line{}, err
	}
	if !utf8.Valid(b) {
		return Line{}, fmt.Errorf("%q is not UTF-8, as a text message must be (RFC 6455 §5.6): /binary @%s sends its bytes", name, name)
	}
	return text(string(b)), nil
}

func parseBinary(rest string, read func(string) ([]byte, error)) (l Line, err error) {
	var b []byte
	if name, isFile := strings.CutPrefix(rest, "@"); isFile {
		b, err = read(name)
	} else if b, err = act.ParseHex(rest); err != nil {
		err = fmt.Errorf("%w; @FILE sends what a file has", err)
	}
	if err != nil {
		return Line{}, err
	}
	return Line{Message: binary(b)}, nil
}

// binary returns a message of bytes.
func binary(b []byte) act.Message {
	digits := hex.EncodeToString(b)
	return act.Message{To: act.ToServer, Op: "binary", Hex: &digits}
}

func parseFragment(rest string, _ func(string) ([]byte, error)) (Line, error) {
	count, message, hasText := strings.Cut(rest, " ")
	n, err := strconv.Atoi(count)
	if err != nil || n < 1 || n > act.MaxFrames {
		return Line{}, fmt.Errorf("%q is no number of frames: want 1 to %d, and perhaps a text", count, act.MaxFrames)
	}
	if !hasText {
		return Line{Action: Fragments, Fragments: n}, nil
	}
	l := text(message)
	l.Message.Split = n
	return l, nil
}
