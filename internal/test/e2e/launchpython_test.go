package e2e

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// pythonClient sends a message with one of three packages, and prints the echo.
const pythonClient = `import asyncio, sys
which, url = sys.argv[1:]
message = "from " + which
async def websockets_():
    import websockets
    async with websockets.connect(url) as ws:
        await ws.send(message)
        print(await ws.recv())
async def aiohttp_():
    import aiohttp
    async with aiohttp.ClientSession(trust_env=True) as s:
        async with s.ws_connect(url) as ws:
            await ws.send_str(message)
            print(await ws.receive_str())
def websocket_client_():
    import websocket
    ws = websocket.create_connection(url)
    ws.send(message)
    print(ws.recv())
    ws.close()
if which == "websocket-client":
    websocket_client_()
else:
    asyncio.run({"websockets": websockets_, "aiohttp": aiohttp_}[which]())
`

// python returns an interpreter that has a package, whose version the test of python says is new enough; it skips without one.
func python(t *testing.T, check string) string {
	t.Helper()
	for _, name := range []string{"python3", "/usr/bin/python3"} { // the second is Debian's, whose packages apt-get installs
		if exec.CommandContext(t.Context(), name, "-c", check).Run() == nil {
			return name
		}
	}
	t.Skipf("no python3 here passes %q", check)
	return ""
}

// TestRunReachesPython: the packages that Python programs speak WebSocket with ask the proxy and trust this run's certificate because of
// their environment alone. websockets reads it from version 15 on.
func TestRunReachesPython(t *testing.T) {
	for which, check := range map[string]string{
		"websockets": "import websockets; assert int(websockets.__version__.split('.')[0]) >= 15", "aiohttp": "import aiohttp", "websocket-client": "import websocket; websocket.create_connection",
	} {
		t.Run(which, func(t *testing.T) {
			interpreter := python(t, check)
			program, dir := buildProgram(t), t.TempDir()
			script, capture := filepath.Join(dir, "client.py"), filepath.Join(dir, "seen.tscap")
			if err := os.WriteFile(script, []byte(pythonClient), 0o600); err != nil {
				t.Fatal(err)
			}
			url := strings.Replace(newSite(t).URL, "http", "ws", 1) + "/ws"
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
			defer cancel()
			cmd := exec.CommandContext(ctx, program, "run", "-insecure-upstream", "-record", capture, "--", interpreter, script, which, url)
			var errs strings.Builder
			cmd.Stderr = &errs
			out, err := cmd.Output()
			if message := "from " + which; err != nil || string(out) != message+"\n" {
				t.Errorf("%v, output %q\n%s", err, out, errs.String())
			} else if records := show(t, program, capture); strings.Count(records, `"`+message+`"`) != 2 || !strings.Contains(records, `"name":"python3`) {
				t.Errorf("records\n%s", records)
			}
		})
	}
}
