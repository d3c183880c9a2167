// Command scale measures what a client, a message and a fault cost a small cluster of the example application, compares the model of
// package sim with it, and simulates the faults of a large one. docs/scaling.md explains the figures.
//
//	go run ./internal/bench/scale                        costs, comparison and simulation; three minutes on a quiet machine
//	go run ./internal/bench/scale -only simulate         the simulation alone, with the costs of the repository
//	go run ./internal/bench/scale -only simulate -clients 50000 -nodes 10
//
// The cluster is real: Redis, nginx and three processes of the application on loopback, and clients of package tether in this process.
package main
