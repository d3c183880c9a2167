package chrome

import (
	"context"
	"sync"
)

// shared is the browser of which [New] gives parts.
var shared sharedBrowser

// lateTiering makes V8 compile a function of a WASM program a second time, better, only when it has run for long: most
// pages of tests are gone before that pays.
const lateTiering = "--js-flags=--wasm-tiering-budget=200000000"

type sharedBrowser struct {
	on bool // written before the tests run

	mu sync.Mutex
	b  *Browser
}

// Share runs the tests of a package, given the testing.M of its TestMain, with one browser for all of them: to start one
// costs more than most tests. It is started for the first test that wants it, and ended at the end:
//
//	func TestMain(m *testing.M) { os.Exit(chrome.Share(m)) }
func Share(m interface{ Run() int }) int {
	shared.on = true
	defer shared.close()
	return m.Run()
}

// part returns a private part of the browser, and starts another browser when the one there is does not answer.
func (s *sharedBrowser) part(ctx context.Context) (*Browser, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.b != nil {
		bounded, cancel := context.WithTimeout(ctx, waitLimit)
		defer cancel()
		if b, err := s.b.Private(bounded); err == nil {
			return b, nil
		}
		s.b.Close()
	}
	var err error
	if s.b, err = Start(ctx, Options{Args: []string{lateTiering}}); err != nil {
		s.b = nil
		return nil, err
	}
	return s.b.Private(ctx)
}

func (s *sharedBrowser) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.b != nil {
		s.b.Close()
	}
}
