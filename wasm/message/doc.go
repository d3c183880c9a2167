// Package message declares typed messages once, for both ends of a WebSocket.
//
//	var Chat = message.New("chat", jsoncodec.New[ChatText, ChatText]())
//	var Login = message.NewCall("login", jsoncodec.New[Credentials, Credentials](), jsoncodec.New[Session, Session]())
//
// The client (tether.Typed) and the server import the package with these two lines, so that names and shapes cannot differ
// between them.
//
// # Words
//
// A type is a name and a codec. An envelope is how name and body are combined in one WebSocket message: [JSON] for an object
// with a "type" member, [Framed] for a body of any codec behind a short head. A call is a request and its answer, matched by
// an id that the caller chooses. A router passes each message to the handlers of its type.
//
// # Validation
//
// A value with a method Validate() error ([codec.Validator]) is validated before it is sent, and by its codec after it was
// decoded: an invalid value is neither sent nor passed to a handler. A value with a method Validate() []string, which lists
// every problem, is validated before it is sent.
//
// # Never
//
// The package imports no format: codecs do. It does no I/O, reads no clock and starts no goroutine. It drops no message
// without reporting it.
package message
