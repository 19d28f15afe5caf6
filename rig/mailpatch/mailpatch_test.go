// SPDX-License-Identifier: Apache-2.0

package mailpatch

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/fault"
)

// diff changes one line of kernel/f.c into word.
func diff(word string) string {
	return "diff --git a/kernel/f.c b/kernel/f.c\n--- a/kernel/f.c\n+++ b/kernel/f.c\n@@ -1,3 +1,3 @@\n one\n-two\n+" + word + "\n three\n"
}

func letter(head, body string) string {
	return "From: Kim <kim@example.org>\nDate: Fri, 27 Nov 2026 12:00:00 +0000\n" + head + "\n\n" + body
}

func mbox(mails ...string) string {
	var b strings.Builder
	for _, m := range mails {
		b.WriteString("From mboxrd@z Thu Jan  1 00:00:00 1970\n" + m + "\n")
	}
	return b.String()
}

// words are what the patches put in, in their order.
func words(t *testing.T, patches []Patch) []string {
	t.Helper()
	var out []string
	for _, p := range patches {
		for _, f := range p.Files(func(path string) bool { return path == "kernel/f.c" }) {
			require.Equal(t, "kernel/f.c", Path(f))
			for _, h := range f.TextFragments {
				for _, l := range h.Lines {
					if l.New() && !l.Old() {
						out = append(out, strings.TrimSuffix(l.Line, "\n"))
					}
				}
			}
		}
	}
	return out
}

func part(kind, more, body string) string {
	return "--XX\nContent-Type: " + kind + "\n" + more + "\n" + body + "\n"
}

func zipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return b.String()
}

func sixteen(text string) string {
	out := "\xff\xfe"
	for _, u := range utf16.Encode([]rune(text)) {
		out += string([]byte{byte(u), byte(u >> 8)})
	}
	return out
}

func TestPatchesAreReadInTheFormsThatPeopleHave(t *testing.T) {
	const mixed = "Subject: [PATCH] x\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=XX"
	attached := "Content-Disposition: attachment; filename=x.patch\nContent-Transfer-Encoding: base64\n"
	in64 := func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
	for name, text := range map[string]string{
		"plain":                diff("new"),
		"log before":           "commit 0123\nAuthor: Kim\n\n    words\n\n" + diff("new"),
		"gzip":                 zipped(diff("new")),
		"gzipped mail":         zipped(letter("Subject: [PATCH] x", diff("new"))),
		"UTF-8 mark":           "\xef\xbb\xbf" + diff("new"),
		"UTF-16":               sixteen(diff("new")),
		"CRLF":                 strings.ReplaceAll(diff("new"), "\n", "\r\n"),
		"CRLF mail":            strings.ReplaceAll(letter("Subject: [PATCH] x", "words\n---\n\n"+diff("new")+"-- \n2.39\n"), "\n", "\r\n"),
		"base64 of CRLF":       letter("Subject: x\nContent-Transfer-Encoding: base64", in64(strings.ReplaceAll(diff("new"), "\n", "\r\n"))),
		"no end":               strings.TrimSuffix(diff("new"), "\n"),
		"blank mail":           "\n\n" + letter("Subject: [PATCH] x", diff("new")),
		"list's foot":          letter("Subject: [PATCH] x", diff("new")+"_______________\nlinux mailing list\nhttps://example.org\n"),
		"quoted From":          mbox(letter("Subject: [PATCH] x", "words\n\n>From here on\n"+diff("new"))),
		"From in the words":    letter("Subject: [PATCH] x", "words\n\nFrom the manual: barriers\n"+diff("new")),
		"attached":             letter(mixed, part("text/plain", "", "see below")+part("text/x-patch", attached, in64(diff("new")))+"--XX--"),
		"attached mail":        letter(mixed, part("text/plain", "", "see below")+part("application/octet-stream", attached, in64(mbox(letter("Subject: [PATCH] y", diff("new")))))+"--XX--"),
		"attached gzip":        letter(mixed, part("application/gzip", attached, in64(zipped(diff("new"))))+"--XX--"),
		"forwarded":            letter(mixed, part("message/rfc822", "", letter("Subject: [PATCH] y", diff("new")))+"--XX--"),
		"attached and pasted":  letter(mixed, part("text/plain", "", diff("new"))+part("text/x-patch", attached, in64(diff("new")))+"--XX--"),
		"alternatives":         letter(strings.Replace(mixed, "mixed", "alternative", 1), part("text/plain", "", diff("new"))+part("text/html", "", "<pre>\n"+diff("old"))+"--XX--"),
		"signed, no end":       letter(strings.Replace(mixed, "mixed", "signed", 1), part("text/plain", "", diff("new"))+"--XX\nContent-Type: application/pgp-signature\n\n-----BEGIN"),
		"flowed":               letter("Subject: x\nContent-Type: text/plain; format=flowed", "some words that \ngo on\n"+strings.ReplaceAll(strings.ReplaceAll(diff("new"), "\n one", "\n  one"), "\n three", "\n  three")),
		"flowed, stuffed only": letter("Subject: x\nContent-Type: text/plain; format=flowed", strings.ReplaceAll(strings.ReplaceAll(diff("new"), "\n one", "\n  one"), "\n three", "\n  three")),
		"no prefix":            strings.NewReplacer(" a/", " ", " b/", " ").Replace(diff("new")),
		"p0":                   strings.NewReplacer("diff --git a/kernel/f.c b/kernel/f.c\n", "", " a/", " ", " b/", " ").Replace(diff("new")),
		"other folders":        strings.NewReplacer("diff --git a/kernel/f.c b/kernel/f.c\n", "", " a/", " linux-6.12.orig/", " b/", " linux-6.12/").Replace(diff("new")),
		"mnemonic prefixes":    strings.NewReplacer(" a/", " i/", " b/", " w/").Replace(diff("new")),
	} {
		t.Run(name, func(t *testing.T) {
			patches, notes, err := Read("x.patch", []byte(text))
			require.NoError(t, err)
			assert.Equal(t, []string{"new"}, words(t, patches))
			assert.Empty(t, notes)
		})
	}
}

