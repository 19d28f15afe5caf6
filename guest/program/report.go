// SPDX-License-Identifier: Apache-2.0

package program

import (
	"cmp"
	"strconv"
	"strings"

	"kcovrig/guest/wire"
)

// report is something that the kernel said of itself that it should not have to say.
type report struct {
	kind   wire.Kind // empty: of a kind that no scenario detects
	text   string    // its first line
	symbol string    // where the program counter was: function+0xoffset/0xsize; empty: not known
	caller string    // where the link register pointed, after a jump to address 0, which is in no function; else empty
}

// words say what was reported and where, for people.
func (r report) words() string {
	if r.caller != "" {
		return r.text + " at 0x0, called from " + r.caller
	}
	if r.symbol == "" || strings.Contains(r.text, r.symbol) {
		return r.text
	}
	return r.text + " in " + r.symbol
}

func (r report) fields() map[string]string {
	fields := map[string]string{}
	if r.symbol != "" {
		fields["pc"] = wire.Clean(r.symbol, wire.MaxFieldValue)
	}
	if r.caller != "" {
		fields["pc"], fields["lr"] = nowhere, wire.Clean(r.caller, wire.MaxFieldValue)
	}
	if _, rest, ok := strings.Cut(r.text, "address"); ok {
		if words := strings.Fields(strings.TrimLeft(rest, ": ")); len(words) > 0 {
			fields["address"] = wire.Clean(strings.TrimRight(words[0], ":,."), wire.MaxFieldValue)
		}
	}
	return fields
}

// nowhere is how a kernel prints a program counter of 0.
const nowhere = "0x0"

// in says whether the program counter was in the function, or in a part or copy of it
// that the compiler made, whose name goes on behind a dot. A jump to address 0 is its
// caller's: a pointer to a function was not there yet.
func (r report) in(function string) bool {
	name, _, _ := strings.Cut(cmp.Or(r.symbol, r.caller), "+")
	return isOf(name, function)
}

// isDetected says whether d is this report, at its place.
func (r report) isDetected(d wire.Detect) bool {
	return r.kind != "" && d.Kind == r.kind && (d.Function == "" || r.in(d.Function))
}

// isOf says whether a name is the function's, or of a part or copy of it.
func isOf(name, function string) bool {
	return name == function || strings.HasPrefix(name, function+".")
}

// reader finds the reports in the kernel's messages. An oops takes several: what was
// accessed, a header, and the registers, of which the program counter is one.
type reader struct {
	found    []report
	preamble string  // the line before an oops that says what it is about
	dying    *report // an oops of which the program counter is to come
	jumped   bool    // it has come and is 0: the link register, the next line, says who called
}

// record reads one record of /dev/kmsg: PRIORITY,NUMBER,TIME,FLAGS;TEXT
// (Documentation/ABI/testing/dev-kmsg). Those of programs count for nothing, since any
// of them may write what it likes.
func (r *reader) record(record string) {
	head, text, ok := strings.Cut(record, ";")
	if !ok {
		return
	}
	priority, _, _ := strings.Cut(head, ",")
	const levels = 8 // the facility stands above them; the kernel's is 0
	if n, err := strconv.ParseUint(priority, 10, 32); err != nil || n >= levels {
		return
	}
	r.line(text)
}

// ofBUG begin the line before the oops of a BUG(): lib/bug.c, where the second is of
// kernels without CONFIG_DEBUG_BUGVERBOSE. It names the function that a return address
// would be in, which is another where BUG() is a function's first instruction.
var ofBUG = []string{"kernel BUG at ", "Kernel BUG at "}

// preambles begin the line before the header of an oops: arch/arm64/mm/fault.c,
// arch/x86/mm/fault.c.
var preambles = append([]string{"Unable to handle kernel ", "BUG: unable to handle ", "BUG: kernel NULL pointer dereference"}, ofBUG...)

