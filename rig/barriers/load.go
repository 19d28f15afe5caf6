// SPDX-License-Identifier: Apache-2.0

package barriers

import (
	"os"
	"path/filepath"

	"kcovrig/rig/barrier"
	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
)

// ReportFile is the report's JSON form in a run folder.
const ReportFile = "barriers.json"

// Load reads the report of a run folder, or of the one that holds a result.json; false: it
// holds none.
func Load(path string) (barrier.Report, bool, error) {
	if filepath.Base(path) == "result.json" {
		path = filepath.Dir(path)
	}
	path = filepath.Join(path, ReportFile)
	if _, err := os.Stat(path); err != nil {
		return barrier.Report{}, false, nil // who reads it as a run says what is wrong
	}
	text, err := disk.ReadRegular(path)
	if err != nil {
		return barrier.Report{}, false, fault.Wrap(fault.Rig, "read "+path, err)
	}
	r, err := barrier.Parse(text)
	return r, err == nil, fault.Wrap(fault.User, "read "+path, err)
}
