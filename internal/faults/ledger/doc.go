// Package ledger is the account of numbered messages that go one way, from 1 on: what did not arrive, what arrived twice
// or in another order, and whether somebody had been told. The tests of faults keep one for each direction of each client,
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
