package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing/fstest"
	"time"

	"github.com/tetherscope/tetherscope/internal/app"
	"github.com/tetherscope/tetherscope/internal/app/auth"
	"github.com/tetherscope/tetherscope/internal/bench/proc"
	"github.com/tetherscope/tetherscope/internal/server"
)

// secret signs the clients' tokens. It protects nothing: the server is on loopback and ends with the soak test.
const secret = "a secret of the soak, long enough to be one"

// beServer runs the server, prints its address, and answers each line of its standard input with its resource usage. It ends
// when its input does.
func beServer(ctx context.Context) error {
	key, err := auth.NewSecret("soak", []byte(secret))
	if err != nil {
		return err
	}
	const heartbeat = 2 * time.Second // short, but not too short for a machine that is busy otherwise
	c := server.Config{
		Addr: "127.0.0.1:0", Assets: fstest.MapFS{}, Heartbeat: heartbeat, RingSize: 1 << 20,
		App: app.Config{Keys: []auth.Key{key}, Heartbeat: heartbeat, Limits: app.Limits{
			Messages: 1000, AddressMessages: 1 << 20, AddressDials: 1 << 20,
		}},
	}
	return server.Run(ctx, c, io.Discard, func(at string) {
		if u, err := url.Parse(at); err == nil {
			fmt.Println(u.Host)
			go answer()
		}
	})
}

// answer prints the resource usage of this process for each line of standard input.
func answer() {
	asked := bufio.NewScanner(os.Stdin)
	for asked.Scan() {
		_ = json.NewEncoder(os.Stdout).Encode(held()) // it fails only if the parent process is gone
	}
	os.Exit(0)
}

// token lets user into the chat.
func token(user string) (string, error) {
	key, err := auth.NewSecret("soak", []byte(secret))
	if err != nil {
		return "", err
	}
	v, err := auth.NewVerifier(auth.Options{Keys: []auth.Key{key}, Audience: app.Audience})
	if err != nil {
		return "", err
	}
	return v.Issue(user, time.Now(), 2*time.Hour)
}

// child is the server under load, in a process of its own.
type child struct {
	addr string
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Reader
}

func startServer(ctx context.Context) (*child, error) {
	cmd := exec.CommandContext(ctx, os.Args[0], "-be-server")
	in, out, err := proc.Start(cmd)
	if err != nil {
		return nil, err
	}
	s := &child{cmd: cmd, in: in, out: bufio.NewReader(out)}
	line, err := s.out.ReadString('\n')
	if err != nil {
		s.stop()
		return nil, fmt.Errorf("the server printed no address: %w", err)
	}
	s.addr = strings.TrimSpace(line)
	return s, nil
}

func (s *child) stop() {
	_ = s.in.Close()
	_ = s.cmd.Wait() // its exit status is of no interest
}

// holds asks the server for its resource usage.
func (s *child) holds() (h holding, err error) {
	if _, err := io.WriteString(s.in, "\n"); err != nil {
		return h, err
	}
	line, err := s.out.ReadBytes('\n')
	if err != nil {
		return h, fmt.Errorf("the server is gone: %w", err)
	}
	return h, json.Unmarshal(line, &h)
}
