// SPDX-License-Identifier: Apache-2.0

package barrier

import (
	"os"
	"path/filepath"

	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
)

// ReportFile is a report's JSON form in a run folder.
const ReportFile = "barriers.json"

// Read reads the report of a run folder, or of the one that holds a result.json, and its
// JSON form; nil: it holds none.
func Read(path string) (Report, []byte, error) {
	if filepath.Base(path) == "result.json" {
		path = filepath.Dir(path)
	}
	path = filepath.Join(path, ReportFile)
	if _, err := os.Stat(path); err != nil {
		return Report{}, nil, nil // who reads it as a run says what is wrong
	}
	text, err := disk.ReadRegular(path)
	if err != nil {
		return Report{}, nil, fault.Wrap(fault.Rig, "read "+path, err)
	}
	r, err := Parse(text)
	return r, text, fault.Wrap(fault.User, "read "+path, err)
}
