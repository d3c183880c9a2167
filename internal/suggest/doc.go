// Package suggest finds the name that a misspelled one stands for most likely: of a filter's fields, of commands and of flags.
package suggest
