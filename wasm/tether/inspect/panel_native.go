//go:build !js

package inspect

// Panel does nothing: only pages have panels.
func Panel(Client, string) (cancel func()) { return func() {} }
