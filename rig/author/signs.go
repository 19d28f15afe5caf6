// SPDX-License-Identifier: Apache-2.0

package author

import (
	"regexp"
	"slices"
	"strings"

	"kcovrig/guest/wire"
)

// Sign is a way in which a commit message says that the bug shows.
type Sign struct {
	Kind     wire.Kind
	Function string // that it is in; empty: the message does not say
}

// said is what a commit message says of its bug.
type said struct {
	signs []Sign
	fixes []string // what its Fixes: lines name
	// unusable are reports of kinds that a scenario cannot detect, in words.
	unusable []string
}

const symbol = `([A-Za-z_][A-Za-z0-9_.$]*)`

// The first lines of the kernel's reports, and the lines that say where one is.
var (
	kasanHead   = regexp.MustCompile(`BUG: KASAN: \S+(?: .*)? in ` + symbol + `\+0x`)
	kasanPlain  = regexp.MustCompile(`BUG: KASAN: \S+(?: .*)? in ` + symbol)
	warnHead    = regexp.MustCompile(`WARNING: .*\bat \S+:\d+`)
	warnIn      = regexp.MustCompile(`WARNING: .*\bat \S+:\d+ ` + symbol)
	bugHead     = regexp.MustCompile(`kernel BUG at \S+:\d+|Kernel BUG at `)
	oopsHead    = regexp.MustCompile(`Unable to handle kernel|BUG: unable to handle|BUG: kernel NULL pointer|general protection fault|Internal error: Oops|\bOops: [0-9a-f]+`)
	unusableOne = regexp.MustCompile(`BUG: KCSAN: [^\n]*|INFO: task \S+ blocked[^\n]*|BUG: soft lockup[^\n]*|self-detected stall[^\n]*|BUG: workqueue lockup[^\n]*`)
	at          = regexp.MustCompile(`(?:\bpc : |\bPC is at |\bRIP: (?:[0-9a-f]{4}:)?|\bIP: )(?:\[<[0-9a-f]+>\] *){0,2}` + symbol + `\+0x`)
	fixesLine   = regexp.MustCompile(`(?m)^\s*Fixes: *([0-9a-f]{7,40}\b[^\n]*)$`)
)

// read finds in a commit message which reports of the kernel it quotes, which decides
// what the scenario detects.
func read(message string) said {
	var out said
	kind := wire.Kind("") // of the report that the line is of; its place is to come
	add := func(s Sign) {
		s.Function = plainName(s.Function)
		if !slices.Contains(out.signs, s) {
			out.signs = append(out.signs, s)
		}
		kind = ""
	}
	settled := false // the report at hand has told its function in its first line
	for line := range strings.Lines(message) {
		line = strings.TrimRight(line, "\n")
		switch {
		case kasanHead.MatchString(line):
			add(Sign{wire.KindKASAN, kasanHead.FindStringSubmatch(line)[1]})
			settled = true
		case kasanPlain.MatchString(line):
			add(Sign{wire.KindKASAN, kasanPlain.FindStringSubmatch(line)[1]})
			settled = true
		case warnIn.MatchString(line):
			add(Sign{wire.KindWarn, warnIn.FindStringSubmatch(line)[1]})
			settled = true
		case warnHead.MatchString(line):
			kind, settled = wire.KindWarn, false
		case bugHead.MatchString(line):
			kind, settled = wire.KindBug, false
		case unusableOne.MatchString(line):
			out.unusable = append(out.unusable, unusableOne.FindString(line))
			settled = true
		case oopsHead.MatchString(line):
			if kind != wire.KindBug { // its die() says Oops too
				kind, settled = wire.KindOops, false
			}
		}
		if m := at.FindStringSubmatch(line); m != nil && !settled {
			if kind == "" {
				kind = wire.KindOops
			}
			add(Sign{kind, m[1]})
			settled = true // what follows are registers of the same report
		}
	}
	if kind != "" && !settled {
		add(Sign{Kind: kind})
	}
	for _, m := range fixesLine.FindAllStringSubmatch(message, -1) {
		out.fixes = append(out.fixes, strings.TrimSpace(m[1]))
	}
	return out
}

// plainName is a function without what a compiler adds to the name of a clone.
func plainName(name string) string {
	name, _, _ = strings.Cut(name, ".")
	return name
}
