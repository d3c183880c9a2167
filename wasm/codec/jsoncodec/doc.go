// Package jsoncodec carries Go values as JSON text messages, by the rules and struct tags of encoding/json.
//
// It is a package of its own because encoding/json is large: a js/wasm program that does not import it does not carry it.
// A decoded message is read to its end: a second value after the first is an error. The offset of an error is the byte
// that was not expected; of a value of the wrong type, the byte at which encoding/json stopped, behind the value or its first
// bracket.
//
// The package never decodes before it has counted how deep a message nests.
package jsoncodec
