package tether

// platformOptions is what can be set on this platform alone: in a browser, nothing.
type platformOptions struct{}

func (platformOptions) transport(int) transport { return newTransport() }
