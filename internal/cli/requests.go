package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/tetherscope/tetherscope/internal/rawws"
	"github.com/tetherscope/tetherscope/internal/requests"
	"github.com/tetherscope/tetherscope/internal/requests/player"
	"github.com/tetherscope/tetherscope/scope/act"
)

const requestsUsage = `tetherscope requests run FILE runs the requests of a file, one after another: each opens a WebSocket connection, sends, waits for messages that
match filters, saves values from them, and fails when one does not come in time. requests check FILE reads it only. - is standard input.

  tetherscope requests run login.toml
  tetherscope requests run -var host=127.0.0.1:8080 -only login login.toml
  tetherscope requests run -json login.toml | jq -c 'select(.step.outcome == "failed")'
  tetherscope requests run -junit report.xml login.toml

The file is TOML; https://github.com/tetherscope/tetherscope/blob/main/docs/requests.md describes it, and docs/requests.md of a running server.
Values of the environment are {{env.NAME}}; they are never printed. -ca, -cert and -insecure hold for requests that say nothing themselves.
Exit codes: 0 all passed; 1 a request failed; 2 wrong usage, or an error in the file, which is named with line and column; 4 stopped early,
or printing failed.
`

// requestsCommand is what the command was asked for.
type requestsCommand struct {
	io      *IO
	name    string // of the file
	vars    varFlag
	only    string
	json    bool
	junit   string
	tls     tlsFlags
	results []act.StepResult
}

// varFlag collects variables.
type varFlag map[string]string

// String implements flag.Value.
func (v varFlag) String() string { return "" }

// Set implements flag.Value.
func (v varFlag) Set(text string) error {
	name, value, ok := strings.Cut(text, "=")
	if !ok || name == "" {
		return fmt.Errorf("%q is no variable: want name=value", text)
	}
	v[name] = value
	return nil
}

func runRequests(ctx context.Context, io *IO, args []string) error {
	c := requestsCommand{io: io, vars: varFlag{}, tls: tlsFlags{io: io}}
	f := flag.NewFlagSet("requests", flag.ContinueOnError)
	f.Var(c.vars, "var", "a variable, as `name=value`; takes the place of that in the file; may be given again")
	f.StringVar(&c.only, "only", "", "run the request with this `name` only")
	f.BoolVar(&c.json, "json", false, "print a JSON line for each step, and one at the end")
	f.StringVar(&c.junit, "junit", "", "also write the results to this `file`, as JUnit has them")
	c.tls.register(f)
	rest, err := parse(f, io, requestsUsage, args)
	if err != nil {
		return err
	}
	if len(rest) != 2 || rest[0] != "run" && rest[0] != "check" {
		return errors.New("want run or check, and a file: tetherscope requests run FILE")
	}
	c.name = rest[1]
	file, err := c.read()
	if err != nil {
		return err
	}
	run, err := requests.NewRun(file, requests.Options{Vars: c.vars, Env: c.env, Only: c.only})
	if err != nil || rest[0] == "check" {
		return err
	}
	return c.play(ctx, run)
}

// env returns a value of the environment; an empty one counts as none.
func (c *requestsCommand) env(name string) (string, bool) {
	v := c.io.Getenv(name)
	return v, v != ""
}

// read reads the file.
func (c *requestsCommand) read() (*requests.File, error) {
	in := c.io.In
	name := "standard input"
	if c.name != "-" {
		f, err := os.Open(c.name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in, name = f, c.name
	}
	text, err := io.ReadAll(io.LimitReader(in, requests.MaxFile+1))
	if err != nil {
		return nil, err
	}
	return requests.Parse(name, text)
}

// play runs the requests and prints what becomes of them.
func (c *requestsCommand) play(ctx context.Context, run *requests.Run) error {
	err := player.Play(ctx, run, player.Config{Dial: c.dial, Step: c.step})
	end := run.End()
	if err == nil {
		err = c.end(&end)
	}
	if err == nil && c.junit != "" {
		err = writeJUnit(c.junit, c.name, c.results)
	}
	switch {
	case err != nil && ctx.Err() != nil:
		return &exitError{ExitUnfinished, errors.New("interrupted")}
	case err != nil:
		return &exitError{ExitUnfinished, err}
	case end.Failed > 0:
		return &exitError{ExitFound, nil}
	}
	return nil
}

// dial opens the connection of a request.
func (c *requestsCommand) dial(ctx context.Context, q *requests.Request) (*rawws.Peer, error) {
	u, err := parseWS("the URL", q.URL)
	if err != nil {
		return nil, err
	}
	header := headerFlag{}
	for _, line := range q.Header {
		if err := header.Set(line); err != nil {
			return nil, err
		}
	}
	if len(q.Subprotocols) > 0 {
		http.Header(header).Set("Sec-WebSocket-Protocol", strings.Join(q.Subprotocols, ", "))
	}
	d := dialer{url: u, header: http.Header(header), tls: c.tls}
	switch {
	case q.Insecure:
		d.tls.insecure, d.tls.ca = true, ""
	case q.CA != "":
		d.tls.pem, d.tls.insecure, d.tls.ca = q.CA, false, ""
	case q.CAFile != "" && filepath.IsAbs(q.CAFile):
		d.tls.ca, d.tls.insecure = q.CAFile, false
	case q.CAFile != "":
		d.tls.ca, d.tls.insecure = filepath.Join(filepath.Dir(c.name), q.CAFile), false
	}
	return d.peer(ctx)
}

// step prints what became of a step.
func (c *requestsCommand) step(s act.StepResult) error {
	c.results = append(c.results, s)
	if c.json {
		return writeJSON(c.io.Out, act.RequestsLine{Step: &s})
	}
	if s.Outcome == act.StepSkipped {
		return nil
	}
	text := s.Text
	if line, _, more := strings.Cut(text, "\n"); more {
		text = line + " …"
	}
	if err := writeLine(c.io.Out, "%-6s %s:%d %s %s (%.1f ms)\n", s.Outcome, s.Request, s.Line, s.Kind, text, s.Millis); err != nil || s.Problem == "" {
		return err
	}
	return writeLine(c.io.Out, "       %s:%d:%d: %s\n", c.name, s.Line, s.Column, s.Problem)
}

// end prints how many passed.
func (c *requestsCommand) end(e *act.RequestsEnd) error {
	if c.json {
		return writeJSON(c.io.Out, act.RequestsLine{End: e})
	}
	return writeLine(c.io.Out, "%s passed, %d failed (%.1f ms)\n", counted(e.Passed, "request"), e.Failed, e.Millis)
}
