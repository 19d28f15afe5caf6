// SPDX-License-Identifier: Apache-2.0

package trial

import "fmt"

// Instruction is one machine instruction and where it comes from.
type Instruction struct {
	Symbol     string `json:"symbol,omitempty"`
	Offset     uint64 `json:"offset"` // from Symbol's address, in bytes
	Text       string `json:"text,omitempty"`
	Source     string `json:"source,omitempty"`     // "file:line"
	SourceText string `json:"sourceText,omitempty"` // that line
}

// Place is "symbol+offset"; empty where the symbol is not known.
func (i Instruction) Place() string {
	if i.Symbol == "" {
		return ""
	}
	return fmt.Sprintf("%s+%#x", i.Symbol, i.Offset)
}

// ReaderCode is how a reader of the guest reads what the two writes wrote: the
// load of the count, then that of an entry, and what its code has in between
// that may order them.
type ReaderCode struct {
	Reader Reader      `json:"reader"`
	Count  Instruction `json:"count"`
	Entry  Instruction `json:"entry"`
	// Barriers, Control and Address are those on any path between the two loads:
	// barrier instructions, a branch on the count, an address made of the count.
	Barriers []string `json:"barriers"`
	Control  bool     `json:"control"`
	Address  bool     `json:"address"`
	Unknown  string   `json:"unknown,omitempty"` // why the rest cannot be relied on
}
