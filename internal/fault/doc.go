// Package fault decides what becomes of the frames of a connection on their way: which are late, lost, doubled, broken or
// held, and when the connection itself fails.
//
// # Words
//
// A deck is a seed and a list of rules, written as text. A rule says when it applies and what is done then. A lane is one
// direction of one connection under a deck: frames go in as they come, and come out as steps. A step is what its owner does
// next: write bytes, or end something. A held frame waits in its lane until somebody decides, or its time is over.
//
// # The text form
//
//	deck    = { line "\n" }
//	line    = [ "seed" number | [ when ] "=>" action [ chance ] ] [ "#" comment ]
//	when    = "handshake" | ( "every" | "after" ) duration [ "in" | "out" ] | query
//	action  = "delay" duration [ ".." duration ] | "rate" size | "drop" | "duplicate" [ copies ] | "reorder" [ frames ]
//	        | "corrupt" [ byte ] | "truncate" length | "split" frames | "merge" | "hold" [ duration ]
//	        | "blackhole" | "cut" | "reset" | "finish" | "close" [ code [ reason ] ] | "ping" [ text ] | "pong" [ text ]
//	        | "refuse" status | "flap" duration duration
//	chance  = number "%"
//
// A query is one of panel/model/query and is asked of each frame as its sender sent it; an empty one means every frame. So
// "dir:in op:text => delay 100ms..300ms" makes what the server says late, "op:pong => drop" swallows pongs, and
// "dir:in => blackhole" leaves a half-open connection. All rules that apply do, from top to bottom, until one takes the
// frame away. "after" and "every" count from the opening of the connection; "flap 20s 5s" from the arming of the deck: after
// each 20 s up, what is open is reset, and for 5 s handshakes are refused.
//
// # Shape
//
// Bytes and times in, steps out. Chance is drawn from the seed, the number of the connection since the deck was armed, the
// direction, the number of the frame and of the rule: the same traffic under the same text fails in the same way, however
// it was cut into reads and whatever other connections do.
//
// # Limits
//
// A frame over 1 MiB is not collected. The rules are asked about its header and its first 64 KiB, and act on it as it passes:
// delay, rate, drop, corrupt, truncate, split, blackhole, cut, and what goes before it (reset, finish, close, ping, pong).
// Four verbs need all of a frame first, and do not apply to it: duplicate, reorder, merge and hold. Of any frame a query sees
// the first 64 KiB.
//
// A rate lets bytes through as a slow line does: what it carries in 20 ms goes at once, so that an end meanwhile leaves a part
// of a frame behind. A reset at a time ("after", "every", flap) loses what is on its way; all other ends come behind it.
//
// A lane holds at most 4,096 frames and 8 MiB; a full one asks its owner to stop reading, as a slow network does. A deck has
// at most 100 rules.
//
// # Never
//
// The package does no I/O, knows no clock and starts no goroutine. It looses no frame that no rule took away. What a rule
// did stands in the marks of the frame's record. It puts nothing inside a frame.
package fault
