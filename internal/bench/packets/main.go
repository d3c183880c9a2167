package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/file"
	"github.com/tetherscope/tetherscope/internal/capture/pcap"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

func main() {
	short := flag.Bool("short", false, "a file of 64 MiB instead of 1 GiB")
	read := flag.String("read", "", "read this `file` (the benchmark starts itself so)")
	flag.Parse()
	var err error
	switch {
	case *read != "":
		err = readFile(*read)
	case *short:
		err = bench(64 << 20)
	default:
		err = bench(1 << 30)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench/packets:", err)
		os.Exit(1)
	}
}

// readFile reads a capture and prints how many frames it has.
func readFile(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	frames := 0
	err = file.ReadAny(f, name, record.Visitor{Record: func(r *record.Record) error {
		if r.Kind == record.KindFrame {
			frames++
		}
		return nil
	}})
	fmt.Println(frames, "frames")
	return err
}

// bench makes a file of about so many bytes, and measures who reads it.
func bench(size int64) error {
	dir, err := os.MkdirTemp("", "packets")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	name := filepath.Join(dir, "a.pcapng")
	if err := makeFile(name, size); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	fmt.Printf("packets: a pcapng file of %d MiB, read whole\n", size>>20)
	ours, err := measure("tetherscope", exec.Command(self, "-read", name))
	if err != nil {
		return err
	}
	path, err := exec.LookPath("tshark")
	if err != nil {
		fmt.Println("tshark is not installed: no comparison")
		return nil
	}
	theirs, err := measure("tshark", exec.Command(path, "-n", "-r", name, "-Y", "websocket", "-T", "fields", "-e", "websocket.payload_length"))
	if err != nil {
		return err
	}
	fmt.Printf("%-12s %8.1f times tshark's speed, by processor time\n", "tetherscope", theirs.Seconds()/ours.Seconds())
	return nil
}

// measure runs a command and prints its row.
func measure(name string, cmd *exec.Cmd) (cpu time.Duration, err error) {
	cmd.Stdout, cmd.Stderr = io.Discard, os.Stderr
	start := time.Now()
	if err := cmd.Run(); err != nil {
		return 0, fmt.Errorf("%s: %w", name, err)
	}
	cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	memory := "unknown"
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		memory = fmt.Sprintf("%d MiB", usage.Maxrss>>10)
	}
	fmt.Printf("%-12s %8.1f s of processor time, %6.1f s in all, at most %s of memory\n", name, cpu.Seconds(), time.Since(start).Seconds(), memory)
	return cpu, nil
}

const (
	request = "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
	response = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
	perConnection = 400 // messages
)

// makeFile writes connections one after the other.
func makeFile(name string, size int64) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	buf := bufio.NewWriterSize(f, 1<<20)
	w, err := pcap.NewWriter(buf, "bench")
	if err != nil {
		return err
	}
	m := maker{w: w, now: 1.7e18}
	for m.size < size && m.err == nil {
		m.connection()
	}
	return errors.Join(m.err, w.Close(), buf.Flush(), f.Close())
}

// maker writes records.
type maker struct {
	w    *pcap.Writer
	now  int64
	conn uint32
	size int64
	err  error
}

func (m *maker) put(r record.Record) {
	m.now += 1000
	r.Time, r.Conn = m.now, m.conn
	m.size += int64(len(r.Head)+len(r.Payload)) + 100 // what a packet has around it
	m.err = errors.Join(m.err, m.w.Write(&r))
}

func (m *maker) connection() {
	m.conn++
	n := m.conn
	m.put(record.Record{Kind: record.KindRequest, Name: "/ws", Head: []byte(request), Remote: fmt.Sprintf("10.%d.%d.%d:40000", n>>16&255, n>>8&255, n&255)})
	m.put(record.Record{Kind: record.KindResponse, Head: []byte(response)})
	body := make([]byte, 1120)
	for i := range body {
		body[i] = 'a' + byte(i%26)
	}
	for i := range perConnection {
		r := record.Record{Kind: record.KindFrame, Dir: record.Dir(i & 1), Payload: body[:20+i*37%1100]}
		r.Header = frame.Header{Fin: true, Opcode: frame.Text, Length: uint64(len(r.Payload)), Masked: r.Dir == record.Out, Key: [4]byte{1, 2, 3, byte(i)}}
		m.put(r)
	}
	m.put(record.Record{Kind: record.KindEnd, Reason: "the client closed the connection"})
}
