// SPDX-License-Identifier: Apache-2.0

package elfcode

import (
	"cmp"
	"slices"

	"kcovrig/rig/coderange"
)

// movedText are the symbols between which a kernel's text is executed by other addresses
// than its own: a hypervisor's, and what runs while translation is switched on and off.
var movedText = [][2]string{
	{"__hyp_idmap_text_start", "__hyp_idmap_text_end"},
	{"__hyp_text_start", "__hyp_text_end"},
	{"__idmap_text_start", "__idmap_text_end"},
}

// Text is a kernel's text, as bodies, without what is executed elsewhere.
func (im *Image) Text() []coderange.Range {
	section := im.File.Section(".text")
	if section == nil {
		return nil
	}
	var gaps []coderange.Range
	for _, names := range movedText {
		from, to := im.ByName[names[0]], im.ByName[names[1]]
		if len(from) == 1 && len(to) == 1 && from[0].Value < to[0].Value {
			gaps = append(gaps, coderange.Range{Start: from[0].Value, End: to[0].Value})
		}
	}
	slices.SortFunc(gaps, func(a, b coderange.Range) int { return cmp.Compare(a.Start, b.Start) })
	var out []coderange.Range
	end := section.Addr + section.Size
	at := section.Addr
	add := func(to uint64) {
		if at < to {
			out = append(out, coderange.Range{Symbol: section.Name, Start: at, End: to, Role: coderange.Body})
		}
	}
	for _, g := range gaps {
		if g.Start >= end {
			break
		}
		add(g.Start)
		at = max(at, g.End)
	}
	add(end)
	return out
}
