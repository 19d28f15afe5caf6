// SPDX-License-Identifier: Apache-2.0

package litmusrun

import (
	"path/filepath"
	"strings"

	"kcovrig/rig/disk"
	"kcovrig/rig/internal/herdtools"
	"kcovrig/rig/litmus"
	"kcovrig/rig/litmusfile"
)

// load reads the heads of the tests that the paths name. One that cannot be run
// is inconclusive, and keeps none of the others from running.
func (r *set) load() error {
	found := litmusfile.New()
	for _, path := range r.cfg.Paths {
		if err := found.Find(path); err != nil {
			return err
		}
	}
	seen := map[string]string{}
	for _, file := range found.Found {
		text, err := disk.ReadRegular(file)
		head := litmus.Head{}
		if err == nil {
			head, err = litmus.ReadHead(string(text), file)
		}
		t := test{head: head, file: file}
		other, twice := seen[head.Name]
		switch {
		case err != nil:
			t.why = "user: " + file + ": " + err.Error()
		case twice:
			t.why = "user: " + file + ": the test " + head.Name + " is in " + other + " too"
		default:
			seen[head.Name] = file
			t.source = herdtools.Source{Name: herdtools.FileName(head.Name), Text: string(text)}
		}
		if t.head.Name == "" || twice {
			t.head.Name = strings.TrimSuffix(filepath.Base(file), ".litmus")
		}
		r.tests = append(r.tests, &t)
	}
	for name, why := range found.Lost {
		r.tests = append(r.tests, &test{head: litmus.Head{Name: filepath.Base(name)}, file: name, why: "user: " + why})
	}
	sortTests(r.tests)
	return nil
}