func TestLettersOfAnotherCharset(t *testing.T) {
	text := letter("Subject: =?iso-8859-1?Q?M=FCller?=\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable", diff("M=FCller"))
	patches, _, err := Read("x.patch", []byte(text))
	require.NoError(t, err)
	assert.Equal(t, []string{"Müller"}, words(t, patches))
	assert.Equal(t, "Müller", patches[0].Subject)
	assert.Equal(t, "Kim <kim@example.org>", patches[0].From)
}

func TestOfAThreadTheNewestSeriesIsTaken(t *testing.T) {
	post := func(subject, word string) string { return letter("Subject: "+subject, diff(word)) }
	quote := letter("Subject: Re: [PATCH v2 1/2] a", "> "+strings.ReplaceAll(diff("a2"), "\n", "\n> ")+"\n\nNice.\n")
	for name, c := range map[string]struct {
		mails, want []string
		note        string
	}{
		"one behind the other": {[]string{post("[PATCH 1/2] a", "a"), post("[PATCH 2/2] b", "b")}, []string{"a", "b"}, ""},
		"without tags":         {[]string{post("a", "a"), post("b", "b")}, []string{"a", "b"}, ""},
		"as they came":         {[]string{post("[PATCH 2/2] b", "b"), quote, post("[PATCH 1/2] a", "a")}, []string{"a", "b"}, ""},
		"twice":                {[]string{post("[PATCH 1/1] a", "a"), post("[PATCH RESEND 1/1] a", "a")}, []string{"a"}, ""},
		"versions": {[]string{post("[PATCH 1/2] a", "a1"), post("[PATCH 2/2] b", "b1"), letter("Subject: [PATCH v2 0/2] all", "words"), post("[PATCH v2 2/2] b", "b2"),
			post("[RFC PATCH v2 1/2] a", "a2"), quote}, []string{"a2", "b2"}, "it holds v1, v2 of the patches: v2 is taken"},
		"ten":             {[]string{post("[PATCHv10] a", "a10"), post("[PATCH v9] a", "a9")}, []string{"a10"}, "v10 is taken"},
		"someone's idea":  {[]string{post("[PATCH] a", "a"), post("Re: [PATCH] a", "c")}, []string{"a"}, "1 mails with a diff are replies"},
		"one is missing":  {[]string{post("[PATCH 1/3] a", "a"), post("[PATCH 3/3] c", "c")}, []string{"a", "c"}, "it does not hold 2/3"},
		"a reply alone":   {[]string{post("Re: [PATCH] a", "c")}, []string{"c"}, ""},
		"one of a series": {[]string{post("[PATCH 2/3] b", "b")}, []string{"b"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			patches, notes, err := Read("thread.mbox", []byte(mbox(c.mails...)))
			require.NoError(t, err)
			assert.Equal(t, c.want, words(t, patches))
			assert.Equal(t, c.note == "", len(notes) == 0, "%v", notes)
			assert.Contains(t, strings.Join(notes, "\n"), c.note)
		})
	}
	_, _, err := Read("two.mbox", []byte(mbox(post("[PATCH 1/2] a", "a"), post("[PATCH 1/2] other", "b"))))
	require.ErrorContains(t, err, "two different mails have the number 1/2")
	require.Equal(t, fault.User, fault.KindOf(err))
}

