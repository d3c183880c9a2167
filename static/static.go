//go:build !tetherscope_dev

package static

import "embed"

// Files is this folder as it was when the program was built. dist may be empty: a program built with plain `go build`,
// before `make wasm`, compiles, and its server says what is missing.
//
//go:embed all:*
var Files embed.FS
