// Graph prints which room of the repository imports which, natively and for js, without tests, and fails on an import that
// runs upward. A room is a folder of the table in floors.go, with all that is below it and has no line of its own.
//
// A package may import its own room and rooms on lower floors, and nothing else. So no import runs up, and there is no
// circle of rooms.
//
//	go run ./ci/graph      the same as make graph
package main
