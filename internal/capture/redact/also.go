package redact

import (
	"fmt"
	"sync/atomic"
)

// ownNames are the names that [AlsoHide] has made strong, as [plainName] gives them; nil for none.
var ownNames atomic.Pointer[map[string]bool]

// NameError is the error of [AlsoHide] and [Check] for a name without a letter or digit.
type NameError struct{ Name string }

// Error says what a name needs.
func (e *NameError) Error() string {
	return fmt.Sprintf("%q is no name of a header field, parameter or cookie: it needs a letter or digit", e.Name)
}

// Check returns a [*NameError] for a name that [AlsoHide] refuses.
func Check(name string) error {
	if plainName(name) == "" {
		return &NameError{name}
	}
	return nil
}

// AlsoHide makes names strong for this process, beside those that the package knows: what is assigned to them is a credential. They are
// compared as all names are, without case, spaces and punctuation, and whole: "x-tenant" is XTenant and x_tenant, and not
// x-tenant-id. A call replaces the names of the one before; without names there are none. An error is a [*NameError], and
// changes nothing. Any goroutine may call it; what is redacted meanwhile has the old names or the new ones.
func AlsoHide(names ...string) error {
	own := make(map[string]bool, len(names))
	for _, name := range names {
		if err := Check(name); err != nil {
			return err
		}
		own[plainName(name)] = true
	}
	ownNames.Store(&own)
	return nil
}

// isOwn reports whether [AlsoHide] has made a plain name strong.
func isOwn(plain string) bool {
	own := ownNames.Load()
	return own != nil && (*own)[plain]
}
