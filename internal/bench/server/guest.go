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

// guest is a program that does not know the benchmark. A process of this program, its host, starts it, prints its address, and
// ends it when the benchmark ends.
type guest struct {
	Program []string
	Lines   []string // what it prints, in this order; each has a group, and the last's is the address
	At      string   // where it will listen, when it prints nothing
}

// guestPatience is how long a guest may take to begin, and to end.
const guestPatience = 30 * time.Second

// host runs the guest that text describes until standard input ends. It prints the guest's address, its process number,
// and the other values that the guest printed.
func host(text string) error {
	var g guest
	if err := json.Unmarshal([]byte(text), &g); err != nil {
		return err
	}
	cmd := exec.Command(g.Program[0], g.Program[1:]...) //nolint:gosec // the benchmark's own arguments
	out, err := cmd.StdoutPipe()                        // its standard error, about connections that the load generator cuts, is of no interest
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
	values, err := g.listening(out)
	if !late.Stop() || err != nil {
		return fmt.Errorf("%s: %w: %w", g.Program[0], errSilent, err)
	}
	go func() { _, _ = io.Copy(io.Discard, out) }() // so that its writes never block
	last := len(values) - 1
	if _, err := fmt.Println(append([]any{values[last], cmd.Process.Pid}, values[:last]...)...); err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, os.Stdin) // until the benchmark closes it
	return nil
}

// listening waits until the guest listens, and returns the values that its lines contain.
func (g guest) listening(out io.Reader) (values []any, err error) {
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
		values = append(values, m[1])
	}
	return values, nil
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
