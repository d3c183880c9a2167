// Package link keeps the engines of the JS module's resilient sockets and speaks with JS about them in plain numbers.
//
// # Words
//
// A link is one resilient TetherSocket; its handle is the number that JS calls it by. A step is one thing that happened
// to a link; an order ([tether.Order]) is one thing that JS is to do about it.
//
// # Never
//
// The package knows no JS and no clock: it is tested natively. No message passes through it.
package link
