// Package transport keeps the engines of the JS module's resilient sockets and speaks with JS about them in plain numbers.
//
// # Words
//
// A transport is one resilient TetherSocket; its handle is the number that JS calls it by. A step is one thing that happened
// to a transport ([engine.Step]); an order ([engine.Order]) is one thing that JS is to do about it.
//
// # Never
//
// The package has no JS and no clock: it is tested natively. No message passes through it.
package transport