func TestAnEmptyPatchIsCalledWhatItIs(t *testing.T) {
	for want, text := range map[string]string{
		"holds nothing":           "\n",
		"coloured diff":           "\x1b[1mdiff --git a/x b/x\x1b[m\n\x1b[1m--- a/x\x1b[m\n",
		"a reply that quotes":     letter("Subject: Re: [PATCH] x", "> "+strings.ReplaceAll(diff("new"), "\n", "\n> ")),
		"cover letter":            letter("Subject: [PATCH v3 0/2] x", "words"),
		"web page":                "<!DOCTYPE html>\n<html>" + "diff",
		"HTML alone":              letter("Subject: [PATCH] x\nContent-Type: text/html", "<pre>\n"+diff("new")),
		"packed by xz":            "\xfd7zXZ\x00...",
		"packed by zstd":          "\x28\xb5\x2f\xfd...",
		"context diff":            "*** a/x\n--- b/x\n***************\n*** 1,2 ****\n",
		"without file names":      "3c3\n< a\n---\n> b\n",
		"combined diff":           "diff --cc x\nindex 1,2..3\n@@@ -1,2 -1,2 +1,2 @@@\n",
		"log without diffs":       "commit " + strings.Repeat("a", 40) + "\nAuthor: x\n",
		"indented":                "    diff --git a/x b/x\n    --- a/x\n",
		"it is a mail without":    letter("Subject: lunch?", "words"),
		"it is a reply, \"Re: x?": letter("Subject: Re: x\x1b[31m", "words"),
		"damaged gzip":            zipped(diff("new"))[:40],
	} {
		_, _, err := Read("x.patch", []byte(text))
		require.ErrorContains(t, err, want)
		require.Equal(t, fault.User, fault.KindOf(err))
		require.NotContains(t, err.Error(), "\x1b")
	}
}

// The tree decides what a name's first folder is.
func TestTheTreeDecidesHowNamesBegin(t *testing.T) {
	for _, c := range []struct{ tree, named, want string }{
		{"kernel/f.c", "kernel/f.c", "kernel/f.c"},
		{"f.c", "kernel/f.c", "f.c"},
		{"tools/include/x.h", "tools/include/x.h", "tools/include/x.h"},
		{"include/x.h", "tools/include/x.h", "include/x.h"},
		{"nothing", "a/kernel/f.c", "kernel/f.c"},
	} {
		for _, head := range []string{"", fmt.Sprintf("diff --git %s %s\n", c.named, c.named)} {
			patches, _, err := Read("x", []byte(head+"--- "+c.named+"\n+++ "+c.named+"\n@@ -1 +1 @@\n-a\n+b\n"))
			require.NoError(t, err)
			files := patches[0].Files(func(path string) bool { return path == c.tree })
			assert.Equal(t, c.want, Path(files[0]), "%+v", c)
		}
	}
	patches, _, err := Read("x", []byte("diff --git kernel/new.c kernel/new.c\nnew file mode 100644\n--- /dev/null\n+++ kernel/new.c\n@@ -0,0 +1 @@\n+--- a/x\n"))
	require.NoError(t, err)
	assert.Equal(t, "kernel/new.c", Path(patches[0].Files(func(path string) bool { return path == "kernel" })[0]), "a folder tells of a new file")
}

func TestWhatAPatchSaysOfItself(t *testing.T) {
	text := letter("Subject: [PATCH v2] f: order\n =?utf-8?q?=C3=A4?=\nMessage-Id: <20261127.1@example.org>", "From: Robin \x1b[31m<robin@example.org>\n\nwords\n---\n"+diff("new"))
	patches, _, err := Read("x.patch", []byte(text))
	require.NoError(t, err)
	require.Len(t, patches, 1)
	p := patches[0]
	assert.Equal(t, "[PATCH v2] f: order ä", p.Subject)
	assert.Equal(t, "Robin ?[31m<robin@example.org>", p.From, "the author, not who sent it")
	assert.Equal(t, "20261127.1@example.org", p.ID)
	assert.Equal(t, fmt.Sprintf("%x", sha256.Sum256([]byte(text))), p.Hash)

	patches, _, err = Read("x.patch", []byte(letter("Subject: x", "words\n\nFrom: the manual\n"+diff("new"))))
	require.NoError(t, err)
	assert.Equal(t, "Kim <kim@example.org>", patches[0].From)
	assert.Empty(t, patches[0].ID)
}
