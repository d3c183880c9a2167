package tap

import "errors"

// passThrough is the path of a connection on which nothing waits and no rules are set: bytes are recorded and passed on as
// they are, in the slices in which they come.
type passThrough struct{ *socket }

func (p passThrough) read(b []byte) (int, error) { return p.receive(b, len(b)) }

func (p passThrough) write(b []byte) (int, error) { return p.send(b) }

func (p passThrough) flush() error { return nil }

func (p passThrough) closeWrite() error {
	half, ok := p.client.(halfCloser)
	if !ok {
		return errors.ErrUnsupported
	}
	return half.CloseWrite()
}

func (p passThrough) close() error { return p.finish() }
