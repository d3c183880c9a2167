// Package userkey hands the key of a running server to the programs of its user, and to no other user of the machine: by a
// file that only the user can read.
//
// # Words
//
// An entry is one file: the URL of a server and its key. It is named after the server's port.
//
// # Where
//
// In the folder tetherscope below $XDG_RUNTIME_DIR, which ends with the user's session, or else below the user's configuration
// folder. The folder has mode 0700, a file 0600.
//
// # Never
//
// A folder or file that is another user's, that others may write or read, or that is a symbolic link, is not used. A file is
// made under another name and renamed, so that none is ever half there or written through a link.
package userkey
