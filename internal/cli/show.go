package cli

import (
	"bufio"
	"bytes"
	"context"
	"flag"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/match"
	"github.com/tetherscope/tetherscope/internal/record"
	"github.com/tetherscope/tetherscope/internal/secret"
)

const showUsage = `tetherscope show [SOURCE] prints a capture, one line per frame. The source is a file (.tscap, .jsonl, .har, .pcapng, .pcap), - for
standard input, or the URL of a running server, whose traffic is then shown as it happens; without one,
` + defaultServer + `.

  tetherscope show                                  what happens on the server now
  tetherscope show today.tscap | less
  tetherscope show -query 'dir:in op:text $.price>100' today.tscap
  tetherscope show -follow -query lint growing.tscap
  tetherscope show -json today.tscap | jq .text

The query is the language of the panel's filter; the frame that ends a message stands for the whole message.
Exit codes: 0 done; 2 wrong usage or no such capture; 3 done, but parts of the source were damaged; 4 stopped half way.
`

// maxShown is how many bytes of a payload a line shows.
const maxShown = 120

func runShow(ctx context.Context, io *IO, args []string) error {
	f := flag.NewFlagSet("show", flag.ContinueOnError)
	text := f.String("query", "", "show only what the `query` finds, as in the panel's filter")
	asJSON := f.Bool("json", false, "print JSON lines instead, as a .jsonl file holds them")
	follow := f.Bool("follow", false, "wait for more at the end of the file")
	secrets := f.Bool("secrets", false, "show credentials in handshakes")
	token := f.String("token", "", "the server's `token`, when its panel page cannot be asked for it")
	secure := trust{io: io}
	secure.register(f)
	rest, err := parse(f, io, showUsage, args)
	if err != nil {
		return err
	}
	s, err := sourceOf(io, rest)
	if err != nil {
		return err
	}
	s.follow, s.token, s.trust = *follow, *token, secure
	sel, err := match.NewSelection(*text)
	if err != nil {
		return err
	}
	p := printer{out: bufio.NewWriterSize(io.Out, 64<<10), json: *asJSON, secrets: *secrets}
	live := *follow || isURL(s.name)
	err = s.read(ctx, func(r *record.Record) error {
		if err := p.gap(r); err != nil {
			return err
		}
		if err := sel.Push(r, p.print); err != nil || !live {
			return err
		}
		return p.out.Flush()
	})
	if e := sel.Flush(p.print); e != nil && err == nil {
		err = e
	}
	if e := p.out.Flush(); e != nil && err == nil {
		err = &exitError{ExitUnfinished, e}
	}
	return err
}

// sourceOf returns the source that arguments name: the default server for none.
func sourceOf(io *IO, args []string) (*source, error) {
	switch len(args) {
	case 0:
		return &source{io: io, name: serverURL(io)}, nil
	case 1:
		s := &source{io: io, name: args[0]}
		return s, s.check()
	}
	return nil, fmt.Errorf("want one source, not %d", len(args))
}

// printer writes records as lines.
type printer struct {
	out     *bufio.Writer
	json    bool
	secrets bool
	buf     []byte
	last    uint64 // number of the last record that came
}

// gap says how many records are missing before r.
func (p *printer) gap(r *record.Record) error {
	missing := r.Seq - p.last - 1
	begun := p.last > 0
	p.last = r.Seq
	if !begun || missing == 0 || p.json {
		return nil
	}
	_, err := fmt.Fprintf(p.out, "… %d records are missing here\n", missing)
	return err
}

func (p *printer) print(r *record.Record) error {
	if r.Kind == record.KindPassed && !p.json {
		return nil // no event of its own
	}
	if !p.secrets {
		r = secret.Record(r)
	}
	if p.json {
		p.buf = record.AppendJSONL(p.buf[:0], r)
	} else {
		p.buf = appendLine(p.buf[:0], r)
	}
	if _, err := p.out.Write(p.buf); err != nil {
		return &exitError{ExitUnfinished, err}
	}
	return nil
}

// appendLine appends the line for people: time, connection, what it is, and the start of what was said, quoted.
func appendLine(dst []byte, r *record.Record) []byte {
	dst = time.Unix(0, r.Time).AppendFormat(dst, "15:04:05.000000")
	dst = fmt.Appendf(dst, " #%d %s", r.Conn, r.Describe())
	if r.Kind != record.KindFrame {
		return append(dst, '\n')
	}
	content := r.Bytes()
	if r.Compressed || r.Frames > 1 {
		dst = fmt.Appendf(dst, " MESSAGE:%d", r.Inflated)
	}
	switch {
	case r.Header.Opcode == frame.Close && len(r.Payload) >= 2:
		code, reason, _ := frame.ParseClose(r.Payload)
		dst = fmt.Appendf(dst, " %d %q", code, reason)
	case len(content) > 0:
		dst = appendContent(append(dst, ' '), content)
	}
	return append(dst, '\n')
}

func appendContent(dst, b []byte) []byte {
	cut := b[:min(len(b), maxShown)]
	for len(cut) < len(b) && len(cut) > maxShown-utf8.UTFMax && !utf8.RuneStart(b[len(cut)]) {
		cut = cut[:len(cut)-1]
	}
	if utf8.Valid(cut) && !bytes.ContainsRune(cut, 0) {
		dst = strconv.AppendQuote(dst, string(cut))
	} else {
		dst = fmt.Appendf(dst, "%x", cut)
	}
	if len(cut) < len(b) {
		dst = append(dst, "…"...)
	}
	return dst
}
