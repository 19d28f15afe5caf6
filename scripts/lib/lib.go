// SPDX-License-Identifier: Apache-2.0

// Package lib holds no code: it is the folder of what the scripts share, in
// bash. Its tests run the functions that unpack other people's packages; what
// the scripts do with them is left to scripts/test.
package lib
