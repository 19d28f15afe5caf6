// SPDX-License-Identifier: Apache-2.0

package barriers

import "kcovrig/rig/barrier"

// ReportFile is the report's JSON form in a run folder.
const ReportFile = barrier.ReportFile

// Load reads the report of a run folder, or of the one that holds a result.json; false: it
// holds none.
func Load(path string) (barrier.Report, bool, error) {
	r, text, err := barrier.Read(path)
	return r, text != nil && err == nil, err
}
