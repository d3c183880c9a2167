package devserver

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/tetherscope/tetherscope/internal/hub"
	"github.com/tetherscope/tetherscope/internal/record"
)

// openRecord begins the recording, if there is to be one. What happens to it later is told on out.
func (c Config) openRecord(out io.Writer) error {
	if c.Record == nil {
		return nil
	}
	c.Record.Say = func(format string, args ...any) { _, _ = fmt.Fprintf(out, "-record: "+format, args...) }
	if err := c.Record.Open(); err != nil {
		return fmt.Errorf("-record: %w", err)
	}
	return nil
}

// record writes batches to the recording until the hub closes, or the disk is full: then the server goes on without. It
// reads the ring like any other subscriber: a slow disk gets a gap, and slows no connection.
func (s *Server) record() {
	files := s.cfg.Record
	if files == nil {
		return
	}
	sub := s.hub.Subscribe()
	defer sub.Close()
	block := make([]byte, record.BlockHead)
	var err error
	for {
		if block, err = sub.Next(context.Background(), block[:record.BlockHead]); err != nil {
			break
		}
		if err = files.Write(block); err != nil {
			break
		}
	}
	if e := files.Close(); errors.Is(err, hub.ErrClosed) {
		err = e
	}
	if err != nil {
		files.Say("the recording has stopped after %d records: %v\n", files.Records(), err)
	}
}
