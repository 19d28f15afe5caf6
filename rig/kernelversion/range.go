// SPDX-License-Identifier: Apache-2.0

// Package kernelversion compares versions of Linux and holds ranges of them. It owns
// which version comes before which; it leaves to others where a version is read.
package kernelversion

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Form is what a range looks like, for schemas.
const Form = `^` + bound + `( ` + bound + `)*$`

const bound = `(>=|>|<=|<)[0-9]{1,6}(\.[0-9]{1,6}){0,3}`

var form, number = regexp.MustCompile(Form), regexp.MustCompile(`^[0-9]{1,6}(\.[0-9]{1,6}){0,3}`)

// Range is the versions within all of its bounds. The zero value holds every version.
type Range struct {
	text   string
	bounds []limit
}

type limit struct {
	sign    string
	version []int
}

// Parse reads a range such as ">=5.10 <6.6". One that holds no version is an error.
func Parse(text string) (Range, error) {
	if !form.MatchString(text) {
		return Range{}, fmt.Errorf(`%q is no range of versions, such as ">=5.10 <6.6"`, text)
	}
	r := Range{text: text}
	for _, word := range strings.Fields(text) {
		digits := strings.TrimLeft(word, "<>=")
		version, _ := parse(digits) // the form has been seen
		r.bounds = append(r.bounds, limit{strings.TrimSuffix(word, digits), version})
	}
	for _, low := range r.bounds {
		for _, high := range r.bounds {
			if low.sign[0] != '>' || high.sign[0] != '<' {
				continue
			}
			c := slices.Compare(low.version, high.version)
			if c > 0 || c == 0 && low.sign+high.sign != ">=<=" {
				return Range{}, fmt.Errorf("%q holds no version", text)
			}
		}
	}
	return r, nil
}

// String is the range as it was written; empty: every version.
func (r Range) String() string { return r.text }

// Holds says whether a version, as in a tree's Makefile, lies within the range. What
// follows its numbers, such as -rc1, does not count: 6.10-rc1 is 6.10. And 6.6.30
// comes after 6.6, which is 6.6.0. A version without numbers lies within none but the
// range of all.
func (r Range) Holds(version string) bool {
	v, ok := parse(version)
	if !ok {
		return len(r.bounds) == 0
	}
	for _, b := range r.bounds {
		c := slices.Compare(v, b.version)
		within := map[string]bool{">=": c >= 0, ">": c > 0, "<=": c <= 0, "<": c < 0}
		if !within[b.sign] {
			return false
		}
	}
	return true
}

// parse takes a version's numbers, without zeros at their end, since 6.6 is 6.6.0.
func parse(version string) ([]int, bool) {
	digits := number.FindString(version)
	if digits == "" {
		return nil, false
	}
	var v []int
	for part := range strings.SplitSeq(digits, ".") {
		n, err := strconv.Atoi(part)
		if err != nil {
			return nil, false
		}
		v = append(v, n)
	}
	for len(v) > 1 && v[len(v)-1] == 0 {
		v = v[:len(v)-1]
	}
	return v, true
}
