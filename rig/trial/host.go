// SPDX-License-Identifier: Apache-2.0

package trial

// Host is the machine that the rig ran on. Members are empty where unknown.
type Host struct {
	System string `json:"system"` // the distribution's own name for itself
	Kernel string `json:"kernel"` // uname -r
	Arch   string `json:"arch"`   // as Go names it
	CPU    string `json:"cpu"`    // model
	CPUs   int    `json:"cpus"`   // usable by the rig
}
