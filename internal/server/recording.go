package server

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/tetherscope/tetherscope/internal/capture/file"
	"github.com/tetherscope/tetherscope/internal/capture/ring"
)

// openRecord begins the recording, if there is to be one. What happens to it later is reported on out.
func (c Config) openRecord(out io.Writer) error {
	if c.Record == nil {
		return nil
	}
	c.Record.Report = func(format string, args ...any) { _, _ = fmt.Fprintf(out, "-record: "+format, args...) }
	if err := c.Record.Open(); err != nil {
		return fmt.Errorf("-record: %w", err)
	}
	return nil
}

// record writes batches to the recording until the ring closes, or the disk is full: then the server goes on without. Connections
// wait for it a little when the processors are too busy for both; a disk that is too slow gets a gap ([ring.Ring.SubscribeKept]).
func (s *Server) record() {
	files := s.cfg.Record
	if files == nil {
		return
	}
	sub := s.ring.SubscribeKept()
	defer sub.Close()
	block := make([]byte, file.BlockHead)
	var err error
	for {
		if block, err = sub.Next(context.Background(), block[:file.BlockHead]); err != nil {
			break
		}
		if err = files.Write(block); err != nil {
			break
		}
	}
	if e := files.Close(); errors.Is(err, ring.ErrClosed) {
		err = e
	}
	if err != nil {
		files.Report("the recording has stopped after %d records: %v\n", files.Records(), err)
	}
}
