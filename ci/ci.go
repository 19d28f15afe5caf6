// SPDX-License-Identifier: Apache-2.0

// Package ci holds no code: it is the folder of the files that CI servers and
// timers read, which users copy (docs/ci.md). Its tests run the files' steps
// without the servers; what the steps do is left to scripts and to kcovrig.
package ci
