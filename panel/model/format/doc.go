// Package format writes numbers, times and bytes as the panel shows them: "12,400", "68.4 KiB", "2.31 ms", "81 05". It
// makes text from a capture harmless, so that a payload cannot change how a line of the panel reads: control characters
// become their pictures, and other characters that are not seen or change the direction of writing become escapes.
package format
