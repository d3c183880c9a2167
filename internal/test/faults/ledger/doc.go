// Package ledger accounts for messages numbered from 1 that travel in one direction: what did not arrive, what arrived twice
// or out of order, and whether the loss was announced. The tests of faults keep one for each direction of each client,
// natively and in a page.
//
// # Words
//
// A break is an announcement that messages may be lost: what is missing directly after one is an announced gap, any other
// is undetected. A number that was missing and comes after all is reordered; one that was there is duplicated.
//
// # Never
//
// A ledger forgives nothing: what it has counted stays counted, except that a message which comes late is missing no more.
package ledger
