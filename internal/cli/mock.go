package cli

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"sync"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/replay"
)

const mockUsage = `tetherscope mock CAPTURE makes a server of a capture: it answers each message as the capture's server did, with all that it said
until the client's next one. The capture is a file (.tscap, .jsonl, .har, .pcapng, .pcap) or - for standard input. It serves until you
press Ctrl-C, on 127.0.0.1 unless told otherwise; pages of other origins may not connect without -allow-origin.

  tetherscope mock today.tscap
  tetherscope mock -query 'path:/ws/chat' -listen 127.0.0.1:8080 today.tscap
  tetherscope mock -speed 1 today.tscap                     as slow as the server was
  tetherscope mock -json today.tscap | jq 'select(.match=="none")'

A message is looked for byte by byte; else, if it is JSON, by its shape (the same keys and types), where the one with the most
equal values answers, and values that its answer repeats are those of the live message: under the same key, or anywhere if they are
strings or numbers of four digits and more. Of several, the next in the order of the capture answers. A path that the capture has
gets its connections only; any other path gets all. Messages that match nothing are told on standard error and get no answer.
Exit codes: 0 ended by Ctrl-C; 1 so, with -check, and messages matched nothing; 2 wrong usage, no such capture, an address that
cannot be used, or answers of which the capture has only the start; 3 ended by Ctrl-C, but parts of the capture were damaged;
4 stopped half way.
`

// maxMocked is how many clients are served at once.
const maxMocked = 256

// mocking is what the command was asked for, and what came of it.
type mocking struct {
	io       *IO
	json     bool
	speed    float64 // of the answers; 0 for all at once
	all      *replay.Mock
	scripts  []*replay.Script
	byPath   map[string]*replay.Mock
	recorder *recorder
	running  sync.WaitGroup

	mu      sync.Mutex
	conns   uint32
	open    int
	matches map[replay.Match]int
	failed  error // of standard output
}

func runMock(ctx context.Context, io *IO, args []string) error {
	m := &mocking{io: io, byPath: map[string]*replay.Mock{}, matches: map[replay.Match]int{}}
	d := door{io: io}
	s := scriptsOf{io: io, role: replay.Server}
	f := flag.NewFlagSet("mock", flag.ContinueOnError)
	d.register(f, "")
	f.UintVar(&s.conn, "conn", 0, "use only the connection of this `number` in the capture")
	f.StringVar(&s.query, "query", "", "use only connections in which the `query` finds something, as in the panel's filter")
	f.BoolVar(&s.cut, "cut", false, "send answers of which the capture has only the start, as far as it has them")
	speed := f.String("speed", "max", "answer so many `times` as fast as the capture's server; max: at once")
	check := f.Bool("check", false, "exit with 1 when a message matched nothing")
	f.BoolVar(&m.json, "json", false, "print a JSON line for each message that comes")
	output := f.String("o", "", "record what happens to this `file`: .tscap, .jsonl, .har, .pcapng")
	force := f.Bool("force", false, "replace that file if it is there")
	rest, err := parse(f, io, mockUsage, args)
	if err != nil {
		return err
	}
	if len(rest) != 1 {
		return fmt.Errorf("want one capture, not %d: tetherscope mock -help says more", len(rest))
	}
	if m.speed, err = parseSpeed(*speed); err != nil {
		return err
	}
	s.name, d.json = rest[0], m.json
	damage, err := m.learn(ctx, &s)
	if err != nil {
		return err
	}
	if m.recorder, err = newRecorder(io, *output, *force); err != nil {
		return err
	}
	if d.path = "/"; len(m.byPath) == 1 {
		d.path = m.scripts[0].Path
	}
	if err := m.serve(ctx, &d); err != nil {
		return err
	}
	if *check && m.matches[replay.None] > 0 {
		return &exitError{ExitFound, nil}
	}
	return damage
}

// learn reads the capture.
func (m *mocking) learn(ctx context.Context, s *scriptsOf) (damage, err error) {
	if m.scripts, damage, err = s.read(ctx); err != nil {
		return nil, err
	}
	paths := map[string][]*replay.Script{}
	for _, one := range m.scripts {
		if err := s.warn(one); err != nil {
			return nil, err
		}
		paths[one.Path] = append(paths[one.Path], one)
	}
	for path, list := range paths {
		m.byPath[path] = replay.NewMock(list)
	}
	m.all = replay.NewMock(m.scripts)
	if m.all.Messages() == 0 {
		m.io.say("the clients of the capture said nothing: only what its server said first can be answered\n")
	}
	return damage, nil
}

