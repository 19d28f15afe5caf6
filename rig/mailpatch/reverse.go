// SPDX-License-Identifier: Apache-2.0

package mailpatch

import (
	"slices"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"kcovrig/rig/fault"
	"kcovrig/rig/printable"
)

// Reversed are the patches that undo patches, in the order in which they apply.
func Reversed(patches []Patch) ([]Patch, error) {
	var out []Patch
	for _, p := range slices.Backward(patches) {
		r := p
		r.Name = "the reverse of " + p.Name
		if p.Subject != "" {
			r.Subject = `Revert "` + p.Subject + `"`
		}
		var err error
		if r.stripped, err = reversedFiles(p.stripped); err == nil {
			r.whole, err = reversedFiles(p.whole)
		}
		if err != nil {
			return nil, fault.Wrap(fault.User, "reverse patch "+p.Name, err)
		}
		out = append(out, r)
	}
	return out, nil
}

func reversedFiles(files []*gitdiff.File) ([]*gitdiff.File, error) {
	var out []*gitdiff.File
	for _, f := range slices.Backward(files) { // a later part may build on an earlier one
		if f.IsCopy {
			return nil, fault.Newf(fault.User, "", "%s: a copy has no reverse", printable.Line(f.NewName))
		}
		r := *f
		r.OldName, r.NewName = f.NewName, f.OldName
		r.IsNew, r.IsDelete = f.IsDelete, f.IsNew
		r.OldMode, r.NewMode = f.NewMode, f.OldMode
		r.OldOIDPrefix, r.NewOIDPrefix = f.NewOIDPrefix, f.OldOIDPrefix
		r.BinaryFragment, r.ReverseBinaryFragment = f.ReverseBinaryFragment, f.BinaryFragment
		r.TextFragments = nil
		for _, h := range f.TextFragments {
			r.TextFragments = append(r.TextFragments, reversedHunk(h))
		}
		out = append(out, &r)
	}
	return out, nil
}

// reversedHunk puts what goes before what comes, as diff does.
func reversedHunk(h *gitdiff.TextFragment) *gitdiff.TextFragment {
	r := *h
	r.OldPosition, r.NewPosition = h.NewPosition, h.OldPosition
	r.OldLines, r.NewLines = h.NewLines, h.OldLines
	r.LinesAdded, r.LinesDeleted = h.LinesDeleted, h.LinesAdded
	r.Lines = nil
	var gone, come []gitdiff.Line
	flush := func() {
		r.Lines = append(append(r.Lines, gone...), come...)
		gone, come = nil, nil
	}
	for _, l := range h.Lines {
		switch l.Op {
		case gitdiff.OpAdd:
			gone = append(gone, gitdiff.Line{Op: gitdiff.OpDelete, Line: l.Line})
		case gitdiff.OpDelete:
			come = append(come, gitdiff.Line{Op: gitdiff.OpAdd, Line: l.Line})
		default:
			flush()
			r.Lines = append(r.Lines, l)
		}
	}
	flush()
	return &r
}
