package manual

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// WritePages writes the man page of the program and of each command to NAME.1 and NAME-COMMAND.1 in a folder.
func (p *Program) WritePages(dir string) error {
	for i := range p.Commands {
		var page bytes.Buffer
		if err := p.Page(&page, p.Commands[i].Name); err != nil {
			return err
		}
		name := filepath.Join(dir, p.title(&p.Commands[i], "-")+".1")
		if err := os.WriteFile(name, page.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// Page writes the man page of a command, or with an empty name that of the program, as roff with the macros of man(7).
func (p *Program) Page(w io.Writer, name string) error {
	c, err := p.command(name)
	if err != nil {
		return err
	}
	var s script
	title := p.title(c, "-")
	s.line(`.TH %s 1 "" "%s %s"`, roff(strings.ToUpper(title)), p.Name, roff(p.Version))
	s.line(".SH NAME\n%s \\- %s", roff(title), roff(c.Summary))
	s.line(".SH SYNOPSIS\n.B %s\n[\\fIflags\\fR]", roff(p.title(c, " ")))
	s.line(".SH DESCRIPTION\n.nf")
	for text := range strings.Lines(c.Usage) {
		s.line("%s", roff(strings.TrimRight(text, "\n")))
	}
	s.line(".fi")
	c.options(&s)
	if c.Name == "" {
		p.list(&s)
	}
	_, err = io.WriteString(w, s.String())
	return err
}

// options writes the flags.
func (c *Command) options(s *script) {
	if len(c.Flags) == 0 {
		return
	}
	s.line(".SH OPTIONS")
	for _, f := range c.Flags {
		value := ""
		if f.Value != "" {
			value = ` \fI` + roff(f.Value) + `\fR`
		}
		s.line(".TP\n\\fB\\-%s\\fR%s\n%s", roff(f.Name), value, roff(f.Usage))
	}
}

// list writes the commands.
func (p *Program) list(s *script) {
	s.line(".SH COMMANDS")
	p.each(func(c *Command) {
		s.line(".TP\n\\fB%s\\fR\n%s", roff(c.Name), roff(c.Summary))
	})
}

// roff escapes text: backslashes, dashes that must stay ASCII, and what would be a request at the start of a line.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(text)
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, "'") {
		text = `\&` + text
	}
	return text
}
