// Package requests reads and runs named requests: connections to open, what to send into them, what to wait for, and what must be true of it.
//
// # Terms
//
// A file is TOML, so that messages stand in it as they are, in literal strings, with comments beside them, and every error has a line and a column. A
// request is a connection and its steps. A variable is written {{name}}: it comes from the file, from the one who runs it, or from a message by a step
// before; {{env.NAME}} is one of the environment, where there is one to be asked.
//
// # Shape
//
// [Parse] reads a file. [NewRun] checks that every variable has a source, and makes a [Run]: a machine that says by [Run.Next] what to do and takes
// by its other methods what happened. Package player runs it on connections.
//
// # Never
//
// The package knows no socket, no clock, no environment and no file system: time, messages and functions are arguments. Its results hold no value of the
// environment.
package requests
