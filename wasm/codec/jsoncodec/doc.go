// Package jsoncodec carries Go values as JSON text messages, by the rules and struct tags of encoding/json.
//
// It is a package of its own because encoding/json is large: a js/wasm program that does not import it does not carry it.
// A decoded message is read to its end: a second value after the first is an error. The offset of an error is the
// byte that was not expected, or where the value of the wrong type begins.
//
// # Which JSON, in a browser
//
// In WebAssembly encoding/json takes several times what the page's own JSON.parse takes, and more for large messages. Four
// ways were measured side by side in Chromium by
//
//	go run ./internal/bench/codecs
//
// JSON.parse called from Go loses to encoding/json at both sizes: the parsing is quick, and carrying each field over from
// JavaScript is not. Building with GOEXPERIMENT=jsonv2, which Go 1.27 makes the default, is the cheapest gain for decoding:
// encoding/json itself then stands on the new decoder, so this package needs no second path for it, and its tests hold under
// both. Calling encoding/json/v2 directly wins nothing beyond that which would pay for its other rules (case, duplicate
// names). goccy/go-json is not used: it reads memory through unsafe pointers, and before its v0.12.0 input that is not
// JSON could end the program (its issues 575, 577 and 604), which a message from the network must never do. So:
// encoding/json, for its rules and its safety. Where decoding shows up in a profile, package msgpackcodec, package
// protobufcodec or, for numbers, codec.Array are the way out.
//
// The package never decodes before it has counted how deep a message nests.
package jsoncodec
