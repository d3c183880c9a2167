// Package recordtest makes records for tests: [Any] draws records of every kind, [Sample] has one of each.
//
// # Never
//
// No package but a test imports it: it links pgregory.net/rapid.
package recordtest
