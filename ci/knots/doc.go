// Knots counts how much of a package hangs together: which of its files need each other.
//
// File A needs file B when A uses a package-level name or a method that B declares, and when A declares a type some of
// whose methods stand in B: the type cannot be understood without them. Names are resolved by go/types, natively and for
// js, and the two builds are added up. Fields and test files do not count. Files that need each other in a circle are a
// part (a strongly connected component): a change of one may need a look at all. A package of good shape has
// small parts; its largest should have no more than a third of its files.
//
// The second figure counts by name alone, without types: A needs B when A mentions a name that B, and B only, declares at
// package level or as a method. It sees calls through interfaces, and mistakes a foreign method for an own one of its name.
//
//	go run ./ci/knots                    the packages that are held to a bound
//	go run ./ci/knots -v ./panel/model   one package, with the files of its parts
//
// The exit status is 1 when a package is over its bound; the bounds are in bounds.go.
package main
