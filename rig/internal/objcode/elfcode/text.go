// SPDX-License-Identifier: Apache-2.0

package elfcode

import (
	"cmp"
	"slices"

	"kcovrig/rig/fault"
)

// textSymbol begins the section of the code that a kernel keeps once it has booted.
const textSymbol = "_stext"

// Text is the code of a linked kernel that stays in memory and is executed where it was
// linked for: its section of code but for what lies between two symbols of elsewhere, the
// first and the one behind the last of code that is executed at other addresses too.
func Text(vmlinux string, elsewhere [][2]string) ([]Range, error) {
	im, err := Open(vmlinux, fault.Kernel)
	if err != nil {
		return nil, err
	}
	defer im.Close()
	at := im.ByName[textSymbol]
	if len(at) != 1 {
		return nil, fault.Newf(fault.Kernel, "read "+vmlinux, "it has %d symbols %s", len(at), textSymbol)
	}
	section := im.File.Sections[at[0].Section]
	all := []Range{{Start: section.Addr, End: section.Addr + section.Size&^3}}
	out := Cut(all, im.between(elsewhere))
	for i := range out {
		out[i].Symbol, _ = im.Symbol(out[i].Start)
		out[i].Role = RoleBody
	}
	return out, nil
}

// between is what lies between the symbols of each pair. Which of them a kernel has
// depends on its version and configuration.
func (im *Image) between(pairs [][2]string) []Range {
	var out []Range
	for _, p := range pairs {
		first, behind := im.ByName[p[0]], im.ByName[p[1]]
		if len(first) == 1 && len(behind) == 1 && first[0].Value < behind[0].Value {
			out = append(out, Range{Symbol: p[0], Start: first[0].Value, End: behind[0].Value})
		}
	}
	return out
}

// Cut is what of the ranges lies in none of the holes, sorted.
func Cut(ranges, holes []Range) []Range {
	holes = slices.Clone(holes)
	slices.SortFunc(holes, func(a, b Range) int { return cmp.Compare(a.Start, b.Start) })
	var out []Range
	for _, r := range ranges {
		for _, h := range holes {
			if h.End <= r.Start || h.Start >= r.End {
				continue
			}
			if h.Start > r.Start {
				part := r
				part.End = h.Start
				out = append(out, part)
			}
			r.Start = max(r.Start, h.End)
			if r.Start >= r.End {
				break
			}
		}
		if r.Start < r.End {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b Range) int { return cmp.Compare(a.Start, b.Start) })
	return out
}
