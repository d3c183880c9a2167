package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/tetherscope/tetherscope/internal/bench/proc"
)

// recorder is our record command while it writes to a file what a server sees.
type recorder struct {
	cmd    *exec.Cmd
	file   string
	stderr bytes.Buffer
}

// record starts recording what a server sees, and waits until the records that it still has are written.
func record(ctx context.Context, of *running, dir string) (*recorder, error) {
	r := &recorder{file: filepath.Join(dir, "beside.tscap")}
	r.cmd = exec.CommandContext(ctx, filepath.Join(dir, "tetherscope"), "record", "-force", "-o", r.file, of.console)
	r.cmd.Stderr = &r.stderr
	if err := r.cmd.Start(); err != nil {
		return nil, err
	}
	settle(r.cmd.Process.Pid)
	return r, nil
}

// end lets the recorder write what is left, stops it, and removes its file.
func (r *recorder) end() error {
	settle(r.cmd.Process.Pid)
	err := errors.Join(r.cmd.Process.Signal(os.Interrupt), r.cmd.Wait(), os.Remove(r.file))
	if err != nil {
		return fmt.Errorf("record: %w: %s", err, strings.TrimSpace(r.stderr.String()))
	}
	return nil
}

// settle waits until a process has nothing to do.
func settle(pid int) {
	const look, quiet = 50 * time.Millisecond, 4
	last, same := time.Duration(-1), 0
	for end := time.Now().Add(patience); same < quiet && time.Now().Before(end); time.Sleep(look) {
		if now := proc.CPU(pid); now-last > 2*time.Millisecond {
			last, same = now, 0
		} else {
			same++
		}
	}
}

// tally is how many records a server has made, and how many of them came faster than its recorder took them.
type tally struct{ records, lost int64 }

func (t tally) minus(o tally) tally { return tally{t.records - o.records, t.lost - o.lost} }
func (t tally) plus(o tally) tally  { return tally{t.records + o.records, t.lost + o.lost} }

var (
	recordsMade = regexp.MustCompile(`(?m)^tetherscope_records_total (\d+)`)
	recordsLost = regexp.MustCompile(`(?m)^tetherscope_records_missed_total (\d+)`)
)

// tally asks a server's metrics.
func (r *running) tally() (t tally, err error) {
	res, err := http.Get(r.console + "metrics") //nolint:noctx // on loopback, of a process of ours
	if err != nil {
		return t, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return t, err
	}
	made, lost := recordsMade.FindSubmatch(text), recordsLost.FindSubmatch(text)
	if made == nil || lost == nil {
		return t, errors.New("its metrics do not count records")
	}
	t.records, _ = strconv.ParseInt(string(made[1]), 10, 64) // digits
	t.lost, _ = strconv.ParseInt(string(lost[1]), 10, 64)    // digits
	return t, nil
}
