//go:build !unix

package userkey

import "io/fs"

// The folders of a user are closed to others by inherited permissions there.

func ownedByUser(fs.FileInfo) bool { return true }

func openToOthers(fs.FileInfo) bool { return false }

func gone(int) bool { return false }
