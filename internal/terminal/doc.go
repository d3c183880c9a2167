// Package terminal writes what peers said where a person reads it: nothing that passes a [Writer] can move the cursor, change colors,
// reorder text, hide it, or end a line that the program did not end.
//
// # Never
//
// It never drops anything: what is not printed is escaped. Inside JSON the escapes mean the same characters, so JSON lines pass the same
// writer and keep their values.
package terminal
