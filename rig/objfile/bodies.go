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
}

// ReadBodies reads what became of the functions of all units.
func ReadBodies(d *dwarf.Data) ([]Body, error) {
	names := map[dwarf.Offset]string{} // an instance may stand before the function that it is one of
	err := functions(d, func(e *dwarf.Entry) error {
		if name, ok := e.Val(dwarf.AttrName).(string); ok && e.Tag == dwarf.TagSubprogram {
			names[e.Offset] = name
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var out []Body
	err = functions(d, func(e *dwarf.Entry) error {
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
				out = append(out, Body{name, r[0], r[1]})
			}
		}
		return nil
	})
	return out, err
}

// functions calls each with the entries of functions, own and inlined.
func functions(d *dwarf.Data, each func(*dwarf.Entry) error) error {
	for r := d.Reader(); ; {
		e, err := r.Next()
		if err != nil {
			return fmt.Errorf("debug information: %w", err)
		}
		if e == nil {
			return nil
		}
		if e.Tag == dwarf.TagSubprogram || e.Tag == dwarf.TagInlinedSubroutine {
			if err := each(e); err != nil {
				return err
			}
		}
	}
}
