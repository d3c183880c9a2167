package cli

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/capture/redact"
	"github.com/tetherscope/tetherscope/internal/frame"
)

const lintUsage = `tetherscope lint [SOURCE] lists every violation of RFC 6455 and RFC 7692 in a capture, with its section: in handshakes,
frames, messages and close codes. The source is a file (.tscap, .jsonl, .har, .pcapng, .pcap), - for standard input, or a server's URL.

  tetherscope lint today.tscap
  tetherscope lint -json today.tscap | jq -r .rule | sort | uniq -c
  tetherscope lint -ignore 'masking key of zero,close code' test.tscap

Exit codes: 0 nothing found; 1 violations were found; 2 wrong usage, no such capture, or an empty one; 3 nothing found, but parts of the
source were damaged; 4 stopped early.
`

// finding is one violation in one place.
type finding struct {
	Seq     uint64 `json:"seq"`
	Time    string `json:"time"`
	Conn    uint32 `json:"conn"`
	Dir     string `json:"dir,omitempty"`
	Where   string `json:"where"` // handshake, frame, message, stream
	Rule    string `json:"rule"`
	Section string `json:"section,omitempty"`
	Meaning string `json:"meaning,omitempty"`

	arrow string // of Dir; empty for a handshake
}

func runLint(ctx context.Context, io *IO, args []string) error {
	f := flag.NewFlagSet("lint", flag.ContinueOnError)
	asJSON := f.Bool("json", false, "print JSON lines")
	ignore := f.String("ignore", "", "ignore violations whose name begins with one of these `names`, separated by commas")
	quiet := f.Bool("quiet", false, "print nothing; only set the exit code")
	now := registerNow(f)
	token := f.String("token", "", "the server's `token`, when the server does not give it to this machine")
	secure := tlsFlags{io: io}
	secure.register(f)
	keyLog := registerKeyLog(f)
	rest, err := parse(f, io, lintUsage, args)
	if err != nil {
		return err
	}
	s, err := sourceOf(io, rest)
	if err != nil {
		return err
	}
	s.now, s.token, s.tls, s.keyLog = *now, *token, secure, *keyLog
	if err := s.checkNow(); err != nil {
		return err
	}
	out := bufio.NewWriterSize(io.Out, 64<<10)
	l := linter{requests: map[uint32][]byte{}, ignored: names(*ignore), each: func(f finding) error {
		switch {
		case *quiet:
			return nil
		case *asJSON:
			return writeJSON(out, f)
		}
		return writeLine(out, "%s %d #%s %s %s: %s (%s)\n", s.name, f.Seq, record.ConnName(f.Conn), f.arrow, f.Where, f.Rule, f.Section)
	}}
	err = s.read(ctx, l.check)
	if e := out.Flush(); e != nil {
		return &exitError{ExitUnfinished, e}
	}
	if (err == nil || isDamage(err)) && l.found > 0 {
		return &exitError{ExitFound, nil}
	}
	if err == nil && l.seen == 0 { // in a pipe, what should have written it has failed
		return fmt.Errorf("%s: it has no records, so nothing was checked", s.name)
	}
	return err
}

func names(list string) (out []string) {
	for n := range strings.SplitSeq(list, ",") {
		if n = strings.TrimSpace(n); n != "" {
			out = append(out, n)
		}
	}
	return out
}

// linter looks at records in order.
type linter struct {
	requests map[uint32][]byte // heads of handshakes without a response yet
	ignored  []string
	seen     int // records
	found    int
	each     func(finding) error
}

func (l *linter) check(r *record.Record) error {
	l.seen++
	switch r.Kind {
	case record.KindRequest:
		l.requests[r.Conn] = append([]byte(nil), r.Head...)
	case record.KindResponse:
		request := l.requests[r.Conn]
		delete(l.requests, r.Conn)
		return l.handshake(r, request)
	case record.KindFrame:
		for v := range r.Violations.All() {
			if err := l.report(r, "frame", v.Name, v.Section, v.Explanation); err != nil {
				return err
			}
		}
	case record.KindBroken:
		if r.By == record.SideNone && r.Source == record.SourceWire {
			return nil // the capture lacks bytes, which violates no rule
		}
		return l.report(r, "stream", "cannot be decoded: "+r.Reason, "RFC 6455 §5.2", "")
	case record.KindEnd:
		delete(l.requests, r.Conn)
	case record.KindClose, record.KindNote, record.KindTransit:
	}
	return nil
}

// handshake judges a handshake when both its heads are known.
func (l *linter) handshake(r *record.Record, request []byte) error {
	if len(request) == 0 || len(r.Head) == 0 {
		return nil
	}
	for _, p := range problems(request, r.Head) {
		rule, section := p, ""
		if i := strings.LastIndex(p, " (RFC"); i > 0 {
			rule, section = p[:i], strings.Trim(p[i+1:], "()")
		}
		if err := l.report(r, "handshake", rule, section, ""); err != nil {
			return err
		}
	}
	return nil
}

// problems returns what is wrong with a handshake. Where that quotes a part in which a credential stands, the quotation is hidden.
func problems(request, response []byte) []string {
	list := frame.ParseHandshake(request, response).Problems
	without := frame.ParseHandshake(redact.Head(request), redact.Head(response)).Problems
	for i, p := range list {
		begin, end := strings.IndexByte(p, '"'), strings.LastIndexByte(p, '"')
		if begin < end && !slices.Contains(without, p) {
			list[i] = p[:begin+1] + redact.Placeholder + p[end:]
		}
	}
	return list
}

func (l *linter) report(r *record.Record, where, rule, section, meaning string) error {
	if slices.ContainsFunc(l.ignored, func(n string) bool { return strings.HasPrefix(rule, n) }) {
		return nil
	}
	l.found++
	f := finding{
		Seq: r.Seq, Time: time.Unix(0, r.Time).UTC().Format(time.RFC3339Nano), Conn: r.Conn,
		Where: where, Rule: rule, Section: section, Meaning: meaning,
	}
	if where != "handshake" {
		f.Dir, f.arrow = r.Dir.String(), r.Dir.Arrow()
	}
	if err := l.each(f); err != nil {
		return &exitError{ExitUnfinished, err}
	}
	return nil
}
