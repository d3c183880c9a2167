package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/record"
)

const lintUsage = `tetherscope lint [SOURCE] lists every broken rule of RFC 6455 and RFC 7692 in a capture, with its section: in handshakes,
frames, messages and close codes. The source is a file (.tscap, .jsonl, .har, .pcapng, .pcap), - for standard input, or a server's URL.

  tetherscope lint today.tscap
  tetherscope lint -json today.tscap | jq -r .rule | sort | uniq -c
  tetherscope lint -ignore 'masking key of zero,close code' test.tscap

Exit codes: 0 nothing found; 1 violations were found; 2 wrong usage, no such capture, or an empty one; 3 nothing found, but parts of the
source were damaged; 4 stopped half way.
`

// finding is one broken rule in one place.
type finding struct {
	Seq     uint64 `json:"seq"`
	Time    string `json:"time"`
	Conn    uint32 `json:"conn"`
	Dir     string `json:"dir,omitempty"`
	Where   string `json:"where"` // handshake, frame, message, stream
	Rule    string `json:"rule"`
	Section string `json:"section,omitempty"`
	Meaning string `json:"meaning,omitempty"`
}

func runLint(ctx context.Context, io *IO, args []string) error {
	f := flag.NewFlagSet("lint", flag.ContinueOnError)
	asJSON := f.Bool("json", false, "print JSON lines")
	ignore := f.String("ignore", "", "leave out the rules whose name begins with one of these `names`, separated by commas")
	quiet := f.Bool("quiet", false, "print nothing: the exit code says it")
	token := f.String("token", "", "the server's `token`, when its panel page cannot be asked for it")
	secure := trust{io: io}
	secure.register(f)
	rest, err := parse(f, io, lintUsage, args)
	if err != nil {
		return err
	}
	s, err := sourceOf(io, rest)
	if err != nil {
		return err
	}
	s.token, s.trust = *token, secure
	out := bufio.NewWriterSize(io.Out, 64<<10)
	l := linter{requests: map[uint32][]byte{}, ignored: names(*ignore), each: func(f finding) error {
		switch {
		case *quiet:
			return nil
		case *asJSON:
			return json.NewEncoder(out).Encode(f)
		}
		_, err := fmt.Fprintf(out, "%s %d #%d %s %s: %s (%s)\n", s.name, f.Seq, f.Conn, f.Dir, f.Where, f.Rule, f.Section)
		return err
	}}
	err = s.read(ctx, l.look)
	if e := out.Flush(); e != nil {
		return &exitError{ExitUnfinished, e}
	}
	if (err == nil || isDamage(err)) && l.found > 0 {
		return &exitError{ExitFound, nil}
	}
	if err == nil && l.seen == 0 { // in a pipe, what should have written it has failed
		return fmt.Errorf("%s: no record is in it, so nothing was judged", s.name)
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

func (l *linter) look(r *record.Record) error {
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
			if err := l.tell(r, "frame", v.Name, v.Section, v.Explanation); err != nil {
				return err
			}
		}
	case record.KindBroken:
		return l.tell(r, "stream", "cannot be decoded: "+r.Reason, "RFC 6455 §5.2", "")
	case record.KindEnd:
		delete(l.requests, r.Conn)
	case record.KindClose, record.KindNote, record.KindPassed:
	}
	return nil
}

// handshake judges a handshake when both its heads are known.
func (l *linter) handshake(r *record.Record, request []byte) error {
	if len(request) == 0 || len(r.Head) == 0 {
		return nil
	}
	h := frame.ParseHandshake(request, r.Head)
	for _, p := range h.Problems {
		rule, section := p, ""
		if i := strings.LastIndex(p, " (RFC"); i > 0 {
			rule, section = p[:i], strings.Trim(p[i+1:], "()")
		}
		if err := l.tell(r, "handshake", rule, section, ""); err != nil {
			return err
		}
	}
	return nil
}

func (l *linter) tell(r *record.Record, where, rule, section, meaning string) error {
	if slices.ContainsFunc(l.ignored, func(n string) bool { return strings.HasPrefix(rule, n) }) {
		return nil
	}
	l.found++
	f := finding{
		Seq: r.Seq, Time: time.Unix(0, r.Time).UTC().Format(time.RFC3339Nano), Conn: r.Conn,
		Where: where, Rule: rule, Section: section, Meaning: meaning,
	}
	if where != "handshake" {
		f.Dir = r.Dir.String()
	}
	if err := l.each(f); err != nil {
		return &exitError{ExitUnfinished, err}
	}
	return nil
}
