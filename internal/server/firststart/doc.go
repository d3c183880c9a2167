// Package firststart gives a program the web assets that it was built without. `go install` downloads sources and runs no
// build steps, so a program that it made has no WASM programs inside. On its first start such a program builds them from its own
// module, at its own version, with the go command that installed it, into the user's cache folder; later starts find them there.
//
// What is built is what `make wasm` builds, by the same commands ([rebuild.Assets]). Nothing else is downloaded than that module,
// which the go command checks against its checksum database, and the bundler that the module pins.
package firststart
