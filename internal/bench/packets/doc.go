// Command packets measures how fast, and in how much memory, a packet file with WebSockets is read, beside tshark on the same
// file. It makes the file itself: connections whose messages have 20 to 1,120 bytes, in both directions.
//
// Rows have the processor time, since the machine may do other things, and the largest resident memory of each process.
package main
