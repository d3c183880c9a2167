package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/tetherscope/tetherscope/internal/capture/redact"
	"github.com/tetherscope/tetherscope/internal/cli/replay"
	"github.com/tetherscope/tetherscope/internal/frame"
)

const mockUsage = `tetherscope mock CAPTURE serves a capture as a mock server: it answers each message as the captured server did, with all frames
that followed until the client's next message. The capture is a file (.tscap, .jsonl, .har, .pcapng, .pcap) or - for standard input. It serves until you
press Ctrl-C, on 127.0.0.1 by default; pages of other origins may not connect without -allow-origin.

  tetherscope mock today.tscap
  tetherscope mock -query 'path:/ws/chat' -listen 127.0.0.1:8080 today.tscap
  tetherscope mock -speed 1 today.tscap                     with the delays of the capture
  tetherscope mock -json today.tscap | jq 'select(.match=="none")'

A message matches byte for byte; otherwise, if it is JSON, by its shape (the same keys and types): the captured message with the most
equal values is chosen, and values that its response repeats are replaced by those of the live message: under the same key, or
anywhere if they are strings or numbers of four digits and more. Among equal matches, the next in capture order is chosen. A path
of the capture uses only its own connections; any other path uses all. Messages without a match are reported on standard error and
get no response.
Exit codes: 0 ended by Ctrl-C; 1 the same with -check, when messages had no match; 2 wrong usage, no such capture, an address that
cannot be used, or answers of which the capture has only the start; 3 ended by Ctrl-C, but parts of the capture were damaged;
4 stopped early.
`

// errEnough ends the reading: nothing more is wanted.
var errEnough = errors.New("enough")

// maxMocked is how many clients are served at once.
const maxMocked = 256

// mockCommand is what the command was asked for, and what came of it.
type mockCommand struct {
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
	m := &mockCommand{io: io, byPath: map[string]*replay.Mock{}, matches: map[replay.Match]int{}}
	d := targetListener{io: io}
	s := scriptLoader{io: io, role: replay.Server}
	f := flag.NewFlagSet("mock", flag.ContinueOnError)
	d.register(f, "")
	f.UintVar(&s.conn, "conn", 0, "use only the connection of this `number` in the capture")
	f.StringVar(&s.query, "query", "", "use only connections with a match of the `query`, in the panel's filter language")
	f.BoolVar(&s.cut, "cut", false, "send answers of which the capture has only the start, as far as it has them")
	speed := f.String("speed", "max", "answer so many `times` as fast as the capture's server; max: at once")
	check := f.Bool("check", false, "exit with 1 when a message had no match")
	f.BoolVar(&m.json, "json", false, "print a JSON line for each received message")
	output := f.String("o", "", "record the traffic to this `file`: .tscap, .jsonl, .har, .pcapng")
	force := f.Bool("force", false, "replace an existing file")
	keyLog := registerKeyLog(f)
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
	s.name, s.keyLog, d.json = rest[0], *keyLog, m.json
	damage, err := m.load(ctx, &s)
	if err != nil {
		return err
	}
	if m.recorder, err = newRecorder(io, *output, *force); err != nil {
		return err
	}
	if len(m.byPath) == 1 {
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

// load reads the capture.
func (m *mockCommand) load(ctx context.Context, s *scriptLoader) (damage, err error) {
	if m.scripts, damage, err = s.read(ctx); err != nil {
		return nil, err
	}
	paths := map[string][]*replay.Script{}
	for _, one := range m.scripts {
		if err := s.warn(one); err != nil {
			return nil, err
		}
		path := decodedPath(one.Path)
		paths[path] = append(paths[path], one)
	}
	for path, list := range paths {
		m.byPath[path] = replay.NewMock(list)
	}
	m.all = replay.NewMock(m.scripts)
	if m.all.Messages() == 0 {
		m.io.notice("the clients of the capture said nothing: only what its server said first can be answered\n")
	}
	return damage, nil
}

// decodedPath is a path of a capture as a server reads it.
func decodedPath(path string) string {
	if decoded, err := url.PathUnescape(path); err == nil {
		return decoded
	}
	return path
}

// serve serves until ctx ends, then says what was.
func (m *mockCommand) serve(ctx context.Context, d *targetListener) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	err := d.serve(ctx, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { m.serveClient(ctx, cancel, w, r) }))
	cancel()
	m.running.Wait()
	if e := m.recorder.close(); err == nil {
		err = e
	}
	if !d.open {
		return err
	}
	c := m.matches
	m.io.notice("%s answered: %d equal to the capture's, %d of the same shape; %d matched nothing\n",
		counted(c[replay.Exact]+c[replay.ByShape], "message"), c[replay.Exact], c[replay.ByShape], c[replay.None])
	if err == nil && m.failed != nil {
		err = &exitError{ExitUnfinished, m.failed}
	}
	return err
}

// serveClient serves one client.
func (m *mockCommand) serveClient(ctx context.Context, stop func(), w http.ResponseWriter, r *http.Request) {
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
	defer context.AfterFunc(ctx, func() { l.closeWith(1001) })()
	talk, greeting := mock.Begin()
	pace := newPacing(l, m.speed)
	defer pace.end()
	if err := pace.send(l, greeting); err != nil {
		return
	}
	if err := m.answer(l, talk, pace); err != nil && !errors.Is(err, errEnough) {
		m.io.notice("#%d: %v\n", number, err)
	}
	if m.failure() != nil {
		stop()
	}
}

// enter admits a connection and gives it its number.
func (m *mockCommand) enter(ctx context.Context) (number uint32, ok bool) {
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

func (m *mockCommand) leave() {
	m.mu.Lock()
	m.open--
	m.mu.Unlock()
	m.running.Done()
}

func (m *mockCommand) failure() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.failed
}

// subprotocol returns what the capture's server had chosen for a path, or at all.
func (m *mockCommand) subprotocol(path string, known bool) string {
	for _, s := range m.scripts {
		if s.Subprotocol != "" && !strings.Contains(s.Subprotocol, redact.Placeholder) && (!known || decodedPath(s.Path) == path) {
			return s.Subprotocol
		}
	}
	return ""
}

// answer answers a client until it goes. errEnough is the end of a closing handshake.
func (m *mockCommand) answer(l *link, talk *replay.MockSession, pace *pacing) error {
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
			if err := m.countMatch(l.conn, op, f.Message, how, len(answer)); err != nil {
				return err
			}
			for i := range answer {
				bye = bye || answer[i].Header.Opcode == frame.Close
			}
			return pace.send(l, answer)
		}
		return nil
	})
}

// sendFrames sends frames in one write.
func sendFrames(l *link, frames []replay.Frame) error {
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
	*digestJSON
}

// countMatch counts a message, and prints it with -json or when nothing matched it.
func (m *mockCommand) countMatch(conn uint32, op frame.Opcode, msg *frame.Message, how replay.Match, frames int) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.matches[how]++
	d := replay.DigestOf(&replay.Message{Op: op, Payload: msg.Body, Length: msg.Length})
	if how == replay.None {
		m.io.notice("#%d: nothing in the capture is like%s\n", conn, appendDigest(nil, &d))
	}
	if m.json && m.failed == nil {
		m.failed = writeJSON(m.io.Out, mocked{conn, string(how), frames, newDigestJSON(&d)})
	}
	return m.failed
}
