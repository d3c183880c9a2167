// Package feed is the live feed of a running server: its names, its session and its batches, once for all that read it.
//
// # Words
//
// The feed is a WebSocket at [Path] whose binary messages are batches of package record: first those that the server
// still has, then what comes. A session is one run of a server: [SessionPath] answers with its token, without which the
// feed is refused, to who has the key of the user that runs the server.
//
// # Never
//
// In the browser the package has only names and the session: the panel reads the feed with its own client, and net/http is
// not linked.
package feed
