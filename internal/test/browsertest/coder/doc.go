// Package coder holds tests of coder/websocket v1.8.15 in a browser. They pass when it fails: they are why tether has a
// browser transport of its own, and when one of them breaks after an update, that reason has gone. Natively tether is
// built on coder/websocket, whose native half has none of these faults.
package coder
