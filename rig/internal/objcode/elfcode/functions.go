// SPDX-License-Identifier: Apache-2.0

package elfcode

import (
	"debug/elf"
	"fmt"
	"path"
	"regexp"
	"slices"
	"sort"
	"strings"

	"kcovrig/rig/coderange"
	"kcovrig/rig/fault"
)

// Functions finds functions of a linked ELF file, a kernel or a program, by
// symbol, sorted by address; names of one address count once. A missing symbol
// is the user's fault: the error names it, the binary, and what would match.
// Go's assembly functions may be named without the suffix of their calling
// convention, ".abi0", and what a C compiler makes of a function comes with it.
func Functions(binary string, symbols []string) ([]coderange.Range, error) {
	im, err := Open(binary, fault.Rig)
	if err != nil {
		return nil, err
	}
	defer im.Close()
	found := map[uint64]coderange.Range{}
	for _, name := range symbols {
		at := im.ByName[name]
		if len(at) == 0 {
			at = im.ByName[name+".abi0"]
		}
		at = append(slices.Clone(at), im.clones(name)...)
		if len(at) == 0 {
			return nil, fault.Newf(fault.User, "", "%s has no function %s%s", binary, name, im.resembling(name))
		}
		for _, s := range at { // several where files have static functions of that name
			r, _ := im.Function(s.Value)
			r.Symbol, r.Role = s.Name, coderange.Body
			if r.End > r.Start {
				found[r.Start] = r
			}
		}
	}
	out := make([]coderange.Range, 0, len(found))
	for _, r := range found {
		out = append(out, r)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Start < out[j].Start })
	return out, nil
}

// madeOf are the suffixes of what GCC and clang make of a function.
var madeOf = regexp.MustCompile(`^\.(isra|constprop|part|cold|lto_priv|llvm)\b`)

// clones are a function's clones and the parts that were split off it.
func (im *Image) clones(name string) (out []elf.Symbol) {
	for _, s := range im.symbols {
		if rest, ok := strings.CutPrefix(s.Name, name); ok && madeOf.MatchString(rest) {
			out = append(out, s)
		}
	}
	return out
}

// resembling says which symbols were probably meant: those that contain the
// name, else those of the fewest typing errors.
func (im *Image) resembling(name string) string {
	if near := im.nearTo(name); strings.Contains(near, "would match") {
		return near
	}
	const most, shown = 3, 8
	byErrors := make([][]string, most+1)
	for other := range im.ByName {
		if n := typingErrors(name, other, most); n <= most {
			byErrors[n] = append(byErrors[n], other)
		}
	}
	for _, names := range byErrors {
		if len(names) > 0 {
			sort.Strings(names)
			return "; what would match: " + strings.Join(names[:min(shown, len(names))], ", ")
		}
	}
	return im.nearTo(name)
}

// typingErrors is Levenshtein's distance, or most+1 where it is above most.
func typingErrors(a, b string, most int) int {
	if max(len(a), len(b))-min(len(a), len(b)) > most {
		return most + 1
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return min(row[len(b)], most+1)
}

// GuestScope finds functions of the guest's binary by symbol. Go's assembly
// functions may carry the suffix of their calling convention, as in
// "pkg.read.abi0". The error names what is missing and what resembles it.
func GuestScope(binary string, symbols []string) ([]coderange.Range, error) {
	op := "find the readers in " + binary
	im, err := Open(binary, fault.Rig)
	if err != nil {
		return nil, err
	}
	defer im.Close()
	var out []coderange.Range
	for _, name := range symbols {
		found := im.ByName[name]
		if len(found) == 0 {
			found = im.ByName[name+".abi0"]
		}
		if len(found) == 0 {
			return nil, fault.Newf(fault.Rig, op, "no symbol %s%s", name, im.nearTo(name))
		}
		r := im.Extent(found[0])
		r.Symbol = found[0].Name
		out = append(out, r)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Start < out[j].Start })
	return out, nil
}

// nearTo lists symbols of the same last name element or the same package.
func (im *Image) nearTo(name string) string {
	dot := strings.LastIndexByte(name, '.')
	last, pkg := strings.ToLower(name[dot+1:]), name[:max(dot, 0)]
	near := map[string]bool{}
	for other := range im.ByName {
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
		return fmt.Sprintf(", nor anything like it among %d", len(im.ByName))
	case len(names) > shown:
		return fmt.Sprintf("; what would match: %s and %d more", strings.Join(names[:shown], ", "), len(names)-shown)
	default:
		return "; what would match: " + strings.Join(names, ", ")
	}
}
