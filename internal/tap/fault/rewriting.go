package fault

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/tetherscope/tetherscope/internal/rewrite"
)

// rewritingNames are the actions that change what is said, as they are written.
var rewritingNames = map[string]ActionKind{
	"replace": Rewrite, "set": Rewrite, "answer": Answer, "header": Header, "redirect": Redirect,
}

// actionList names all actions.
func actionList() string {
	return strings.Join(actionNames[1:Rewrite], ", ") + ", replace, set, answer, header, redirect"
}

// rewriting is the text of an action that changes what is said. What stands in it may contain quotes, percentages and number signs.
type rewriting struct {
	*line
	at int // where the text that was not read yet begins in the line
}

// rewrites reports whether such an action stands at a place.
func (l *line) rewrites(at int) bool {
	words := strings.Fields(l.text[at:])
	if len(words) == 0 {
		return false
	}
	_, ok := rewritingNames[words[0]]
	return ok
}

// rewriting parses such an action, and the chance and the comment behind it.
func (l *line) rewriting(r *Rule, at int) error {
	begin := at + len(l.text[at:]) - len(strings.TrimLeft(l.text[at:], " \t"))
	p := rewriting{l, begin}
	name := p.word()
	r.Action.Kind = rewritingNames[name]
	if err := p.arguments(&r.Action, name); err != nil {
		return err
	}
	r.Action.source = strings.TrimSpace(l.text[begin:p.at])
	rest, _, _ := strings.Cut(l.text[p.at:], "#")
	rest = strings.TrimSpace(rest)
	if rest == "" {
		return nil
	}
	percent, err := strconv.ParseFloat(strings.TrimSuffix(rest, "%"), 64)
	if err != nil || !strings.HasSuffix(rest, "%") || !(percent > 0 && percent <= 100) {
		return l.fail(p.at+strings.Index(l.text[p.at:], rest), name+": “"+rest+"” is unexpected", "only a chance such as 5% may follow")
	}
	r.Chance = percent / 100
	return nil
}

// word reads up to the next space.
func (p *rewriting) word() string {
	p.space()
	end := strings.IndexAny(p.text[p.at:], " \t")
	if end < 0 {
		end = len(p.text) - p.at
	}
	w := p.text[p.at : p.at+end]
	p.at += end
	return w
}

func (p *rewriting) space() {
	p.at += len(p.text[p.at:]) - len(strings.TrimLeft(p.text[p.at:], " \t"))
}

// arguments parses what stands behind the name.
func (p *rewriting) arguments(a *Action, name string) (err error) {
	switch name {
	case "replace":
		return p.edit(a, rewrite.ParseReplace)
	case "set":
		return p.edit(a, rewrite.ParseSet)
	case "answer":
		a.Text, err = p.quoted(`answer "pong"`)
	case "header":
		return p.header(a)
	case "redirect":
		return p.redirect(a)
	}
	return err
}

// edit parses an edit.
func (p *rewriting) edit(a *Action, parse func(string) (rewrite.Edit, int, error)) error {
	e, n, err := parse(p.text[p.at:])
	var bad *rewrite.PlaceError
	if errors.As(err, &bad) {
		return p.fail(p.at+bad.Offset, bad.Message, bad.Hint)
	}
	a.Edit = e
	p.at += n
	return err
}

// quoted parses a text in quotes.
func (p *rewriting) quoted(hint string) (string, error) {
	p.space()
	literal, err := strconv.QuotedPrefix(p.text[p.at:])
	if err != nil {
		return "", p.fail(p.at, "a text in quotes is expected", hint)
	}
	p.at += len(literal)
	return strconv.Unquote(literal)
}

// ownFields are the fields that make a handshake: with other values there is no connection, or not the one that is recorded.
var ownFields = []string{
	"connection", "upgrade", "host", "content-length", "transfer-encoding", "te", "trailer",
	"sec-websocket-key", "sec-websocket-accept", "sec-websocket-version", "sec-websocket-extensions",
}

// header parses the name and the value of a header field. The value goes to the end of the line, to a comment, or stands in quotes.
func (p *rewriting) header(a *Action) (err error) {
	p.space()
	at := p.at
	a.Name = p.word()
	switch {
	case !isToken(a.Name):
		return p.fail(at, "“"+a.Name+"” is no name of a header field", "header X-Y z")
	case slices.Contains(ownFields, strings.ToLower(a.Name)):
		return p.fail(at, a.Name+" makes the handshake and cannot be changed", "")
	}
	p.space()
	if strings.HasPrefix(p.text[p.at:], `"`) {
		at = p.at
		a.Text, err = p.quoted(`header X-Y "z"`)
	} else {
		value, _, _ := strings.Cut(p.text[p.at:], " #")
		at, a.Text = p.at, strings.TrimSpace(value)
		p.at += len(value)
	}
	if err == nil && strings.ContainsFunc(a.Text, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7F }) {
		return p.fail(at, "a header field cannot hold control characters", "")
	}
	return err
}

// redirect parses a target: a name or the URL of a server.
func (p *rewriting) redirect(a *Action) error {
	p.space()
	at := p.at
	if a.Text = p.word(); a.Text == "" {
		return p.fail(at, "a target is missing", "redirect NAME, one of the targets, or redirect ws://localhost:8080/ws")
	}
	return nil
}

// isToken reports whether a name can stand in a header field (RFC 9110 §5.6.2).
func isToken(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return r <= ' ' || r >= 0x7F || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}
