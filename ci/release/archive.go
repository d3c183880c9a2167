package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// entry is a file of an archive.
type entry struct {
	name    string
	content []byte
	mode    fs.FileMode
}

func sorted(files []entry) []entry {
	slices.SortFunc(files, func(a, b entry) int { return cmp.Compare(a.name, b.name) })
	return files
}

// archive writes the archive of a platform: a zip for Windows, else a compressed tar, with one folder in it.
func (m *maker) archive(p platform, program []byte, manual []entry) error {
	suffix, name, pack := ".tar.gz", "tetherscope", tarball
	if p.os == "windows" {
		suffix, name, pack = ".zip", "tetherscope.exe", zipped
	}
	files := append([]entry{{name, program, 0o755}}, manual...)
	for _, name := range []string{"LICENSE", "README.md", "CHANGELOG.md"} {
		content, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		files = append(files, entry{name, content, 0o644})
	}
	path := m.path("_%s_%s%s", p.os, p.arch, suffix)
	top := strings.TrimSuffix(filepath.Base(path), suffix) + "/"
	packed, err := pack(top, sorted(files), m.when)
	if err != nil {
		return err
	}
	return os.WriteFile(path, packed, 0o644)
}

// tarball returns a .tar.gz in which nothing depends on the machine that made it.
func tarball(top string, files []entry, when time.Time) ([]byte, error) {
	var out bytes.Buffer
	packed, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	w := tar.NewWriter(packed)
	for _, f := range files {
		head := &tar.Header{Name: top + f.name, Mode: int64(f.mode), Size: int64(len(f.content)), ModTime: when, Format: tar.FormatPAX}
		if err := w.WriteHeader(head); err != nil {
			return nil, err
		}
		if _, err := w.Write(f.content); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	err = packed.Close()
	return out.Bytes(), err
}

// zipped returns a .zip in which nothing depends on the machine that made it.
func zipped(top string, files []entry, when time.Time) ([]byte, error) {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range files {
		head := &zip.FileHeader{Name: top + f.name, Method: zip.Deflate, Modified: when}
		head.SetMode(f.mode)
		file, err := w.CreateHeader(head)
		if err != nil {
			return nil, err
		}
		if _, err := file.Write(f.content); err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return out.Bytes(), err
}

// checksums writes checksums.txt, which sha256sum -c reads, over every file of the release.
func (m *maker) checksums() error {
	var names []string
	err := filepath.WalkDir(m.out, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		return err
	}
	var list strings.Builder
	for _, path := range names { // WalkDir goes in lexical order
		sum, err := sumOf(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(m.out, path)
		if err != nil {
			return err
		}
		fmt.Fprintf(&list, "%s  %s\n", sum, filepath.ToSlash(name))
	}
	return os.WriteFile(filepath.Join(m.out, "checksums.txt"), []byte(list.String()), 0o644)
}

// sumOf returns the SHA-256 of a file in hexadecimal.
func sumOf(path string) (string, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:]), nil
}
