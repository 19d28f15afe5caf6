// SPDX-License-Identifier: Apache-2.0

package mailpatch

import (
	"regexp"
	"slices"
	"strings"

	"kcovrig/rig/printable"
)

// coloured is a diff's line as git colours it.
var coloured = regexp.MustCompile(`(?m)^(?:\x1b\[[0-9;]*m)+(?:diff --git |--- |\+\+\+ |@@ -|[-+])`)

// forms are what a file without a diff may be, and what to do about it.
var forms = []struct {
	is  *regexp.Regexp
	say string
}{
	{regexp.MustCompile(`^\s*$`), "the file holds nothing"},
	{coloured, "it is a coloured diff: make it with --no-color"},
	{regexp.MustCompile(`(?i)^\s*<(!doctype html|html|\?xml)`), "it is a web page: save the patch itself, which most sites have under \"raw\" or \"mbox\""},
	{regexp.MustCompile(`(?m)^(?:> ?)+(diff --git |\+\+\+ |@@ -)`), "it is a reply that quotes a patch: save the mail that it replies to"},
	{regexp.MustCompile(`(?m)^diff --(cc|combined) `), "it is a merge's combined diff: name one side, as with git show -m --first-parent"},
	{regexp.MustCompile(`(?m)^\*\*\* .*\n--- .*\n\*{15}`), "it is a context diff: make it with diff -u"},
	{regexp.MustCompile(`(?m)^\d+(,\d+)?[acd]\d+(,\d+)?\r?\n[<>] `), "it is a diff without file names: make it with diff -u"},
	{regexp.MustCompile(`(?m)^commit [0-9a-f]{40}`), "it is a log without diffs: make it with git log -p or git format-patch"},
	{regexp.MustCompile(`(?m)^[ \t]+(diff --git .*|--- a/.*)\r?\n`), "its lines are indented: it was copied, not saved"},
	{regexp.MustCompile(`(?m)^--- .*\r?\n\+\+\+ `), "it has file names, but no hunk behind them"},
}

// packed are the first bytes of what is not unpacked here.
var packed = map[string]string{"\xfd7zXZ": "xz", "\x28\xb5\x2f\xfd": "zstd", "BZh": "bzip2", "PK\x03\x04": "zip", "7z\xbc\xaf": "7-zip"}

// whatInstead says what a file is that holds no diff; empty: not known.
func whatInstead(text string, docs []document) string {
	for magic, program := range packed {
		if strings.HasPrefix(text, magic) {
			return ": it is packed by " + program + ": unpack it first"
		}
	}
	subject, html := "", len(docs) > 0
	for _, d := range docs {
		if subject == "" {
			subject = d.subject
		}
		html = html && d.html
	}
	texts := []string{text}
	for _, d := range docs {
		texts = append(texts, d.texts...)
	}
	if html {
		return ": the mail is HTML alone: save it as plain text"
	}
	for _, f := range forms {
		if slices.ContainsFunc(texts, f.is.MatchString) {
			return ": " + f.say
		}
	}
	switch t := tagOf(subject); {
	case t.patch && strings.Contains(subject, "0/"):
		return ": it is the series' cover letter, " + quoted(subject)
	case t.reply:
		return ": it is a reply, " + quoted(subject)
	case subject != "":
		return ": it is a mail without one, " + quoted(subject)
	}
	return ""
}

func quoted(subject string) string { return `"` + printable.Line(subject) + `"` }
