//go:build !js

package main_test

import (
	"fmt"
	"testing"

	"github.com/tetherscope/tetherscope/internal/test/chrome"
)

// classNames are the three that are held to the same rules.
var classNames = []string{"browser", "plain", "resilient"}

// TestGoesWithItsContext: when a frame is removed, or a worker ended, the connections that were opened there end, and no listener hears
// of it there any more.
func TestGoesWithItsContext(t *testing.T) {
	s := newSite(t)
	for where, begin := range map[string]string{
		"a frame": `
			const frame = Object.assign(document.createElement('iframe'), { src: '/odd/page' });
			document.body.append(frame);
			await new Promise((resolve) => { frame.onload = resolve; });
			globalThis.onmessage = ({ data }) => said.push(data);
			const script = Object.assign(frame.contentDocument.createElement('script'), { type: 'module', src: holder });
			frame.contentDocument.head.append(script);
			const end = () => frame.remove();`,
		"a worker": `
			const worker = new Worker(holder, { type: 'module' });
			worker.onmessage = ({ data }) => said.push(data);
			const end = () => worker.terminate();`,
	} {
		for _, class := range classNames {
			t.Run(class+" in "+where, func(t *testing.T) {
				key := "context-" + class + "-" + where[2:]
				same(t, run[any](t, s.page(t), fmt.Sprintf(`
					const url = at('/echo?key=%[1]s');
					const holder = '/testdata/holder.mjs?class=%[2]s&url=' + encodeURIComponent(url);
					const said = [];
					const connections = async () => (await (await fetch('/ws/stats?key=%[1]s')).json()).live;
					%[3]s
					while (!said.includes('open')) await pause(10);
					const before = await connections();
					end();
					while (await connections() > 0) await pause(10);
					return [before, said];`, key, class, begin)), `[1,["open"]]`)
			})
		}
	}
}

// TestListenersKeepItAlive: a socket that no variable holds, but that has a listener, is not collected while something may still
// happen to it.
func TestListenersKeepItAlive(t *testing.T) {
	s := newSite(t)
	for _, class := range classNames {
		t.Run(class, func(t *testing.T) {
			p := s.page(t)
			run[any](t, p, fmt.Sprintf(`
				const classes = { browser: WebSocket, plain: TetherSocket, resilient: class extends TetherSocket { constructor(url) { super(url, [], { resilient: true }); } } };
				globalThis.events = [];
				(() => {
					const socket = new classes[%q](at('/close?n=1&code=4001&ms=1500'));
					for (const type of ['open', 'message', 'close']) socket.addEventListener(type, () => events.push(type));
				})();
				while (events.length < 2) await pause(5);
				return null;`, class))
			for range 3 {
				if err := p.Call(t.Context(), "HeapProfiler.collectGarbage", nil, nil); err != nil {
					t.Fatal(err)
				}
			}
			chrome.Wait(t, p, "events.join() === 'open,message,close'")
		})
	}
}
