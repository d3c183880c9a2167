// Package catchup is a client's side of the message history of package chat: through every loss of the connection each chat message is shown
// once, and in order, or it is said that some may be missing. The JavaScript of the chat page has the same in static/chat/catchup.mjs.
//
// A reader remembers two places of the log. It asks after the older one, which was the end of the log a while before: a message that was
// logged before an answer may arrive after it, or be lost with the connection.
//
// # Never
//
// A message that is shown twice. One that is missing while the client believes that it has all. Memory without a bound.
package catchup
