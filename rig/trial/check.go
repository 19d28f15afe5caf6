// SPDX-License-Identifier: Apache-2.0

package trial

// Check is one thing that the doctor looked at.
type Check struct {
	Name     string `json:"name"`
	Required bool   `json:"required"`
	OK       bool   `json:"ok"`
	Detail   string `json:"detail"`        // what was found, or what is missing
	Fix      string `json:"fix,omitempty"` // the exact command that mends it
	// Setup is what scripts/setup is given to mend it; empty: it cannot.
	Setup []string `json:"-"`
}

// CacheEntry is one thing that the cache keeps.
type CacheEntry struct {
	Kind  string `json:"kind"`
	Name  string `json:"name"`
	About string `json:"about"`
	Bytes int64  `json:"bytes"`
	Used  string `json:"used"` // RFC 3339, UTC
	InUse bool   `json:"inUse"`
}
