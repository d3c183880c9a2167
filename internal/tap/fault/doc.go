// Package fault evaluates fault rules: which frames of a connection are delayed, dropped, duplicated, altered or intercepted,
// and when the connection itself fails.
//
// # Words
//
// A ruleset is a seed and a list of rules, written as text. A rule has a trigger, which says when it applies, and an action. A
// shaper applies a ruleset to one direction of one connection: frames go in as they come, and come out as steps. A step is what
// its owner does next: write bytes, or end something. An intercepted frame waits in its shaper until its owner resolves it, or
// until its time is over.
//
// # The text form
//
//	ruleset = { line "\n" }
//	line    = [ "seed" number | [ when ] "=>" action [ chance ] ] [ "#" comment ]
//	when    = "handshake" [ "in" | "out" ] | ( "every" | "after" ) duration [ "in" | "out" ] | query
//	action  = "delay" duration [ ".." duration ] | "rate" size | "drop" | "duplicate" [ copies ] | "reorder" [ frames ]
//	        | "corrupt" [ byte ] | "truncate" length | "split" frames | "merge" | "intercept" [ duration ]
//	        | "blackhole" | "cut" | "reset" | "finish" | "close" [ code [ reason ] ] | "ping" [ text ] | "pong" [ text ]
//	        | "refuse" status | "flap" duration duration
//	        | "replace" sign regexp sign text sign | "set" path json | "answer" quoted
//	        | "header" name [ value ] | "redirect" target
//	chance  = number "%"
//
// A query is one of internal/capture/query. It is evaluated for each frame as its sender sent it; an empty one matches every
// frame. So "dir:in op:text => delay 100ms..300ms" delays what the server says, "op:pong => drop" drops pongs, and
// "dir:in => blackhole" leaves a half-open connection. All rules that match apply, from top to bottom, until one removes the
// frame. "after" and "every" count from the opening of the connection; "flap 20s 5s" from the time at which the ruleset was set:
// after each 20 s up, open connections are reset, and for 5 s handshakes are refused. "hold" is the former spelling of
// "intercept" and is still read.
//
// # Shape
//
// Bytes and times in, steps out. Random numbers depend on the seed, the number of the connection since the ruleset was set, the
// direction, the number of the frame and the rule, and nothing else: the same traffic under the same text fails in the same way,
// whatever the slices in which it was read and whatever other connections do.
//
// # Limits
//
// A frame over 1 MiB is not collected. The rules are evaluated with its header and its first 64 KiB, and act on it as it
// passes: delay, rate, drop, corrupt, truncate, split, blackhole, cut, and the actions before it (reset, finish, close, ping,
// pong). Four actions need the whole frame first and do not apply to it, which is marked as exempt: duplicate, reorder, merge and intercept. For frames of
// any length, a query sees the first 64 KiB.
//
// On a connection with permessage-deflate, rules mean what a message says: one that a rule drops, copies, moves, changes or intercepts
// is sent uncompressed, which is always legal (RFC 7692 §6), and with context takeover so are all after it in that direction, because
// their receiver misses what they refer to. Of a message in fragments, the last then has the text and those before it are empty. Such
// frames are marked as altered. A message over 8 MiB, or one that cannot be inflated, is left to no such rule and marked as exempt where one matches; when its receiver misses
// the context besides, the connection is reset in its place.
//
// Replace, set and answer mean messages: while a ruleset has one of them, the fragments of a message are collected and passed on as
// one frame. What package rewrite refuses to make is not made, and the message is marked as exempt.
//
// A rate passes bytes on as a slow link does: what the link carries in 20 ms is one step, so an end in between leaves a part of a
// frame. A reset at a time ("after", "every", flap) discards the bytes on their way; all other ends come after them.
//
// A shaper holds at most 4,096 frames and 8 MiB; a full one asks its owner to stop reading, as a slow network does. A ruleset has
// at most 100 rules.
//
// # Never
//
// The package does no I/O, reads no clock and starts no goroutine. It loses no frame that no rule removed. The marks of a frame's
// record say what the rules did to it. It sends nothing inside a frame.
package fault
