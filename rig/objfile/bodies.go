// SPDX-License-Identifier: Apache-2.0

package objfile

import (
	"debug/dwarf"
	"fmt"
)

// Body is a range of code that a function of the source became: of a copy of its own,
// or of one that was inlined.
type Body struct {
	Name       string
	Start, End uint64
	// Of one that was inlined, where the source calls it. No line: not known.
	CallFile string
	CallLine int
}

// ReadBodies reads what became of the functions of all units.
func ReadBodies(d *dwarf.Data) ([]Body, error) {
	names := map[dwarf.Offset]string{} // an instance may stand before the function that it is one of
	err := entries(d, func(e *dwarf.Entry) error {
		if name, ok := e.Val(dwarf.AttrName).(string); ok && e.Tag == dwarf.TagSubprogram {
			names[e.Offset] = name
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var out []Body
	var files []*dwarf.LineFile // of the unit at hand
	err = entries(d, func(e *dwarf.Entry) error {
		if e.Tag == dwarf.TagCompileUnit {
			var err error
			files, err = filesOf(d, e)
			return err
		}
		name := names[e.Offset]
		for _, attr := range []dwarf.Attr{dwarf.AttrAbstractOrigin, dwarf.AttrSpecification} {
			if origin, ok := e.Val(attr).(dwarf.Offset); ok && name == "" {
				name = names[origin]
			}
		}
		ranges, err := d.Ranges(e)
		if err != nil {
			return fmt.Errorf("debug information: ranges of %s: %w", name, err)
		}
		callFile, callLine := callOf(e, files)
		for _, r := range ranges {
			if r[0] < r[1] && name != "" {
				out = append(out, Body{name, r[0], r[1], callFile, callLine})
			}
		}
		return nil
	})
	return out, err
}

// filesOf are the files that a unit's entries name by their numbers.
func filesOf(d *dwarf.Data, unit *dwarf.Entry) ([]*dwarf.LineFile, error) {
	lr, err := d.LineReader(unit)
	if err != nil || lr == nil {
		return nil, err
	}
	return lr.Files(), nil
}

// callOf is where the source calls what was inlined there.
func callOf(e *dwarf.Entry, files []*dwarf.LineFile) (string, int) {
	file, _ := e.Val(dwarf.AttrCallFile).(int64)
	line, _ := e.Val(dwarf.AttrCallLine).(int64)
	if line <= 0 || file < 0 || file >= int64(len(files)) || files[file] == nil {
		return "", 0
	}
	return files[file].Name, int(line)
}

// entries calls each with the entries of units and of functions, own and inlined.
func entries(d *dwarf.Data, each func(*dwarf.Entry) error) error {
	for r := d.Reader(); ; {
		e, err := r.Next()
		if err != nil {
			return fmt.Errorf("debug information: %w", err)
		}
		if e == nil {
			return nil
		}
		switch e.Tag {
		case dwarf.TagCompileUnit, dwarf.TagSubprogram, dwarf.TagInlinedSubroutine:
			if err := each(e); err != nil {
				return err
			}
		}
	}
}
