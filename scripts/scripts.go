// SPDX-License-Identifier: Apache-2.0

// Package scripts holds no code: it is the folder of what installs, builds and
// measures kcovrig from a shell. Its tests run the parts of those scripts that need
// neither a network nor a kernel.
package scripts
