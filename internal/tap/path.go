package tap

import "errors"

// path is one way in which a connection carries bytes. There are three: [passThrough], [injecting] and [shaping]. The
// connection chooses the path of each direction before each read and write; a path that finds that it was the wrong choice
// returns errPathChanged, and the connection chooses again.
type path interface {
	// read reads what the server gets next. The caller holds the lock for reading.
	read(p []byte) (int, error)
	// write takes bytes for the client: all of them unless it fails. The caller holds the lock for writing.
	write(p []byte) (int, error)
	// flush writes to the client what waits in the path and is due. The caller holds the lock for writing.
	flush() error
	// closeWrite ends the direction to the client after what waits in the path.
	closeWrite() error
	// close closes the connection after what waits in the path.
	close() error
}

// errPathChanged says that the direction needs another path now.
var errPathChanged = errors.New("tap: the direction needs another path")
