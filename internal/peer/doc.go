// Package peer finds the program at the other end of a TCP connection from this machine.
//
// # How
//
// On Linux: /proc/net/tcp and tcp6 hold the inode of the client's socket, and the process that has it open is found in /proc/*/fd. Processes
// that were found before are looked at first. A helper process of a browser counts as the browser that started it. On other systems,
// for clients on other machines, in other network namespaces or of other users, the program is unknown.
//
// # Limits
//
// A connection table of 8 MiB is read, at most; a process with more than 65,536 open files is passed over. Lookups take 10 % of a core's time
// in the long run, and 2 s at once; beyond that programs are unknown until there is time again. 16 processes are remembered.
//
// # Never
//
// Nothing but the file name of the executable and the process ID leaves the package: no arguments, which may hold secrets, and no folder.
package peer
