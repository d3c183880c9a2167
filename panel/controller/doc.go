// Package controller is what lies between the panel's model and its view: it owns the model, performs the commands of a
// person, calls the control API, reads and saves files, and hands the view a [Snapshot] to draw.
//
// # Words
//
// A [Command] is a value of a type of this package: what a click or a key asks for. [Update] is the command that is a message to
// the model and nothing else. The [Page] is what only a browser can do: clipboard, files, focus. The [ControlClient] calls
// the control API of the server behind the page, if there is one.
//
// # Shape
//
// A click or a key becomes a command in one place each: [ParseCommand] reads the attributes of the element that was clicked,
// [Controller.Key] looks the key up. [Controller.Do] performs it. Each part (filter box, settings, composer, faults) has its
// own state and knows the core, which has the model and the lock; the controller knows the parts, and the commands know the
// controller. No part knows the controller.
//
// # Locks
//
// One mutex, in the core, guards the model and the state of every part. It is never held while the page, the control client
// or the view is called, but for Page.ShowCompletion and Page.Picture, which return at once.
//
// # Never
//
// The package knows no go-app, no syscall/js and no clock.
package controller
