package packets

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/pcap"
)

const (
	startTimeout = 10 * time.Second // for a capture program to write the head of its output
	maxSaid      = 4 << 10          // bytes of what it says on standard error that are kept
)

// ErrNoProgram says that no capture program is installed.
var ErrNoProgram = errors.New("neither tcpdump nor dumpcap is installed: install one of them, or pipe packets of another machine to -capture -")

// Program is what [Start] runs.
type Program struct {
	Interface string                       // as the program calls it: "lo", "eth0", "any"
	Filter    string                       // in the language of libpcap: "tcp port 8080"; empty for everything
	Not       []string                     // TCP ports, in decimal, that are left out: our own
	LookPath  func(string) (string, error) // exec.LookPath; tests replace it
}

// command returns the command line of the first program that is installed.
func (p *Program) command() ([]string, error) {
	look := p.LookPath
	if look == nil {
		look = exec.LookPath
	}
	filter := p.filter()
	if path, err := look("tcpdump"); err == nil {
		return []string{path, "-i", p.Interface, "-n", "-U", "-s", "0", "-w", "-", "--", filter}, nil
	}
	if path, err := look("dumpcap"); err == nil {
		return []string{path, "-q", "-i", p.Interface, "-w", "-", "-f", filter}, nil
	}
	return nil, ErrNoProgram
}

// filter is TCP as asked for, without our own ports: a panel that shows its own feed would feed itself.
func (p *Program) filter() string {
	parts := []string{"tcp"}
	if strings.TrimSpace(p.Filter) != "" {
		parts[0] = "(" + p.Filter + ")"
	}
	for _, port := range p.Not {
		parts = append(parts, "not tcp port "+port)
	}
	return strings.Join(parts, " and ")
}

// Output is what a running program writes.
type Output struct {
	io.Reader
	Name string // of the program
	cmd  *exec.Cmd
	said *said
}

// Start runs a capture program until ctx ends. It returns when the head of its output has come, so that an interface that cannot
// be opened is an error here, in the program's own words.
func Start(ctx context.Context, p Program) (*Output, error) {
	args, err := p.command()
	if err != nil {
		return nil, err
	}
	o := &Output{Name: args[0], said: &said{}}
	o.cmd = exec.CommandContext(ctx, args[0], args[1:]...) //nolint:gosec // the user's own interface and filter
	o.cmd.Stderr = o.said
	o.cmd.WaitDelay = time.Second
	out, err := o.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := o.cmd.Start(); err != nil {
		return nil, fmt.Errorf("%s: %w", o.Name, err)
	}
	b := bufio.NewReaderSize(out, 64<<10)
	late := time.AfterFunc(startTimeout, func() { _ = o.cmd.Process.Kill() })
	start, err := b.Peek(4)
	if !late.Stop() && err != nil {
		err = fmt.Errorf("it wrote nothing within %v", startTimeout)
	}
	if err == nil && !pcap.Recognises(start) {
		err = errors.New("it writes no packets")
	}
	if err != nil {
		_ = o.cmd.Process.Kill()
		_ = o.cmd.Wait()
		return nil, fmt.Errorf("%s cannot capture on %q: %w", o.Name, p.Interface, o.said.or(err))
	}
	o.Reader = b
	return o, nil
}

// Wait waits for the end of the program once all of its output was read, and returns why it ended; nil after ctx.
func (o *Output) Wait(ctx context.Context) error {
	err := o.cmd.Wait()
	if ctx.Err() != nil || err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", o.Name, o.said.or(err))
}

// said keeps the last lines that a program writes on standard error.
type said struct {
	mu  sync.Mutex
	buf []byte
}

// Write keeps the end of what was written.
func (s *said) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.buf = append(s.buf, b...)
	if more := len(s.buf) - maxSaid; more > 0 {
		s.buf = append(s.buf[:0], s.buf[more:]...)
	}
	return len(b), nil
}

// or returns what was said as an error, or err when nothing was.
func (s *said) or(err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	text := strings.Join(strings.Fields(string(bytes.ToValidUTF8(s.buf, []byte("?")))), " ")
	if text == "" {
		return err
	}
	return fmt.Errorf("%w: %q", err, text)
}
