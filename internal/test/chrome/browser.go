package chrome

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tetherscope/tetherscope/internal/cdp"
)

// Options changes how a browser is started. The zero value is right for most tests.
type Options struct {
	Args []string // further command line arguments; a later --flag wins over ours
}

// Browser is one Chromium process tree with a profile of its own, or a private part of one: see [Browser.Private]. Its
// methods may be called by any goroutine.
type Browser struct {
	*process
	context string // CDP's browserContextId of a private part
}

// process is a process tree and the connection to it.
type process struct {
	cmd     *exec.Cmd
	conn    *cdp.Conn
	profile string
	stderr  *tail
	exited  chan struct{}
	stop    sync.Once
}

// flags are what every start gets. Throttling is off because a test's tab is often not the one in front; --no-sandbox
// because CI runs as root in containers, where Chromium refuses to start otherwise. --allow-pre-commit-input because
// Chromium otherwise throws away, without a word, each click and key that comes before a page's first picture: on a slow
// machine that is well after its load event. The features are the address bar's own pages, which every new window would
// load before anything of ours, and a process started in advance: in sum more work than most tests are.
var flags = []string{
	"--headless=new",
	"--no-sandbox",
	"--disable-gpu",
	"--disable-quic",
	"--disable-dev-shm-usage",
	"--no-first-run",
	"--no-default-browser-check",
	"--disable-background-networking",
	"--disable-component-update",
	"--disable-sync",
	"--disable-extensions",
	"--disable-background-timer-throttling",
	"--disable-backgrounding-occluded-windows",
	"--disable-renderer-backgrounding",
	"--hide-scrollbars",
	"--mute-audio",
	"--allow-pre-commit-input",
	"--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup,WebUIOmniboxFullPopup,SpareRendererForSitePerProcess",
	"--remote-debugging-pipe",
}

// Start starts a headless Chromium with a fresh profile. The caller must Close it. The error is [ErrNotInstalled] when
// there is none.
func Start(ctx context.Context, o Options) (*Browser, error) {
	path, err := Find()
	if err != nil {
		return nil, err
	}
	profile, err := os.MkdirTemp("", "tetherscope-chrome-")
	if err != nil {
		return nil, err
	}
	b := &Browser{process: &process{profile: profile, stderr: &tail{max: 4 << 10}, exited: make(chan struct{})}}
	if err := b.launch(path, o.Args); err != nil {
		_ = os.RemoveAll(profile)
		return nil, fmt.Errorf("start %s: %w", path, err)
	}
	if err := b.Call(ctx, "Browser.getVersion", nil, nil); err != nil {
		b.Close()
		return nil, fmt.Errorf("start %s: %w\n%s", path, err, b.stderr)
	}
	return b, nil
}

// launch starts the process with CDP on its file descriptors 3 (commands) and 4 (replies and events).
func (b *process) launch(path string, extra []string) error {
	theirIn, ourOut, err := os.Pipe()
	if err != nil {
		return err
	}
	defer func() { _ = theirIn.Close() }()
	ourIn, theirOut, err := os.Pipe()
	if err != nil {
		_ = ourOut.Close()
		return err
	}
	defer func() { _ = theirOut.Close() }()
	args := append(append([]string{}, flags...), "--user-data-dir="+b.profile)
	if slices.ContainsFunc(extra, func(s string) bool { return strings.HasPrefix(s, "--load-extension=") }) {
		args = slices.DeleteFunc(args, func(s string) bool { return s == "--disable-extensions" })
	}
	b.cmd = exec.Command(path, append(append(args, extra...), "about:blank")...)
	b.cmd.Stderr = b.stderr
	b.cmd.ExtraFiles = []*os.File{theirIn, theirOut}
	ownGroup(b.cmd)
	if err := b.cmd.Start(); err != nil {
		_, _ = ourIn.Close(), ourOut.Close()
		return err
	}
	b.conn = cdp.New(cdp.Pipe(ourIn, ourOut))
	go func() {
		_ = b.cmd.Wait() // how it ended is of no interest: we end it with a signal
		close(b.exited)
	}()
	return nil
}

// Private returns a part of the browser that shares its process and nothing else, as a private window: cookies, storage,
// cache and workers are its own. Close closes its tabs and leaves the browser running.
func (b *Browser) Private(ctx context.Context) (*Browser, error) {
	var made struct {
		ID string `json:"browserContextId"`
	}
	if err := b.Call(ctx, "Target.createBrowserContext", nil, &made); err != nil {
		return nil, err
	}
	return &Browser{process: b.process, context: made.ID}, nil
}

// Close ends the browser, every process it started, and its profile. It may be called more than once.
func (b *Browser) Close() {
	if b.context != "" {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_ = b.Call(ctx, "Target.disposeBrowserContext", args{"browserContextId": b.context}, nil) // gone already: all is well
		return
	}
	b.stop.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = b.Call(ctx, "Browser.close", nil, nil) // lets it leave in peace; what remains is killed
		select {
		case <-b.exited:
		case <-ctx.Done():
		}
		killGroup(b.cmd)
		<-b.exited
		b.conn.Close(errors.New("the browser was closed"))
		removeAll(b.profile)
	})
}

// removeAll tries a few times: a killed process may still be writing to its profile.
func removeAll(dir string) {
	for range 20 {
		if os.RemoveAll(dir) == nil {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// Call sends one CDP command that concerns the browser as a whole and decodes its result into result unless that is
// nil.
func (b *Browser) Call(ctx context.Context, method string, params, result any) error {
	return b.conn.Call(ctx, "", method, params, result)
}

// Process is one process of the browser.
type Process struct {
	Type    string        // "browser", "renderer", "GPU", "utility"…
	ID      int           // process id
	CPUTime time.Duration // used since it started
}

// Processes lists the processes of the browser.
func (b *Browser) Processes(ctx context.Context) ([]Process, error) {
	var reply struct {
		ProcessInfo []struct {
			Type    string  `json:"type"`
			ID      int     `json:"id"`
			CPUTime float64 `json:"cpuTime"`
		} `json:"processInfo"`
	}
	if err := b.Call(ctx, "SystemInfo.getProcessInfo", nil, &reply); err != nil {
		return nil, err
	}
	list := make([]Process, len(reply.ProcessInfo))
	for i, p := range reply.ProcessInfo {
		list[i] = Process{p.Type, p.ID, time.Duration(p.CPUTime * float64(time.Second))}
	}
	return list, nil
}

// tail keeps the last max bytes written to it: what Chromium printed before it failed.
type tail struct {
	mu  sync.Mutex
	max int
	b   []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b = append(t.b, p...)
	if extra := len(t.b) - t.max; extra > 0 {
		t.b = append(t.b[:0], t.b[extra:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(string(t.b))
}
