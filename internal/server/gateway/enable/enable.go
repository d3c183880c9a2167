// Package enable has net/http announce extended CONNECT (RFC 8441) to clients of HTTP/2.
//
// net/http decides that once, when it is initialised, by the setting http2xconnect=1 in the environment variable GODEBUG, and offers no
// other way. This package sets it before: packages are initialised in the order of their import paths as far as their imports allow
// (The Go Programming Language Specification, "Package initialization"), this one imports nothing but os, and its path stands before
// "net/http". [Restore] takes the setting back, so that programs which this one starts do not inherit it.
//
// # Never
//
// It imports nothing but os and strings.
package enable

import (
	"os"
	"strings"
)

const (
	variable = "GODEBUG"
	setting  = "http2xconnect=1"
)

var before, set = os.LookupEnv(variable)

func init() { // nothing else comes before net/http
	_ = os.Setenv(variable, strings.TrimPrefix(before+","+setting, ",")) // where it fails, the settings of a connection do not offer extended CONNECT
}

// Restore makes the environment what it was. It is called once net/http is initialised.
func Restore() {
	if !set {
		_ = os.Unsetenv(variable) // it was set a moment ago
		return
	}
	_ = os.Setenv(variable, before)
}
