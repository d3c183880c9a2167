package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"github.com/tetherscope/tetherscope/internal/test/chrome"
)

// opener is a page's script that says how a socket is opened there. Until it has run nothing is opened: a package that is not
// there must not be measured as if it were the browser's own class.
func opener(imports, expression string) string {
	return `<script>globalThis.open6455 = () => { throw new Error("the page's class was not loaded"); };</script>` +
		`<script type="module">` + imports + ` globalThis.open6455 = (address) => ` + expression + `;</script><script type="module" src="/plain.js"></script>`
}

const fromTether = `import { TetherSocket } from "/static/tether.mjs";`

// jsVariants are the classes that a page may use. The first three have the places of plain, again and bridged.
var jsVariants = []variant{
	{"plain JS", `<script src="/plain.js"></script>`, ""},
	{"plain JS again", `<script src="/plain.js"></script>`, ""},
	{"TetherSocket", opener(fromTether, `new TetherSocket(address)`), ""},
	{"… resilient", opener(fromTether, `new TetherSocket(address, [], { resilient: true })`), ""},
	reconnectingWS, partysocket,
}

// The packages that pages use, of the versions in peersDir.
var (
	reconnectingWS = variant{"reconnecting-ws 4.4.0", opener(`import Socket from "/npm/reconnecting-websocket/dist/reconnecting-websocket.mjs";`, `new Socket(address)`), ""}
	partysocket    = variant{"partysocket 1.3.0", opener(`import { WebSocket as Socket } from "/npm/partysocket/dist/index.js";`, `new Socket(address)`), ""}
)

// peers is how many of the variants are npm packages, and peersDir where their versions are pinned.
const (
	peers    = 2
	peersDir = "internal/bench/peers/pages"
)

// withPeers fetches the packages, without which the variants are two fewer.
func withPeers(ctx context.Context, dir string) {
	if err := fetchPeers(ctx, dir); err != nil {
		fmt.Println("without reconnecting-websocket and partysocket, which npm could not fetch:", err)
		variants = variants[:len(variants)-peers]
	}
}

func fetchPeers(ctx context.Context, dir string) error {
	module, err := moduleDir(ctx)
	if err != nil {
		return err
	}
	for _, name := range []string{"package.json", "package-lock.json"} {
		b, err := os.ReadFile(filepath.Join(module, peersDir, name))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			return err
		}
	}
	cmd := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("npm ci: %w\n%s", err, out)
	}
	return nil
}

// errNotBuilt: what is measured is not there.
var errNotBuilt = errors.New("static/dist/tether.mjs is not built: run make assets first")

// built reports whether what make builds is there.
func built(ctx context.Context) error {
	module, err := moduleDir(ctx)
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(module, "static/dist/tether.mjs")); err != nil {
		return errNotBuilt
	}
	return nil
}

// serveAssets serves the JS module, with what the build makes, and the packages.
func serveAssets(mux *http.ServeMux, module, dir string) {
	assets := filepath.Join(module, "static/dist")
	mux.Handle("/static/", http.StripPrefix("/static/", http.FileServer(http.Dir(assets))))
	mux.Handle("/npm/", http.StripPrefix("/npm/", http.FileServer(http.Dir(filepath.Join(dir, "node_modules")))))
}

// coldStarts prints how long a page that has nothing in its cache needs from its first script to the open event, and
// what it downloads until the engine, if there is one, runs.
func coldStarts(ctx context.Context, b *chrome.Browser, site, ws string, reps int) error {
	opened := make([][]float64, len(variants))
	loaded := make([][]string, len(variants))
	for range reps {
		for _, i := range rand.Perm(len(variants)) {
			ms, names, err := coldStart(ctx, b, fmt.Sprintf("%s/%d", site, i), ws)
			if err != nil {
				return fmt.Errorf("%s: cold start: %w", variants[i].name, err)
			}
			opened[i], loaded[i] = append(opened[i], ms), names
		}
	}
	fmt.Printf("\ncold start, median of %d, and downloads\n%-22s %12s %9s %9s %9s\n", reps, "", "ms to open", "raw", "gzip -9", "brotli")
	for i, v := range variants {
		var sum [3]int
		for _, name := range loaded[i] {
			raw, gz, br, err := downloadSize(ctx, name)
			if err != nil {
				return err
			}
			sum = [3]int{sum[0] + raw, sum[1] + gz, sum[2] + br}
		}
		slices.Sort(opened[i])
		fmt.Printf("%-22s %12.1f %9d %9d %9d\n", v.name, opened[i][len(opened[i])/2], sum[0], sum[1], sum[2])
	}
	return nil
}

// coldStart opens a page with an empty cache; it is closed afterwards.
func coldStart(ctx context.Context, b *chrome.Browser, url, ws string) (ms float64, names []string, err error) {
	p, err := b.Page(ctx, "")
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = p.Close(ctx) }()
	for _, method := range []string{"Network.enable", "Network.clearBrowserCache", "Network.disable"} {
		if err := p.Call(ctx, method, nil, nil); err != nil {
			return 0, nil, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if err := p.Navigate(ctx, url+"?cold="+ws); err != nil {
		return 0, nil, err
	}
	var got struct {
		MS    float64
		Names []string
	}
	err = p.Eval(ctx, `(async () => {
		while (!globalThis.cold) await new Promise((resolve) => setTimeout(resolve, 5));
		const ms = await cold;
		await new Promise((resolve) => setTimeout(resolve, 400));
		const names = performance.getEntriesByType("resource").map((e) => e.name).filter((name) => /static|npm/.test(name));
		return { MS: ms, Names: names };
	})()`, &got)
	return got.MS, got.Names, err
}

// downloadSize measures the file behind the address of an asset.
func downloadSize(ctx context.Context, address string) (raw, gz, br int, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, 0, 0, err
	}
	res, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, 0, 0, err
	}
	defer func() { _ = res.Body.Close() }()
	file, err := os.CreateTemp("", "tetherscope-size-")
	if err != nil {
		return 0, 0, 0, err
	}
	defer func() { _ = os.Remove(file.Name()) }()
	if _, err := file.ReadFrom(res.Body); err != nil {
		return 0, 0, 0, err
	}
	if err := file.Close(); err != nil {
		return 0, 0, 0, err
	}
	return measureSize(ctx, file.Name())
}
