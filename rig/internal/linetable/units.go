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
	roots []string // of the tree, with a slash, as files' names begin with them
	heads []head
	files []*dwarf.LineFile // of the unit at hand
}

// readUnits reads the units, of which one has to be the source's.
func readUnits(d *dwarf.Data, source string) (*units, error) {
	u := &units{}
	for r := d.Reader(); ; {
		e, err := r.Next()
		if err != nil {
			return nil, fmt.Errorf("debug information: %w", err)
		}
		if e == nil {
			break
		}
		switch e.Tag {
		case dwarf.TagCompileUnit:
			if err := u.enter(d, e, source); err != nil {
				return nil, err
			}
		case dwarf.TagSubprogram:
			u.readHead(e)
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

// readHead notes where the definition of a function begins.
func (u *units) readHead(e *dwarf.Entry) {
	name, _ := e.Val(dwarf.AttrName).(string)
	file, _ := e.Val(dwarf.AttrDeclFile).(int64)
	line, _ := e.Val(dwarf.AttrDeclLine).(int64)
	declared, _ := e.Val(dwarf.AttrDeclaration).(bool)
	if name != "" && !declared && line > 0 && file >= 0 && file < int64(len(u.files)) && u.files[file] != nil {
		u.heads = append(u.heads, head{place{u.below(u.files[file].Name), int(line)}, name})
	}
}

// clean leaves out detours; an object's names may be relative to the build folder.
func clean(name string) string {
	if name == "" {
		return ""
	}
	return path.Clean(name)
}
