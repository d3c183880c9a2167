// Package replay makes scripts of a capture: one end of a connection, as it can be played again to a real peer.
//
// # Words
//
// A role is the end that is played: [Client] or [Server]; the other end is the peer. A script holds the frames that the role
// sends, each with its time and with how many messages of the peer had come before it, and the messages that the peer sent.
// A player plays one script to one peer. A mock is a server that answers whatever comes as the servers of a capture did. The
// shape of a message is its type, and if it is JSON its keys and the types of its values.
//
// # What is played
//
// The role's frames are played as they arrived at the peer: what this program injected is part of them, and what it dropped or
// altered is not. The peer's messages are those that it sent itself. Fragments, control frames and reserved bits stay as
// they were; compressed messages become plain ones of as many frames. Two kinds of frames are not of the script, because
// they answer what the peer says now: pongs, and the close frame of the side that did not begin to close.
//
// # Shape
//
// Records in; frames and times out: [Builder] takes records, [Player.Next] says what to send and when, [Player.Hear] takes what
// the peer says, and [Compare] tells how that differs from the capture.
//
// # Never
//
// The package does no I/O and reads no clock. What it keeps is bounded, in frames and in bytes: past that, building fails.
package replay
