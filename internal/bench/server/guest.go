package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"regexp"
	"time"
)

// guest is a program that knows nothing of the benchmark. A process of ours, its host, starts it, tells its address, and
// ends it when the benchmark ends.
type guest struct {
	Program []string
	Lines   []string // what it prints, in this order; each has a group, and the last's is the address
	At      string   // where it will listen, when it prints nothing
}

// guestPatience is how long a guest may take to begin, and to end.
const guestPatience = 30 * time.Second

// host runs the guest that text describes until standard input ends. It prints the guest's address, its process number,
// and what else it said.
func host(text string) error {
	var g guest
	if err := json.Unmarshal([]byte(text), &g); err != nil {
		return err
	}
	cmd := exec.Command(g.Program[0], g.Program[1:]...) //nolint:gosec // the benchmark's own words
	out, err := cmd.StdoutPipe()                        // what it says on standard error of connections that the load breaks off is no news
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	defer func() {
		_ = cmd.Process.Signal(os.Interrupt)
		late := time.AfterFunc(guestPatience, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait() // how it ends is of no interest
		late.Stop()
	}()
	late := time.AfterFunc(guestPatience, func() { _ = cmd.Process.Kill() })
	said, err := g.listening(out)
	if !late.Stop() || err != nil {
		return fmt.Errorf("%s: %w: %w", g.Program[0], errSilent, err)
	}
	go func() { _, _ = io.Copy(io.Discard, out) }() // it must not wait for us
	last := len(said) - 1
	if _, err := fmt.Println(append([]any{said[last], cmd.Process.Pid}, said[:last]...)...); err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, os.Stdin) // its end is ours
	return nil
}

// listening waits until the guest listens, and returns what it said about that.
func (g guest) listening(out io.Reader) (said []any, err error) {
	if len(g.Lines) == 0 {
		return []any{g.At}, reached(g.At)
	}
	lines := bufio.NewScanner(out)
	for _, text := range g.Lines {
		re := regexp.MustCompile(text)
		var m []string
		for m == nil {
			if !lines.Scan() {
				return nil, fmt.Errorf("it did not print %s", text)
			}
			m = re.FindStringSubmatch(lines.Text())
		}
		said = append(said, m[1])
	}
	return said, nil
}

// reached waits until something listens at an address.
func reached(addr string) error {
	for end := time.Now().Add(guestPatience); ; time.Sleep(50 * time.Millisecond) {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			return c.Close()
		}
		if time.Now().After(end) {
			return err
		}
	}
}

// freeAddress returns an address on loopback that nothing listened at a moment ago.
func freeAddress() string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "127.0.0.1:8080"
	}
	defer l.Close()
	return l.Addr().String()
}
