// SPDX-License-Identifier: Apache-2.0

package objcode

import (
	"fmt"
	"path"
	"sort"
	"strings"

	"kcovrig/rig/fault"
)

// GuestScope finds functions of the guest's binary by symbol. Go's assembly
// functions may carry the suffix of their calling convention, as in
// "pkg.read.abi0". The error names what is missing and what resembles it.
func GuestScope(binary string, symbols []string) ([]Range, error) {
	op := "find the readers in " + binary
	im, err := openImage(binary, fault.Rig)
	if err != nil {
		return nil, err
	}
	defer im.close()
	var out []Range
	for _, name := range symbols {
		found := im.byName[name]
		if len(found) == 0 {
			found = im.byName[name+".abi0"]
		}
		if len(found) == 0 {
			return nil, fault.Newf(fault.Rig, op, "no symbol %s%s", name, im.nearTo(name))
		}
		r := im.extent(found[0])
		r.Symbol, r.Role = found[0].Name, RoleReader
		out = append(out, r)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Start < out[j].Start })
	return out, nil
}

// nearTo lists symbols of the same last name element or the same package.
func (im *image) nearTo(name string) string {
	dot := strings.LastIndexByte(name, '.')
	last, pkg := strings.ToLower(name[dot+1:]), name[:max(dot, 0)]
	near := map[string]bool{}
	for other := range im.byName {
		samePackage := pkg != "" && strings.HasPrefix(other, pkg+".")
		if samePackage || strings.Contains(strings.ToLower(path.Base(other)), last) {
			near[other] = true
		}
	}
	names := make([]string, 0, len(near))
	for n := range near {
		names = append(names, n)
	}
	sort.Strings(names)
	const shown = 8
	switch {
	case len(names) == 0:
		return fmt.Sprintf(", nor anything like it among %d", len(im.byName))
	case len(names) > shown:
		return fmt.Sprintf("; what would match: %s and %d more", strings.Join(names[:shown], ", "), len(names)-shown)
	default:
		return "; what would match: " + strings.Join(names, ", ")
	}
}
