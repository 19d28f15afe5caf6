// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/herdtools"
	"kcovrig/rig/litmus"
)

// litmusFiles are files of tests in the order in which they were found.
type litmusFiles struct {
	files []string
	seen  map[string]bool   // files and lists, by their clean path
	lost  map[string]string // names in lists that are no file, by path: why
}

// find collects the files that a path names: a test, a list as herd7's @all, or
// a folder, with the folders below. What the user named must be there; what a
// list names and is not is one test lost.
func (l *litmusFiles) find(path string) error {
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
			l.lost[name] = err.Error()
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
	if len(l.seen) == before && len(l.lost) == 0 {
		return fault.Newf(fault.User, op+" in "+path, "neither a file *.litmus nor a list @all there, nor in the folders below")
	}
	return nil
}

func isList(path string) bool { return strings.HasPrefix(filepath.Base(path), "@") }

// add takes a test or a list once, however often it is named.
func (l *litmusFiles) add(path string) {
	path = filepath.Clean(path)
	if l.seen[path] {
		return
	}
	l.seen[path] = true
	if !isList(path) {
		l.files = append(l.files, path)
		return
	}
	text, err := disk.ReadRegular(path)
	if err != nil {
		l.lost[path] = err.Error()
		return
	}
	for line := range strings.Lines(string(text)) {
		line, _, _ = strings.Cut(line, "#")
		for name := range strings.FieldsSeq(line) {
			if !filepath.IsAbs(name) {
				name = filepath.Join(filepath.Dir(path), name)
			}
			if info, err := os.Stat(name); err != nil {
				l.lost[name] = err.Error()
			} else if info.IsDir() {
				l.lost[name] = "it is a folder, named in the list " + path
			} else {
				l.add(name)
			}
		}
	}
}

// load reads the heads of the tests that the paths name. One that cannot be run
// is inconclusive, and keeps none of the others from running.
func (r *litmusRun) load() error {
	found := litmusFiles{seen: map[string]bool{}, lost: map[string]string{}}
	for _, path := range r.cfg.Paths {
		if err := found.find(path); err != nil {
			return err
		}
	}
	seen := map[string]string{}
	for _, file := range found.files {
		text, err := disk.ReadRegular(file)
		head := litmus.Head{}
		if err == nil {
			head, err = litmus.ReadHead(string(text), file)
		}
		t := litmusTest{head: head, file: file}
		other, twice := seen[head.Name]
		switch {
		case err != nil:
			t.why = "user: " + file + ": " + err.Error()
		case twice:
			t.why = "user: " + file + ": the test " + head.Name + " is in " + other + " too"
		default:
			seen[head.Name] = file
			t.source = herdtools.Source{Name: herdtools.FileName(head.Name), Text: string(text)}
		}
		if t.head.Name == "" || twice {
			t.head.Name = strings.TrimSuffix(filepath.Base(file), ".litmus")
		}
		r.tests = append(r.tests, &t)
	}
	for name, why := range found.lost {
		r.tests = append(r.tests, &litmusTest{head: litmus.Head{Name: filepath.Base(name)}, file: name, why: "user: " + why})
	}
	sortTests(r.tests)
	return nil
}
