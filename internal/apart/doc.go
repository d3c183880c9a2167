// Package apart serves accepted WebSockets outside of their handlers.
package apart
