// Package message declares typed messages once, for both ends of a WebSocket.
//
//	var Chat = message.New("chat", jsoncodec.New[ChatText, ChatText]())
//	var Login = message.NewCall("login", jsoncodec.New[Credentials, Credentials](), jsoncodec.New[Session, Session]())
//
// A client (tether.Typed) and any Go server import the package of these two lines; neither then has a name or a shape
// that the other does not have.
//
// # Words
//
// A type is a name and a codec. An envelope is how name and body stand in one WebSocket message: [JSON] for an object with
// a "type" member, [Framed] for a body of any codec behind a short head. A call is a request and its answer, tied together
// by an id that the caller draws. A router hears messages and answers calls.
//
// # Validation
//
// A value with a method Validate() error ([codec.Validator]) is asked before it is sent, and by its codec after it was
// decoded: what is invalid is neither sent nor heard. One with Validate() []string, which lists everything that is wrong with what a client is about to send,
// is asked before it is sent.
//
// # Never
//
// A package for a format: codecs bring those. I/O, a clock, a goroutine. A message heard by nobody that nobody is told of.
package message
