// Package manual makes what a shell and a pager need of the commands' own flags and help: completion scripts and man pages.
// There is one source, the flag sets and usage texts of the commands themselves, so a new flag is in all of them at once.
//
// The package is pure: values in, text out. Only [Program.WritePages] writes files.
package manual
