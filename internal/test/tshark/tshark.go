package tshark

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
)

// ErrNotInstalled means that there is no tshark on this machine.
var ErrNotInstalled = errors.New("tshark is not installed (Debian: apt-get install tshark)")

// Frame is one frame as tshark sees it.
type Frame struct {
	ClientPort string // TCP port of the other side: it distinguishes connections
	FromServer bool   // sent from the server's port
	Fin        bool
	Rsv        uint64 // RSV1 = 4
	Opcode     uint64
	Masked     bool
	Key        string // hex; empty when not masked
	Length     uint64 // payload bytes
	Payload    string // hex, unmasked
}

// String returns a line by which two views of a frame can be compared.
func (f Frame) String() string {
	return fmt.Sprintf("fin=%t rsv=%d opcode=%X mask=%t key=%s length=%d payload=%s",
		f.Fin, f.Rsv, f.Opcode, f.Masked, f.Key, f.Length, f.Payload)
}

// Frames returns every WebSocket frame in a capture file, in the order in which they were completed. port is the
// server's TCP port. Preferences are further settings, such as "tls.keylog_file:NAME", with which the port is left to tshark.
func Frames(ctx context.Context, file string, port int, preferences ...string) ([]Frame, error) {
	path, err := exec.LookPath("tshark")
	if err != nil {
		return nil, ErrNotInstalled
	}
	args := []string{"-n", "-r", file, "-o", "websocket.decompress:FALSE", "-o", "tcp.reassemble_out_of_order:TRUE", "-Y", "websocket", "-j", "tcp websocket", "-T", "json", "-x"}
	if len(preferences) == 0 {
		args = append(args, "-d", fmt.Sprintf("tcp.port==%d,http", port))
	}
	for _, p := range preferences {
		args = append(args, "-o", p)
	}
	cmd := exec.CommandContext(ctx, path, args...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	var complaints strings.Builder
	cmd.Stderr = &complaints
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	w := walker{json: json.NewDecoder(bufio.NewReaderSize(out, 1<<20)), port: fmt.Sprint(port)}
	walkErr := w.value("")
	w.endFrame()
	if err := cmd.Wait(); err != nil {
		return nil, fmt.Errorf("tshark: %w\n%s", err, complaints.String())
	}
	return w.frames, errors.Join(walkErr, w.err)
}
