// Package tcpend ends TCP connections in the ways that net.Conn does not offer, through whatever wraps them: one direction
// alone (FIN), or at once (RST).
//
// # Never
//
// It imports nothing of this module, so that every room may use it.
package tcpend
