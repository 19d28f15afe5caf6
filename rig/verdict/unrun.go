// SPDX-License-Identifier: Apache-2.0

package verdict

import "kcovrig/rig/trial"

// Unrun is what is said of two kernels that have not run.
func Unrun(setting Setting) trial.Judgement {
	return Judge(trial.Observation{}, trial.Observation{}, setting)
}
