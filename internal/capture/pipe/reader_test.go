package pipe

import (
	"context"
	"errors"
	"io"
	"testing"

	"github.com/tetherscope/tetherscope/internal/test/await"
)

// TestReaderShowsBeforeItWaits: what came is read before more is waited for, and the caller is called before each wait.
func TestReaderShowsBeforeItWaits(t *testing.T) {
	in, out := io.Pipe()
	waits := make(chan struct{}, 10)
	r := NewReader(t.Context(), in, func() { waits <- struct{}{} })
	lines := make(chan string)
	go func() {
		buf := make([]byte, 3)
		for {
			n, err := r.Read(buf)
			if lines <- string(buf[:n]); err != nil {
				close(lines)
				return
			}
		}
	}()
	await.Receive(t, waits)
	go func() {
		_, _ = out.Write([]byte("abcde"))
		_ = out.Close()
	}()
	for _, want := range []string{"abc", "de"} {
		if got := await.Receive(t, lines); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	await.Receive(t, waits)
	if got := await.Receive(t, lines); got != "" {
		t.Errorf("%q at the end", got)
	}
	await.Closed(t, lines)
}

// TestReaderEndsWithItsContext: although the input says nothing.
func TestReaderEndsWithItsContext(t *testing.T) {
	in, out := io.Pipe()
	defer out.Close()
	ctx, cancel := context.WithCancel(t.Context())
	r := NewReader(ctx, in, cancel) // ends while it is about to wait
	got := make(chan error, 1)
	go func() {
		_, err := r.Read(make([]byte, 1))
		got <- err
	}()
	if err := await.Receive(t, got); !errors.Is(err, io.EOF) {
		t.Errorf("%v", err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	waiting := make(chan struct{})
	r = NewReader(ctx, in, func() { close(waiting) })
	go func() {
		_, err := r.Read(make([]byte, 1))
		got <- err
	}()
	await.Closed(t, waiting)
	cancel()
	if err := await.Receive(t, got); !errors.Is(err, io.EOF) {
		t.Errorf("%v", err)
	}
}
