// Package tshark asks the real tshark which WebSocket frames a capture file holds. It is test support: an independent
// decoder to hold ours against. Nothing that a user runs imports it.
//
// What it can be trusted with, and what not (tshark 4.0): FIN, reserved bits, opcode, mask, key, length and unmasked
// payload of every frame, also across TCP segments; not the inflated text of fragmented compressed messages. The capture
// must hold the handshake, or nothing is recognised as WebSocket.
package tshark
