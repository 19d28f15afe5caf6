// SPDX-License-Identifier: Apache-2.0

// Package mailpatch reads patches as people have them: mails in any transfer
// encoding, attachments, threads in an mbox, gzip, plain diffs with or without
// a/ and b/. It owns which mails of a thread are the series, and the checks that
// need no tree: paths, kinds of files, sizes. It leaves to others where the bytes
// are from, and applying what it returns.
package mailpatch

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/printable"
)

// Patch is one patch: a mail, or a file that is none.
type Patch struct {
	Name    string // of its file, and its subject where the file holds several; printable
	Subject string // of the mail, printable; empty: none
	From    string // the author's name and address, printable; empty: none
	ID      string // of the mail, printable and without brackets; empty: none
	Hash    string // SHA-256 of the file
	Message string // what stands before the diff, as it came

	stripped, whole    []*gitdiff.File // with names as patch -p1 and -p0 have them
	errStrip, errWhole error           // why names cannot be meant so
}

// inBodyFrom names the author of a patch that somebody else sends, git-format-patch(1).
var inBodyFrom = regexp.MustCompile(`^\s*From: (.+)`)

// Read returns the patches that a file holds, in the order in which they apply,
// and what people should know of the choice. name is the file's, for messages.
func Read(name string, content []byte) ([]Patch, []string, error) {
	name = printable.Line(name)
	op := "read patch " + name
	text, err := Plain(content)
	if err != nil {
		return nil, nil, fault.Wrap(fault.User, op, err)
	}
	docs, err := documents(text, 0)
	if err != nil {
		return nil, nil, fault.Wrap(fault.User, op, err)
	}
	var holding []document
	for _, d := range docs {
		if d.hasDiff() {
			holding = append(holding, d)
		}
	}
	if len(holding) == 0 {
		return nil, nil, fault.Newf(fault.User, op, "the patch is empty: it changes no file%s", whatInstead(text, docs))
	}
	holding, notes, err := chooseSeries(holding)
	if err != nil {
		return nil, nil, fault.Wrap(fault.User, op, err)
	}
	var patches []Patch
	for _, d := range holding {
		p := Patch{
			Name: name, Subject: printable.Line(d.subject), From: printable.Line(d.from), ID: printable.Line(strings.Trim(strings.TrimSpace(d.id), "<>")),
			Hash: disk.Sum(content),
		}
		if len(holding) > 1 && p.Subject != "" {
			p.Name += " (" + p.Subject + ")"
		}
		if err := p.parse(d); err != nil {
			return nil, nil, fault.Wrap(fault.User, "read patch "+p.Name, err)
		}
		if m := inBodyFrom.FindStringSubmatch(p.Message); m != nil {
			p.From = printable.Line(m[1])
		}
		patches = append(patches, p)
	}
	for i, n := range notes {
		notes[i] = printable.Line(name + ": " + n)
	}
	return patches, notes, nil
}

// Files returns what the patch does, file by file, with paths below the tree. has
// says whether the tree has a file or folder: it decides whether the names begin
// with a folder that is not the tree's, as with patch -p1, or do not.
func (p Patch) Files(has func(path string) bool) []*gitdiff.File {
	switch {
	case p.errStrip != nil:
		return p.whole
	case p.errWhole != nil:
		return p.stripped
	}
	if found(p.whole, has) > found(p.stripped, has) {
		return p.whole
	}
	return p.stripped
}

// found counts the files that the tree has, or whose folder it has where they are made.
func found(files []*gitdiff.File, has func(string) bool) int {
	n := 0
	for _, f := range files {
		p := f.OldName
		if f.IsNew {
			p = f.NewName
			if i := strings.LastIndexByte(p, '/'); i > 0 {
				p = p[:i]
			}
		}
		if has(p) {
			n++
		}
	}
	return n
}

// Path is the file that f changes, as the tree has it afterwards, or had it where
// it is deleted.
func Path(f *gitdiff.File) string {
	if f.IsDelete {
		return f.OldName
	}
	return f.NewName
}

// Diff writes files in git's format, with a/ and b/. What decides nothing over
// the content is left out: hashes, and modes of files that stay.
func Diff(files []*gitdiff.File) string {
	var b strings.Builder
	for _, f := range files {
		clean := *f
		clean.OldMode, clean.NewMode, clean.Score = 0, 0, 0
		if clean.BinaryFragment == nil {
			clean.OldOIDPrefix, clean.NewOIDPrefix = "", ""
		}
		switch {
		case f.IsNew:
			clean.NewMode = 0o100644
		case f.IsDelete:
			clean.OldMode = 0o100644
		case f.IsRename || f.IsCopy:
			clean.Score = max(f.Score, 1)
		}
		fmt.Fprint(&b, clean.String())
	}
	return b.String()
}
