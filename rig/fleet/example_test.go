// SPDX-License-Identifier: Apache-2.0

package fleet_test

import (
	"fmt"

	"kcovrig/rig/fleet"
)

func ExampleCoordinatorConfig_Validate() {
	err := fleet.CoordinatorConfig{Run: "tonight's"}.Validate()
	fmt.Println(err)
	// Output: coordinate a run: the run's name "tonight's" is not made of letters, digits, _ and -
}
