// SPDX-License-Identifier: Apache-2.0

// Package printable makes texts from elsewhere safe for those who read them: a patch's, a
// kernel's, a worker's. It owns which characters do something to a terminal or turn a line
// around; where texts are shown it leaves to the reports.
package printable

import "strings"

// Line replaces what would do something on a terminal; line breaks and tabs become blanks.
func Line(text string) string {
	return strings.Join(strings.Fields(Lines(text)), " ")
}

// Lines does so and keeps line breaks and tabs.
func Lines(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r < ' ', r >= 0x7f && r < 0xa0, r == 0x61c, r == 0x200e, r == 0x200f,
			r >= 0x2028 && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0xfeff:
			return '?'
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
}
