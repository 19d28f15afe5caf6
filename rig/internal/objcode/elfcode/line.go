// SPDX-License-Identifier: Apache-2.0

package elfcode

// Line is one instruction, with the source that it comes from where that is known.
type Line struct {
	Addr   uint64 `json:"addr"`
	Symbol string `json:"symbol,omitempty"`
	Offset uint64 `json:"offset"` // from the symbol's address, in bytes
	Text   string `json:"text"`
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Source string `json:"source,omitempty"` // that line's text, without indentation; empty where unreadable
}
