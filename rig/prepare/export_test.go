// SPDX-License-Identifier: Apache-2.0

package prepare

// What tests outside of the package, which have binaries, need of its inside.
var (
	AddScopes    = addScopes
	AddFunctions = addFunctions
)
