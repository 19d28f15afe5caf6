// SPDX-License-Identifier: Apache-2.0

package scenario

func init() {
	registry["kcov"] = Scenario{
		Name:     "kcov",
		Modes:    []string{"pc", "cmp"},
		Workload: "kcov",
	}
}
