// SPDX-License-Identifier: Apache-2.0

// Package scenarios holds the ordering bugs that come with kcovrig: a folder each,
// with its scenario.yaml and its litmus tests. It owns the files only, and shows them
// together with the patches and configuration fragments that they name; reading them
// is left to rig/scenario.
package scenarios

import (
	"embed"
	"io/fs"
	"slices"
	"strings"

	"kcovrig/images"
	"kcovrig/kernel/patches"
)

// Default is the bug that is looked at when no other is named.
const Default = "kcov"

//go:embed */scenario.yaml */*.litmus */aarch64/*.litmus */*.c
var files embed.FS

// HeaderName is what a program calls the header that comes with kcovrig.
const HeaderName = "kcovrig.h"

//go:embed kcovrig.h
var header []byte

// Header is what programs of scenarios may include, without a file of their own.
func Header() []byte { return slices.Clone(header) }

// Names lists the scenarios, sorted.
func Names() []string {
	entries, err := files.ReadDir(".")
	if err != nil {
		panic(err) // the folder is part of the program
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// File is the scenario.yaml of one of them.
func File(name string) ([]byte, error) { return files.ReadFile(name + "/scenario.yaml") }

// Files are the scenarios' files, and those that they may name, by their paths from
// the repository's root.
func Files() fs.FS {
	return tree{"scenarios": files, "kernel/patches": patches.Files(), "images": images.Files()}
}

// tree is file systems by the folder that each stands for.
type tree map[string]fs.FS

// Open opens a file or a folder below one of those.
func (t tree) Open(name string) (fs.File, error) {
	for folder, files := range t {
		if rest, ok := strings.CutPrefix(name, folder+"/"); ok && fs.ValidPath(name) {
			return files.Open(rest)
		}
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}
