package drive

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"github.com/tetherscope/tetherscope/internal/bench/proc"
)

// Client is a connection of the library that is measured.
type Client interface {
	// Send sends a binary message. p may be used again when it returns.
	Send(p []byte) error
	// Read reads whole messages and passes the length of each to got, until got returns false or the connection ends.
	Read(got func(n int) bool) error
	Close()
}

// Dial connects to a URL with the scheme ws.
type Dial func(ctx context.Context, url string) (Client, error)

// Job is one thing to measure.
type Job struct {
	URL     string
	N, Size int // messages, and bytes of each
	Window  int // messages in flight
	Idle    int // in place of messages: connections that are opened and do nothing
}

// Result is what was measured.
type Result struct {
	Took, CPU  time.Duration // of all messages; CPU is that of the client's process
	Memory     int64         // bytes of heap and stacks for each idle connection
	Goroutines float64       // for each idle connection, the one that reads included
	Err        string
}

// patience is how long one job may take.
const patience = 5 * time.Minute

// Serve does the jobs of in until it ends.
func Serve(in io.Reader, out io.Writer, dial Dial) error {
	jobs, results := json.NewDecoder(in), json.NewEncoder(out)
	for {
		var j Job
		if err := jobs.Decode(&j); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		r, err := j.do(dial)
		if err != nil {
			r.Err = err.Error()
		}
		if err := results.Encode(r); err != nil {
			return err
		}
	}
}

func (j Job) do(dial Dial) (Result, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if j.Idle > 0 {
		return j.idle(ctx, dial)
	}
	c, err := dial(ctx, j.URL)
	if err != nil {
		return Result{}, err
	}
	defer c.Close()
	defer context.AfterFunc(ctx, c.Close)()
	return j.echo(c)
}

// echo sends messages and reads what comes back, with at most a window of them on their way.
func (j Job) echo(c Client) (Result, error) {
	room, sent := make(chan struct{}, j.Window), make(chan error, 1)
	runtime.GC()
	begin, before := time.Now(), proc.CPU(os.Getpid())
	go func() {
		p := make([]byte, j.Size)
		for i := range j.N {
			room <- struct{}{}
			p[0] = byte(i)
			if err := c.Send(p); err != nil {
				sent <- err
				return
			}
		}
		sent <- nil
	}()
	came, wrong := 0, 0
	err := c.Read(func(n int) bool {
		if n != j.Size {
			wrong++
		}
		came++
		<-room
		return came < j.N
	})
	took, cpu := time.Since(begin), proc.CPU(os.Getpid())-before
	switch {
	case came < j.N:
		c.Close()
		return Result{}, fmt.Errorf("%d of %d messages came back: %w", came, j.N, err)
	case wrong > 0:
		return Result{}, fmt.Errorf("%d messages came back with another size", wrong)
	}
	return Result{Took: took, CPU: cpu}, <-sent
}

// idle opens connections, each with a goroutine that waits for messages, and counts what they hold.
func (j Job) idle(ctx context.Context, dial Dial) (r Result, err error) {
	before, goroutines := held(), runtime.NumGoroutine()
	clients := make([]Client, 0, j.Idle)
	defer func() {
		for _, c := range clients {
			c.Close()
		}
	}()
	for range j.Idle {
		c, err := dial(ctx, j.URL)
		if err != nil {
			return r, err
		}
		clients = append(clients, c)
		go func() { _ = c.Read(func(int) bool { return true }) }()
	}
	settle(goroutines)
	r.Memory = (held() - before) / int64(j.Idle)
	r.Goroutines = float64(runtime.NumGoroutine()-goroutines) / float64(j.Idle)
	return r, nil
}

// settle waits until the goroutines of the handshakes have ended: until their number has not changed for a while.
func settle(than int) {
	last := than
	for range 20 {
		time.Sleep(50 * time.Millisecond) // what runs in other libraries gives no sign that it has ended
		now := runtime.NumGoroutine()
		if now == last {
			return
		}
		last = now
	}
}

// held is what heap and stacks hold after the collector ran.
func held() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}
