// Package cli is the program's commands for terminals and CI. Record, show, lint and convert are filters over one capture: a
// file in any format that we read, standard input, or a running server. Replay and mock speak as one end of a capture did, send says
// anything, and connect is a conversation.
//
// # Words
//
// A source is where records come from. A format is how a file holds them; reading, it is recognised by the first bytes of the
// file, writing, by the end of its name. A notice is a line on standard error about something that is not as it should
// be but did not stop the command. A link is a connection of our own, on which wrong frames can be sent.
//
// # Exit codes
//
// They are part of the interface; [Run] returns them:
//
//	0  done
//	1  lint found violations, or with -check the other end of replay or mock said something else than in the capture
//	2  wrong usage, or the source or target cannot be used at all: nothing was done
//	3  done, but parts of the source were damaged; they were named, everything else was processed
//	4  stopped half way: writing failed, or the other end went away
//
// A reader of our output that goes away ends the command as it ends every other program of a pipe, by SIGPIPE.
//
// # Never
//
// A command never overwrites a file unless a flag says so. It never lets a secret of a handshake into a file or onto a terminal
// unless a flag says so. What peers said reaches a terminal only quoted.
package cli
