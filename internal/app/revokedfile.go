package app

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// revokedHead is the first line of the file. Each other line is the digest of a token, and the milliseconds since 1970 at which it expires.
const revokedHead = "tetherscope revoked tokens 1"

// revokedFile is where revoked tokens outlive the process. Only one process may write to it. Its methods are called by one goroutine at
// a time.
type revokedFile struct {
	name  string
	file  *os.File
	size  int64 // of what was written whole
	lines int   // tokens
}

// readRevoked reads a file. One that does not exist holds no token; one that is damaged is an error, because the tokens that it no
// longer names would be valid again.
func readRevoked(name string) (map[string]time.Time, error) {
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("revoked tokens: %w", err)
	}
	defer f.Close()
	tokens, lines := map[string]time.Time{}, bufio.NewReaderSize(f, 256)
	for number := 1; ; number++ {
		line, err := lines.ReadSlice('\n')
		if len(line) == 0 && err != nil && number > 1 {
			return tokens, nil
		}
		token, expires, ok := parseRevoked(string(line), number)
		switch {
		case !ok || err != nil:
			return nil, fmt.Errorf("revoked tokens: line %d of %s is damaged: correct or remove it, or remove the file; tokens that it no longer names are valid again", number, name)
		case len(tokens) > 2*maxRevoked:
			return nil, fmt.Errorf("revoked tokens: %s has more than %d: it is not of this program", name, 2*maxRevoked)
		case token != "":
			tokens[token] = expires
		}
	}
}

// parseRevoked reads a whole line, the first of which is the head.
func parseRevoked(line string, number int) (token string, expires time.Time, ok bool) {
	line, whole := strings.CutSuffix(line, "\n")
	if number == 1 {
		return "", expires, whole && line == revokedHead
	}
	token, digits, _ := strings.Cut(line, " ")
	digest, err := hex.DecodeString(token)
	ms, err2 := strconv.ParseInt(digits, 10, 64)
	return token, time.UnixMilli(ms), whole && err == nil && err2 == nil && len(digest) == 32 && ms > 0
}

// revokedText is what is written about tokens.
func revokedText(tokens map[string]time.Time) []byte {
	var b []byte
	for token, expires := range tokens {
		b = fmt.Appendf(b, "%s %d\n", token, expires.UnixMilli())
	}
	return b
}

// append writes tokens and returns when they are on the disk. What was written in part is removed again: it would look like damage.
func (f *revokedFile) append(tokens map[string]time.Time) error {
	b := revokedText(tokens)
	_, err := f.file.Write(b)
	if err == nil {
		err = f.file.Sync()
	}
	if err != nil {
		return errors.Join(fmt.Errorf("revoked tokens: %w", err), f.file.Truncate(f.size))
	}
	f.size += int64(len(b))
	f.lines += len(tokens)
	return nil
}

// rewrite replaces the file by one that has only these tokens. A process that is killed meanwhile leaves the old one.
func (f *revokedFile) rewrite(tokens map[string]time.Time) (err error) {
	next, err := os.CreateTemp(filepath.Dir(f.name), filepath.Base(f.name)+".*") // with the mode 0600
	if err != nil {
		return fmt.Errorf("revoked tokens: %w", err)
	}
	b := append([]byte(revokedHead+"\n"), revokedText(tokens)...)
	if _, err = next.Write(b); err == nil {
		err = next.Sync()
	}
	if err == nil {
		err = os.Rename(next.Name(), f.name)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("revoked tokens: %w", err), next.Close(), os.Remove(next.Name()))
	}
	old := f.file
	f.file, f.size, f.lines = next, int64(len(b)), len(tokens)
	if old != nil {
		return old.Close()
	}
	return nil
}

// close may be called again.
func (f *revokedFile) close() error {
	if err := f.file.Close(); !errors.Is(err, os.ErrClosed) {
		return err
	}
	return nil
}
