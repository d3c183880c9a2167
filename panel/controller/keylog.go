package controller

import (
	"bufio"
	"fmt"
	"io"

	"github.com/tetherscope/tetherscope/internal/capture/pcap"
)

// keyring holds the secrets of the TLS key logs that were opened in this page, and the captures that they may decrypt: whichever of both comes
// first. The core's lock guards its fields; a key log has one of its own.
type keyring struct {
	keys     *pcap.KeyLog // nil before the first
	captures []File       // that are shown, if they can be read again
}

// takeKeys reads the key logs among files and returns the others.
func (c *core) takeKeys(files []File) (captures []File, secrets int, err error) {
	c.mu.Lock()
	if c.keyring.keys == nil {
		c.keyring.keys = pcap.NewKeyLog(nil)
	}
	keys := c.keyring.keys
	c.mu.Unlock()
	before := keys.Stats().Secrets
	for _, f := range files {
		r := bufio.NewReaderSize(f.Reader, 64<<10)
		f.Reader = r
		start, _ := r.Peek(4 << 10)
		if !pcap.LooksLikeKeyLog(start) {
			captures = append(captures, f)
			continue
		}
		if err := keys.Read(r); err != nil {
			return captures, 0, fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	return captures, keys.Stats().Secrets - before, nil
}

// keep notes which captures are shown, for a key log that comes later.
func (c *core) keep(captures []File) {
	c.keyring.captures = nil
	for _, f := range captures {
		if f.Again == nil {
			return
		}
	}
	c.keyring.captures = captures
}

// again returns the captures that are shown, to be read from their beginning. It is nil when they cannot be, or when nothing is shown.
func (c *core) again() (captures []File) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.file == nil {
		return nil
	}
	for _, f := range c.keyring.captures {
		captures = append(captures, File{Name: f.Name, Size: f.Size, Reader: f.Again(), Again: f.Again})
	}
	return captures
}

// reader counts what is read of a file.
func (f *openFile) reader(r io.Reader) io.Reader { return &counted{r, f} }
