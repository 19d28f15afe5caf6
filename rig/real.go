// SPDX-License-Identifier: Apache-2.0

package rig

// realBackends joins the internal packages.
func realBackends() *Backends { return &Backends{} }
