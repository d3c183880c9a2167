// Package budgettest is for tests that count what is taken of a share of the process's budget.
package budgettest
