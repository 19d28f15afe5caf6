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
	Call       Row // where the call stands that it was inlined for, without an address; empty of a copy of its own
}

// ReadBodies reads what became of the functions of all units.
func ReadBodies(d *dwarf.Data) ([]Body, error) {
	names := map[dwarf.Offset]string{} // an instance may stand before the function that it is one of
	err := functions(d, func(e *dwarf.Entry, _ []*dwarf.LineFile) error {
		if name, ok := e.Val(dwarf.AttrName).(string); ok && e.Tag == dwarf.TagSubprogram {
			names[e.Offset] = name
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var out []Body
	err = functions(d, func(e *dwarf.Entry, files []*dwarf.LineFile) error {
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
		for _, r := range ranges {
			if r[0] < r[1] && name != "" {
				out = append(out, Body{name, r[0], r[1], callOf(e, files)})
			}
		}
		return nil
	})
	return out, err
}

// callOf is where the call stands that a function was inlined for.
func callOf(e *dwarf.Entry, files []*dwarf.LineFile) Row {
	file, _ := e.Val(dwarf.AttrCallFile).(int64)
	line, _ := e.Val(dwarf.AttrCallLine).(int64)
	if e.Tag != dwarf.TagInlinedSubroutine || line <= 0 || file < 0 || file >= int64(len(files)) || files[file] == nil {
		return Row{}
	}
	return Row{File: files[file].Name, Line: int(line)}
}

// functions calls each with the entries of functions, own and inlined, and the files of
// their unit.
func functions(d *dwarf.Data, each func(*dwarf.Entry, []*dwarf.LineFile) error) error {
	var files []*dwarf.LineFile
	for r := d.Reader(); ; {
		e, err := r.Next()
		if err != nil {
			return fmt.Errorf("debug information: %w", err)
		}
		if e == nil {
			return nil
		}
		switch e.Tag {
		case dwarf.TagCompileUnit:
			if files, err = filesOf(d, e); err != nil {
				return err
			}
		case dwarf.TagSubprogram, dwarf.TagInlinedSubroutine:
			if err := each(e, files); err != nil {
				return err
			}
		}
	}
}

// filesOf are the files that a unit's code is of, by their numbers.
func filesOf(d *dwarf.Data, unit *dwarf.Entry) ([]*dwarf.LineFile, error) {
	lr, err := d.LineReader(unit)
	if err != nil {
		return nil, fmt.Errorf("line table: %w", err)
	}
	if lr == nil {
		return nil, nil
	}
	return lr.Files(), nil
}
