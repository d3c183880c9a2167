package launch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// Proxy is the forward proxy of the run.
type Proxy struct {
	Addr string // host:port
	SPKI string // hash of its authority's public key, for Chromium
	CA   []byte // its authority's certificate, in PEM
}

// Browser is a browser to start.
type Browser struct {
	Path   string   // "" looks for one
	Args   []string // further arguments
	URLs   []string // to open, the first one in front
	Direct string   // host:port that is reached without the proxy: the panel's own
}

// families are the commands of browsers of the Chromium family, by preference.
var families = []string{"google-chrome", "google-chrome-stable", "chromium", "chromium-browser", "microsoft-edge", "microsoft-edge-stable", "brave-browser", "brave", "chrome", "msedge"}

// places returns where browsers are that are not in the PATH.
func places() []string {
	switch runtime.GOOS {
	case "darwin":
		return []string{
			"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", "/Applications/Chromium.app/Contents/MacOS/Chromium",
			"/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge", "/Applications/Brave Browser.app/Contents/MacOS/Brave Browser",
		}
	case "windows":
		var all []string
		for _, root := range []string{os.Getenv("ProgramFiles"), os.Getenv("ProgramFiles(x86)"), os.Getenv("LocalAppData")} {
			for _, name := range []string{`Google\Chrome\Application\chrome.exe`, `Microsoft\Edge\Application\msedge.exe`, `BraveSoftware\Brave-Browser\Application\brave.exe`} {
				all = append(all, filepath.Join(root, name))
			}
		}
		return all
	}
	return nil
}

// ErrNoBrowser is why no browser was started.
var ErrNoBrowser = errors.New("no browser of the Chromium family was found (Chrome, Chromium, Edge, Brave): install one, or name one with -browser PATH")

// Find returns the path of a browser.
func Find() (string, error) {
	for _, name := range families {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	for _, path := range places() {
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			return path, nil
		}
	}
	return "", ErrNoBrowser
}

// lastWords is how long a browser has for its end before it is killed.
const lastWords = 5 * time.Second

// Run starts the browser with a fresh profile and waits until it is closed or ctx ends, which closes it. The profile is removed.
func (b Browser) Run(ctx context.Context, p Proxy, output io.Writer) error {
	path := b.Path
	if path == "" {
		found, err := Find()
		if err != nil {
			return err
		}
		path = found
	}
	profile, err := folder("browser")
	if err != nil {
		return fmt.Errorf("a folder for the browser's profile: %w", err)
	}
	defer removeAll(profile)
	cmd := exec.CommandContext(ctx, path, b.arguments(profile, p)...) //nolint:gosec // the user's own browser
	var words tail
	both := io.MultiWriter(output, &words) // one writer for both, so that one goroutine writes
	cmd.Stdout, cmd.Stderr = both, both
	stopGently(cmd)
	began := time.Now()
	err = cmd.Run()
	if ctx.Err() != nil || closed(err, time.Since(began)) {
		return nil
	}
	return fmt.Errorf("the browser %s: %w%s%s", path, err, words.last(), b.advice())
}

// startTime is how long a browser may take until it shows a window, or ends because it cannot: without a display, or as root.
const startTime = 10 * time.Second

// closed reports whether the user has closed the browser. Some end with 1 then, but none so soon.
func closed(err error, took time.Duration) bool {
	exit, ok := errors.AsType[*exec.ExitError](err)
	return err == nil || ok && exit.ExitCode() == 1 && took > startTime
}

// tail keeps the last 4 KiB that are written to it.
type tail []byte

func (t *tail) Write(p []byte) (int, error) {
	*t = append(*t, p...)
	*t = (*t)[max(0, len(*t)-4096):]
	return len(p), nil
}

// last returns the last line, as the end of an error.
func (t *tail) last() string {
	text := strings.TrimSpace(string(*t))
	if text == "" {
		return ""
	}
	return ": " + text[strings.LastIndexByte(text, '\n')+1:]
}

// arguments returns what makes the browser use the proxy, trust it, and leave everything else of the machine alone.
func (b Browser) arguments(profile string, p Proxy) []string {
	bypass := "<-loopback>" // loopback addresses go through the proxy too
	if b.Direct != "" {
		bypass += ";" + b.Direct
	}
	args := []string{
		"--user-data-dir=" + profile,
		"--proxy-server=http://" + p.Addr,
		"--proxy-bypass-list=" + bypass,
		"--ignore-certificate-errors-spki-list=" + p.SPKI,
		"--disable-quic", // UDP passes no proxy
		"--no-first-run", "--no-default-browser-check", "--disable-background-networking", "--disable-component-update", "--disable-sync",
	}
	urls := b.URLs
	if b.Headless() {
		urls = urls[:min(1, len(urls))] // it takes one only
	}
	return append(append(args, b.Args...), urls...)
}

// Headless reports whether the browser shows no window. Then it opens the first URL only.
func (b Browser) Headless() bool {
	return slices.ContainsFunc(b.Args, func(a string) bool { return strings.HasPrefix(a, "--headless") })
}

// advice explains the two failures that are common, and names the arguments against those that this run will meet.
func (b Browser) advice() string {
	if runtime.GOOS != "linux" {
		return ""
	}
	return b.adviceFor(os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "", os.Geteuid() == 0)
}

func (b Browser) adviceFor(noDisplay, root bool) string {
	var why, args []string
	if noDisplay && !b.Headless() {
		why, args = append(why, "no display is set (DISPLAY, WAYLAND_DISPLAY)"), append(args, "--headless=new")
	}
	if root && !slices.Contains(b.Args, "--no-sandbox") {
		why, args = append(why, "Chromium's sandbox does not work as root"), append(args, "--no-sandbox")
	}
	if len(args) == 0 {
		return ""
	}
	return "; " + strings.Join(why, ", and ") + `: add -browser-args="` + strings.Join(args, " ") + `"`
}

// removeAll removes a profile. Processes of a browser that has ended may still write into it for a moment.
func removeAll(dir string) {
	for range 50 {
		if os.RemoveAll(dir) == nil {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// port returns the port of an address of our own.
func port(addr string) (host, number string) {
	host, number, _ = net.SplitHostPort(addr)
	return strings.Trim(host, "[]"), number
}
