//go:build !js

package main_test

import (
	"encoding/json"
	"net/http"
	"testing"
)

// recorder is a script in place of tap.js: it keeps what a TetherSocket reports in globalThis.reported.
func recorder(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/javascript")
	_, _ = w.Write([]byte(`globalThis.reported = [];
		const bytes = (data) => (data instanceof Blob ? 'blob ' + data.size : typeof data === 'string' ? data.slice(0, 5) + ' ' + data.length : [...new Uint8Array(data.buffer ?? data)].join());
		const open = () => ({ opened() {}, note() {}, closed() {}, message: (way, data) => reported.push([way, bytes(data)]) });
		Object.defineProperty(globalThis, Symbol.for('tetherscope.tap'), { value: { open, listening: true }, configurable: true });`))
}

// TestPanelSeesWhatIsSent: a panel gets every message that a socket sends, of every kind and length, whether the panel was there before
// the socket or came later; and what comes back.
func TestPanelSeesWhatIsSent(t *testing.T) {
	s := newSite(t)
	for name, options := range map[string]string{
		"plain": "undefined", "codec": "{ codec: { encode: (value) => value, decode: (data) => data } }",
		"resilient": "{ resilient: fast }", "shared": "{ shared: true }",
	} {
		t.Run(name, func(t *testing.T) {
			got := run[[2][][2]any](t, s.page(t), `
				const hello = async () => {
					const panel = new BroadcastChannel('tetherscope.v1');
					panel.postMessage({ kind: 'hello', panel: 'test', tap: location.origin + '/odd/recorder.mjs' });
					while (!globalThis.reported) await pause(5);
				};
				const talk = async (socket) => {
					socket.binaryType = 'arraybuffer';
					let back = 0;
					socket.addEventListener('message', () => { back++; });
					if (socket.readyState !== 1) await once(socket, 'open');
					for (const message of ['short', 'x'.repeat(1000), new Uint8Array([1, 2]), new Uint8Array([3]).buffer, new Blob(['four']), 5]) socket.send(message);
					while (back < 6) await pause(5);
					socket.close();
				};
				const early = new TetherSocket(at('/echo'), [], `+options+`);
				await once(early, 'open');
				await hello();
				await talk(early);
				const first = reported.splice(0);
				await talk(new TetherSocket(at('/echo'), [], `+options+`));
				return [first, reported];`)
			for i, when := range []string{"before the panel", "after it"} {
				var sent []any
				back := 0
				for _, r := range got[i] {
					if r[0].(float64) == 0 {
						sent = append(sent, r[1])
					} else {
						back++
					}
				}
				b, _ := json.Marshal(sent)
				if want := `["short 5","xxxxx 1000","1,2","3","blob 4","5 1"]`; string(b) != want || back != 6 {
					t.Errorf("socket made %s: %d came back, reported as sent\n got  %s\n want %s", when, back, b, want)
				}
			}
		})
	}
}
