// Package inspect shows the life of a tether.Client in an open Tetherscope panel of the page's origin: attempts, delays and
// their causes, losses with code and reason, what was dropped, and what waits in the outbox.
//
//	cancel := inspect.Panel(client, "wss://example.org/chat")
//	defer cancel()
//
// # Words
//
// A note is one line of a client's life in the panel. The tap is the script of the panel, /tap.js, that carries notes over
// a BroadcastChannel; it also shows the messages of every WebSocket that is made after it is there, those of tether too, as
// connections of their own beside the notes.
//
// # Cost
//
// A program that does not import the package links nothing of it. One that does keeps one BroadcastChannel and one listener:
// nothing is written, and no script loaded, until a panel announces itself. The page may load the script before, with
// <script src="/tap.js"></script>, so that the first connection's messages are seen; a worker has to, with
// importScripts("/tap.js").
//
// # Never
//
// A script is loaded from the page's own origin alone. Natively [Panel] does nothing: what goes over the wire passes the
// proxy, and tether.Log writes the rest to a log.
package inspect
