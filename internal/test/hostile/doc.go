// Package hostile holds tests of the real program under clients that mean harm: it is built, run as a process of its own
// and watched from outside, because only the operating system knows what memory a process takes.
//
// Resident memory is read from /proc/PID/status while an attack runs, and compared with what it was before. Each attack runs
// once unmeasured, so that what is made once, and kept, is there; the capture is small, and full by then. The package never
// has anything but tests.
package hostile
