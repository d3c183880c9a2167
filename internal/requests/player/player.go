package player

import (
	"context"
	"errors"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/rawws"
	"github.com/tetherscope/tetherscope/internal/requests"
	"github.com/tetherscope/tetherscope/scope/act"
)

// maxUnread is how many messages wait for a step.
const maxUnread = 1024

// Config is what running needs of its surroundings.
type Config struct {
	Dial func(ctx context.Context, q *requests.Request) (*rawws.Peer, error) // opens the connection of a request; the time of the request bounds ctx
	Conn func(p *rawws.Peer) uint32                                          // the number of a connection in the capture; nil for none
	Step func(act.StepResult) error                                          // is called with what became of each step; an error ends the run
}

// Play runs until the run is over, ctx ends, or Config.Step fails.
func Play(ctx context.Context, run *requests.Run, c Config) error {
	p := playing{Config: c, run: run}
	defer p.leave()
	for {
		a := run.Next(time.Now())
		for _, s := range run.Results() {
			if err := c.Step(s); err != nil {
				return err
			}
		}
		if a.Do == requests.Stop || ctx.Err() != nil {
			return ctx.Err()
		}
		p.do(ctx, &a)
	}
}

// playing is a run, and the connection that is open.
type playing struct {
	Config
	run  *requests.Run
	conn *conn // nil while none is open
}

// do does one thing.
func (p *playing) do(ctx context.Context, a *requests.Action) {
	switch a.Do {
	case requests.Dial:
		p.dial(ctx, a.Dial)
	case requests.Write:
		h := frame.Header{Fin: true, Opcode: frame.Text}
		if a.Binary {
			h.Opcode = frame.Binary
		}
		p.run.Sent(time.Now(), p.conn.peer.WriteFrame(h, a.Payload))
	case requests.Finish:
		_ = p.conn.peer.CloseWith(a.Code, a.Reason) // the reader says how it ended
	case requests.Await:
		p.await(ctx, a.Until)
	case requests.Leave:
		p.leave()
	case requests.Stop:
	}
}

// dial opens the connection of a request.
func (p *playing) dial(ctx context.Context, q *requests.Request) {
	limited, cancel := context.WithTimeout(ctx, q.Within)
	defer cancel()
	peer, err := p.Dial(limited, q)
	if err != nil {
		p.run.NotOpened(time.Now(), err)
		return
	}
	p.conn = &conn{peer: peer, events: make(chan event, maxUnread), stop: make(chan struct{}), done: make(chan struct{})}
	go p.conn.read()
	var number uint32
	if p.Conn != nil {
		number = p.Conn(peer)
	}
	p.run.Opened(time.Now(), number)
}

// await waits until something happens or a time.
func (p *playing) await(ctx context.Context, until time.Time) {
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case e := <-p.conn.events:
		p.take(e)
	case <-timer.C:
	case <-ctx.Done():
	}
}

// take says to the run what happened.
func (p *playing) take(e event) {
	switch {
	case e.message != nil:
		p.run.Message(e.message)
	case e.closed:
		p.run.CloseFrame(e.code, e.reason)
	default:
		p.run.Ended(e.ended)
	}
}

// leave ends the connection, if one is open.
func (p *playing) leave() {
	if p.conn == nil {
		return
	}
	_ = p.conn.peer.Close() // it ends either way
	close(p.conn.stop)
	<-p.conn.done
	p.conn = nil
}

// conn is an open connection.
type conn struct {
	peer   *rawws.Peer
	events chan event
	stop   chan struct{} // closed when events are no longer taken
	done   chan struct{} // reading has ended
}

// event is something that happened: a message, a close frame, or the end.
type event struct {
	message *record.Record
	closed  bool
	code    uint16
	reason  string
	ended   string
}

// errStopped ends reading when nothing is taken any more.
var errStopped = errors.New("stopped")

// read reads until the connection ends.
func (c *conn) read() {
	defer close(c.done)
	dec := frame.NewDecoder(frame.Config{Snap: act.MaxPayload, Deflate: c.peer.Deflate})
	err := c.peer.ReadFrames(dec, func(f *frame.Frame) error {
		switch {
		case f.Opcode == frame.Ping:
			return c.peer.WriteFrame(frame.Header{Fin: true, Opcode: frame.Pong}, f.Payload)
		case f.Opcode == frame.Close:
			code, reason, _ := frame.ParseClose(f.Payload)
			return c.give(event{closed: true, code: code, reason: reason})
		case f.Message == nil:
			return nil
		}
		r := record.Record{Kind: record.KindFrame, Dir: record.In, Conn: 1, Time: time.Now().UnixNano()}
		r.SetFrame(f)
		kept := r.Clone()
		return c.give(event{message: &kept})
	})
	why := "the connection ended"
	if err != nil && !errors.Is(err, rawws.ErrEnded) {
		why += ": " + err.Error()
	}
	_ = c.give(event{ended: why}) // when it is stopped this says nothing
}

// give hands over an event.
func (c *conn) give(e event) error {
	select {
	case c.events <- e:
		return nil
	case <-c.stop:
		return errStopped
	}
}
