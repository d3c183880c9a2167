// Package jsonscan finds its way through JSON text without building values: where a value ends, what a string says,
// which members an object has. It is what the filter's paths and the decoders of JSON protocols stand on.
//
// # Words
//
// A position is a byte offset into the text. A raw value is the bytes of the text from a value's first byte to its last,
// quotes and escapes included. The text may be cut: it ends where the capture stopped keeping it.
//
// # Never
//
// It never recurses, so that no nesting of the input can exhaust the stack; it never allocates but for what [Unquote]
// returns; it does not hold the text to RFC 8259 where that is not needed to find the way: it skips a wrong number as it
// skips a right one.
package jsonscan
