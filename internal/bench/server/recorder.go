package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// recorder is our record command while it writes to a file what a server sees.
type recorder struct {
	cmd  *exec.Cmd
	file string
	said bytes.Buffer
}

// recorded is what a recorder did: records in its file, its bytes, and records that came faster than it could write.
type recorded struct{ records, bytes, lost int64 }

func (r *recorded) add(o recorded) {
	r.records, r.bytes, r.lost = r.records+o.records, r.bytes+o.bytes, r.lost+o.lost
}

// record starts recording what a server sees, and waits until what it remembers of earlier is written.
func record(ctx context.Context, of *running, dir string) (*recorder, error) {
	r := &recorder{file: filepath.Join(dir, "recorded.tscap")}
	r.cmd = exec.CommandContext(ctx, filepath.Join(dir, "tetherscope"), "record", "-force", "-o", r.file, of.console)
	r.cmd.Stderr = &r.said
	if err := r.cmd.Start(); err != nil {
		return nil, err
	}
	r.settle()
	return r, nil
}

// settle waits until the recorder has nothing to do.
func (r *recorder) settle() {
	const look, quiet = 50 * time.Millisecond, 4
	last, same := time.Duration(-1), 0
	for end := time.Now().Add(patience); same < quiet && time.Now().Before(end); time.Sleep(look) {
		if now := cpuTime(r.cmd.Process.Pid); now-last > 2*time.Millisecond {
			last, same = now, 0
		} else {
			same++
		}
	}
}

var (
	recordsIn   = regexp.MustCompile(`(?m)^(\d+) records in `)
	recordsLost = regexp.MustCompile(`(?m)^(\d+) records before number \d+ were lost`)
)

// end lets the recorder write what is left, stops it, and removes its file.
func (r *recorder) end() (k recorded, err error) {
	r.settle()
	defer func() { _ = os.Remove(r.file) }() // the folder goes at the end
	err = errors.Join(r.cmd.Process.Signal(os.Interrupt), r.cmd.Wait())
	said := r.said.String()
	m := recordsIn.FindStringSubmatch(said)
	if err != nil || m == nil {
		return k, fmt.Errorf("record: %w: %s", errors.Join(err, errNotRecorded), strings.TrimSpace(said))
	}
	k.records, _ = strconv.ParseInt(m[1], 10, 64) // digits
	for _, m := range recordsLost.FindAllStringSubmatch(said, -1) {
		n, _ := strconv.ParseInt(m[1], 10, 64) // digits
		k.lost += n
	}
	info, err := os.Stat(r.file)
	if err != nil {
		return k, err
	}
	k.bytes = info.Size()
	return k, nil
}

var errNotRecorded = errors.New("it did not say what it recorded")
