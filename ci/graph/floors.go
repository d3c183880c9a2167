package main

// floors are the rooms of the module from the ground up. A new room gets its name here, on the lowest floor that is above
// everything it imports.
var floors = [][]string{
	{"internal/budget"},
	{"internal/apart", "internal/cdp", "internal/suggest", "internal/frame", "internal/origin", "internal/tcpend", "internal/terminal", "internal/tsgen", "internal/userkey", "static", "docs", "wasm"},
	{"internal/manual", "internal/server/gateway", "internal/wslimit", "internal/rawws", "internal/capture"},
	{"internal/rewrite", "internal/peer"},
	{"internal/tap", "internal/app", "internal/cli/replay", "internal/server/rebuild", "scope"},
	{"internal/trial", "internal/script", "internal/requests"},
	{"internal/server/firststart", "internal/server/demo", "internal/server/proxy", "internal/server/packets", "internal/server/attach", "internal/server/control", "internal/server/fleet", "panel/model"},
	{"internal/server/forward", "internal/server/launch"},
	{"internal/server", "internal/cli", "panel/controller"},
	{"panel", ".", "scope/scopetest"},
	{"panel/app"},
	// Tests, benchmarks and build programs. Nothing that users run imports them.
	{"internal/test"},
	{"internal/bench", "ci"},
}
