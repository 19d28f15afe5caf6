// SPDX-License-Identifier: Apache-2.0

package mailpatch

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"kcovrig/rig/printable"
)

// tag is what the brackets of a subject say.
type tag struct {
	patch      bool
	reply      bool
	version    int // 1 where none is named
	number, of int // 0: none is named
}

var (
	subjectTag = regexp.MustCompile(`^\s*((?:(?:re|aw|fwd?|sv|antw)\s*:\s*)*)((?:\[[^\]]*\]\s*)*)`)
	tagVersion = regexp.MustCompile(`(?:^|[\s\[,])(?:patch)?v(\d{1,4})\b`)
	tagNumber  = regexp.MustCompile(`\b(\d{1,4})/(\d{1,4})\b`)
)

func tagOf(subject string) tag {
	m := subjectTag.FindStringSubmatch(strings.ToLower(subject))
	t := tag{version: 1, reply: m[1] != "", patch: strings.Contains(m[2], "patch")}
	if v := tagVersion.FindStringSubmatch(m[2]); v != nil {
		t.version, _ = strconv.Atoi(v[1])
	}
	if n := tagNumber.FindStringSubmatch(m[2]); n != nil {
		t.number, _ = strconv.Atoi(n[1])
		t.of, _ = strconv.Atoi(n[2])
	}
	return t
}

// chooseSeries returns those of a thread's mails that are the newest version of
// its patches, in their order, and what was left out.
func chooseSeries(docs []document) ([]document, []string, error) {
	docs = once(docs)
	if len(docs) < 2 {
		return docs, nil, nil
	}
	posted := func(d document) bool { t := tagOf(d.subject); return t.patch && !t.reply }
	if !slices.ContainsFunc(docs, posted) {
		return docs, nil, nil // no thread: patches one behind the other
	}
	var notes []string
	newest, versions, left := 0, map[int]bool{}, 0
	for _, d := range docs {
		if !posted(d) {
			left++
			continue
		}
		v := tagOf(d.subject).version
		versions[v], newest = true, max(newest, v)
	}
	if left > 0 {
		notes = append(notes, fmt.Sprintf("%d mails with a diff are replies or no patches by their subject, and are left out", left))
	}
	if len(versions) > 1 {
		var names []string
		for _, v := range slices.Sorted(mapKeys(versions)) {
			names = append(names, "v"+strconv.Itoa(v))
		}
		notes = append(notes, fmt.Sprintf("it holds %s of the patches: v%d is taken", strings.Join(names, ", "), newest))
	}
	chosen := slices.DeleteFunc(docs, func(d document) bool { return !posted(d) || tagOf(d.subject).version != newest })
	more, err := inOrder(chosen)
	return chosen, append(notes, more...), err
}

func mapKeys(m map[int]bool) func(func(int) bool) {
	return func(yield func(int) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// inOrder sorts the mails by their numbers, where all have one.
func inOrder(docs []document) ([]string, error) {
	have, of := map[int]string{}, 0
	for _, d := range docs {
		t := tagOf(d.subject)
		if t.number == 0 {
			return nil, nil
		}
		if other, twice := have[t.number]; twice {
			return nil, fmt.Errorf("two different mails have the number %d/%d, %q and %q: keep the one that is meant", t.number, t.of, printable.Line(other), printable.Line(d.subject))
		}
		have[t.number], of = d.subject, max(of, t.of)
	}
	slices.SortStableFunc(docs, func(a, b document) int { return cmp.Compare(tagOf(a.subject).number, tagOf(b.subject).number) })
	var missing []string
	for n := 1; n <= of; n++ {
		if _, ok := have[n]; !ok {
			missing = append(missing, fmt.Sprintf("%d/%d", n, of))
		}
	}
	if len(missing) == 0 || len(docs) == 1 {
		return nil, nil
	}
	return []string{"of the series it does not hold " + strings.Join(missing, ", ")}, nil
}

// once drops mails that came twice, and parts with the same diff.
func once(docs []document) []document {
	var out []document
	seen := map[string]bool{}
	for _, d := range docs {
		text := unixLines(d.texts[0])
		diff := strings.TrimRight(text, "\n")
		if at := diffStart.FindStringIndex(text); at != nil { // a mail's line ends may hide it
			diff = strings.TrimRight(text[at[0]:], "\n")
		}
		if i := strings.LastIndex(diff, "\n-- \n"); i >= 0 {
			diff = diff[:i] // git's version differs
		}
		key := strings.TrimSpace(diff) + "\x00" + strconv.Itoa(tagOf(d.subject).version) + "/" + strconv.Itoa(tagOf(d.subject).number)
		if !seen[key] {
			out = append(out, d)
		}
		seen[key] = true
	}
	return out
}
