package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/capture/recordfilter"
	"github.com/tetherscope/tetherscope/internal/terminal"
)

const findUsage = `tetherscope find QUERY FILE… looks through captures of any format (.tscap, .jsonl, .har, .pcapng, .pcap) for what matches a query in the
panel's filter language, and prints a line for each record behind the name of its file.

  tetherscope find '$.type="trade" $.price>100' monday.tscap tuesday.har
  tetherscope find -l 'code:1006' *.tscap                  which captures have one
  tetherscope find -count 'dir:in op:text' *.tscap         how many each has
  tetherscope find -json 'lint' *.pcapng | jq .file

How many records of how many files match is said on standard error. file: in the query looks at the names of the files.
Exit codes: 0 something was found; 1 nothing was; 2 wrong usage, or a file that cannot be read, the others having been looked through; 3 something
was found, but parts of a file were damaged; 4 stopped early.
`

// findCommand is the command with its flags, and what it has found until now.
type findCommand struct {
	io    *IO
	query string
	names bool // print only names of files
	count bool // print only how many
	print printer

	records, files  uint64 // that match
	failed, damaged bool
}

func runFind(ctx context.Context, io *IO, args []string) error {
	c := findCommand{io: io}
	f := flag.NewFlagSet("find", flag.ContinueOnError)
	f.BoolVar(&c.names, "l", false, "print only the names of files with a match")
	f.BoolVar(&c.count, "count", false, "print only how many records of each file match")
	asJSON := f.Bool("json", false, "print JSON lines, as in a .jsonl file, each with the name of its file")
	secrets := f.Bool("secrets", false, "show credentials in handshakes")
	keyLog := registerKeyLog(f)
	rest, err := parse(f, io, findUsage, args)
	switch {
	case err != nil:
		return err
	case len(rest) < 2:
		return errors.New("want a query and one file or more")
	case c.names && c.count || *asJSON && (c.names || c.count):
		return errors.New("want one of -l, -count and -json")
	}
	c.query = rest[0]
	if _, err := recordfilter.NewSelection(c.query); err != nil {
		return err
	}
	c.print = printer{out: bufio.NewWriterSize(io.Out, 64<<10), json: *asJSON, secrets: *secrets}
	if !*asJSON && terminalFile(io.output) != nil && !io.colorless() {
		c.print.color = terminal.NewColorWriter(io.output)
	}
	for _, name := range rest[1:] {
		if err := c.file(ctx, &source{io: io, name: name, keyLog: *keyLog}); err != nil {
			return err
		}
	}
	if err := c.print.out.Flush(); err != nil {
		return &exitError{ExitUnfinished, err}
	}
	io.notice("%s in %d of %s\n", counted(c.records, "record"), c.files, counted(len(rest)-1, "file"))
	return c.verdict(ctx)
}

// verdict returns the error of the exit code.
func (c *findCommand) verdict(ctx context.Context) error {
	switch {
	case ctx.Err() != nil:
		return &exitError{ExitUnfinished, nil}
	case c.failed:
		return &exitError{ExitUsage, nil}
	case c.records == 0:
		return &exitError{ExitFound, nil}
	case c.damaged:
		return &exitError{ExitDamaged, nil}
	}
	return nil
}

// file looks through one file. The error is one of writing, or of a command that ends; one of reading is said and noted.
func (c *findCommand) file(ctx context.Context, s *source) error {
	sel, err := recordfilter.NewSelection(c.query)
	if err != nil {
		return err
	}
	sel.InFile(s.name)
	c.print.file = s.name
	found := uint64(0)
	each := func(r *record.Record) error {
		if r.Kind == record.KindTransit {
			return nil // no event of its own
		}
		found++
		if c.names || c.count {
			return nil
		}
		return c.print.print(r)
	}
	err = s.read(ctx, func(r *record.Record) error { return sel.Push(r, each) })
	if e := sel.Flush(each); e != nil && err == nil {
		err = e
	}
	var exit *exitError
	switch {
	case isDamage(err):
		c.damaged = true
	case errors.As(err, &exit):
		return err
	case err != nil:
		c.failed = true
		c.io.notice("tetherscope find: %v\n", err)
	}
	return c.said(s.name, found)
}

// said counts what was found in a file, and prints what is printed of a file as a whole.
func (c *findCommand) said(name string, found uint64) error {
	c.records += found
	if found > 0 {
		c.files++
	}
	var err error
	switch {
	case c.count:
		err = writeLine(c.print.out, "%s: %d\n", name, found)
	case c.names && found > 0:
		err = writeLine(c.print.out, "%s\n", name)
	}
	if err != nil {
		return &exitError{ExitUnfinished, err}
	}
	return nil
}

// inFile puts the name of a file before a line: as a member of a JSON object, or as text.
func inFile(name string, line []byte, asJSON bool) []byte {
	if !asJSON {
		return append([]byte(terminal.Line("%s: ", name)), line...)
	}
	quoted, _ := json.Marshal(name) // a string always can be
	return fmt.Appendf(nil, `{"file":%s,%s`, quoted, line[1:])
}
