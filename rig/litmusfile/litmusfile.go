// SPDX-License-Identifier: Apache-2.0

// Package litmusfile finds the files of litmus tests that a path names: a test, a
// list as herd7's @all, or a folder. What is in them it leaves to rig/litmus.
package litmusfile

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
)

// Files are files of tests in the order in which they were found.
type Files struct {
	Found []string
	Lost  map[string]string // names in lists that name no file: why, by path
	seen  map[string]bool   // files and lists, by their clean path
}

// New returns an empty set of files.
func New() *Files { return &Files{Lost: map[string]string{}, seen: map[string]bool{}} }

// Find collects the files that a path names: a test, a list as herd7's @all, or
// a folder, with the folders below. What the user named must be there; what a
// list names and is not there is noted in Lost.
func (l *Files) Find(path string) error {
	const op = "find litmus tests"
	info, err := os.Stat(path)
	if err != nil {
		return fault.Wrap(fault.User, op, err)
	}
	if !info.IsDir() {
		l.add(path)
		return nil
	}
	before := len(l.seen)
	var lists []string
	err = filepath.WalkDir(path, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil && d != nil && d.IsDir() && name != path:
			l.Lost[name] = err.Error()
			return fs.SkipDir
		case err != nil:
			return err
		case !d.IsDir() && strings.HasSuffix(name, ".litmus"):
			l.add(name)
		case !d.IsDir() && isList(name):
			lists = append(lists, name)
		}
		return nil
	})
	if err != nil {
		return fault.Wrap(fault.User, op, err)
	}
	if len(l.seen) == before {
		for _, list := range lists {
			l.add(list)
		}
	}
	if len(l.seen) == before && len(l.Lost) == 0 {
		return fault.Newf(fault.User, op+" in "+path, "neither a file *.litmus nor a list @all there, nor in the folders below")
	}
	return nil
}

func isList(path string) bool { return strings.HasPrefix(filepath.Base(path), "@") }

// add takes a test or a list once, however often it is named.
func (l *Files) add(path string) {
	path = filepath.Clean(path)
	if l.seen[path] {
		return
	}
	l.seen[path] = true
	if !isList(path) {
		l.Found = append(l.Found, path)
		return
	}
	text, err := disk.ReadRegular(path)
	if err != nil {
		l.Lost[path] = err.Error()
		return
	}
	for line := range strings.Lines(string(text)) {
		line, _, _ = strings.Cut(line, "#")
		for name := range strings.FieldsSeq(line) {
			if !filepath.IsAbs(name) {
				name = filepath.Join(filepath.Dir(path), name)
			}
			if info, err := os.Stat(name); err != nil {
				l.Lost[name] = err.Error()
			} else if info.IsDir() {
				l.Lost[name] = "it is a folder, named in the list " + path
			} else {
				l.add(name)
			}
		}
	}
}