// serve serves until ctx ends, then says what was.
func (m *mocking) serve(ctx context.Context, d *door) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	err := d.serve(ctx, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { m.meet(ctx, cancel, w, r) }))
	cancel()
	m.running.Wait()
	if e := m.recorder.close(); err == nil {
		err = e
	}
	if !d.open {
		return err
	}
	c := m.matches
	m.io.say("%d messages answered: %d equal to the capture's, %d of the same shape; %d matched nothing\n",
		c[replay.Exact]+c[replay.ByShape], c[replay.Exact], c[replay.ByShape], c[replay.None])
	if err == nil && m.failed != nil {
		err = &exitError{ExitUnfinished, m.failed}
	}
	return err
}

// meet serves one client.
func (m *mocking) meet(ctx context.Context, stop func(), w http.ResponseWriter, r *http.Request) {
	number, ok := m.enter(ctx)
	if !ok {
		http.Error(w, "There are too many connections, or the server is stopping.", http.StatusServiceUnavailable)
		return
	}
	defer m.leave()
	mock, known := m.byPath[r.URL.Path]
	if !known {
		mock = m.all
	}
	l, err := acceptLink(w, r, number, m.subprotocol(r.URL.Path, known), m.recorder.see)
	if err != nil {
		return
	}
	defer l.close()
	defer context.AfterFunc(ctx, func() { l.bye(1001) })()
	talk, greeting := mock.Begin()
	pace := newPacer(l, m.speed)
	defer pace.end()
	if err := pace.say(l, greeting); err != nil {
		return
	}
	if err := m.talk(l, talk, pace); err != nil && !errors.Is(err, errEnough) {
		m.io.say("#%d: %v\n", number, err)
	}
	if m.failure() != nil {
		stop()
	}
}

// enter admits a connection and gives it its number.
func (m *mocking) enter(ctx context.Context) (number uint32, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.open == maxMocked || ctx.Err() != nil {
		return 0, false
	}
	m.running.Add(1)
	m.open++
	m.conns++
	return m.conns, true
}

func (m *mocking) leave() {
	m.mu.Lock()
	m.open--
	m.mu.Unlock()
	m.running.Done()
}

func (m *mocking) failure() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.failed
}

// subprotocol returns what the capture's server had chosen for a path, or at all.
func (m *mocking) subprotocol(path string, known bool) string {
	for _, s := range m.scripts {
		if s.Subprotocol != "" && (!known || s.Path == path) {
			return s.Subprotocol
		}
	}
	return ""
}

// talk answers a client until it goes. errEnough is the end of a closing handshake.
func (m *mocking) talk(l *link, talk *replay.Talk, pace *pacer) error {
	var op frame.Opcode
	bye := false
	return l.read(func(f *frame.Frame) error {
		if !f.Opcode.IsControl() && f.Opcode != frame.Continuation {
			op = f.Opcode
		}
		switch {
		case f.Opcode == frame.Ping && !bye:
			return l.send(frame.Header{Fin: true, Opcode: frame.Pong}, f.Payload)
		case f.Opcode == frame.Close:
			if bye {
				return errEnough
			}
			if err := l.send(frame.Header{Fin: true, Opcode: frame.Close}, f.Payload[:min(len(f.Payload), 2)]); err != nil {
				return err
			}
			return errEnough
		case f.Message != nil && !bye:
			answer, how := talk.Answer(op, f.Message.Body)
			if err := m.tell(l.conn, op, f.Message, how, len(answer)); err != nil {
				return err
			}
			for i := range answer {
				bye = bye || answer[i].Header.Opcode == frame.Close
			}
			return pace.say(l, answer)
		}
		return nil
	})
}

// say sends frames in one piece.
func say(l *link, frames []replay.Frame) error {
	var wire []byte
	for i := range frames {
		wire = append(wire, wireOf(&frames[i])...)
	}
	if len(wire) == 0 {
		return nil
	}
	return l.write(wire)
}

// mocked is a message that came, as JSON.
type mocked struct {
	Conn   uint32 `json:"conn"`
	Match  string `json:"match"`  // exact, shape or none
	Frames int    `json:"frames"` // of the answer
	*said
}

// tell counts a message, and says what it was if that was asked for or if it matched nothing.
func (m *mocking) tell(conn uint32, op frame.Opcode, msg *frame.Message, how replay.Match, frames int) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.matches[how]++
	d := replay.DigestOf(&replay.Message{Op: op, Payload: msg.Body, Length: msg.Length})
	if how == replay.None {
		m.io.say("#%d: nothing in the capture is like%s\n", conn, appendSaid(nil, &d))
	}
	if m.json && m.failed == nil {
		m.failed = json.NewEncoder(m.io.Out).Encode(mocked{conn, string(how), frames, newSaid(&d)})
	}
	return m.failed
}
