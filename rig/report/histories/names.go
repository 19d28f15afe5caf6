// SPDX-License-Identifier: Apache-2.0

package histories

import (
	"regexp"
	"slices"
	"strings"
)

// part is a piece of a cell's name, such as "arm64/" or "modes=pc,".
var part = regexp.MustCompile(`[^,/]*[,/]?`)

func parts(name string) []string {
	return slices.DeleteFunc(part.FindAllString(name, -1), func(p string) bool { return p == "" })
}

// bare is a part without what divides it from the next.
func bare(part string) string { return strings.TrimRight(part, ",/") }

// The longest names that are shown whole, in letters: beside squares, and in a line of
// their own.
const (
	longestShort = 72
	longestName  = 200
)

// shortNames leaves out of names the parts that all of them have, and returns those.
// A name of which nothing would be left, or what is another's too, stays whole; one that
// is too long loses its middle.
func shortNames(names []string) (short map[string]string, shared []string) {
	if len(names) > 1 {
		for _, p := range parts(names[0]) {
			if inAll(bare(p), names) && !slices.Contains(shared, bare(p)) {
				shared = append(shared, bare(p))
			}
		}
	}
	short, times := map[string]string{}, map[string]int{}
	for _, name := range names {
		left := slices.DeleteFunc(parts(name), func(p string) bool { return slices.Contains(shared, bare(p)) })
		short[name] = cutMiddle(bare(strings.Join(left, "")), longestShort)
		times[short[name]]++
	}
	for name, s := range short {
		if s == "" || times[s] > 1 {
			short[name] = cutMiddle(name, longestShort)
		}
	}
	return short, shared
}

func inAll(p string, names []string) bool {
	return p != "" && !slices.ContainsFunc(names, func(name string) bool {
		return !slices.ContainsFunc(parts(name), func(q string) bool { return bare(q) == p })
	})
}

func cutMiddle(name string, most int) string {
	letters := []rune(name)
	if len(letters) <= most {
		return name
	}
	half := most/2 - 1
	return string(letters[:half]) + "\u2026" + string(letters[len(letters)-half:])
}
