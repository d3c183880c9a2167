package cli

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/capture/redact"
	"github.com/tetherscope/tetherscope/internal/script"
	"github.com/tetherscope/tetherscope/internal/tap/fault"
	"github.com/tetherscope/tetherscope/internal/trial"
	"github.com/tetherscope/tetherscope/scope/act"
)

const rulesUsage = `tetherscope rules try [-rule RULE]… [-faults FILE] [-script FILE] [SOURCE] tries rules on a capture: which records they match, and what would
change. Nothing is sent and no rule is activated. The source is a file (.tscap, .jsonl, .har, .pcapng, .pcap), - for standard input, or the URL
of a running server; without one, ` + defaultServer + `, whose traffic is tried as it passes.

  tetherscope rules try -rule '$.type="trade" => set $.price 0' today.tscap
  tetherscope rules try -faults rules.txt -summary today.tscap
  tetherscope rules try -script double.star today.tscap
  tetherscope rules try -rule 'dir:out "ping" => answer "pong"' -now http://127.0.0.1:7316
  tetherscope rules try -json -faults rules.txt today.tscap | jq 'select(.outcome == "exempt") | .why'

Each record that a rule matches is a line, with what it says before and after; at the end stands a line for each rule. With -json each record is
an object, and the last line is {"records":…,"rules":[…]}. Rules with a chance are tried as if it were 100%; times are not tried.
A script is counted as the last rule, and comes before all; what it prints goes to standard error.
Exit codes: 0 done; 2 wrong usage, wrong rules, or no such capture; 3 done, but parts of the source were damaged; 4 stopped early.
`

// rulesCommand is what the flags of rules say.
type rulesCommand struct {
	rules                  fault.List
	faults, script         string
	json, summary, secrets bool
}

func runRules(ctx context.Context, io *IO, args []string) error {
	f, c := flag.NewFlagSet("rules", flag.ContinueOnError), rulesCommand{}
	f.Var(&c.rules, "rule", "try this `rule`, such as 'dir:in => replace /a/b/'; may be repeated")
	f.StringVar(&c.faults, "faults", "", "try the rules in this `file`, before those of -rule")
	f.StringVar(&c.script, "script", "", "try the script in this `file`, before all rules: each message is given to its function message")
	f.BoolVar(&c.json, "json", false, "print JSON lines")
	f.BoolVar(&c.summary, "summary", false, "print the line for each rule only")
	f.BoolVar(&c.secrets, "secrets", false, "show credentials in handshakes")
	now := registerNow(f)
	token := f.String("token", "", "the server's `token`, when the server does not give it to this machine")
	secure := tlsFlags{io: io}
	secure.register(f)
	keyLog := registerKeyLog(f)
	rest, err := parse(f, io, rulesUsage, args)
	if err != nil {
		return err
	}
	if len(rest) == 0 || rest[0] != "try" {
		return errors.New("want try: tetherscope rules try -rule RULE [SOURCE]")
	}
	rules, err := c.parse()
	if err != nil {
		return err
	}
	s, err := sourceOf(io, rest[1:])
	if err != nil {
		return err
	}
	s.now, s.token, s.tls, s.keyLog = *now, *token, secure, *keyLog
	if err := s.checkNow(); err != nil {
		return err
	}
	if c.script != "" {
		program, err := c.openScript(ctx, io)
		if err != nil {
			return fmt.Errorf("-script: %w", err)
		}
		defer program.Close()
		rules = rules.WithScript(program)
	}
	return c.try(ctx, s, rules)
}

// parse reads the rules.
func (c *rulesCommand) parse() (*fault.Ruleset, error) {
	if c.faults == "" && len(c.rules) == 0 && c.script == "" {
		return nil, errors.New("no rules: give them with -rule, -faults or -script")
	}
	text := []byte(nil)
	if c.faults != "" {
		var err error
		if text, err = os.ReadFile(c.faults); err != nil {
			return nil, fmt.Errorf("-faults: %w", err)
		}
	}
	rules, err := fault.ParseWith(string(text), c.faults, c.rules)
	if err == nil && len(rules.Rules) == 0 && c.script == "" {
		err = errors.New("there is no rule in what was given")
	}
	return rules, err
}

// openScript starts the script. It has more time for a message than in a server, where connections wait for it.
func (c *rulesCommand) openScript(ctx context.Context, io *IO) (*script.Script, error) {
	limits := script.DefaultLimits
	limits.Message *= 20
	return script.Open(ctx, script.Options{File: c.script, Limits: limits, Log: func(_ uint32, line string) { io.notice("%s: %s\n", c.script, line) }})
}

// try reads the source and prints what the rules would do.
func (c *rulesCommand) try(ctx context.Context, s *source, rules *fault.Ruleset) error {
	p := trialPrinter{rulesCommand: c, out: bufio.NewWriterSize(s.io.Out, 64<<10), live: isURL(s.name)}
	tried := trial.New(rules)
	s.waits = func() { _ = p.out.Flush() } // the next print reports an error
	err := s.read(ctx, func(r *record.Record) error {
		if !c.secrets {
			r = redact.Record(r)
		}
		return p.records(tried.Push(r))
	})
	if err == nil || isDamage(err) || ctx.Err() != nil {
		if e := p.report(tried.Report()); e != nil {
			return e
		}
	}
	if e := p.out.Flush(); e != nil {
		return &exitError{ExitUnfinished, e}
	}
	return err
}

// trialPrinter prints a trial.
type trialPrinter struct {
	*rulesCommand
	out  *bufio.Writer
	live bool
}

// records prints what the rules would do to a record.
func (p *trialPrinter) records(all []act.TriedRecord) (err error) {
	if p.summary || len(all) == 0 {
		return nil
	}
	for i := range all {
		if p.json {
			err = writeJSON(p.out, &all[i])
		} else {
			err = p.record(&all[i])
		}
		if err != nil {
			return &exitError{ExitUnfinished, err}
		}
	}
	if p.live {
		err = p.out.Flush()
	}
	return err
}

// record prints a line, and the text before and after.
func (p *trialPrinter) record(one *act.TriedRecord) error {
	why, arrow := one.Why, "handshake"
	switch one.Dir {
	case record.In.String():
		arrow = record.In.Arrow()
	case record.Out.String():
		arrow = record.Out.Arrow()
	}
	if why != "" {
		why = ": " + why
	}
	if err := writeLine(p.out, "%d #%d %s rule %d %s%s\n", one.Seq, one.Conn, arrow, one.Rule, one.Outcome, why); err != nil {
		return err
	}
	if one.Before == "" && one.After == "" {
		return nil
	}
	return writeLine(p.out, "  - %s\n  + %s\n", one.Before, one.After)
}

// report prints a line for each rule.
func (p *trialPrinter) report(report act.Trial) error {
	if p.json {
		return writeJSON(p.out, report)
	}
	for i, r := range report.Rules {
		note := r.Note
		if note != "" {
			note = " (" + note + ")"
		}
		err := writeLine(p.out, "rule %d: %d of %d records match, %d would change, %d would be removed, %d exempt%s: %s\n",
			i+1, r.Matched, report.Records, r.Changed, r.Removed, r.Exempt, note, r.Text)
		if err != nil {
			return err
		}
	}
	return nil
}