// undetected are never hits. A slow host brings lockups about in a sound kernel too
// (kernel/watchdog.c, kernel/workqueue.c); the others end the machine or say nothing
// of one try.
var undetected = []string{"watchdog: BUG: ", "BUG: workqueue lockup", "BUG: KCSAN: ", panicking, "Out of memory: "}

func (r *reader) line(text string) {
	switch {
	case hasAny(text, preambles):
		r.preamble = text
	case isHeader(text):
		r.giveUp()
		r.dying = &report{kind: wire.KindOops, text: text}
		if hasAny(r.preamble, ofBUG) || strings.Contains(text, "Oops - BUG") {
			r.dying.kind = wire.KindBug
		}
		if r.preamble != "" {
			r.dying.text, r.preamble = r.preamble, ""
		}
	case hasAny(text, undetected):
		r.add(report{text: text})
	case strings.HasPrefix(text, "BUG: KASAN: "):
		r.add(report{kind: wire.KindKASAN, text: text, symbol: symbolIn(text)})
	case strings.HasPrefix(text, "BUG: "):
		r.add(report{kind: wire.KindBug, text: text, symbol: symbolIn(text)})
	case strings.HasPrefix(text, "WARNING: "):
		r.add(report{kind: wire.KindWarn, text: text, symbol: symbolIn(text)})
	case r.dying != nil && r.jumped:
		// Any other line between the two may be of another's registers.
		if rest, ok := strings.CutPrefix(text, "lr : "); ok {
			r.dying.caller = symbolIn(rest)
		}
		r.giveUp()
	case r.dying != nil && text == "pc : "+nowhere:
		r.jumped = true
	case r.dying != nil && (strings.HasPrefix(text, "pc : ") || strings.HasPrefix(text, "RIP: ")):
		r.dying.symbol = symbolIn(text)
		r.giveUp()
	case strings.HasPrefix(text, "---[ end trace "):
		r.giveUp()
	}
}

// add takes a report of one line. Where an oops is not whole yet, registers that
// follow may be either's: the oops is then one at a place that is not known.
func (r *reader) add(found report) {
	r.giveUp()
	r.found = append(r.found, found)
}

// giveUp ends the oops at hand, if any, as far as it is known.
func (r *reader) giveUp() {
	r.jumped = false
	if r.dying != nil {
		r.found, r.dying = append(r.found, *r.dying), nil
	}
}

func hasAny(text string, beginnings []string) bool {
	for _, b := range beginnings {
		if strings.HasPrefix(text, b) {
			return true
		}
	}
	return false
}

// isHeader knows the line that counts an oops, on arm64 and x86:
// "...: CODE [#NUMBER]", CODE in hexadecimal.
func isHeader(text string) bool {
	before, after, ok := strings.Cut(text, " [#")
	digits := strings.TrimLeft(after, "0123456789")
	if !ok || digits == after || !strings.HasPrefix(digits, "]") {
		return false
	}
	code := before[strings.LastIndex(before, ": ")+1:]
	return len(code) > 1 && len(code) < len(before) && strings.Trim(code[1:], "0123456789abcdef") == ""
}

// symbolIn returns the first function+0xoffset/0xsize in text, or nothing.
func symbolIn(text string) string {
	for at := 0; ; {
		i := strings.Index(text[at:], "+0x")
		if i < 0 {
			return ""
		}
		i += at
		start := strings.LastIndexFunc(text[:i], func(r rune) bool { return !isSymbolRune(r) }) + 1
		offset, rest := hex(text[i+len("+0x"):])
		rest, ok := strings.CutPrefix(rest, "/0x")
		if size, rest := hex(rest); ok && start < i && offset != "" && size != "" {
			return text[start : len(text)-len(rest)]
		}
		at = i + len("+0x")
	}
}

func isSymbolRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '.' || r == '$'
}

// hex splits off the hexadecimal digits that text begins with.
func hex(text string) (digits, rest string) {
	rest = strings.TrimLeft(text, "0123456789abcdef")
	return text[:len(text)-len(rest)], rest
}
