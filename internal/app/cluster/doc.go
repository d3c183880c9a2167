// Package cluster runs the example application as it runs in production, on one machine: Redis, several nodes, and nginx
// in front of them, all on loopback, with data in one folder. `make cluster` and the tests use it.
//
// # Words
//
// A process is a program that the package started and stops. A node is a process that serves the application. The front
// is nginx: its URL is the only one a client needs.
//
// # Never
//
// The package never touches a Redis or an nginx that it did not start, never listens anywhere but on loopback, and never
// leaves a process behind: on Linux they end with the one that started them, however that ends.
package cluster
