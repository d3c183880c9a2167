package script

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/tetherscope/tetherscope/internal/script/wire"
)

// start starts a worker and loads a script.
func (s *Script) start(source []byte) (*process, error) {
	l := s.opts.Limits
	p, err := startProcess(l.Memory)
	if err != nil {
		return nil, err
	}
	reply, err := p.call(&wire.Load{Name: filepath.Base(s.opts.File), Source: source, Steps: l.Steps, Memory: l.Memory, Hard: true}, l.Start)
	if err == nil {
		s.notes.printed(0, reply.Prints, reply.Unshown)
		if reply.Error != "" {
			err = &Error{reply.Error}
		}
	}
	if err != nil {
		p.end()
		return nil, err
	}
	return p, nil
}

// use puts a worker in the place of the one before.
func (s *Script) use(p *process, source []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case old := <-s.idle:
		old.end()
	default: // a message is at it, or there is none
	}
	s.current, s.source = p, source
	s.idle <- p
}

// keep starts workers in place of those that end, and loads the file when it changes, until the script is closed.
func (s *Script) keep() {
	defer close(s.done)
	defer s.endAll()
	look := time.NewTicker(s.opts.Limits.Poll)
	defer look.Stop()
	f := file{name: s.opts.File, size: -1, text: s.source}
	retry := time.NewTimer(0)
	defer retry.Stop()
	retry.Stop()
	for {
		select {
		case <-s.closed:
			return
		case <-s.died:
			s.mu.Lock()
			retry.Reset(time.Until(s.next))
			s.mu.Unlock()
		case <-retry.C:
			s.restart(retry)
		case <-look.C:
			if source, changed := f.changed(); changed {
				s.reload(source)
			}
		}
	}
}

// restart starts a worker after the end of the one before.
func (s *Script) restart(retry *time.Timer) {
	s.mu.Lock()
	source, running := s.source, s.current != nil
	s.mu.Unlock()
	if running {
		return // the file was loaded again meanwhile
	}
	p, err := s.start(source)
	if err != nil {
		s.mu.Lock()
		s.ends++
		s.next = time.Now().Add(pause(s.opts.Limits.Pause, s.ends))
		retry.Reset(time.Until(s.next))
		s.mu.Unlock()
		s.notes.wrong(err)
		return
	}
	s.notes.restarted()
	s.use(p, source)
}

// reload loads what the file holds now. With an error in it the script before stays.
func (s *Script) reload(source []byte) {
	p, err := s.start(source)
	if err != nil {
		s.notes.wrong(fmt.Errorf("%w (the script before stays)", err))
		return
	}
	s.use(p, source)
	s.notes.loaded(filepath.Base(s.opts.File))
}

// endAll ends the worker.
func (s *Script) endAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current = nil // a message that is at it ends it
	select {
	case p := <-s.idle:
		p.end()
	default:
	}
}

// readFile reads a script.
func readFile(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > wire.MaxSource {
		return nil, fmt.Errorf("%s: want a text file of at most 1 MiB", name)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	return io.ReadAll(io.LimitReader(f, wire.MaxSource))
}

// file is a file that is looked at.
type file struct {
	name string
	size int64
	at   time.Time
	text []byte
}

// changed returns what the file holds, and whether that is another text than before. A file that is not there, as while an editor saves it, has
// not changed.
func (f *file) changed() (text []byte, changed bool) {
	info, err := os.Stat(f.name)
	if err != nil || info.Size() == f.size && info.ModTime().Equal(f.at) {
		return nil, false
	}
	text, err = readFile(f.name)
	if err != nil {
		return nil, false
	}
	f.size, f.at = info.Size(), info.ModTime()
	changed = !bytes.Equal(text, f.text)
	f.text = text
	return text, changed
}

// names splits the names of a connection: its path, and the target.
func names(words string) (path, target string) {
	path, target, _ = strings.Cut(words, "\n")
	return path, target
}
