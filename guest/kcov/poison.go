// SPDX-License-Identifier: Apache-2.0

package kcov

// poisonMagic is the upper half of every poison. As an address it is neither
// canonical nor a kernel's, which have their upper byte set; as a comparison
// operand it would need a 64-bit comparison with this very constant.
const poisonMagic = 0x5ca1ab1e << 32

// maxRound is the last round that has a poison of its own.
const maxRound = 1<<32 - 1

// poisonOf returns the value that fills the area in the given round.
func poisonOf(round uint64) uint64 { return poisonMagic | round&maxRound }

// isPoison tells whether v is the poison of some round.
func isPoison(v uint64) bool { return v&^maxRound == poisonMagic }

// isKernelAddress tells whether v can be an address of kernel text on arm64
// (VA_BITS up to 52) or x86-64: both fill the upper bits.
func isKernelAddress(v uint64) bool { return v>>52 == 0xfff }
