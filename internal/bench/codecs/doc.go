// Command codecs measures what it costs to decode and encode a message with every codec of wasm/codec in a real Chromium,
// beside JSON.parse and JSON.stringify in the same page:
//
//	go run ./internal/bench/codecs            about half a minute once it is built
//	go run ./internal/bench/codecs -short     a look, not a result
//
// All variants run in one page, interleaved, in a new random order for each repetition; figures are medians. JSON.parse
// and JSON.stringify run twice, as two variants: what separates one from its own duplicate is noise. JavaScript begins with
// the string that a message event carries and reads every value; Go begins with the bytes in its own memory, where
// tether's bridge puts them, and ends with a struct. Garbage collection is part of it on both sides.
package main
