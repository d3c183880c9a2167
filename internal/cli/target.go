package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tetherscope/tetherscope/internal/capture/file"
	"github.com/tetherscope/tetherscope/internal/capture/pcap"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/capture/redact"
)

// target writes records to a file or standard output, in the format that the name ends with.
type target struct {
	io      *IO
	name    string
	file    *os.File // nil for standard output
	buf     *bufio.Writer
	records writer
	hide    bool
	written int
	cut     int // records of which the capture has only the beginning
}

// writer is a format being written.
type writer interface {
	Write(*record.Record) error
	Close() error
}

// formatNames are what a target's name may end with.
const formatNames = ".tscap, .jsonl, .har, .pcapng"

// create begins a target. "-" is standard output, as JSON lines. A file that is there is left alone unless force.
func create(stdio *IO, name string, force, secrets bool) (*target, error) {
	t := &target{io: stdio, name: name, hide: !secrets}
	if name == "-" {
		t.buf = bufio.NewWriterSize(stdio.Out, 64<<10)
		t.records = file.NewJSONLWriter(t.buf)
		return t, nil
	}
	if err := checkFormat(name); err != nil {
		return nil, err
	}
	f, err := file.Create(name, force)
	if err != nil {
		return nil, withForceHint(err)
	}
	t.file, t.buf = f, bufio.NewWriterSize(f, 256<<10)
	t.records, err = t.format(t.buf, stdio.Version)
	return t, err
}

// checkFormat refuses a name that tells no format.
func checkFormat(name string) error {
	if slices.Contains(strings.Split(formatNames, ", "), filepath.Ext(name)) {
		return nil
	}
	return fmt.Errorf("%s: the name must end with one of %s, which chooses the format", name, formatNames)
}

// withForceHint adds how to replace a file that is there.
func withForceHint(err error) error {
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%w, or add -force to replace it", err)
	}
	return err
}

// format begins the file's content in the format that the name ends with.
func (t *target) format(w io.Writer, version string) (writer, error) {
	switch filepath.Ext(t.name) {
	case ".tscap":
		return file.NewWriter(w), nil
	case ".har":
		return file.NewHARWriter(w, version), nil
	case ".pcapng":
		return pcap.NewWriter(w, version)
	}
	return file.NewJSONLWriter(w), nil
}

// write writes a record, without its secrets unless they were asked for.
func (t *target) write(r *record.Record) error {
	if t.hide {
		r = redact.Record(r)
	}
	if err := t.records.Write(r); err != nil {
		return &exitError{ExitUnfinished, err}
	}
	t.written++
	if r.IsCut() {
		t.cut++
	}
	return nil
}

// close completes the file.
func (t *target) close() error {
	err := t.records.Close()
	if p, ok := t.records.(*pcap.Writer); ok {
		t.reportFilled(p)
	} else if t.cut > 0 {
		t.io.notice("%s: of %s the capture has only the beginning: that is what the file has too, with the whole length\n", t.name, counted(t.cut, "frame"))
	}
	if e := t.buf.Flush(); err == nil {
		err = e
	}
	if t.file != nil {
		if e := t.file.Close(); err == nil {
			err = e
		}
	}
	if err != nil {
		return &exitError{ExitUnfinished, err}
	}
	return nil
}

// reportFilled says what packets could not carry.
func (t *target) reportFilled(p *pcap.Writer) {
	if p.Filled > 0 {
		t.io.notice("%s: zeros stand for %s of payload, not kept when this was captured\n", t.name, counted(p.Filled, "byte"))
	}
	if p.Lost > 0 {
		t.io.notice("%s: left out, because too little was kept to make packets: %s\n", t.name, counted(p.Lost, "frame"))
	}
}
