package server

import (
	"flag"
	"io"

	"github.com/tetherscope/tetherscope/internal/app"
	"github.com/tetherscope/tetherscope/internal/manual"
)

const usage = `tetherscope serves a WebSocket console and a live frame inspector on this machine.

  tetherscope                          serve on ` + DefaultAddr + `
  tetherscope -open                    … and open the console in the browser
  tetherscope -addr 127.0.0.1:0        … on any free port
  tetherscope -tls                     … as https and wss, with a certificate made in memory
  tetherscope -log-frames              … and print one line for every frame that the tap sees
  tetherscope -addr :7316 -allow-host box.lan   … for other machines, under the name box.lan
  tetherscope -record today.tscap      … and record everything to a file
  tetherscope -target api=wss://example.com/socket        proxy a server: the URL to call instead is printed
  tetherscope -capture-interface lo -capture-filter 'tcp port 8080'   show a program's WebSockets as they pass, without a proxy
  tetherscope -target shop=http://localhost:3000          … a whole web app, its pages and its WebSockets

Any program, unchanged (each has -help):

  tetherscope browse https://example.com/   start a browser, and show every WebSocket of it
  tetherscope run -- COMMAND …         run a command, and show its WebSockets
  tetherscope attach                   show the WebSockets of a browser that runs already, with --remote-debugging-port=9222
  tetherscope -proxy 127.0.0.1:8888    be a proxy, HTTP and SOCKS5, for programs that are set to use it

Captures as files, in terminals and CI (each has -help):

  tetherscope record                   record the tapped frames of a running server to a file
  tetherscope show | lint | convert    print a capture, list its violations, convert it to .jsonl, .har or .pcapng
  tetherscope replay | mock            play one side of a capture, serve a capture
  tetherscope send                     inject a message into a tapped connection, or into a new one

For the shell: tetherscope help COMMAND, completion SHELL, man [COMMAND], config check [FILE], version

The panel at /panel/ shows every frame of all /ws/ endpoints and targets as it is on the wire.
The documents are at /docs/.
The chat at /chat.html is the example application. On loopback it asks for a name only; otherwise it needs keys:

  tetherscope -addr :7316 -allow-host box.lan -jwt-key team=public.pem      tokens of your own issuer
  ` + envPrefix + `JWT_SECRET=… ` + envPrefix + `REDIS=redis://:…@10.0.0.5/0 \
  tetherscope -node a -allow-origin https://chat.example -trusted-proxy 10.0.0.1/32   one of several nodes

Each flag can be set by the environment instead: -max-message by ` + envPrefix + `MAX_MESSAGE, and so on.
The file ` + ConfigName + ` of the current folder sets targets, rules and a few flags more; what the command line or the environment
sets comes before it. tetherscope config check says what is wrong in it.
Exit codes: 0 ended by Ctrl-C; 1 the server could not start, or failed; 2 wrong usage.
`

const applicationUsage = `
The application at /ws/chat and /ws/bin:
`

// Manual describes the program without a command, for man pages and the completions of shells.
func Manual() manual.Command {
	o, application := new(Options), flag.NewFlagSet("", flag.ContinueOnError)
	new(app.Flags).Register(application)
	return manual.Command{
		Summary: "serve a WebSocket console and a live frame inspector on this machine",
		Usage:   usage,
		Flags:   manual.Flags(joined(o.flags(), application)),
	}
}

// LaunchCommands describes browse, run and attach, as [Manual] does the server.
func LaunchCommands() (all []manual.Command) {
	for _, c := range []struct {
		kind                 int
		name, summary, usage string
	}{
		{toBrowse, "browse", "start a browser and show every WebSocket of it", browseUsage},
		{toRun, "run", "run a command and show its WebSockets", runUsage},
		{toAttach, "attach", "show the WebSockets of a browser that runs already", attachUsage},
	} {
		o := new(Options)
		all = append(all, manual.Command{Name: c.name, Summary: c.summary, Usage: c.usage, Flags: manual.Flags(joined(o.flags(), o.launchFlags(c.kind)))})
	}
	return all
}

// help prints all flags, in two groups.
func help(out io.Writer, kind int, server, application *flag.FlagSet) {
	_, _ = io.WriteString(out, [...]string{toServe: usage, toBrowse: browseUsage, toRun: runUsage, toAttach: attachUsage}[kind])
	server.SetOutput(out)
	server.PrintDefaults()
	_, _ = io.WriteString(out, applicationUsage)
	application.SetOutput(out)
	application.PrintDefaults()
}
