// Package tlsdecrypt decrypts captured TLS 1.2 and 1.3 connections with secrets that one of their ends has logged.
//
// # Words
//
// A key log is text in the format that browsers, curl, Node and Go write to SSLKEYLOGFILE (RFC 9850): a label, the client
// random of a connection, and a secret. A session is what a resumed TLS 1.2 connection takes over from an earlier one: its master
// secret, which is not logged again. A half is one direction of a connection, a record one protected piece of it.
//
// # Shape
//
// [Conn] takes the bytes of both halves in the order in which they passed and returns the plaintext of application data. It
// reads as much of the handshake as it needs: randoms, version, cipher suite, tickets, and where keys change. Behind bytes that the
// capture lacks it looks for the next record, and tries which number it has. Records whose
// secrets are not known yet wait, since a key log is written while packets pass, and a pcapng file may carry it behind them.
//
// # Never
//
// The package verifies no certificate and breaks no cryptography: without a logged secret nothing is decrypted. It decrypts AES-GCM,
// AES-CBC and ChaCha20-Poly1305 and no other ciphers. Secrets are not printed and do not leave it.
package tlsdecrypt
