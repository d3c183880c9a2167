//go:build tetherscope_dev

package static

import "embed"

// Files is empty in the server that `tetherscope -dev` runs: it serves the folder itself, so that an edit is a reload.
var Files embed.FS
