// SPDX-License-Identifier: Apache-2.0

package program

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"kcovrig/guest/wire"
)

// stamp is what a kernel may put before each line of its console: the time, and who said
// it (CONFIG_PRINTK_TIME, CONFIG_PRINTK_CALLER).
var stamp = regexp.MustCompile(`^(\[ *[0-9]+\.[0-9]+\])?(\[ *[TC][0-9]+\])? ?`)

const panicking = "Kernel panic - not syncing"

// Panicked finds on the console of a kernel that died the panic that the bug shows by:
// the last that was reported before the panic is an oops or a BUG, in the function where
// one is named, and what was reported before that, other than warnings, is detected too,
// since an oops elsewhere may have brought about the others. The host asks this of what it
// kept of the console: there is no guest any more that could say. Nobody vouches for that
// text either.
func Panicked(console []byte, detects []wire.Detect) (hit wire.Detection, ok bool) {
	found, panicked := deaths(console)
	for i, r := range found {
		isPanic := func(d wire.Detect) bool {
			return d.Kind == wire.KindPanic && (r.kind == wire.KindOops || r.kind == wire.KindBug) && (d.Function == "" || r.in(d.Function))
		}
		if ok = slices.ContainsFunc(detects, isPanic); !ok && (i == len(found)-1 || r.kind != wire.KindWarn && !slices.ContainsFunc(detects, r.isDetected)) {
			return hit, false
		}
	}
	if !ok {
		return hit, false
	}
	last := found[len(found)-1]
	fields := last.fields()
	fields["panic"] = wire.Clean(panicked, wire.MaxFieldValue)
	return wire.Detection{Kind: wire.KindPanic, Text: wire.Clean(last.words(), wire.MaxText), Fields: fields}, true
}

// deaths are what a console's text reports up to a panic, and that panic's own words;
// none: there is no panic.
func deaths(console []byte) (found []report, panicked string) {
	var r reader
	for line := range bytes.Lines(console) {
		text := string(bytes.TrimRight(line, "\r\n"))
		text = text[len(stamp.FindString(text)):]
		if strings.HasPrefix(text, panicking) {
			r.giveUp()
			return r.found, strings.TrimLeft(strings.TrimPrefix(text, panicking), ": ")
		}
		r.line(text)
	}
	return nil, ""
}
