// SPDX-License-Identifier: Apache-2.0

package objcode

import (
	"debug/dwarf"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"kcovrig/rig/coderange"
	"kcovrig/rig/objfile"
)

// debugInfo is what the analysis takes from DWARF, in the object's addresses.
type debugInfo struct {
	body   []coderange.Range // code of the function, wherever it was inlined or cloned to
	copies []coderange.Range // code of copy functions that were inlined
	lines  objfile.Lines
	files  *sources
}

// readDebugInfo finds the code of function and of the copy functions. dir is what relative file names count from.
func readDebugInfo(d *dwarf.Data, function string, copies []string, dir string) (*debugInfo, error) {
	info := &debugInfo{files: &sources{dir: dir, lines: map[string][]string{}}}
	bodies, err := objfile.ReadBodies(d)
	if err != nil {
		return nil, err
	}
	for _, b := range bodies {
		switch code := (coderange.Range{Start: b.Start, End: b.End}); {
		case b.Name == function:
			info.body = append(info.body, code)
		case slices.Contains(copies, b.Name):
			info.copies = append(info.copies, code)
		}
	}
	if info.lines, err = objfile.ReadLines(d); err != nil {
		return nil, err
	}
	if info.body = coderange.Union(info.body); len(info.body) == 0 {
		return nil, fmt.Errorf("debug information: no code of %s", function)
	}
	return info, nil
}

// sources reads lines of source files, each file once.
type sources struct {
	dir   string
	lines map[string][]string
	stem  string // the end of the replaced file's name, without its extension
	path  string // what is read instead
}

// replace makes the source of object be read from path, unless that is empty.
func (s *sources) replace(object, path string) {
	s.stem, s.path = "/"+strings.TrimSuffix(object, ".o")+".", path
}

// text is a line without indentation, or "" where the file cannot be read.
func (s *sources) text(file string, line int) string {
	if file == "" || line < 1 {
		return ""
	}
	lines, known := s.lines[file]
	if !known {
		path := file
		if !filepath.IsAbs(path) {
			path = filepath.Join(s.dir, path)
		}
		if ext := filepath.Ext(path); s.path != "" && ext != "" && strings.HasSuffix(path, s.stem+ext[1:]) {
			path = s.path
		}
		if data, err := os.ReadFile(path); err == nil {
			lines = strings.Split(string(data), "\n")
		}
		s.lines[file] = lines
	}
	if line > len(lines) {
		return ""
	}
	return strings.TrimSpace(lines[line-1])
}
