// Package render writes bytes as the lines of a detail: hexadecimal digits beside text, a JSON tree, harmless text. What is
// long comes in pages, and nothing in a payload can change how a line reads. It knows no rows, connections or model.
package render
