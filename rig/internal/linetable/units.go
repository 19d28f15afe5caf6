// SPDX-License-Identifier: Apache-2.0

package linetable

import (
	"debug/dwarf"
	"fmt"
	"path"
	"strings"
)

// units is what the compilation units of an object say of functions.
type units struct {
	roots  []string // of the tree, with a slash, as files' names begin with them
	bodies []body
	heads  []head
	names  map[dwarf.Offset]string
	files  []*dwarf.LineFile // of the unit at hand
}

// readUnits reads them twice: an instance may stand before the function that it is one of.
func readUnits(d *dwarf.Data, source string) (*units, error) {
	u := &units{names: map[dwarf.Offset]string{}}
	for _, read := range []func(*dwarf.Data, *dwarf.Entry) error{u.readName, u.readBody} {
		r := d.Reader()
		for {
			e, err := r.Next()
			if err != nil {
				return nil, fmt.Errorf("debug information: %w", err)
			}
			if e == nil {
				break
			}
			if e.Tag == dwarf.TagCompileUnit {
				err = u.enter(d, e, source)
			} else if e.Tag == dwarf.TagSubprogram || e.Tag == dwarf.TagInlinedSubroutine {
				err = read(d, e)
			}
			if err != nil {
				return nil, err
			}
		}
	}
	if len(u.roots) == 0 {
		return nil, fmt.Errorf("debug information: no unit was compiled from %s", source)
	}
	return u, nil
}

// enter begins a unit: its name ends in the source's.
func (u *units) enter(d *dwarf.Data, e *dwarf.Entry, source string) error {
	u.files = nil
	lr, err := d.LineReader(e)
	if err != nil {
		return fmt.Errorf("line table: %w", err)
	}
	if lr != nil {
		u.files = lr.Files()
	}
	name, _ := e.Val(dwarf.AttrName).(string)
	dir, _ := e.Val(dwarf.AttrCompDir).(string)
	for _, form := range []string{name, path.Join(dir, name)} { // files' names may be relative too
		if root, ok := strings.CutSuffix(clean(form), source); ok && (root == "" || strings.HasSuffix(root, "/")) {
			u.roots = append(u.roots, root)
		}
	}
	return nil
}

// below is a file's name as from the tree, where it is in it.
func (u *units) below(name string) string {
	name = clean(name)
	for _, root := range u.roots {
		if rest, ok := strings.CutPrefix(name, root); ok && root != "" {
			return rest
		}
	}
	return name
}

// readName notes a function's name, and where its definition begins.
func (u *units) readName(_ *dwarf.Data, e *dwarf.Entry) error {
	name, ok := e.Val(dwarf.AttrName).(string)
	if !ok || e.Tag != dwarf.TagSubprogram {
		return nil
	}
	u.names[e.Offset] = name
	file, _ := e.Val(dwarf.AttrDeclFile).(int64)
	line, _ := e.Val(dwarf.AttrDeclLine).(int64)
	declared, _ := e.Val(dwarf.AttrDeclaration).(bool)
	if !declared && line > 0 && file >= 0 && file < int64(len(u.files)) && u.files[file] != nil {
		u.heads = append(u.heads, head{place{u.below(u.files[file].Name), int(line)}, name})
	}
	return nil
}

func (u *units) readBody(d *dwarf.Data, e *dwarf.Entry) error {
	name := u.names[e.Offset]
	for _, attr := range []dwarf.Attr{dwarf.AttrAbstractOrigin, dwarf.AttrSpecification} {
		if origin, ok := e.Val(attr).(dwarf.Offset); ok && name == "" {
			name = u.names[origin]
		}
	}
	ranges, err := d.Ranges(e)
	if err != nil {
		return fmt.Errorf("debug information: ranges of %s: %w", name, err)
	}
	for _, r := range ranges {
		if r[0] < r[1] && name != "" {
			u.bodies = append(u.bodies, body{name, r[0]})
		}
	}
	return nil
}

// clean leaves out detours; an object's names may be relative to the build folder.
func clean(name string) string {
	if name == "" {
		return ""
	}
	return path.Clean(name)
}
