package cdp

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// pipe has messages that end with a zero byte, one pipe each way.
type pipe struct {
	in  io.ReadCloser
	r   *bufio.Reader
	out io.WriteCloser
}

// Pipe returns the transport of a browser that was started with --remote-debugging-pipe: in is what it writes to its file descriptor 4,
// out what it reads from 3. Messages of any length are read: such a browser is ours.
func Pipe(in io.ReadCloser, out io.WriteCloser) Transport {
	return &pipe{in: in, r: bufio.NewReaderSize(in, 64<<10), out: out}
}

func (p *pipe) Read() ([]byte, error) {
	b, err := p.r.ReadBytes(0)
	return bytes.TrimSuffix(b, []byte{0}), err
}

func (p *pipe) Write(message []byte) error {
	_, err := p.out.Write(append(message, 0))
	return err
}

func (p *pipe) Close() error { return errors.Join(p.in.Close(), p.out.Close()) }
