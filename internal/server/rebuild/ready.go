package rebuild

import (
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
)

// Ready returns the path of this program when it is a server as [Supervisor] builds them and the panel of the repository at root was
// built, too: then it can serve at once, while the rest is built. Otherwise it returns "".
func Ready(root string) string {
	info, ok := debug.ReadBuildInfo()
	if !ok || !tagged(info) {
		return ""
	}
	if _, err := os.Stat(filepath.Join(root, "static", "dist", "panel.wasm")); err != nil {
		return ""
	}
	program, err := os.Executable()
	if err != nil {
		return ""
	}
	return program
}

// tagged reports whether a program was built by [Tag].
func tagged(info *debug.BuildInfo) bool {
	for _, s := range info.Settings {
		if s.Key == "-tags" {
			for tag := range strings.SplitSeq(s.Value, ",") {
				if tag == Tag {
					return true
				}
			}
		}
	}
	return false
}
