// Package testnames finds the tests of a folder by their names, for documents that name the test of each of their claims.
package testnames
