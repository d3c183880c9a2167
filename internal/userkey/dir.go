package userkey

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrNoFolder is returned where the system names no folder for a user's files.
var ErrNoFolder = errors.New("neither XDG_RUNTIME_DIR nor a configuration folder of the user is known")

// Dir returns the folder of the user's entries; it may not exist. env looks up environment variables.
func Dir(env func(string) (string, bool)) (string, error) {
	if dir, ok := env("XDG_RUNTIME_DIR"); ok && filepath.IsAbs(dir) {
		return filepath.Join(dir, "tetherscope"), nil
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("%w (%w)", ErrNoFolder, err)
	}
	return filepath.Join(dir, "tetherscope", "run"), nil
}

// makeDir makes the folder unless it is there, and checks that it is the user's alone.
func makeDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return private(dir, fs.ModeDir)
}

// private checks that what has a name is of a kind (fs.ModeDir, or 0 for a file), the user's, and closed to others.
func private(name string, kind fs.FileMode) error {
	info, err := os.Lstat(name)
	switch {
	case err != nil:
		return err
	case info.Mode().Type() != kind:
		return fmt.Errorf("%s is no plain file or folder, as it should be: remove it", name)
	case !ownedByUser(info):
		return fmt.Errorf("%s is another user's: remove it", name)
	case openToOthers(info):
		return fmt.Errorf("%s has mode %v, so other users may use it: remove it, or run chmod go= on it", name, info.Mode().Perm())
	}
	return nil
}
