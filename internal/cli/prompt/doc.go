// Package prompt is what people type at tetherscope connect: lines that become messages, commands that begin with a slash, their
// completion, and the history of lines.
//
// # Never
//
// It opens no connection. The only file that it reads or writes is the history; the caller reads what a command names.
package prompt
