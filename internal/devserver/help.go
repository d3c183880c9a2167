package devserver

import (
	"flag"
	"io"
)

const usage = `tetherscope serves a WebSocket console and a live frame inspector on this machine.

  tetherscope                          serve on ` + DefaultAddr + `
  tetherscope -open                    … and open the console in the browser
  tetherscope -addr 127.0.0.1:0        … on any free port
  tetherscope -tls                     … as https and wss, with a certificate made in memory
  tetherscope -log-frames              … and print a line for every frame that the tap sees
  tetherscope -addr :7316 -allow-host box.lan   … for other machines, under the name box.lan
  tetherscope -record today.tscap      … and write what it sees to a file, as it happens
  tetherscope -target api=wss://example.com/socket        stand in front of a server: the URL to call instead is printed
  tetherscope -target shop=http://localhost:3000          … in front of a web app, its pages and its WebSockets

Captures as files, in terminals and CI (each has -help):

  tetherscope record                   write what the tap of a running server sees to a file
  tetherscope show | lint | convert    print a capture, list its broken rules, turn it into .jsonl, .har or .pcapng
  tetherscope replay | mock            play one end of a capture again, make a server of it
  tetherscope send                     put a message into a tapped connection, or into one of its own

The panel at /panel/ shows what passes at every /ws/ endpoint and target: every frame, as it is on the wire.
The chat at /chat.html is the example application. Here it asks for a name only; elsewhere it needs keys:

  tetherscope -addr :7316 -allow-host box.lan -jwt-key team=public.pem      tokens of your own issuer
  ` + envPrefix + `JWT_SECRET=… ` + envPrefix + `REDIS=redis://:…@10.0.0.5/0 \
  tetherscope -node a -allow-origin https://chat.example -trusted-proxy 10.0.0.1/32   one of several nodes

Each flag can be set by the environment instead: -max-message by ` + envPrefix + `MAX_MESSAGE, and so on.
Exit codes: 0 ended by Ctrl-C; 1 the server could not start, or failed; 2 wrong usage.
`

const applicationUsage = `
The application at /ws/chat and /ws/bin:
`

// help prints what there is, in two groups.
func help(out io.Writer, server, application *flag.FlagSet) {
	_, _ = io.WriteString(out, usage)
	server.SetOutput(out)
	server.PrintDefaults()
	_, _ = io.WriteString(out, applicationUsage)
	application.SetOutput(out)
	application.PrintDefaults()
}
