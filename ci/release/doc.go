// Release makes the files of a release from a checkout whose assets are built: the program for every platform with its manual
// and completions in an archive, packages for Debian and RPM systems, a Homebrew formula, a folder for docker build, a list of
// what is inside (CycloneDX) and checksums. make release runs it.
//
// The same commit is to give the same bytes: times are those of the commit, files have no owner, and paths are trimmed.
// ci/release.sh check compares two builds, the second from another folder with an empty build cache.
//
// nfpm and cyclonedx-gomod are run by the go command at the versions that tools.go pins; they are not in go.mod.
package main
